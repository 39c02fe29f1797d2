# programs.bash - for bats files that loop over every program: all of build/bin, and their commands

# Names of the programs: frl-detect frl-shard ...
programs() { for p in "$FRL_TOP/$BUILD"/bin/frl-*; do basename "$p"; done; }

# The commands of a program that has some, from its --help
commands() { "$1" --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z0-9-][a-z0-9-]*\) .*/\1/p'; }

# "frl-detect", "frl-shard info", "frl-shard cat", ...: everything that has a table of options
# shellcheck disable=SC2086,SC2059
tables() {
	for p in $(programs); do
		c=$(commands "$p")
		if [ -z "$c" ]; then echo "$p"; else printf "$p %s\n" $c; fi
	done
}

# on_terminal COMMAND: runs it with a terminal for all three streams; what it wrote is in $output, its exit in $status
on_terminal() {
	command -v script >/dev/null || skip "no script(1) here to make a terminal"
	run script -qec "$1" /dev/null
}
