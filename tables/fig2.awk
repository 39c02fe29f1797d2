# Joins curves of frl-eval mesh --ced into one TSV: fraction init seed error share scale. A curve lies where its cell does,
#   .../SCALE/TASK/DATASET/FRACTIONpct/INIT/seedN/FILE
#   awk -v fractions='100% 10% 2%' -v inits='random ours' -f fig2.awk FILE ..
# Rows come in the order of fractions and inits, whatever that of the files; those that are not there are named, in a comment
# "#incomplete" too, and the exit status is 4. xmax, where every curve is above 98 %, is said in a comment for the picture.

function fail(text) {
	print "fig2: " text > "/dev/stderr"
	failed = 3
	exit 3
}

BEGIN { FS = OFS = "\t" }

FNR == 1 {
	n = split(FILENAME, part, "/")
	if (n < 7 || part[n - 3] !~ /^[0-9.]+pct$/ || part[n - 1] !~ /^seed./) fail(FILENAME " lies in no cell, SCALE/TASK/DATASET/Npct/INIT/seedN")
	fraction = part[n - 3]
	sub(/pct$/, "%", fraction)
	seed = substr(part[n - 1], 5)
	name = fraction SUBSEP part[n - 2]
	if (scale != "" && scale != part[n - 6]) fail(FILENAME " is of another scale than " scale)
	scale = part[n - 6]
	if ((name, seed) in curve) fail(FILENAME ": the same cell again")
	seeds[name] = seeds[name] == "" ? seed : seeds[name] " " seed
	curve[name, seed] = ""
	header = 0
}
/^#/ { next }
!header {
	if ($1 != "error" || $2 != "fraction" || NF != 2) fail(FILENAME ": not a curve of frl-eval --ced")
	header = 1
	next
}
{
	if (NF != 2 || $1 !~ /^[0-9.e+-]+$/ || $2 !~ /^[0-9.e+-]+$/) fail(FILENAME " line " FNR ": not two numbers")
	curve[name, seed] = curve[name, seed] $1 OFS $2 "\n"
	if ($2 >= .98 && !((name, seed) in high)) {
		high[name, seed] = $1
		if ($1 + 0 > xmax + 0) xmax = $1
	}
}

END {
	if (failed) exit failed
	for (k in curve)
		if (curve[k] == "") {
			split(k, part, SUBSEP)
			print "fig2: the curve of " part[1] " " part[2] " has no point" > "/dev/stderr"
			exit 3
		}
	nf = split(fractions, f, " ")
	ni = split(inits, init, " ")
	for (i = 1; i <= nf; i++)
		for (k = 1; k <= ni; k++)
			if (!((f[i] SUBSEP init[k]) in seeds)) {
				missing = missing (missing == "" ? "" : ", ") f[i] " " init[k]
				print "fig2: no curve of " f[i] " " init[k] > "/dev/stderr"
			}
	if (scale != "" && scale != "paper") print "#no-result scale", scale
	if (missing != "") print "#incomplete", missing
	if (xmax) print "#xmax", xmax
	print "fraction", "init", "seed", "error", "share", "scale"
	for (i = 1; i <= nf; i++)
		for (k = 1; k <= ni; k++) {
			name = f[i] SUBSEP init[k]
			if (!(name in seeds)) continue
			ns = split(seeds[name], s, " ")
			# By number, by hand: there is no sort in POSIX awk.
			for (a = 2; a <= ns; a++)
				for (b = a; b > 1 && s[b - 1] + 0 > s[b] + 0; b--) {
					t = s[b]
					s[b] = s[b - 1]
					s[b - 1] = t
				}
			for (a = 1; a <= ns; a++) {
				print f[i], init[k], s[a], 0, 0, scale
				m = split(curve[name, s[a]], row, "\n")
				for (b = 1; b < m; b++) print f[i], init[k], s[a], row[b], scale
			}
		}
	exit missing == "" ? 0 : 4
}
