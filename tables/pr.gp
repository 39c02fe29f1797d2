# Precision and recall of WIDER FACE's three subsets: gnuplot -e "tsv='curves.tsv'; out='pr.png'; type='png'" pr.gp
if (type eq 'svg') { set terminal svg size 720,600 font 'sans,14' } else { set terminal pngcairo size 720,600 font 'sans,14' }
set output out
set datafile separator '\t'
set datafile commentschars '#'
set xlabel 'recall'
set ylabel 'precision'
set xrange [0:1]
set yrange [0:1]
set grid
set key bottom left
set border 3
set tics out nomirror
plot for [s in 'easy medium hard'] tsv using (stringcolumn(1) eq s ? $4 : NaN):3 with lines lw 2 title s
