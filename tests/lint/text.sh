#!/bin/sh
# Text files: no blanks at line ends, no carriage returns, lines of at most 132 columns (code: 120, by format.sh; prose and
# bats files: any).
cd "$(dirname "$0")/../.." || exit 1
find . -path ./build -prune -o -path ./tables/out -prune \
	-o -path ./demo-out -prune -o -path ./.git -prune -o -path ./tests/fuzz/corpus -prune -o \
	-path ./tests/golden -prune -o -type f \( -name '*.[ch157]' -o -name '*.md' -o -name '*.sh' -o -name '*.mk' \
	-o -name '*.py' -o -name '*.bats' -o -name Makefile -o -name setup \) -print |
	sed 's|^\./||' | sort | xargs awk '
	function say(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; bad = 1 }
	/[ \t]$/ { say("blanks at the end") }
	/\r/ { say("carriage return") }
	FILENAME !~ /\.(md|bats)$/ {
		width = 0
		n = split($0, part, "\t")
		for (i = 1; i <= n; i++) width += length(part[i]) + (i < n ? 8 - (width + length(part[i])) % 8 : 0)
		if (width > 132) say("longer than 132 columns: " width)
	}
	END { exit bad }'
