#!/usr/bin/env bats
# frl-finetune on several ranks: the run of one, checkpoints for any number of them, and how it ends. SKIPs where MPI is not there.
# shellcheck disable=SC2046 # $(tiny) is many words

bats_require_minimum_version 1.5.0

# 22 pictures of 40 x 40 with labels of all tasks, and a run of six steps by one rank: batches of 8, 8 and 6 are an epoch.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	{
		printf 'id\tpath\tx1\ty1\tx2\ty2\n'
		for i in $(seq 22); do
			printf 'p%02d\timage/rgb.jpg\t%d\t%d\t%d\t%d\n' "$i" $((i % 7)) $((i % 5)) $((i % 7 + 20 + i % 3)) \
				$((i % 5 + 16 + i % 4))
		done
	} >boxes.tsv
	frl-crop -q --root "$FRL_TOP/tests/golden" --size 40 --face 40 -m rows.tsv -o faces.bin boxes.tsv
	awk -F '\t' -v OFS='\t' '/^#/ { next }
		!n++ { print $0, "identity", "valence", "arousal", "expression", "au01", "au12",
			"lm0x", "lm0y", "lm1x", "lm1y", "lm2x", "lm2y", "lm3x", "lm3y", "lm4x", "lm4y"; next }
		{ k = n - 1; print $0, "who" k % 3, k % 7 / 10 - .3, k == 3 ? -2 : k % 5 / 5 - .4, k % 9, k % 6, k == 4 ? 9 : 5 - k % 6,
			$3 + 5, $4 + 4, $3 + 15, $4 + 4, $3 + 10, $4 + 8, $3 + 6, $4 + 13, k == 5 ? "" : $3 + 14, $4 + 13 }' rows.tsv >labels.tsv
	frl-finetune au -q --data faces.bin --labels labels.tsv --arch resnet18 --size 32 --batch 8 --steps 1 --lr 0 --out begin
	frl-finetune recognition -q $(tiny) --lr 1e-6 --val-data faces.bin --val-labels labels.tsv --save-every 2s --keep 9 --steps 6 --out one
}

tiny() {
	echo --init "$BATS_FILE_TMPDIR/begin" --data faces.bin --labels labels.tsv --arch resnet18 --size 32 --embedding 32 --batch 8 --slices 2 --threads 1
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/faces.bin "$BATS_FILE_TMPDIR"/labels.tsv .
	one=$BATS_FILE_TMPDIR/one
	# As root, and on as many processors as there are.
	export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
	export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
	# What MPI itself does not give back is not ours to find.
	export LSAN_OPTIONS=detect_leaks=0 ASAN_OPTIONS=detect_leaks=0
	unset OMPI_COMM_WORLD_SIZE PMI_SIZE PMIX_RANK SLURM_STEP_ID SLURM_STEP_NUM_TASKS
	command -v mpirun >/dev/null || skip "no mpirun"
	ldd "$(command -v frl-finetune)" | grep -q libmpi || skip "built without MPI"
}

# ranks N COMMAND...: as N ranks, and not for ever
ranks() { timeout 300 mpirun -n "$@"; }

# course A B STEPS: the same steps of the same epochs; the first loss to 1e-6 of it, the others to 1e-5
course() {
	paste <(cut -f 1-3 "$1/log.tsv" | head -n $(($3 + 1))) <(cut -f 1-3 "$2/log.tsv") | awk -F '\t' -v steps="$3" 'NR == 1 { next }
		{ d = ($3 > $6 ? $3 - $6 : $6 - $3) / $3 }
		$1 != $4 || $2 != $5 || d > (NR == 2 ? 1e-6 : 1e-5) { print; bad = 1 }
		END { exit bad || NR != steps + 1 }'
}

