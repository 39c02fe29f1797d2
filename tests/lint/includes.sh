#!/bin/sh
# Dependencies point one way: program -> common/data, common/model -> common/nn -> common. No program includes another's
# files. Each third-party header has one including file.
cd "$(dirname "$0")/../.." || exit 1
bad=0

# pairs of "file header" of all our includes and of all others
sources=$(find . -path ./build -prune -o -path ./tests -prune -o \( -name '*.[ch]' -o -name '*.cu' \) -print | sed 's|^\./||')
ours=$(mktemp)
theirs=$(mktemp)
trap 'rm -f "$ours" "$theirs"' EXIT
for f in $sources; do
	sed -n "s|^ *# *include \"\([^\"]*\)\".*|$f \1|p" "$f" >>"$ours"
	sed -n "s|^ *# *include <\([^>]*\)>.*|$f \1|p" "$f" >>"$theirs"
done

# layer FILE: what it belongs to; lower layers have lower numbers
layer() {
	case $1 in
	common/nn/*) echo 1 ;;
	common/model/* | common/data/*) echo 2 ;;
	common/*) echo 0 ;;
	*) echo 3 ;;
	esac
}

# program FILE: the folder of the program it belongs to
program() {
	case $1 in
	tools/*) echo "$1" | cut -d / -f 1,2 ;;
	*) echo "${1%%/*}" ;;
	esac
}

while read -r f h; do
	case $h in
	*.pb-c.h) continue ;; # generated
	*/*) ;;
	*) h=$(dirname "$f")/$h ;;
	esac
	[ -f "$h" ] || { echo "$f: includes \"$h\", which is not in the tree (paths are from the top)" && bad=1; }
	if [ "$(layer "$h")" -gt "$(layer "$f")" ]; then
		echo "$f: includes $h, which is above it" && bad=1
	elif [ "$(layer "$h")" -eq 3 ] && [ "$(program "$h")" != "$(program "$f")" ]; then
		echo "$f: includes $h of another program" && bad=1
	fi
done <"$ours"

# The C library, POSIX and the compiler's own headers may be included anywhere.
libc=' assert ctype dirent errno fcntl fenv float fnmatch inttypes iso646 langinfo libgen limits locale math nl_types poll
pthread pwd regex sched search setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn
string strings termios threads time unistd utime wchar wctype immintrin cpuid getopt '
while read -r f h; do
	case $h in sys/* | netinet/* | arpa/* | linux/*) continue ;; esac
	case $libc in *[[:space:]]"${h%.h}"[[:space:]]*) continue ;; esac
	echo "$h $f"
done <"$theirs" | sort -u | awk '
	{ n[$1]++; files[$1] = files[$1] " " $2 }
	END {
		for (h in n) {
			# oneDNN has one includer for each version of its C API; of matio one reads and one writes
			most = h ~ /^(dnnl|matio)[.]h$/ ? 2 : 1
			if (n[h] > most) { print "<" h "> has more than one includer:" files[h]; bad = 1 }
		}
		exit bad
	}' || bad=1
exit "$bad"
