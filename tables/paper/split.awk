# Rows of a manifest whose column `by` is one of the words in `values`, or all of them where there are no such words:
#   awk -v by=split -v values='common challenge' -f split.awk FILE
BEGIN { FS = OFS = "\t" }
/^#/ && !column { print; next }
!column {
	for (column = NF; column > 1 && $column != by; column--);
	if (values != "" && $column != by) {
		print "split.awk: no column " by " in " FILENAME > "/dev/stderr"
		exit 3
	}
	print
	next
}
values == "" || index(" " values " ", " " $column " ")