# back_to STEP FROM RUN: a copy of a run as it was then
back_to() {
	mkdir "$3"
	cp -r "$2"/*.tsv "$2/step-0000000$1" "$3"
	ln -s "step-0000000$1" "$3/last"
}

same_run() {
	diff <(cut -f 1-5,8 "$1/log.tsv") <(cut -f 1-5,8 "$2/log.tsv") && diff "$1/val.tsv" "$2/val.tsv" &&
		cmp "$1/last/model.safetensors" "$2/last/model.safetensors" &&
		cmp "$1/last/optimizer.safetensors" "$2/last/optimizer.safetensors" &&
		cmp "$1/best/model.safetensors" "$2/best/model.safetensors"
}

# tensor FILE NAME: its bytes, found by the header's offsets
tensor() {
	local n at
	n=$(od -An -tu8 -N8 "$1" | tr -d ' ')
	at=$(tail -c +9 "$1" | head -c "$n" | grep -o "\"$2\":{[^}]*}" | grep -o 'data_offsets":\[[0-9]*,[0-9]*' | grep -o '[0-9]*,[0-9]*')
	[ -n "$at" ] || return 1
	tail -c +$((9 + n + ${at%,*})) "$1" | head -c $((${at#*,} - ${at%,*}))
}

@test "each task: two ranks compute what one computes of the whole batch" {
	for task in landmarks au emotion; do
		options="--optimizer sgd --lr 1e-4 --save-every 0 --steps 2"
		# shellcheck disable=SC2086
		frl-finetune $task -q $(tiny) $options --out $task
		# shellcheck disable=SC2086
		ranks 2 frl-finetune $task -q $(tiny) $options --out two-$task
		course $task two-$task 2 || return 1
	done
	frl-synth -q --no-pg --model "$FRL_TOP/tests/golden/synth/model" --size 40 -n 8 -m truth.tsv --mesh mesh.bin \
		--template face.safetensors -o drawn.bin
	options="$(tiny) --data drawn.bin --labels truth.tsv --mesh mesh.bin --template face.safetensors --channels 8,8,16"
	# shellcheck disable=SC2086
	frl-finetune mesh -q $options --save-every 0 --steps 2 --lr 1e-4 --out mesh
	# shellcheck disable=SC2086
	ranks 2 frl-finetune mesh -q $options --save-every 0 --steps 2 --lr 1e-4 --out two-mesh
	course mesh two-mesh 2
}

@test "recognition, its classes split: the run of one; killed and resumed, the same bits; any number goes on with it" {
	options="$(tiny) --lr 1e-6 --val-data faces.bin --val-labels labels.tsv --save-every 2s --keep 9 --steps 6"
	# shellcheck disable=SC2086
	ranks 2 frl-finetune recognition $options --out two 2>err
	course "$one" two 6
	# held out: the same weights' loss, but for what f32 makes of the small differences between them
	paste "$one/val.tsv" two/val.tsv | awk -F '\t' 'NR > 1 { d = ($3 - $6) / $3; if ($1 != $4 || d * d > 1e-10) exit 1 }'
	[ "$(cut -f 2 two/log.tsv | tr '\n' ' ')" = 'epoch 0 0 0 1 1 1 ' ]
	# said once
	[ "$(grep -c 'pictures have labels' err)" -eq 2 ]
	[ "$(grep -c '2 ranks: ' err)" -eq 1 ]
	[ "$(grep -c '"ranks":2' two/last/state.json)" -eq 1 ]
	# all three classes are in it, each where one rank has it: their values are near, and none is another's
	[ "$(tensor two/last/model.safetensors classes.weight | wc -c)" -eq $((3 * 32 * 4)) ]
	paste <(tensor "$one/last/model.safetensors" classes.weight | od -An -v -w4 -tf4) \
		<(tensor two/last/model.safetensors classes.weight | od -An -v -w4 -tf4) |
		awk '{ d = $1 - $2; if (d * d > 1e-12) exit 1 }'

	# one rank is killed: all end; two ranks go on, to the same bits
	# shellcheck disable=SC2086
	ranks 2 frl-finetune recognition -q $options --out killed 2>err &
	job=$!
	until [ -e killed/last/DONE ] || ! kill -0 $job 2>/dev/null; do sleep .05; done
	for pid in $(pgrep -x frl-finetune); do
		[ "$(readlink "/proc/$pid/cwd")" != "$PWD" ] || one_of_them=$pid
	done
	kill -9 "$one_of_them"
	rc=0
	wait $job || rc=$?
	[ $rc -ne 0 ] && [ $rc -ne 124 ]
	ranks 2 frl-finetune recognition -q --resume killed --threads 2
	same_run two killed

	# one began, two go on, one ends it
	back_to 2 "$one" mixed
	ranks 2 frl-finetune recognition -q --resume mixed --steps 3 2>err
	[ "$(grep -c "was computed by 1 rank, and goes on with 2" err)" -eq 1 ]
	frl-finetune recognition -q --resume mixed --steps 4 2>err
	[ "$(grep -c "was computed by 2 ranks, and goes on with 1" err)" -eq 1 ]
	course "$one" mixed 4
}

@test "--bn frozen and --freeze on two ranks; --bn local shares no statistics" {
	for how in "--bn frozen" --freeze "--bn local"; do
		# shellcheck disable=SC2086
		ranks 2 frl-finetune au -q $(tiny) $how --lr 0.001 --save-every 0 --steps 1 --out "two$how"
	done
	frl-finetune au -q $(tiny) --bn frozen --lr 0.001 --save-every 0 --steps 1 --out start
	course start "two--bn frozen" 1
	course start two--freeze 1
	begin=$BATS_FILE_TMPDIR/begin/last/model.safetensors
	for t in backbone.bn1.running_mean backbone.layer4.1.bn2.running_var; do
		cmp <(tensor "$begin" $t) <(tensor "two--bn frozen/last/model.safetensors" $t)
		cmp <(tensor "$begin" $t) <(tensor two--freeze/last/model.safetensors $t)
	done
	cmp <(tensor "$begin" backbone.conv1.weight) <(tensor two--freeze/last/model.safetensors backbone.conv1.weight)
	run ! course start "two--bn local" 1
}

@test "what cannot be shared out, and data that one rank cannot read" {
	run ranks 3 frl-finetune au -q $(tiny) --batch 4 --out no
	[ "$status" -eq 2 ]
	[[ $output == *"a batch of 2 samples cannot be shared out over 3 ranks"* ]]
	run ranks 4 frl-finetune recognition -q $(tiny) --batch 11 --out no
	[ "$status" -eq 2 ]
	[[ $output == *"has 3 identities: they cannot be shared out over 4 ranks"* ]]

	# a record that only one rank reads: it says so, ends the other, and what was learnt is kept
	head -c 50000 faces.bin >bad.bin
	printf X >>bad.bin
	tail -c +50002 faces.bin >>bad.bin
	run ranks 2 frl-finetune au -q $(tiny) --data bad.bin --save-every 0 --steps 9 --out bad
	[ "$status" -eq 3 ]
	[[ $output == *"bad.bin"* ]]
	[[ $output == *"ends the job"* ]]
}
