# Counts faces by size, from a manifest with boxes (frl-manifest(5)): the larger side of the box in pixels of the photo, in
# bins of a quarter octave, empty ones between the smallest and the largest face included. A manifest with det_ columns is
# counted by these, as frl-crop reads it. Rows whose status is not ok have no face.
BEGIN { FS = OFS = "\t" }
/^#/ && !n_columns { next }
!n_columns {
	n_columns = NF
	for (i = 1; i <= NF; i++) column[$i] = i
	prefix = ("det_x1" in column) ? "det_" : ""
	for (i = 1; i <= 4; i++) {
		name = prefix substr("x1y1x2y2", 2 * i - 1, 2)
		if (!(name in column)) {
			print "fig1: no column " name > "/dev/stderr"
			failed = 3
			exit 3
		}
		box[i] = column[name]
	}
	status = column["status"]
	next
}
status && $status != "ok" { next }
{
	w = $box[3] - $box[1]
	h = $box[4] - $box[2]
	size = w > h ? w : h
	if (size <= 0) next
	bin = 4 * log(size) / log(2)
	bin = bin < int(bin) ? int(bin) - 1 : int(bin)
	count[bin]++
	if (!total++) lo = hi = bin
	if (bin < lo) lo = bin
	if (bin > hi) hi = bin
}
END {
	if (failed) exit failed
	if (!total) {
		print "fig1: no faces in " FILENAME > "/dev/stderr"
		exit 3
	}
	print "from", "to", "faces", "share"
	for (b = lo; b <= hi; b++) printf "%.6g\t%.6g\t%d\t%.6g\n", 2 ^ (b / 4), 2 ^ ((b + 1) / 4), count[b], count[b] / total
}
