# frl-finetune TASK --print-preset to what stands under a table: the settings, and which of them are not the paper's.
BEGIN { FS = "\t" }
NR == 1 || $2 == "" { next }
{
	list = list (list ? ", " : "") $1 " " $2
	if ($3 ~ /^ours/) ours = ours (ours ? "; " : "") $1 " (" substr($3, 7) ")"
}
END {
	print "Preset of " task ": " list "."
	if (ours) print "Not the paper's but ours: " ours "."
	if (options) print "All runs had other settings than the preset: " options "."
}
