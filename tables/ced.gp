# Cumulative error distributions: gnuplot -e "files='a.tsv b.tsv'; out='ced.png'; type='png'" ced.gp
if (type eq 'svg') { set terminal svg size 960,600 font 'sans,14' } else { set terminal pngcairo size 960,600 font 'sans,14' }
set output out
set datafile separator '\t'
set datafile commentschars '#'
set xlabel 'normalised error'
set ylabel 'share of faces'
set yrange [0:1]
set xrange [0:*]
set grid
set key top left noenhanced
set border 3
set tics out nomirror
plot for [f in files] f using (stringcolumn(1) eq 'error' ? NaN : $1):2 with steps lw 2 title f
