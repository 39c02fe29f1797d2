#!/usr/bin/env bats
# Several processes by MPI: sums, who is where, how they wait and end; SwAV; frl-pretrain. SKIPs where MPI is not there.
# shellcheck disable=SC2046 # $(tiny) is many words

bats_require_minimum_version 1.5.0

# 40 pictures in two streams, and a run of six steps by one rank; five are an epoch, and the queue is in use from step 3 on.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	for part in 0 1; do
		{
			printf 'id\tpath\tx1\ty1\tx2\ty2\n'
			for i in $(seq 20); do
				printf '%d-%d\timage/rgb.jpg\t%d\t%d\t%d\t%d\n' $part "$i" $((i % 7)) $((i % 5 + part)) \
					$((i % 7 + 20 + i % 3)) $((i % 5 + part + 16 + i % 4))
			done
		} >$part.tsv
		frl-crop -q --root "$FRL_TOP/tests/golden" --size 48 --face 48 -o $part.bin $part.tsv
	done
	frl-pretrain -q --data 0.bin,1.bin --out run $(tiny) --steps 6
}

tiny() {
	echo --arch resnet18 --hidden 16 --feat-dim 8 --prototypes 8 --crops 2x48,1x33 --crop-area 0.5-1,0.2-0.5 --batch 8 \
		--queue 16 --queue-start 1s --lr 0.003 --warmup 0 --schedule constant --save-every 2s --keep 9 --threads 1
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/*.bin .
	check=$FRL_TOP/$BUILD/tests/ranks_check
	# As root, and on as many processors as there are.
	export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
	export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
	# What MPI itself does not give back is not ours to find.
	export LSAN_OPTIONS=detect_leaks=0 ASAN_OPTIONS=detect_leaks=0
	unset OMPI_COMM_WORLD_SIZE PMI_SIZE PMIX_RANK SLURM_STEP_ID SLURM_STEP_NUM_TASKS
}

need_mpi() {
	command -v mpirun >/dev/null || skip "no mpirun"
	ldd "$check" | grep -q libmpi || skip "built without MPI"
}

# ranks N COMMAND...: as N ranks, and not for ever
ranks() { timeout 300 mpirun -n "$@"; }

@test "without a launcher there is one rank, and programs without ranks need no MPI" {
	run --separate-stderr "$check" where
	[ "$status" -eq 0 ]
	[[ $output == "0 1 0 1 "[1-9]* ]]
	[ -z "$stderr" ]
	"$check" sums
	[ "$(ldd "$FRL_TOP/$BUILD/bin/frl-detect" | grep -c libmpi)" -eq 0 ]
}

@test "sums in rank order, the same on every rank: integers exact, any size, beside each other" {
	need_mpi
	for n in 2 3; do
		ranks $n "$check" sums >out
		[ "$(grep -c "of $n: sums are right" out)" -eq $n ]
	done
}

@test "who is where, once; processors are shared" {
	need_mpi
	ranks 3 "$check" where >out 2>err
	[ "$(sort -n out | cut -d ' ' -f 1-4 | paste -sd ,)" = "0 3 0 3,1 3 1 3,2 3 2 3" ]
	[ "$(cut -d ' ' -f 5 out | sort -u | wc -l)" -eq 1 ]
	own=$(nproc)
	[ "$(head -n 1 out | cut -d ' ' -f 5)" -le $((own / 3 > 1 ? own / 3 : 1)) ]
	[ "$(grep -c 'ranks_check: 3 ranks: 0-2 on .* thread' err)" -eq 1 ]
}

@test "waiting leaves the processor to others" {
	need_mpi
	ranks 2 "$check" wait >out
	awk '{ exit !($1 < .3) }' out
}

@test "a launcher that promises ranks and delivers single ones is refused, exit 2" {
	for promise in OMPI_COMM_WORLD_SIZE=2 PMI_SIZE=2 SLURM_STEP_NUM_TASKS=2 "SLURM_STEP_ID=0 SLURM_NTASKS=2"; do
		# shellcheck disable=SC2086
		run --separate-stderr env $promise "$check" where
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ $stderr == "ranks_check: "*" starts 2 ranks, but "*hint:* ]]
	done
	# A job script is no launcher.
	SLURM_NTASKS=2 SLURM_PROCID=0 "$check" where
}

@test "a rank that dies ends the others, with its status, and is named" {
	need_mpi
	for how in die leave bug; do
		run ranks 3 "$check" $how
		[ "$status" -eq "$([ $how = bug ] && echo 1 || echo 3)" ]
		[[ $output == *"ranks_check: rank 2 of 3, on "* ]]
	done
	run ranks 3 "$check" die
	[[ $output == *"ranks_check: rank 2: no such face"* ]]
}

@test "a rank that is killed ends the others and is named" {
	need_mpi
	ranks 2 "$check" stop >pid 2>err &
	job=$!
	for _ in $(seq 200); do
		[ ! -s pid ] || break
		sleep 0.05
	done
	kill -9 "$(cat pid)"
	rc=0
	wait $job || rc=$?
	[ $rc -ne 0 ] && [ $rc -ne 124 ]
	grep -qi 'rank 1' err
}

# near FIRST OTHERS A B: as many steps as B has, losses as near as said (they are about 4), and the rest alike
near() {
	paste <(head -n "$(wc -l <"$4")" "$3") "$4" | awk -v first="$1" -v others="$2" '
		function away(a, b) { return a > b ? a - b : b - a }
		away($2, $9) > (NR == 1 ? first : others) { print "loss of step " $1 ": " $2 ", " $9; bad = 1 }
		away($3, $10) > 1e-3 * $3 { print "gradient of step " $1 ": " $3 ", " $10; bad = 1 }
		away($4, $11) > 1e-4 || $5 != $12 || $6 != $13 || away($7, $14) > 1e-4 { print; bad = 1 }
		END { exit bad || NR < 5 }'
}

@test "gradients of the ranks' shares on integers add up to those of the whole batch, exactly" {
	need_mpi
	ranks 3 "$check" integers >out
	[ "$(grep -c 'gradients are exact' out)" -eq 3 ]
}

@test "parameters whose rows are shared out start, add up, step and are saved as the whole ones, exactly" {
	"$check" split
	need_mpi
	for n in 2 3; do
		ranks $n "$check" split >out
		[ "$(grep -c 'split parameters are the whole ones' out)" -eq $n ]
	done
}

# The lr is a hundredth of SwAV's for this batch, where f32 can be followed; the queue is used from step 4 on.
@test "SwAV on 2 ranks is SwAV on 1 of twice the batch: losses, gradients, assignments, queue" {
	need_mpi
	"$check" swav 10 8 1 16 0 >"$BATS_FILE_TMPDIR/one"
	awk '$6 == 16 { n++ } END { exit n != 6 }' "$BATS_FILE_TMPDIR/one"
	ranks 2 "$check" swav 10 8 1 16 0 >two
	near 1e-6 1e-5 "$BATS_FILE_TMPDIR/one" two
}

# Two micro-batches on each of two ranks, which do not share statistics, see what four on one rank see. Statistics of two
# samples make more of rounding than those of eight.
@test "accumulation: batch norm sees micro-batches, all else the whole batch; so do groups of ranks" {
	need_mpi
	"$check" swav 5 8 4 16 0 >micro
	ranks 2 "$check" swav 5 8 2 16 1 >groups
	near 1e-6 3e-5 micro groups
	# batch norm's part in it: what accumulation cannot have
	run near .01 .01 "$BATS_FILE_TMPDIR/one" micro
	[ "$status" -eq 1 ]
	run ranks 2 "$check" swav 5 6 2 0 0
	[ "$status" -eq 2 ]
	[[ $output == *"a batch of 6 is not divided by 2 x 2, ranks times micro-batches"* ]]
	run ranks 2 "$check" swav 5 8 1 0 3
	[ "$status" -eq 2 ]
	[[ $output == *"2 ranks do not make groups of 3"* ]]
}

# course A B WITHIN: the same steps of the same epochs, losses as near as that
course() {
	paste <(cut -f 1-3 "$1/log.tsv") <(cut -f 1-3 "$2/log.tsv") | awk -F '\t' -v within="$3" 'NR == 1 { next }
		{ d = $3 > $6 ? $3 - $6 : $6 - $3 }
		$1 != $4 || $2 != $5 || d > within { print; bad = 1 }
		END { exit bad || NR != 7 }'
}

# back_to STEP FROM RUN: a copy of a run as it was then
back_to() {
	mkdir "$3"
	cp -r "$2"/log.tsv "$2/step-0000000$1" "$3"
	ln -s "step-0000000$1" "$3/last"
}

# Statistics of a few pictures whose last map is 2 x 2 make more of rounding than those of a network of use.
@test "frl-pretrain on two ranks: the run of one; its checkpoints are gone on with by any number, in exact epochs" {
	need_mpi
	run=$BATS_FILE_TMPDIR/run
	ranks 2 frl-pretrain -q --data 0.bin,1.bin --out two $(tiny) --steps 6
	course "$run" two 2e-4
	grep -q '"ranks":2' two/last/state.json
	[ "$(cut -f 2 two/log.tsv | tr '\n' ' ')" = 'epoch 0 0 0 0 0 1 ' ]

	# two go on with what two began: the same bits
	back_to 4 two again
	ranks 2 frl-pretrain -q --resume again --threads 1
	diff <(cut -f 1-4,7-10 two/log.tsv) <(cut -f 1-4,7-10 again/log.tsv)
	for part in model optimizer queue; do
		cmp two/last/$part.safetensors again/last/$part.safetensors
	done

	# one began, two go on, one ends it
	back_to 2 "$run" mixed
	ranks 2 frl-pretrain -q --resume mixed --threads 1 --steps 4 2>err
	[ "$(grep -c "was computed by 1 rank, and goes on with 2" err)" -eq 1 ]
	frl-pretrain -q --resume mixed --threads 1 --steps 6 2>err
	[ "$(grep -c "was computed by 2 ranks, and goes on with 1" err)" -eq 1 ]
	course "$run" mixed 2e-4
}

@test "frl-pretrain on two ranks: a signal saves and ends all; one that fails ends the others; a batch for three is refused" {
	need_mpi
	ranks 2 frl-pretrain -q --data 0.bin,1.bin --out asked $(tiny) --steps 1000 --save-every 0 &
	job=$!
	for _ in $(seq 600); do
		[ ! -s asked/log.tsv ] || [ "$(wc -l <asked/log.tsv)" -lt 2 ] || break
		sleep 0.1
	done
	# one rank of this test's
	for pid in $(pgrep -x frl-pretrain); do
		[ "$(readlink "/proc/$pid/cwd")" != "$PWD" ] || asked=$pid
	done
	kill -USR1 "$asked"
	rc=0
	wait $job || rc=$?
	[ $rc -eq 75 ]
	[ "$(readlink asked/last)" = "$(printf 'step-%08d' $(($(wc -l <asked/log.tsv) - 1)))" ]

	run ranks 2 frl-pretrain -q --data 0.bin,1.bin --out odd $(tiny) --batch 7
	[ "$status" -eq 2 ]
	[[ $output == *"7 samples cannot be shared by 2 ranks"* ]]

	# a record that only one rank reads, and in the first epoch: what was learnt is kept
	head -c 9000 1.bin >bad.bin
	printf X >>bad.bin
	tail -c +9002 1.bin >>bad.bin
	run ranks 2 frl-pretrain -q --data 0.bin,bad.bin --out bad $(tiny) --steps 6
	[ "$status" -eq 3 ]
	[[ $output == *"bad.bin"* ]]
	[[ $output == *"ends the job"* ]]
}
