# Loss, learning rate, entropy and probe of a run: gnuplot -e "run='run'; type='png'" curve.gp
log_tsv = run . '/log.tsv'
probe_tsv = run . '/probe.tsv'
if (type eq 'svg') { set terminal svg size 1200,900 font 'sans,14' } else { set terminal pngcairo size 1200,900 font 'sans,14' }
set output run . '/curve.' . type
set datafile separator '\t'
set datafile commentschars '#'
set datafile missing 'nan'
set border 3
set tics out nomirror
set grid
set xrange [0:*]
set xlabel 'step'
probes = system("[ ! -f '" . probe_tsv . "' ] || cut -f 3,4 '" . probe_tsv . "' | sed 1d | sort -u | tr '\\t' '@' | tr '\\n' ' '")
name(s) = s[1:strstrt(s, '@') - 1]
what(s) = s[strstrt(s, '@') + 1:strlen(s)]
short(s) = system("basename '" . name(s) . "' .bin") . (what(s) eq 'pixels' ? ', pixels' : '')
# Rows of one set, so that they are joined by lines.
rows(p) = "< awk -F '\\t' -v n='" . name(p) . "' -v w='" . what(p) . "' '$3 == n && $4 == w' '" . probe_tsv . "'"
set multiplot layout 2,2
set ylabel 'loss'
plot log_tsv using (stringcolumn(1) eq 'step' ? NaN : $1):3 with lines lw 1 notitle
set ylabel 'learning rate'
set yrange [0:*]
plot log_tsv using (stringcolumn(1) eq 'step' ? NaN : $1):4 with lines lw 2 notitle
set yrange [*:*]
set ylabel 'entropy of the assignments, nats'
plot log_tsv using (stringcolumn(1) eq 'step' ? NaN : $1):8 with lines lw 1 notitle
set ylabel 'accuracy of the nearest neighbours'
set key below noenhanced
if (strlen(probes)) {
	plot for [p in probes] rows(p) using 1:8:9 with errorlines lw 2 title short(p)
}
unset multiplot
