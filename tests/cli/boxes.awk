# Two manifests of frl-detect, first the one under test, then the reference: every reference face must have a box near it.
# Fails unless the median of the largest side error is at most .2 px and 99 % are within max(2 px, 3 % of the side).
function abs(v) { return v < 0 ? -v : v }
function max(a, b) { return a > b ? a : b }
FNR == 1 { file++; for (i = 1; i <= NF; i++) c[$i] = i; next }
$c["status"] != "ok" { next }
file == 1 {
	k = $c["path"]
	n[k]++
	for (i = 0; i < 4; i++) box[k, n[k], i] = $(c["x1"] + i)
	next
}
{
	k = $c["path"]
	best = 1e9
	for (j = 1; j <= n[k]; j++) {
		d = 0
		for (i = 0; i < 4; i++) d = max(d, abs(box[k, j, i] - $(c["x1"] + i)))
		if (d < best) best = d
	}
	side = max($c["x2"] - $c["x1"], $c["y2"] - $c["y1"])
	if (best > side / 2) { print "not found: " k, $c["x1"], $c["y1"], $c["score"]; lost++ }
	error[++faces] = best
	if (best > max(2, .03 * side)) far++
	if (best <= .2) near++
}
END {
	printf "%d faces, %d within .2 px, %d beyond max(2 px, 3 %%), %d lost\n", faces, near, far, lost
	exit faces < 100 || lost > 0 || near < faces / 2 || far > faces / 100
}
