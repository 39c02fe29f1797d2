#!/bin/sh
# A file has at most 800 lines (aim: 400), a header 200 (aim: 150), a function 120 lines (aim: 60) and a complexity of 20 (pmccabe).
# tests/lint/allow.tsv lists what may exceed a limit, and why.
cd "$(dirname "$0")/../.." || exit 1
command -v pmccabe >/dev/null 2>&1 || { echo "no pmccabe here"; exit 77; }
allow=tests/lint/allow.tsv
sources=$(find . -path ./build -prune -o -name '*.c' -print | sed 's|^\./||' | sort)
headers=$(find . -path ./build -prune -o -name '*.h' -print | sed 's|^\./||' | sort)
{
	for f in $sources; do printf 'lines\t800\t%s\t%s\n' "$(wc -l <"$f")" "$f"; done
	for f in $headers; do printf 'lines\t200\t%s\t%s\n' "$(wc -l <"$f")" "$f"; done
	# shellcheck disable=SC2086
	pmccabe $sources 2>/dev/null | awk -F '\t' -v OFS='\t' '{
		file = $6; sub(/\(.*/, "", file); name = $6; sub(/^[^:]*: /, "", name)
		print "complexity", 20, $1, file ":" name
		print "function", 120, $5, file ":" name
	}'
} | awk -F '\t' -v allow="$allow" '
	BEGIN {
		while ((getline line <allow) > 0) {
			split(line, a, "\t")
			if (line ~ /^#/ || a[1] == "banned") continue
			limit[a[1] "\t" a[2]] = a[3]
			if (a[4] == "") { print allow ": no reason: " line; bad = 1 }
		}
	}
	{
		key = $1 "\t" $4
		max = (key in limit) ? limit[key] : $2
		used[key] = 1
		if ($3 + 0 > max + 0) { printf "%s: %s %d, limit %d\n", $4, $1, $3, max; bad = 1 }
		else if (key in limit && $3 + 0 <= $2 + 0) { printf "%s: %s no longer needs its row\n", allow, $4; bad = 1 }
	}
	END {
		for (k in limit) if (!(k in used)) { printf "%s: %s is not in the tree\n", allow, k; bad = 1 }
		exit bad
	}'
