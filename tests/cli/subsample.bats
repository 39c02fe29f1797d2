#!/usr/bin/env bats
# frl-subsample: subsets that anyone can recompute, and the tool's manners.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	{
		printf 'id\tface\tidentity\tvalence\tstatus\n'
		for i in $(seq 1000); do
			printf 'p/%d.jpg\t0\tn%d\t0.%d\tok\n' "$i" $((i % 40)) "$i"
		done
	} >m
}

rows() {
	grep -v '^#' "$1" | tail -n +2
}

@test "membership is what sha256sum says" {
	frl-subsample -q -f 1/8 --seed 5 m >s
	rows s | cut -f 1 | sort >got
	for i in $(seq 60); do
		key=$(printf %s "p/$i.jpg" | sha256sum | cut -c 1-16)
		first=$(printf '%s %s' 5 "$key" | sha256sum | cut -c 1)
		# below 1/8 of 2^64: the first digit is 0 or 1
		case $first in [01]) grep -qxF "p/$i.jpg" got ;; *) ! grep -qxF "p/$i.jpg" got ;; esac || return 1
	done
}

@test "order of rows, file or pipe, make no difference; rows stay as they are" {
	{ head -n 1 m; tail -n +2 m | sort -r; } >reversed
	for rule in '-f 10%' '-n 100' '-n 30 --identities 1/4' '-n 45 --min-identities 1' '-n 2 --per identity'; do
		# shellcheck disable=SC2086
		frl-subsample -q --no-pg $rule m >a
		# shellcheck disable=SC2086
		frl-subsample -q --no-pg $rule reversed >r
		{ head -n 1 r; tail -n +2 r | sort -t / -k 2n; } >b
		# shellcheck disable=SC2086
		sed '' m | frl-subsample -q --no-pg $rule >c
		cmp a b
		cmp a c
		[ "$(rows a | grep -cxFf m)" -eq "$(rows a | wc -l)" ]
	done
}

@test "2 % is inside 10 %, counts are exact" {
	frl-subsample -q -f 2% m >s2
	frl-subsample -q -f 10% m >s10
	[ "$(rows s2 | grep -cxFf s10)" -eq "$(rows s2 | wc -l)" ]
	for n in 1 99 1000; do
		[ "$(frl-subsample -q -n $n m | grep -vc '^#')" -eq $((n + 1)) ]
	done
	run frl-subsample -n 1001 m
	[ "$status" -eq 3 ]
	[[ $output == *"1001 samples are wanted and there are 1000"* ]]
}

@test "only rows that are ok and have a value are drawn from" {
	awk -F '\t' -v OFS='\t' 'NR > 1 && NR % 2 { $4 = "" } NR == 3 { $5 = "bad:truncated" } 1' m >part
	frl-subsample -q --where valence part >s
	[ "$(rows s | wc -l)" -eq 500 ]
	frl-subsample -q -n 500 --where valence part | grep -v '^#' | cut -f 4 | grep -vq '^$'
	run frl-subsample -n 501 --where valence part
	[ "$status" -eq 3 ]
	run frl-subsample -f 1 --where arousal m
	[ "$status" -eq 3 ]
	[[ $output == *"'m' has no column 'arousal'"* ]]
	awk -F '\t' -v OFS='\t' 'NR == 5 { $5 = "bad:truncated" } 1' m | frl-subsample -q -f 1 >s
	[ "$(rows s | wc -l)" -eq 999 ]
}

@test "identities: a floor that does not bind says so, one that binds is met" {
	frl-subsample -n 400 --min-identities 1/4 m >s 2>log
	grep -q '40 of 40 identities are kept, the floor of 10 did not bind' log
	grep -q '^#subset.*did not bind' s
	frl-subsample -q -n 40 --min-identities 1 m >s
	[ "$(rows s | cut -f 3 | sort -u | wc -l)" -eq 40 ]
	run frl-subsample -n 39 --min-identities 1 m
	[ "$status" -eq 3 ]
	[[ $output == *"39 samples cannot keep 40 identities"* ]]
}

@test "identities: all from a quarter" {
	frl-subsample -q -f 10% --identities 1/4 m >s
	[ "$(rows s | wc -l)" -eq 100 ]
	[ "$(rows s | cut -f 3 | sort -u | wc -l)" -le 10 ]
	run frl-subsample -f 30% --identities 1/4 m
	[ "$status" -eq 3 ]
}

