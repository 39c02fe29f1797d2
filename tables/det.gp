# DET curves: gnuplot -e "files='a.tsv b.tsv'; out='det.png'; type='png'" det.gp
if (type eq 'svg') { set terminal svg size 720,720 font 'sans,14' } else { set terminal pngcairo size 720,720 font 'sans,14' }
set output out
set datafile separator '\t'
set datafile commentschars '#'
set logscale xy
set format x '10^{%T}'
set format y '10^{%T}'
set xlabel 'false match rate'
set ylabel 'false non-match rate'
set xrange [1e-6:1]
set yrange [1e-4:1]
set grid
set key bottom left noenhanced
set border 3
set tics out nomirror
plot for [f in files] f using ($2 > 0 ? $2 : NaN):($3 > 0 ? $3 : NaN) with lines lw 2 title f
