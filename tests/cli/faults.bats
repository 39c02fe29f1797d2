#!/usr/bin/env bats
# Full disks, closed pipes, signals, failing and dribbling calls, no memory: exit codes, messages, and never half a file
# shellcheck disable=SC2086,SC2030,SC2031 # recipes are command lines; a test is a function, not a subshell of another

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	mkdir pictures
	cp "$golden"/image/{rgb,rgb16,grey8,palette8,rgba}.png "$golden"/image/{rgb,420,cmyk,grey}.jpg pictures
	frl-shard import -q --raw -o faces.bin --rows faces.tsv pictures
	cp "$golden/weights/frl.safetensors" "$golden/weights/module.pth" .
	printf 'id\tpath\tx1\ty1\tx2\ty2\n' >boxes.tsv
	for i in 1 2 3 4 5 6 7 8; do
		printf '%s\t%s\t2\t1\t9\t8\n' $i pictures/rgb.png $i pictures/420.jpg
	done >>boxes.tsv
	pth=$FRL_SHARED/data/retinaface/mobilenet0.25_Final.pth
	[ ! -f "$pth" ] || frl-weights import -q -o retinaface.safetensors "$pth"
	# more than a pipe holds
	for i in 1 2 3 4 5 6 7 8; do cat faces.bin faces.bin faces.bin faces.bin faces.bin faces.bin faces.bin; done >large.bin
	frl-shard ls -q large.bin >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/* .
	faults=$FRL_TOP/$BUILD/tests/faults.so
}

complain() {
	echo "$*"
	return 1
}

# Command lines that write standard output, a line each, inputs being what setup made.
recipes() {
	cat <<-'END'
		frl-shard info faces.bin
		frl-shard check faces.bin
		frl-shard ls faces.bin
		frl-shard cat faces.bin
		frl-shard cat --range 1:4 - <faces.bin
		frl-shard join -m faces.tsv faces.bin
		frl-shard get 1 faces.bin
		frl-shard export --to tar faces.bin
		frl-shard import pictures
		frl-shard import --raw pictures
		frl-weights import frl.safetensors
		frl-weights import module.pth
		frl-weights info frl.safetensors
		frl-crop boxes.tsv
		frl-crop <boxes.tsv
		frl-crop --jpeg 90 boxes.tsv
		frl-subsample -f 0.5 boxes.tsv
		frl-subsample -n 3 faces.bin
	END
	[ ! -f retinaface.safetensors ] || echo 'frl-detect -w retinaface.safetensors pictures/rgb.png pictures/420.jpg'
}

# Command lines that write the file `out` and nothing else of account.
file_recipes() {
	cat <<-'END'
		frl-shard cat -o out faces.bin
		frl-shard repair -o out faces.bin
		frl-shard join -m faces.tsv -o out faces.bin
		frl-shard get -o out 1 faces.bin
		frl-shard export --to tar -o out faces.bin
		frl-shard import -o out pictures
		frl-shard import --rows out pictures >/dev/null
		frl-weights import -o out frl.safetensors
		frl-weights import -o out module.pth
		frl-crop -o out boxes.tsv
		frl-crop -m out boxes.tsv >/dev/null
		frl-subsample -f 0.5 -o out boxes.tsv
		frl-subsample -n 3 -o out faces.bin
	END
}

# fault FAULT COMMAND...: runs it with the fault; exit status in $rc, standard error in the file err
fault() {
	rc=0
	FRL_FAULT=$1 FRL_FAULT_MARK=$PWD/mark LD_PRELOAD=$faults \
		bash -c "exec ${*:2}" 2>err || rc=$?
}

# The library cannot be put between a sanitizer and its libc.
need_faults() {
	[ -e "$faults" ] || complain "no $faults: make unit-build"
	! nm -D "$FRL_TOP/$BUILD/bin/frl-shard" 2>/dev/null | grep -q '__asan_\|__tsan_' || skip "a sanitizer is in the way"
}

# No temporary file, whatever the fault was.
clean() { ! compgen -G 'out.*' >/dev/null; }

@test "all recipes work" {
	recipes >list
	[ "$(wc -l <list)" -ge 15 ]
	while read -r c; do
		rc=0
		eval "$c" >got 2>err || rc=$?
		[ "$rc" -eq 0 ] && [ -s got ] || complain "$c: exit $rc, $(cat err)"
	done <list
	file_recipes >list
	while read -r c; do
		rc=0
		rm -f out
		eval "$c" 2>err || rc=$?
		[ "$rc" -eq 0 ] && [ -s out ] || complain "$c: exit $rc, $(cat err)"
	done <list
}

@test "standard output is a full disk: exit 1 and a message" {
	recipes >list
	while read -r c; do
		rc=0
		eval "$c" >/dev/full 2>err </dev/null || rc=$?
		[ "$rc" -eq 1 ] || complain "$c >/dev/full: exit $rc, $(cat err)"
		grep -q 'No space left on device' err || complain "$c >/dev/full says: $(cat err)"
	done <list
}

@test "standard output is closed: exit 1 and a message" {
	recipes >list
	while read -r c; do
		rc=0
		eval "$c" >&- 2>err </dev/null || rc=$?
		[ "$rc" -eq 1 ] && [ -s err ] || complain "$c >&-: exit $rc, $(cat err)"
	done <list
}

@test "a file is a full disk: exit 1 and a message" {
	file_recipes >list
	while read -r c; do
		rc=0
		c=${c/ out/ \/dev\/full}
		eval "$c" 2>err || rc=$?
		[ "$rc" -eq 1 ] || complain "$c: exit $rc, $(cat err)"
		grep -q 'No space left on device' err || complain "$c says: $(cat err)"
	done <list
	[ -c /dev/full ]
}

@test "writing, syncing, closing or renaming the file fails: exit 1, no half file, the old one stays" {
	need_faults
	file_recipes >list
	while read -r c; do
		for f in "write 1 ENOSPC out" "write 2+ EIO out" "fsync 1 EIO out" "close 1 EDQUOT out" "rename 1 EACCES out"; do
			for old in "" old; do
				rm -f out mark
				[ -z "$old" ] || echo old >out
				fault "$f" "$c"
				# some never call it, or write once only
				[ -e mark ] || continue
				[ "$rc" -eq 1 ] && [ -s err ] || complain "$f: $c: exit $rc, $(cat err)"
				if [ -n "$old" ]; then
					[ "$(cat out)" = old ] || complain "$f: $c: the old file is gone"
				else
					[ ! -e out ] || complain "$f: $c: a file is there"
				fi
				clean || complain "$f: $c: leaves $(echo out.*)"
			done
		done
		fault "rename 1 EACCES out" "$c"
		[ -e mark ] || complain "$c: does not rename"
		fault "fsync 1 EIO out" "$c"
		[ -e mark ] || complain "$c: does not sync"
	done <list
}

@test "calls that are interrupted and give a byte at a time change nothing" {
	need_faults
	recipes >list
	while read -r c; do
		eval "$c" >want 2>err
		for call in read write; do
			fault "$call 1 flaky" "$c" >got
			[ "$rc" -eq 0 ] || complain "$call: $c: exit $rc, $(cat err)"
			cmp want got || complain "$call: $c: other bytes"
		done
	done <list
}

@test "a file that cannot be read: not 0, a message that names it, nothing crashes" {
	need_faults
	recipes | grep -v '<' >list
	while read -r c; do
		for n in 1 2; do
			for name in faces.bin boxes.tsv module.pth frl.safetensors; do
				rm -f mark
				fault "read $n+ EIO $name" "$c" >got
				[ -e mark ] || continue
				[ "$rc" -ge 1 ] && [ "$rc" -le 4 ] || complain "read $n of $name: $c: exit $rc, $(cat err)"
				grep -q "$name" err || complain "read $n of $name: $c says: $(cat err)"
			done
		done
	done <list
}

@test "a closed pipe ends it by SIGPIPE, quietly" {
	for c in "frl-shard cat large.bin" "frl-shard ls large.bin" "frl-shard export large.bin" "frl-crop boxes.tsv"; do
		# the reader goes away before the writer is done
		{ rc=0; bash -c "exec $c" 2>err || rc=$?; echo "$rc" >rc; } | head -c 1 >/dev/null
		if [ "$(cat rc)" -ne 141 ]; then
			# a short output fits the pipe
			[ "$(cat rc)" -eq 0 ] && [ "$(eval "$c" 2>/dev/null | wc -c)" -le 65536 ] || complain "$c: exit $(cat rc), $(cat err)"
		else
			[ ! -s err ] || complain "$c says: $(cat err)"
		fi
	done
}

@test "a closed pipe on standard output takes unfinished files along" {
	mkfifo in
	(cat boxes.tsv; sleep 1; tail -n +2 boxes.tsv) >in &
	{ rc=0; bash -c 'exec frl-crop -m out <in' 2>err || rc=$?; echo "$rc" >rc; } | head -c 1 >/dev/null
	wait
	[ "$(cat rc)" -eq 141 ] || complain "exit $(cat rc), $(cat err)"
	[ ! -e out ]
	clean
}

@test "binary data is not written to a terminal: exit 2 and a hint" {
	load "$FRL_TOP/tests/support/programs.bash"
	for c in "frl-shard cat faces.bin" "frl-shard get 1 faces.bin" "frl-shard export --to tar faces.bin" \
		"frl-shard import pictures" "frl-weights import frl.safetensors" "frl-crop boxes.tsv" \
		"frl-subsample -n 3 faces.bin"; do
		on_terminal "$c"
		[ "$status" -eq 2 ] || complain "$c: exit $status"
		[[ $output == *"binary data is not written to a terminal"*hint:* ]] || complain "$c says: $output"
	done
}

@test "progress on a terminal, after a second; never elsewhere" {
	load "$FRL_TOP/tests/support/programs.bash"
	c='{ cat boxes.tsv; sleep 1.2; tail -n +2 boxes.tsv; } | frl-crop -o out -'
	on_terminal "$c"
	[ "$status" -eq 0 ]
	[[ $output == *$'\r'*/s* ]] || complain "no progress: $output"
	on_terminal "{ cat boxes.tsv; tail -n +2 boxes.tsv; } | frl-crop -o out -"
	[[ $output != */s\ * ]] || complain "too early: $output"
	eval "$c" 2>err
	run ! grep -q $'\r\|/s' err
	[ "$(wc -l <err)" -eq 1 ] # the summary
}

