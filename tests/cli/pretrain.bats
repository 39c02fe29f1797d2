#!/usr/bin/env bats
# frl-pretrain: the reference's steps, the same bits for any threads and after any end, options, bad input.
# shellcheck disable=SC2046,SC2154 # $(tiny) is many words; bats sets stderr

bats_require_minimum_version 1.5.0

# 40 pictures of 40 x 40 with two labels, in two streams, and a run of six steps on them that all tests look at.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	for part in 0 1; do
		{
			printf 'id\tpath\tx1\ty1\tx2\ty2\tclass\n'
			for i in $(seq 20); do
				printf '%d-%d\timage/rgb.jpg\t%d\t%d\t%d\t%d\t%d\n' $part "$i" $((i % 7)) $((i % 5 + part)) \
					$((i % 7 + 20 + i % 3)) $((i % 5 + part + 16 + i % 4)) $((i % 2))
			done
		} >$part.tsv
		frl-crop -q --root "$golden" --size 40 --face 40 --label class -o $part.bin $part.tsv
	done
	frl-pretrain -q --data 0.bin,1.bin --out run $(tiny) --steps 6 --threads 1 --probe 0.bin:3 --tensorboard board \
		--dump-views views.bin 2>log
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/*.bin .
	first=$BATS_FILE_TMPDIR/run
}

# The least network there is, with a queue that is in use from step 3 on; five steps are an epoch.
tiny() {
	echo --arch resnet18 --hidden 16 --feat-dim 8 --prototypes 8 --crops 2x32,1x33 --crop-area 0.5-1,0.2-0.5 --batch 8 \
		--warmup 2s --freeze-prototypes 2s --queue 16 --queue-start 1s --lr 0.3 --save-every 2s --keep 9
}

# log RUN: what does not depend on time
log() { cut -f 1-4,7-10 "$1/log.tsv"; }

# same_run A B: logs, probes and weights
same_run() {
	diff <(log "$1") <(log "$2") && cmp "$1/last/model.safetensors" "$2/last/model.safetensors" &&
		cmp "$1/last/optimizer.safetensors" "$2/last/optimizer.safetensors" &&
		cmp "$1/last/queue.safetensors" "$2/last/queue.safetensors"
}

# back_to STEP RUN: a copy of the file's run in RUN as it was then, with all rows of its log
back_to() {
	mkdir "$2"
	cp -r "$first"/*.tsv "$first/step-0000000$1" "$2"
	ln -s "step-0000000$1" "$2/last"
}

# fails STATUS TEXT COMMAND...: with that exit status and that text on standard error
fails() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	[ "$status" -eq "$want" ] && [[ $stderr == *"$text"* ]] || {
		echo "exit $status, not $want: $stderr"
		return 1
	}
}

# wait_for FILE: for a minute
wait_for() {
	for _ in $(seq 600); do
		[ ! -e "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

@test "a run: a row for each step, checkpoints that are whole, probe, views" {
	head -n 1 "$first/log.tsv" | grep -qx "$(printf 'step\tepoch\tloss\tlr\timages_s\twaited_s\tgrad_norm\tentropy\tin_use\tspread\tmemory_mib')"
	[ "$(sed 1d "$first/log.tsv" | cut -f 1,2 | tr '\t\n' '. ')" = '0.0 1.0 2.0 3.0 4.0 5.1 ' ]
	[ "$(readlink "$first/last")" = step-00000006 ]
	[ "$(cd "$first" && echo step-*)" = 'step-00000002 step-00000004 step-00000006' ]
	[ "$(frl-weights info "$first/last/model.safetensors" | awk '$1 == "#meta" { print $2, $3 }' | grep -c \
		-e '^frl.network resnet18$' -e '^frl.init random$' -e '^frl.input.order rgb$' -e '^frl.input.size 32$' \
		-e '^frl.input.mean 0.485,0.456,0.406$' -e '^frl.input.std 0.228,0.224,0.225$')" -eq 6 ]
	# untrained beside pixels, then every epoch and at the end
	[ "$(cut -f 1,2,4,5,6,7 "$first/probe.tsv" | tr '\t\n' '. ')" = \
		'step.epoch.what.k.n.classes 0.0.pixels.3.20.2 0.0.features.3.20.2 5.1.features.3.20.2 6.1.features.3.20.2 ' ]
	# 6 steps of 8 samples of 3 views
	[ "$(frl-shard info views.bin | awk '$1 == "records" { print $2 }')" -eq 144 ]
}

@test "the probe is what frl-eval says of the weights" {
	[ -z "${FRL_SANITIZED:-}" ] || skip "embed.bats has frl-eval under the sanitizers"
	frl-eval embed -q -m "$first/last" 0.bin >features.bin
	frl-eval knn -k 3 features.bin >knn.tsv
	accuracy=$(awk -F '\t' '/^#/ { next } !n++ { for (i = 1; i <= NF; i++) c[$i] = i } $c["metric"] == "acc" { print $c["value"] }' knn.tsv)
	cat knn.tsv
	# folded batch norm rounds otherwise: at most one of the twenty
	awk -v a="$accuracy" -v b="$(tail -n 1 "$first/probe.tsv" | cut -f 8)" 'BEGIN { exit !(a - b < .051 && b - a < .051) }'
}

@test "views that were written train to the same bits when they are replayed" {
	frl-pretrain -q --views views.bin --out again $(tiny) --steps 6
	# but for the queue's first look at an epoch, all is the same: the replay is one epoch
	diff <(log "$first" | cut -f 3) <(log again | cut -f 3)
	cmp "$first/last/model.safetensors" again/last/model.safetensors
}

@test "ten steps of the authors' code, by --views" {
	[ -z "${FRL_SANITIZED:-}" ] || skip "test_swav_steps takes them under the sanitizers"
	reference=$FRL_SHARED/data/reference/swav-r18
	[ -d "$reference" ] || skip "no $reference"
	command -v xz >/dev/null || skip "no xz"
	"$FRL_TOP/$BUILD/tests/seeded_weights" "$reference/NAMES.tsv" 1 >start.safetensors
	xz -dc "$reference/views.frlr.xz" >reference.bin
	frl-pretrain -q --views reference.bin --init start.safetensors --init-head --out ten --arch resnet18 --crops 2x96,4x48 \
		--batch 16 --prototypes 64 --lr 0.006 --schedule constant --warmup 0 --freeze-prototypes 3s --queue 32 --queue-start 5s \
		--steps 10 --slices 4 --save-every 0
	paste "$reference/steps-small-lr.tsv" ten/log.tsv | awk -F '\t' 'NR == 1 { next }
		{ d = $4 - $21; g = $9 - $25; if (d < 0) d = -d; if (g < 0) g = -g; n++ }
		d > 2e-5 || g > .01 * $9 { print "step " $1 ": loss " $21 ", not " $4 "; gradient " $25 ", not " $9; bad = 1 }
		END { exit bad || n != 10 }'
}

@test "activations computed again: the same bits, and a run may change to it" {
	back_to 2 again
	frl-pretrain -q --resume again --checkpoint-activations
	same_run "$first" again
}

@test "bf16: near the reference, and the same bits for any number of threads" {
	frl-pretrain -q --data 0.bin,1.bin --out a $(tiny) --steps 3 --dtype bf16 --threads 1
	frl-pretrain -q --data 0.bin,1.bin --out b $(tiny) --steps 3 --dtype bf16 --threads 3
	same_run a b
	[ "$(log a)" != "$(log "$first" | head -n 4)" ]
	# f32 and bf16 begin alike
	paste "$first/log.tsv" a/log.tsv | awk -F '\t' 'NR == 2 { d = $3 - $14; exit !(d * d < .05 * .05) }'
}

@test "one thread and three: the same bytes" {
	frl-pretrain -q --data 0.bin,1.bin --out three $(tiny) --steps 6 --threads 3
	same_run "$first" three
}

@test "resumed from any checkpoint, with other threads: the run without interruption, bit for bit" {
	for step in 2 4; do
		back_to $step run$step
		frl-pretrain -q --resume run$step --threads 2
		same_run "$first" run$step
		cmp "$first/probe.tsv" run$step/probe.tsv
	done
}

@test "--accumulate: the same views in parts, resumed to the bit; a batch that cannot be cut is refused" {
	frl-pretrain -q --data 0.bin,1.bin --out parts $(tiny) --steps 4 --accumulate 2
	# batch norm of half a batch is another one
	[ "$(cut -f 1,2 parts/log.tsv)" = "$(head -n 5 "$first/log.tsv" | cut -f 1,2)" ]
	[ "$(log parts)" != "$(head -n 5 "$first/log.tsv" | cut -f 1-4,7-10)" ]
	back=parts/step-00000002
	mkdir again
	cp -r parts/log.tsv $back again
	ln -s step-00000002 again/last
	frl-pretrain -q --resume again
	same_run parts again
	fails 2 'a batch of 8 is not divided by 1 x 3, ranks times micro-batches' frl-pretrain -q --data 0.bin --out x $(tiny) \
		--accumulate 3
}

@test "killed, and resumed: the same bits" {
	frl-pretrain -q --data 0.bin,1.bin --out killed $(tiny) --steps 6 --threads 1 &
	wait_for killed/last
	kill -9 $!
	wait $! || true
	frl-pretrain -q --resume killed
	same_run "$first" killed
}

@test "SIGTERM: saved after the running step, and dead by it; SIGUSR1: exit 75; both go on" {
	for s in TERM USR1; do
		frl-pretrain -q --data 0.bin,1.bin --out $s $(tiny) --steps 6 --save-every 0 --threads 1 &
		pid=$!
		wait_for $s/log.tsv
		until [ "$(wc -l <$s/log.tsv)" -ge 2 ]; do sleep 0.05; done
		kill -$s $pid
		rc=0
		wait $pid || rc=$?
		[ "$s $rc" = 'TERM 143' ] || [ "$s $rc" = 'USR1 75' ]
		steps=$(($(wc -l <$s/log.tsv) - 1))
		[ "$(readlink $s/last)" = "step-0000000$steps" ]
		frl-pretrain -q --resume $s
		same_run "$first" $s
	done
}

@test "a full disk while saving: exit 1, the checkpoint before it is whole, and the run goes on from it" {
	[ -z "${FRL_SANITIZED:-}" ] || skip "the sanitizers' runtime has calls of its own"
	faults=$FRL_TOP/$BUILD/tests/faults.so
	for file in model state; do
		back_to 2 $file
		FRL_FAULT="write 1+ ENOSPC $file." fails 1 'No space left on device' \
			env LD_PRELOAD="$faults" frl-pretrain -q --resume $file
		[ "$(readlink $file/last)" = step-00000002 ]
		(cd $file/last && sha256sum --quiet -c DONE)
		[ "$(find $file -name '*tmp*')" = '' ]
	done
	frl-pretrain -q --resume model
	same_run "$first" model
}

@test "presets: printed whole; what is given wins, wherever it stands" {
	for p in paper code swav-bs256 small; do
		frl-pretrain --data 0.bin --preset $p --batch 8 --queue 8 --print-schedule >schedule 2>printed
		grep -qx "preset $p:" printed
		grep -q '^  --batch 8 (given; the preset has ' printed
		[ "$(grep -c '^  --' printed)" -ge 20 ]
	done
	frl-pretrain --data 0.bin --preset paper --batch 8 --print-schedule >a 2>printed
	# the supplement's numbers, and where they are: 2 steps an epoch
	for line in 'epochs 200' 'lr 4.8' 'final-lr 0.045' 'warmup 10' 'prototypes 3000' 'epsilon 0.05' 'temperature 0.1' \
		'crops 2x224,6x96' 'weight-decay 1e-06' 'freeze-prototypes 313s' 'optimizer lars'; do
		grep -qxe "  --$line" printed
	done
	[ "$(wc -l <a)" -eq 401 ]
	frl-pretrain -q --lr 1 --batch 8 --preset paper --data 0.bin --print-schedule >b
	frl-pretrain -q --preset paper --data 0.bin --print-schedule --batch 8 --lr 1 >c
	cmp b c
	# after the warm-up of 20 steps the base rate stands twice
	[ "$(sed -n '21,22p' b | cut -f 2 | sort -u)" = 1 ]
	[ "$(sed -n '21,22p' a | cut -f 2 | sort -u)" = 4.8 ]
}

@test "--print-schedule: TSV, nothing else, and a full disk is seen" {
	frl-pretrain -q --data 0.bin,1.bin $(tiny) --steps 4 --start-lr 0.1 --print-schedule >out
	[ "$(head -n 3 out | tr '\t\n' '. ')" = 'step.lr 0.0.1 1.0.3 ' ]
	[ "$(wc -l <out)" -eq 5 ]
	rc=0
	frl-pretrain -q --data 0.bin,1.bin $(tiny) --print-schedule >/dev/full 2>err || rc=$?
	[ "$rc" -eq 1 ]
	grep -q 'No space left' err
}

@test "--init: a backbone with torchvision's names or ours; of another network: refused" {
	reference=$FRL_SHARED/data/reference/swav-r18
	[ -d "$reference" ] || skip "no $reference"
	"$FRL_TOP/$BUILD/tests/seeded_weights" "$reference/NAMES.tsv" 1 >ours.safetensors
	"$FRL_TOP/$BUILD/tests/seeded_weights" "$reference/NAMES.tsv" 1 module.base_net. >bare.safetensors
	for f in ours bare; do
		frl-pretrain -q --data 0.bin,1.bin --out $f $(tiny) --init $f.safetensors --steps 1
		grep -q "^0	0	" $f/log.tsv
		frl-weights info $f/last/model.safetensors | grep -q "frl.init	$f\$"
	done
	diff <(log ours) <(log bare)
	[ "$(log ours)" != "$(log "$first" | head -n 2)" ]
	fails 3 "'bare.safetensors'" frl-pretrain -q --data 0.bin,1.bin --out other $(tiny) --arch resnet50 --init bare.safetensors
	fails 3 'no tensor' frl-pretrain -q --data 0.bin,1.bin --out other $(tiny) --init-head --init bare.safetensors
	[ ! -e other/last ]
}

@test "a folder that holds a run is refused; a resume keeps to its options" {
	back_to 2 old
	fails 2 "'old' holds a run of 2 steps" frl-pretrain -q --data 0.bin,1.bin --out old $(tiny)
	[[ $stderr == *'hint: --resume old'* ]]
	fails 2 "option '--batch': the run has '8'" frl-pretrain -q --resume old --batch 4
	fails 2 '--preset is for runs that begin' frl-pretrain -q --resume old --preset small
	fails 3 'the data holds 20 pictures, and held 40' frl-pretrain -q --resume old --data 0.bin
	fails 3 "cannot open 'nothing'" frl-pretrain -q --resume nothing
	mkdir nothing
	fails 3 "'nothing'" frl-pretrain -q --resume nothing
	# more steps than were planned
	frl-pretrain -q --resume old --steps 3 --batch 8
	[ "$(readlink old/last)" = step-00000003 ]
}

@test "a checkpoint of another network is refused, and nothing is changed" {
	back_to 2 old
	sed -i 's/"option.prototypes":"8"/"option.prototypes":"9"/' old/step-00000002/state.json
	(cd old/step-00000002 && sha256sum ./*.safetensors state.json | sed 's|\./||' >DONE)
	fails 3 'module.prototypes.weight' frl-pretrain -q --resume old
	(cd old/step-00000002 && sha256sum --quiet -c DONE)
	cmp "$first/log.tsv" old/log.tsv
}

@test "bad data: named, and what was learnt is kept" {
	head -c 60000 0.bin >cut.bin
	fails 3 "cut.bin" frl-pretrain -q --data cut.bin --out r $(tiny)
	frl-shard cat -q --range 0:0 0.bin >empty.bin || true
	fails 3 "empty.bin" frl-pretrain -q --data 0.bin,empty.bin --out r $(tiny)
	fails 3 "none.bin" frl-pretrain -q --data none.bin --out r $(tiny)
	fails 3 "1.tsv" frl-pretrain -q --data "$BATS_FILE_TMPDIR/1.tsv" --out r $(tiny)
	frl-crop -q --root "$FRL_TOP/tests/golden" --size 48 -o 48.bin "$BATS_FILE_TMPDIR/1.tsv"
	fails 3 "48.bin" frl-pretrain -q --data 0.bin,48.bin --out r $(tiny)
	# a flipped byte in the pixels of one record: found when it is drawn
	cp --remove-destination 1.bin 1.flipped.bin
	printf '\001' | dd of=1.flipped.bin bs=1 seek=$((19 * 4864 + 1000)) conv=notrunc status=none
	fails 3 "1.flipped.bin" frl-pretrain -q --data 0.bin,1.flipped.bin --out bad $(tiny)
	rows=$(($(wc -l <bad/log.tsv) - 1))
	[ "$rows" -eq 0 ] || [ "$(readlink bad/last)" = "step-0000000$rows" ]
}

@test "a loss that is no number: exit 1, the last checkpoint stays" {
	fails 1 'not a number to go on with' frl-pretrain -q --data 0.bin,1.bin --out r $(tiny) --optimizer sgd --lr 1e6 \
		--weight-decay 1 --schedule constant --warmup 0 --steps 20
	[[ $stderr == *hint:* ]]
	# 1e6 times the decay: numbers grow by 1e6 a step, and f32 ends at 1e38
	[ "$(readlink r/last)" = "step-0000000$((($(wc -l <r/log.tsv) - 1) / 2 * 2))" ]
	(cd r/last && sha256sum --quiet -c DONE)
}

@test "options that make no sense: exit 2, named" {
	fails 2 "'--crops'" frl-pretrain --data 0.bin --out r --crops 2x224,x
	fails 2 "'--crops'" frl-pretrain --data 0.bin --out r --crops 1x224
	fails 2 "'--crop-area'" frl-pretrain --data 0.bin --out r --crops 2x64
	fails 2 "'--jitter'" frl-pretrain --data 0.bin --out r --jitter 1,2,3
	fails 2 "'--warmup'" frl-pretrain --data 0.bin --out r --warmup ten
	fails 2 "'--queue'" frl-pretrain --data 0.bin --out r --queue 9
	fails 2 "--data and --views" frl-pretrain --out r
	fails 2 "--out or --resume" frl-pretrain --data 0.bin $(tiny)
	fails 2 "'x'" frl-pretrain x
	[ ! -e r ]
}

@test "make curve: pictures of a run" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	unset MAKEFLAGS MAKELEVEL
	back_to 6 seen
	make -s -C "$FRL_TOP" curve RUN="$PWD/seen/"
	[ "$(head -c 4 seen/curve.png | tail -c 3)" = PNG ]
	grep -q '<svg' seen/curve.svg
	run make -s -C "$FRL_TOP" curve RUN="$PWD/none"
	[ "$status" -ne 0 ]
}

@test "one step of the whole size: ResNet-50, 2 x 224 + 6 x 96, batch 8, 3,000 prototypes" {
	[ -z "${FRL_SANITIZED:-}" ] || skip "memory is the sanitizers' here, and time"
	frl-pretrain --data 0.bin --out whole --batch 8 --steps 1 --save-every 0 2>whole.log
	awk -F '\t' 'NR == 2 { d = $3 - log(3000); if (d < 0) d = -d; print "loss " $3; ok = d < .5 } END { exit !ok }' whole/log.tsv
	# Planned: what is said at the start. Measured: not a quarter more, with 300 MiB for the program and the loss.
	planned=$(sed -n 's/.* \([0-9]*\) MiB planned .*/\1/p' whole.log)
	peak=$(tail -n 1 whole/log.tsv | cut -f 11)
	echo "planned $planned, peak $peak"
	[ "$planned" -gt 1000 ] && [ "$planned" -lt 3200 ] && [ "$peak" -lt $((planned * 5 / 4 + 300)) ]
}

@test "two at a time in one run: the second is told to come again, and changes nothing" {
	frl-pretrain -q --data 0.bin,1.bin $(tiny) --out both --steps 100000 --save-every 0 2>/dev/null &
	pid=$!
	until [ -s both/log.tsv ]; do sleep .05; done
	fails 75 "'both' is being trained by another process" frl-pretrain -q --data 0.bin,1.bin $(tiny) --out both --steps 2
	kill -9 $pid
	wait $pid || true
	[ "$(awk 'NR > 1 && $1 == 0' both/log.tsv | wc -l)" -eq 1 ]
	# the lock went with its holder
	frl-pretrain -q --data 0.bin,1.bin $(tiny) --out both --steps 1
}
