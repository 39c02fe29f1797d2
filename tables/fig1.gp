# The histogram of face sizes: gnuplot -e "tsv='fig1.tsv'; png='fig1.png'" fig1.gp
set terminal pngcairo size 960,600 font 'sans,14'
set output png
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
plot tsv using (sqrt($1 * $2)):4:($2 - $1) skip 1 with boxes lc rgb '#4477aa'
