# Rows of a manifest whose column `by` is one of the words in `values`, or all of them where there are no such words:
#   awk -v by=split -v values='common challenge' [-v strip=loose_crop/] -f split.awk FILE
# strip: taken off the front of ids, since IJB's lists of templates know the pictures without their folder.
BEGIN { FS = OFS = "\t" }
/^#/ && !column { print; next }
!column {
	for (id = NF; id > 1 && $id != "id"; id--);
	for (column = NF; column > 1 && $column != by; column--);
	if (values != "" && $column != by) {
		print "split.awk: no column " by " in " FILENAME > "/dev/stderr"
		exit 3
	}
	print
	next
}
strip != "" && index($id, strip) == 1 { $id = substr($id, length(strip) + 1) }
values == "" || index(" " values " ", " " $column " ")