@test "kill in the middle: no half file, the shell sees the signal" {
	# An input that stays open keeps the program in the middle.
	for c in "frl-shard cat -o out -" "frl-crop -o out -" "frl-crop -m out - >/dev/null" "frl-subsample -f 0.5 -o out -"; do
		for sig in TERM INT HUP; do
			rm -f in out
			mkfifo in
			# from a child that has not ignored SIGINT, as background jobs do, nor SIGHUP, as what nohup runs
			env --default-signal=INT,HUP bash -c "exec $c" <in 2>err &
			pid=$!
			exec 9>in
			case $c in
			frl-shard*) cat large.bin >&9 ;;
			*) cat boxes.tsv >&9 ;;
			esac
			for _ in 1 2 3 4 5 6 7 8 9 10; do
				! clean || sleep 0.1
			done
			kill -s $sig $pid
			rc=0
			wait $pid || rc=$?
			exec 9>&-
			[ "$rc" -eq $((128 + $(kill -l $sig))) ] || complain "$c, $sig: exit $rc, $(cat err)"
			[ ! -e out ] || complain "$c, $sig: a file is there"
			clean || complain "$c, $sig: leaves $(echo out.*)"
		done
	done
}

@test "out of memory at any allocation: a message and exit 1, no crash, no half file" {
	need_faults
	for c in "frl-shard info faces.bin" "frl-shard cat -o out faces.bin" "frl-weights info frl.safetensors" \
		"frl-weights import -o out module.pth" "frl-subsample -f 0.5 -o out boxes.tsv" "frl-crop --threads 1 -o out boxes.tsv"; do
		for n in 1 2 3 4 5 6 7 8 9 10 12 15 19 24 30 37 46 57 71 90 120; do
			rm -f mark out
			fault "malloc $n ENOMEM" "$c" >got
			[ -e mark ] || break
			[ "$rc" -lt 128 ] || complain "malloc $n: $c: exit $rc, $(cat err)"
			[ "$rc" -eq 0 ] || [ -s err ] || complain "malloc $n: $c: exit $rc without a word"
			[ "$rc" -eq 0 ] || [ "$rc" -eq 4 ] || [ ! -e out ] || complain "malloc $n: $c: exit $rc, but a file is there"
			clean || complain "malloc $n: $c: leaves $(echo out.*)"
		done
	done
}
