# manifest.bash - for bats files that look into manifests

# columns FILE NAME...: these columns, rows only
columns() {
	awk -F '\t' -v OFS='\t' -v want="${*:2}" '/^#/ { next }
		!n++ { for (i = 1; i <= NF; i++) c[$i] = i; k = split(want, w, " "); next }
		{ for (i = 1; i <= k; i++) printf "%s%s", $c[w[i]], i < k ? OFS : ORS }' "$1"
}

# same FILE WANT: rows of numbers equal to 1e-9, words exactly
same() {
	[ "$(wc -l <"$1")" -eq "$(wc -l <"$2")" ]
	paste "$1" "$2" | awk -F '\t' 'function number(s) { return s ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ }
		{ n = NF / 2
		for (i = 1; i <= n; i++) {
			d = $i - $(n + i)
			if ($i != $(n + i) && !(number($i) && number($(n + i)) && d < 1e-9 && d > -1e-9)) {
				print i, $i, $(n + i)
				exit 1
			}
		} }'
}
