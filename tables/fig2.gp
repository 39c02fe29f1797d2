# Figure 2, a panel for each share of the labels: gnuplot -e "tsv='fig2.tsv'; out='fig2.png'; type='png'" fig2.gp
if (type eq 'svg') { set terminal svg size 1500,520 font 'sans,14' } else { set terminal pngcairo size 1500,520 font 'sans,14' }
set output out
set datafile separator '\t'
set datafile commentschars '#'
said(what) = system("sed -n 's/^#" . what . "\\t//p' '" . tsv . "'")
texts(k) = system("grep -v '^#' '" . tsv . "' | sed 1d | cut -f " . k . " | uniq | awk '!seen[$0]++' | tr '\\n' ' '")
fractions = texts(1)
inits = texts(2)
seeds = texts(3)
scale = said('no-result scale')
missing = said('incomplete')
xmax = strlen(said('xmax')) ? said('xmax') + 0 : 1
set multiplot layout 1,words(fractions) title 'Florence' . (strlen(scale) ? ' (no result: scale ' . scale . ')' : '') \
	. (strlen(missing) ? " (incomplete)\nno curve of " . missing : '') noenhanced
set xlabel "error / distance of the eyes' outer corners" offset 0,0.3
set ylabel 'share of pictures'
set yrange [0:1]
set xrange [0:xmax]
set grid
set key top left noenhanced
set border 3
set tics out nomirror
# The steps of one curve. The last one goes on to the right end.
rows(f, i, s) = "< awk -F '\\t' -v f='" . f . "' -v i='" . i . "' -v s='" . s . "' '$1 == f && $2 == i && $3 == s { print; x = $0 } " \
	. "END { $0 = x; if ($4 + 0 < " . sprintf('%.9g', xmax) . ") print $1 FS $2 FS $3 FS " . sprintf('%.9g', xmax) . " FS $5 }' '" . tsv . "'"
do for [p = 1:words(fractions)] {
	f = word(fractions, p)
	set title substr('abcdefgh', p, p) . ') ' . f
	plot for [i = 1:words(inits)] for [s = 1:words(seeds)] rows(f, word(inits, i), word(seeds, s)) using 4:5 with steps lw 2 lc i \
		title (s == 1 ? word(inits, i) : '')
}
unset multiplot
