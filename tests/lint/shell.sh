#!/bin/sh
# Every shell script is clean under shellcheck. Of bats files the warnings count, names of scratch files like "cut" apart, and
# that no "! command" stands where bats does not look at it.
cd "$(dirname "$0")/../.." || exit 1
command -v shellcheck >/dev/null 2>&1 || { echo "no shellcheck here"; exit 77; }
bad=0
scripts=$(find . -path ./build -prune -o -path ./tables/out -prune -o -path ./.git -prune -o -type f -print | while read -r f; do
	case $f in
	*.bats | *.[ch] | *.md | *.tsv | *.[157] | *.bin) ;;
	*) head -c 20 "$f" | grep -aqE '^#!/(bin|usr/bin)/(env )?(ba)?sh' && echo "$f" ;;
	esac
done)
# shellcheck disable=SC2086
shellcheck $scripts || bad=1
shellcheck -S warning -e SC2238,SC2217,SC2010,SC2034,SC2314 tests/cli/*.bats || bad=1
shellcheck -i SC2314,SC2315 tests/cli/*.bats || bad=1
exit "$bad"
