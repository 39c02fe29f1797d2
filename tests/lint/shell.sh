#!/bin/sh
# Every shell script and every bats file is clean under shellcheck.
cd "$(dirname "$0")/../.." || exit 1
command -v shellcheck >/dev/null 2>&1 || { echo "no shellcheck here"; exit 77; }
scripts=$(find . -path ./build -prune -o -path ./.git -prune -o -type f -print | while read -r f; do
	case $f in
	*.bats) echo "$f" ;;
	*.[ch] | *.md | *.tsv | *.[157] | *.bin) ;;
	*) head -c 20 "$f" | grep -aqE '^#!/(bin|usr/bin)/(env )?(ba)?sh' && echo "$f" ;;
	esac
done)
# shellcheck disable=SC2086
shellcheck $scripts
