#!/bin/sh
# Man pages: clean under mandoc, one for every program, a NAME that whatis can use, the same words for the same exit status
# as frl(7), up to a colon, semicolon or comma; what follows may be the program's own.
cd "$(dirname "$0")/../.." || exit 1
command -v mandoc >/dev/null 2>&1 || { echo "no mandoc here"; exit 77; }
bad=0
mandoc -Tlint -Wwarning man/*.[157] || bad=1
for d in flickr-fetch detect crop subsample pretrain finetune eval tools/*; do
	[ -f "$d/main.c" ] || continue
	page=man/frl-$(basename "$d").1
	[ -f "$page" ] || { echo "$page: missing" && bad=1; }
	grep -q "^.It Xr $(basename "$page" .1) 1" man/frl.7 || { echo "man/frl.7: nothing about $(basename "$page" .1)" && bad=1; }
done
for page in man/*.5; do
	grep -q "^.Xr $(basename "$page" .5) 5" man/frl.7 || { echo "man/frl.7: nothing about $(basename "$page" .5)" && bad=1; }
done

# status PAGE: the rows of its exit status table, "N words"
status() {
	awk '/^\.Sh EXIT STATUS/ { on = 1; next } /^\.Sh/ { on = 0 }
		on && /^\.It/ { if (n != "") print n, text; n = $NF; text = ""; next }
		on && !/^\.(Bl|Pp|El|Ex)/ && n != "" { text = text (text == "" ? "" : " ") $0 }
		on && /^\.El/ { print n, text; n = "" }' "$1" | sed 's/[:;,].*//'
}
table=$(status man/frl.7)
for page in man/frl-*.1; do
	[ -f "$page" ] || continue
	rows=$(status "$page")
	[ -n "$rows" ] || { echo "$page: no EXIT STATUS table" && bad=1; }
	echo "$rows" | while read -r row; do
		echo "$table" | grep -qxF -- "$row" || echo "$page: exit status differs from frl(7): $row"
	done | grep . && bad=1
done
exit "$bad"
