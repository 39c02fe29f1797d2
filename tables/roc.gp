# ROC curves: gnuplot -e "files='a.tsv b.tsv'; out='roc.png'; type='png'" roc.gp
if (type eq 'svg') { set terminal svg size 960,600 font 'sans,14' } else { set terminal pngcairo size 960,600 font 'sans,14' }
set output out
set datafile separator '\t'
set datafile commentschars '#'
set logscale x
set format x '10^{%T}'
set xlabel 'false match rate'
set ylabel 'true match rate'
set xrange [1e-6:1]
set yrange [0:1]
set grid
set key bottom right noenhanced
set border 3
set tics out nomirror
plot for [f in files] f using ($2 > 0 ? $2 : NaN):(1 - $3) with lines lw 2 title f
