# The course of a run of frl-pretrain or frl-finetune: gnuplot -e "run='run'; type='png'" curve.gp
# Loss (and its parts), learning rate; then assignments and probe, or gradient and what was held out.
log_tsv = run . '/log.tsv'
probe_tsv = run . '/probe.tsv'
val_tsv = run . '/val.tsv'
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
set key below noenhanced
# The names of a file's columns, with blanks between them; columns are found by them.
columns(f) = system("[ ! -f '" . f . "' ] || grep -m 1 '^step' '" . f . "' | tr '\\t' ' '")
has(names, c) = strstrt(' ' . names . ' ', ' ' . c . ' ') > 0
pretrained = has(columns(log_tsv), 'entropy')
# What the loss of frl-finetune is the sum of stands between loss and lr; one part alone is the loss.
parts = pretrained ? '' : system("echo '" . columns(log_tsv) . "' | sed 's/.* loss //; s/ lr .*//' | grep ' '")
probes = system("[ ! -f '" . probe_tsv . "' ] || cut -f 3,4 '" . probe_tsv . "' | sed 1d | sort -u | tr '\\t' '@' | tr '\\n' ' '")
name(s) = s[1:strstrt(s, '@') - 1]
what(s) = s[strstrt(s, '@') + 1:strlen(s)]
short(s) = system("basename '" . name(s) . "' .bin") . (what(s) eq 'pixels' ? ', pixels' : '')
# Rows of one set, so that they are joined by lines.
rows(p) = "< awk -F '\\t' -v n='" . name(p) . "' -v w='" . what(p) . "' '$3 == n && $4 == w' '" . probe_tsv . "'"
held = columns(val_tsv)
score = words(held) > 3 ? word(held, 4) : ''
set multiplot layout 2,2
set ylabel 'loss'
if (strlen(parts)) {
	plot log_tsv using 'step':'loss' with lines lw 2 title 'all', for [c in parts] '' using 'step':c with lines lw 1 title c
} else {
	plot log_tsv using 'step':'loss' with lines lw 1 notitle
}
set ylabel 'learning rate'
set yrange [0:*]
plot log_tsv using 'step':'lr' with lines lw 2 notitle
set yrange [*:*]
if (pretrained) {
	set ylabel 'entropy of the assignments, nats'
	plot log_tsv using 'step':'entropy' with lines lw 1 notitle
} else {
	set ylabel 'norm of the gradient'
	set logscale y
	plot log_tsv using 'step':'grad_norm' with lines lw 1 notitle
	unset logscale y
}
set ylabel 'accuracy of the nearest neighbours'
if (strlen(probes)) {
	plot for [p in probes] rows(p) using 1:8:9 with errorlines lw 2 title short(p)
}
set ylabel 'loss on what was held out'
if (strlen(held) && !strlen(score)) {
	plot val_tsv using 'step':'loss' with linespoints lw 2 notitle
}
if (strlen(score)) {
	set y2label score noenhanced
	set y2tics out nomirror
	set border 11
	plot val_tsv using 'step':'loss' with linespoints lw 2 title 'loss', '' using 'step':score axes x1y2 with linespoints lw 2 title score
}
unset multiplot
