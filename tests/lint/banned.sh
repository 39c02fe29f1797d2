#!/bin/sh
# Functions that are not used, and where some others may be used (exceptions: tests/lint/allow.tsv). Comments and strings
# are left out of the search.
cd "$(dirname "$0")/../.." || exit 1
find . -path ./build -prune -o \( -name '*.[ch]' -o -name '*.cu' \) -print | sed 's|^\./||' | sort | xargs awk '
	BEGIN {
		before = "(^|[^a-z0-9_>.])"
		while ((getline line <"tests/lint/allow.tsv") > 0) {
			split(line, a, "\t")
			if (a[1] == "banned") allowed[a[2]] = 1
		}
	}
	function report(name, why) {
		if (FILENAME in allowed) return
		 printf "%s:%d: %s: %s\n", FILENAME, FNR, name, why
		bad = 1
	}
	FNR == 1 { in_comment = 0 }
	{
		line = $0
		gsub(/\\./, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		if (in_comment) {
			if (!sub(/^.*\*\//, "", line)) next
			in_comment = 0
		}
		gsub(/\/\*[^*]*(\*+[^*\/][^*]*)*\*+\//, "", line)
		sub(/\/\/.*/, "", line)
		if (sub(/\/\*.*/, "", line)) in_comment = 1
		test = FILENAME ~ /^tests\//
		if (match(line, before "(atoi|atol|atoll|sprintf|vsprintf|strcpy|strcat|gets|strtok|rand|srand)[ ]*[(]"))
			report(substr(line, RSTART, RLENGTH), "banned (CONTRIBUTING.md)")
		if (line ~ before "system[ ]*[(]" && !test)
			report("system", "banned (CONTRIBUTING.md)")
		if (line ~ before "exit[ ]*[(]" && FILENAME !~ /(^|\/)(err|opt|main)\.c$/ && !test)
			report("exit", "only in common/err.c, common/opt.c and a main.c")
		if (line ~ before "assert[ ]*[(]" && !test)
			report("assert", "bad data is an error value, a broken invariant is BUG()")
		if (line ~ before "(malloc|calloc|realloc|strdup|strndup|asprintf)[ ]*[(]" && FILENAME != "common/err.c" && !test)
			report("malloc and the like", "xmalloc, xcalloc, xrealloc_array, xstrdup of common/err.h")
		if (line ~ /^[ \t]*typedef[ ]+(struct|union)/)
			report("typedef", "structs are not typedefd")
	}
	END { exit bad }'
