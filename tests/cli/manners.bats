#!/usr/bin/env bats
# The manners all programs share: --help, --version, usage errors, closed and full standard output, help and man page alike
# shellcheck disable=SC2086 # a program and its command are two words

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/programs.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Tells which program it was, as the loop goes over many.
complain() {
	echo "$*"
	return 1
}

# Long options with a line of their own in --help, "no-pg" for --no-pg
help_options() { sed -n 's/^  \(-., \|    \)--\([a-z0-9-]*\).*/\2/p' | sort -u; }

# Long options that a man page describes: "Fl -name" in a line that begins an item
man_options() { grep '^\.It Fl' "$1" | grep -o ' -[a-z0-9][a-z0-9-]*' | sed 's/^ -//' | sort -u; }

@test "there are programs" {
	[ "$(programs | wc -l)" -ge 3 ]
}

@test "--help: standard output, exit 0, 80 columns, no trailing space" {
	{ programs; tables; } | sort -u >list
	while read -r p; do
		$p --help >out 2>err </dev/null || complain "$p --help: exit $?"
		[ ! -s err ] || complain "$p --help writes to standard error"
		head -n 1 out | grep -q "^usage: ${p%% *}" || complain "$p --help begins with: $(head -n 1 out)"
		! grep -n '[[:space:]]$' out || complain "$p --help has trailing space"
		# but for example command lines, which cannot be broken
		! sed '/^Example:$/,$d' out | grep -nE '^.{81}' || complain "$p --help is wider than 80 columns"
		grep -q '^Exit status:$' out || complain "$p --help does not tell the exit status"
		grep -q '^Example:$' out || complain "$p --help has no example"
	done <list
}

@test "--version: name and version" {
	tables >list
	while read -r p; do
		run --separate-stderr $p --version </dev/null
		[ "$status" -eq 0 ] || complain "$p --version: exit $status"
		[[ $output =~ ^frl-[a-z0-9\ -]*\ [0-9]+\.[0-9]+\.[0-9]+ ]] || complain "$p --version says: $output"
		[ -z "$stderr" ] || complain "$p --version writes to standard error"
	done <list
}

@test "an unknown option is named, hints at --help, exit 2" {
	{ programs; tables; } | sort -u >list
	while read -r p; do
		run --separate-stderr $p --no-such-option </dev/null
		[ "$status" -eq 2 ] || complain "$p --no-such-option: exit $status"
		[ -z "$output" ] || complain "$p writes to standard output: $output"
		[ "${stderr%%:*}" = "${p%% *}" ] || complain "$p says: $stderr"
		[[ $stderr == *"unknown option '--no-such-option'"*hint:*--help* ]] || complain "$p says: $stderr"
	done <list
}

@test "options are never abbreviated" {
	tables >list
	while read -r p; do
		run $p --hel </dev/null
		[ "$status" -eq 2 ] || complain "$p --hel: exit $status"
	done <list
}

@test "an unknown command is named, exit 2" {
	for p in $(programs); do
		[ -n "$(commands "$p")" ] || continue
		run --separate-stderr $p no-such-command </dev/null
		[ "$status" -eq 2 ] && [ -z "$output" ] || complain "$p no-such-command: exit $status"
		[[ $stderr == *"'no-such-command'"*hint:* ]] || complain "$p says: $stderr"
	done
}

@test "--help and --version to a full disk: exit 1 and a message" {
	{ programs; tables; } | sort -u >list
	while read -r p; do
		for o in --help --version; do
			rc=0
			$p $o >/dev/full 2>err </dev/null || rc=$?
			[ "$rc" -eq 1 ] || complain "$p $o >/dev/full: exit $rc"
			grep -q 'No space left on device' err || complain "$p $o >/dev/full says: $(cat err)"
		done
	done <list
}

@test "--help to a closed standard output: exit 1" {
	tables >list
	while read -r p; do
		rc=0
		$p --help >&- 2>err </dev/null || rc=$?
		[ "$rc" -eq 1 ] && [ -s err ] || complain "$p --help >&-: exit $rc, $(cat err)"
	done <list
}

@test "--help into a pipe that nobody reads: dies by SIGPIPE, quietly" {
	tables >list
	while read -r p; do
		mkfifo fifo
		(exec <fifo; sleep 0.05) &
		rc=0
		(sleep 0.1; exec $p --help) >fifo 2>err </dev/null || rc=$?
		wait
		rm fifo
		[ "$rc" -eq 141 ] && [ ! -s err ] || complain "$p --help: exit $rc, $(cat err)"
	done <list
}

@test "no argument on a terminal: usage, exit 2" {
	{ programs; tables; } | sort -u >list
	while read -r p; do
		on_terminal "$p"
		[ "$status" -eq 2 ] || complain "$p: exit $status: $output"
		[[ $output == *"usage: ${p%% *}"* ]] || complain "$p says: $output"
	done <list
}

@test "each option of --help is in the man page, and the reverse" {
	for p in $(programs); do
		page=$FRL_TOP/man/$p.1
		[ -f "$page" ] || complain "man/$p.1 is missing"
		man_options "$page" >in-man
		tables | grep -x "$p\( .*\)\?" >list
		while read -r t; do $t --help | help_options; done <list | sort -u >in-help
		# --help and --version need not be described again in every page
		for o in help version; do
			grep -qx $o in-man || echo $o >>in-man
			grep -qx $o in-help || echo $o >>in-help
		done
		# the opposite of one that is described may be described too
		while read -r o; do
			case $o in no-*) grep -qx "${o#no-}" in-help && continue ;; esac
			echo "$o"
		done <in-man | sort -u >in-man.more
		mv in-man.more in-man
		sort -u -o in-help in-help
		diff in-help in-man >differ ||
			complain "$p: < only in --help, > only in the man page: $(grep '^[<>]' differ | tr '\n' ' ')"
	done
}

@test "each command of --help is in the man page" {
	for p in $(programs); do
		[ -f "$FRL_TOP/man/$p.1" ] || complain "man/$p.1 is missing"
		for c in $(commands "$p"); do
			grep -qE "^\.(It|Ss|Sh|Nm|Cm|Op|Sy|Ic).*\b$c\b" "$FRL_TOP/man/$p.1" ||
				complain "man/$p.1 does not describe $c"
		done
	done
}
