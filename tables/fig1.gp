# The histogram of face sizes: gnuplot -e "tsv='fig1.tsv'; scale='paper'; out='fig1.png'; type='png'" fig1.gp
if (type eq 'svg') { set terminal svg size 960,600 font 'sans,14' } else { set terminal pngcairo size 960,600 font 'sans,14' }
set output out
set datafile separator '\t'
set style fill solid 0.7
set logscale x 2
set xlabel 'larger side of the face, pixels of the photo'
set ylabel 'share of all faces'
set yrange [0:*]
set grid y
set key off
set tics out nomirror
set border 3
if (scale ne 'paper') set title 'no result: scale ' . scale noenhanced
plot tsv using (sqrt($1 * $2)):4:($2 - $1) skip 1 with boxes lc rgb '#4477aa'
