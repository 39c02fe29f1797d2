#!/bin/sh
# The sources are as clang-format leaves them. Versions differ in details, so one version judges: that of Debian 12.
cd "$(dirname "$0")/../.." || exit 1
command -v clang-format >/dev/null 2>&1 || { echo "no clang-format here"; exit 77; }
clang-format --version | grep -q 'version 14\.' || { echo "$(clang-format --version), not 14"; exit 77; }
bad=0
for f in $(find . -path ./build -prune -o -name '*.[ch]' -print | sed 's|^\./||' | sort); do
	clang-format --style=file "$f" | diff -u --label "$f" --label "$f, formatted" "$f" - || bad=1
done
[ "$bad" -eq 0 ] || echo "clang-format -i FILE mends it"
exit "$bad"