@test "video: every tenth frame of each subject, nested" {
	printf 'id\tsubject\n' >v
	for s in a b c d; do for f in $(seq 0 99); do printf '%s/%03d.png\t%s\n' $s "$f" $s; done; done >>v
	frl-subsample -q --every 10 v >s10
	frl-subsample -q --every 5 v >s5
	[ "$(rows s10 | wc -l)" -eq 40 ]
	[ "$(rows s5 | grep -cxFf <(rows s10))" -eq 40 ]
	[ "$(rows s10 | cut -f 2 | uniq -c | awk '{ print $1 }' | sort -u)" = 10 ]
	# The same from a column, whatever the id.
	awk -F '\t' -v OFS='\t' 'NR == 1 { print "id", "subject", "frame" }
		NR > 1 { print "x" NR "y", $2, substr($1, 3, 3) + 0 }' v >w
	frl-subsample -q --every 10 w | grep -v '^#' | cut -f 2,3 | tail -n +2 >b
	rows s10 | sed 's|^\(.\)/0*\([0-9]*\).png.*|\1\t\2|; s/\t$/\t0/' >a
	cmp a b
	printf 'id\tsubject\nno-number\ts\n' >bad
	run frl-subsample --every 2 bad
	[ "$status" -eq 3 ]
	[[ $output == *"'bad' line 2: no column 'frame' and no number in the id"* ]]
}

@test "provenance names seed and rule, and --no-pg leaves it out" {
	frl-subsample -q -f 2% --seed 9 m >s
	head -n 1 s | grep -q '^#pg	frl-subsample	.*	-q -f 2% --seed 9 m$'
	sed -n 2p s | grep -qx '#subset	seed 9, 1/50 of the samples'
	[ "$(frl-subsample -q --no-pg -f 2% --seed 9 m | head -n 1)" = "$(head -n 1 m)" ]
}

@test "a slow pipe: what is chosen goes on before the input ends" {
	mkfifo in
	frl-subsample -q --no-pg -f 1 <in >out &
	exec 9>in
	printf 'id\nfirst\n' >&9
	for _ in $(seq 50); do
		grep -q first out && break
		sleep 0.1
	done
	grep -q first out
	exec 9>&-
	wait
}

@test "bad input: exit 3 names file and line, nothing half-written" {
	printf 'id\n' >none
	frl-subsample -q --no-pg -n 0 --where id none >s
	[ "$(cat s)" = id ]
	printf 'path\nx\n' >noid
	run frl-subsample -f 1 noid
	[ "$status" -eq 3 ]
	[[ $output == *"'noid' has no column 'id'"* ]]
	printf 'id\tface\na\tx\n' >badface
	run frl-subsample -n 1 badface -o out
	[ "$status" -eq 2 ]
	run frl-subsample -n 1 -o out badface
	[ "$status" -eq 3 ]
	[[ $output == *"'badface' line 2"*"'face'"* ]]
	[ ! -e out ]
	printf 'id\tface\na\n' >short
	run frl-subsample -f 1 -o out short
	[ "$status" -eq 3 ]
	[ ! -e out ]
	: >empty
	run frl-subsample -f 1 empty
	[ "$status" -eq 3 ]
	run frl-subsample -f 1 absent
	[ "$status" -eq 3 ]
	run frl-subsample -f 1 .
	[ "$status" -eq 3 ]
}

@test "manners: wrong arguments, full disk, no room for the spool" {
	for bad in '-f 0' '-f 2' '-f x' '-f 1% -n 3' '--per identity' '-n 3 --per identity --identities 1/2' '' \
		'-n 3 --identities 1/2 --min-identities 1/2'; do
		# shellcheck disable=SC2086
		run frl-subsample $bad m
		[ "$status" -eq 2 ]
	done
	run sh -c 'frl-subsample -q -f 1 m >/dev/full'
	[ "$status" -eq 1 ]
	run sh -c 'cat m | TMPDIR=/nonexistent frl-subsample -n 1'
	[ "$status" -ne 0 ]
	[[ $output == *"cannot make a file in '/nonexistent'"* ]]
}

@test "the manual page has the options of --help" {
	frl-subsample --help | sed -nE 's/^ +(-., )?(--[a-z0-9-]+).*/\2/p' | sort -u >in-help
	grep '^\.It Fl' "$FRL_TOP/man/frl-subsample.1" | grep -oE '(Fl|,) -[a-z0-9-]+' | sed 's/.* -/--/' | sort -u >in-page
	diff in-help in-page
}
