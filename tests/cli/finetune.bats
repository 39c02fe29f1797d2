#!/usr/bin/env bats
# frl-finetune: every task learns, the same bits for any threads and after any end, labels joined and checked, bad input.
# shellcheck disable=SC2046,SC2154 # $(tiny) is many words; bats sets stderr

bats_require_minimum_version 1.5.0

# 22 pictures of 40 x 40, and labels of all tasks.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	{
		printf 'id\tpath\tx1\ty1\tx2\ty2\n'
		for i in $(seq 22); do
			printf 'p%02d\timage/rgb.jpg\t%d\t%d\t%d\t%d\n' "$i" $((i % 7)) $((i % 5)) $((i % 7 + 20 + i % 3)) \
				$((i % 5 + 16 + i % 4))
		done
	} >boxes.tsv
	frl-crop -q --root "$golden" --size 40 --face 40 -m rows.tsv -o faces.bin boxes.tsv
	awk -F '\t' -v OFS='\t' '/^#/ { next }
		!n++ { print $0, "identity", "fold", "valence", "arousal", "expression", "au01", "au12",
			"lm0x", "lm0y", "lm1x", "lm1y", "lm2x", "lm2y", "lm3x", "lm3y", "lm4x", "lm4y"; next }
		{ k = n - 1; print $0, "who" k % 3, k % 2, k % 7 / 10 - .3, k == 3 ? -2 : k % 5 / 5 - .4, k % 9, k % 6, k == 4 ? 9 : 5 - k % 6,
			$3 + 5, $4 + 4, $3 + 15, $4 + 4, $3 + 10, $4 + 8, $3 + 6, $4 + 13, k == 5 ? "" : $3 + 14, $4 + 13 }' rows.tsv >labels.tsv
	frl-finetune au -q $(tiny) --out run --steps 8 --threads 1 --val-fraction .2
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/faces.bin "$BATS_FILE_TMPDIR"/labels.tsv .
	first=$BATS_FILE_TMPDIR/run
}

tiny() {
	echo --data faces.bin --labels labels.tsv --arch resnet18 --size 32 --batch 6 --slices 3 --save-every 2s --keep 9
}

log() { cut -f 1-5 "$1/log.tsv"; }

same_run() {
	diff <(log "$1") <(log "$2") && cmp "$1/last/model.safetensors" "$2/last/model.safetensors" &&
		cmp "$1/last/optimizer.safetensors" "$2/last/optimizer.safetensors"
}

fails() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	if [ "$status" -ne "$want" ] || [[ $stderr != *"$text"* ]]; then
		echo "exit $status, not $want: $stderr"
		return 1
	fi
}

@test "a run: a row for each step, checkpoints, the best of what was held out" {
	[ "$(wc -l <"$first/log.tsv")" -eq 9 ]
	head -1 "$first/log.tsv" | grep -qx "$(printf 'step\tepoch\tloss\tmse\tlr\timages_s\twaited_s\tgrad_norm\tmemory_mib')"
	[ -e "$first/last/DONE" ]
	head -c 60000 "$first/last/model.safetensors" | tr -d '\0' >shown
	grep -aq '"frl.task":"au"' shown
	grep -aq '"head.weight"' shown
	[ -e "$first/best/model.safetensors" ]
	[ "$(wc -l <"$first/val.tsv")" -ge 2 ]
}

@test "every task takes steps, and its loss falls" {
	for task in emotion landmarks recognition au; do
		frl-finetune $task -q $(tiny) --save-every 0 --lr 0.001 --optimizer adam --out $task --steps 20 --rotation 0 --scale 1-1 --jitter 0,0,0,0 \
			--blur-p 0 --flip-p 0 || return 1
		awk -v task=$task 'NR > 1 && NR <= 6 { first += $3 } NR > 16 { last += $3 }
			END { print task, first / 5, last / 5; exit !(last < .9 * first) }' $task/log.tsv || return 1
	done
}

@test "one thread and three: the same bytes" {
	frl-finetune au -q $(tiny) --out other --steps 8 --threads 3 --val-fraction .2
	same_run "$first" other
	cmp "$first/best/model.safetensors" other/best/model.safetensors
}

@test "resumed, with other threads: the run without interruption, bit for bit" {
	frl-finetune au -q $(tiny) --out other --steps 4 --val-fraction .2
	frl-finetune au -q --resume other --steps 8 --threads 3
	same_run "$first" other
	cmp "$first/best/model.safetensors" other/best/model.safetensors
	diff "$first/val.tsv" other/val.tsv
}

@test "killed, and resumed: the same bits" {
	frl-finetune au -q $(tiny) --out other --steps 8 --val-fraction .2 &
	pid=$!
	until [ -e other/last/DONE ] || ! kill -0 $pid 2>/dev/null; do sleep .05; done
	kill -9 $pid 2>/dev/null || true
	wait $pid || true
	frl-finetune au -q --resume other
	same_run "$first" other
}

# Of a model of au: bytes of the backbone's parameters; of its running statistics. The head's two tensors are between them.
backbone() { bytes "$1" 0 "$(ends "$1" head.weight 1)"; }
statistics() { bytes "$1" "$(ends "$1" head.bias 2)" 999999999; }

# bytes FILE FROM TO: of the tensors' data
bytes() { tail -c +$((9 + $(od -An -tu8 -N8 "$1") + $2)) "$1" | head -c $(($3 - $2)); }

# ends FILE NAME WHICH: where a tensor's data begin (1) and end (2)
ends() {
	tail -c +9 "$1" | head -c "$(od -An -tu8 -N8 "$1" | tr -d ' ')" | grep -o "\"$2\":{[^}]*}" |
		sed 's/.*data_offsets":\[\([0-9]*\),\([0-9]*\).*/\'"$3/"
}

@test "--freeze and --bn frozen: what is frozen stays to the byte, all of it; the rest learns" {
	begin=$first/last/model.safetensors
	# resnet18: 62 - 2 parameters, and 2 x 4800 statistics
	[ "$(backbone "$begin" | wc -c)" -eq $((11176512 * 4)) ]
	[ "$(statistics "$begin" | wc -c)" -eq $((2 * 4800 * 4)) ]
	for how in "" --freeze "--bn frozen"; do
		# shellcheck disable=SC2086
		frl-finetune au -q $(tiny) --init "$first" $how --out "run$how" --steps 3 --save-every 0
		after="run$how/last/model.safetensors"
		cmp -s <(backbone "$begin") <(backbone "$after") && kept=same || kept=other
		cmp -s <(statistics "$begin") <(statistics "$after") && kept+=,same || kept+=,other
		cmp -s <(tensor "$begin" head.weight) <(tensor "$after" head.weight) && kept+=,same || kept+=,other
		[ "$how: $kept" = "$how: $(case $how in --freeze) echo same,same,other ;; --bn*) echo other,same,other ;; *) echo other,other,other ;; esac)" ]
	done
}

# tensor FILE NAME: its bytes, found by the header's offsets
tensor() {
	local n at
	n=$(od -An -tu8 -N8 "$1" | tr -d ' ')
	at=$(tail -c +9 "$1" | head -c "$n" | grep -o "\"$2\":{[^}]*}" | grep -o 'data_offsets":\[[0-9]*,[0-9]*' | grep -o '[0-9]*,[0-9]*')
	[ -n "$at" ] || return 1
	tail -c +$((9 + n + ${at%,*})) "$1" | head -c $((${at#*,} - ${at%,*}))
}

@test "--init: the backbone of another run, its input and its name" {
	frl-finetune emotion -q $(tiny) --init "$first" --out next --steps 1 --lr 0
	cmp <(tensor "$first/last/model.safetensors" backbone.layer2.0.conv1.weight) \
		<(tensor next/last/model.safetensors backbone.layer2.0.conv1.weight)
	fails 3 "'labels.tsv'" frl-finetune emotion -q $(tiny) --init labels.tsv --out no --steps 1
	fails 3 "backbone.layer1.0.conv" frl-finetune emotion -q $(tiny) --arch resnet50 --init "$first" --out no --steps 1
}

@test "--fold leaves rows out; the fraction that frl-subsample noted picks the epochs" {
	run --separate-stderr frl-finetune au $(tiny) --out fold --steps 1 --fold 1
	[[ $stderr == *"11 of 22 pictures have labels, 11 are left out"* ]]
	frl-subsample -f 50% labels.tsv >half.tsv
	run --separate-stderr frl-finetune au --data faces.bin --labels half.tsv --arch resnet18 --size 32 --batch 4 --out half --epochs 0.01
	[ "$status" -eq 0 ]
	rows=$(grep -vc '^#' half.tsv)
	[[ $stderr == *"$((22 - rows + 1)) have no row (the first: key "* ]]
}

@test "--print-preset: TSV, every row with a source; emotion's misprint only when asked for" {
	for task in recognition landmarks au emotion; do
		frl-finetune $task --print-preset >preset.tsv
		awk -F '\t' 'NF != 3 || $3 == "" { exit 1 }' preset.tsv
	done
	grep -qx "$(printf 'lr\t0.0001\tours: the other tasks.*')" <(frl-finetune emotion --print-preset)
	grep -q "$(printf '^lr\t0.1\t')" <(frl-finetune emotion --preset paper-printed --print-preset)
	fails 1 "No space left" sh -c 'frl-finetune au --print-preset >/dev/full'
}

@test "labels that cannot be: named with line and column, nothing is left" {
	sed '5s/\twho/\twho/; 5s/[^\t]*$/abc/' labels.tsv >text.tsv
	fails 3 "text.tsv" frl-finetune landmarks -q $(tiny) --labels text.tsv --out no
	awk -F '\t' -v OFS='\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i } n == 4 { $c["au12"] = 7 } 1' labels.tsv >range.tsv
	fails 3 "line 4: column 'au12': 7 is not from 0 to 5" frl-finetune au -q $(tiny) --labels range.tsv --out no
	cut -f 1-6 labels.tsv >without.tsv
	fails 3 "no column of an action unit" frl-finetune au -q $(tiny) --labels without.tsv --out no
	awk -F '\t' -v OFS='\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i; $c["a22"] = "b" } 1' labels.tsv >map.tsv
	fails 3 "frl-crop -m" frl-finetune landmarks -q $(tiny) --labels map.tsv --out no
	[ ! -e no ]
}

@test "make curve: pictures of a run" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	unset MAKEFLAGS MAKELEVEL
	mkdir seen
	cp "$first"/*.tsv seen
	make -s -C "$FRL_TOP" curve RUN="$PWD/seen/"
	[ "$(head -c 4 seen/curve.png | tail -c 3)" = PNG ]
	grep -q 'norm of the gradient' seen/curve.svg
	grep -q 'loss on what was held out' seen/curve.svg
	# a loss of several parts shows them
	printf 'step\tepoch\tloss\tvalence\tarousal\tclass\tlr\tgrad_norm\n0\t0\t6\t1\t2\t3\t.1\t5\n1\t0\t5\t1\t2\t2\t.1\t4\n' >seen/log.tsv
	rm seen/val.tsv
	make -s -C "$FRL_TOP" curve RUN="$PWD/seen"
	grep -q arousal seen/curve.svg
}

@test "usage: no task, an unknown one, a folder that holds a run" {
	fails 2 "the task comes first" frl-finetune --data faces.bin
	fails 2 "no task 'faces'" frl-finetune faces --data faces.bin
	fails 2 "--data and --labels are needed" frl-finetune au --out no
	fails 2 "holds a run of 8 steps" frl-finetune au -q $(tiny) --out "$first"
	fails 2 "cannot go on with" frl-finetune au -q --resume "$first" --batch 7
	fails 2 "'--width': 1, 2 or 4" frl-finetune au -q $(tiny) --width 3 --out no
	fails 2 "'--drops'" frl-finetune au -q $(tiny) --drops 1,x --out no
}

@test "predict: rows of several tasks, the same for any threads and neighbours; scored by frl-eval" {
	frl-finetune landmarks -q $(tiny) --out points --steps 2 --save-every 0
	frl-eval predict -q --no-pg --model "$first",points/last --rows labels.tsv --threads 1 faces.bin >one.tsv
	frl-eval predict -q --no-pg --model "$first",points/last --rows labels.tsv --threads 3 <faces.bin >three.tsv
	cmp one.tsv three.tsv
	head -1 one.tsv | grep -qx "$(printf 'id\tface\tpath\tau01\tau12\tlm0x\tlm0y\tlm1x\tlm1y\tlm2x\tlm2y\tlm3x\tlm3y\tlm4x\tlm4y\tstatus')"
	diff <(cut -f 1 one.tsv) <(cut -f 1 labels.tsv)
	frl-shard cat -q --range 0:3 faces.bin >few.bin
	diff <(frl-eval predict -q --no-pg --model "$first" --rows labels.tsv few.bin | cut -f 4,5) <(cut -f 4,5 one.tsv | head -4)
	frl-eval au --truth labels.tsv --pred one.tsv -q >scores.tsv
	grep -q icc scores.tsv
}

@test "predict: points come back to the photo by the crop's map; other input is refused" {
	frl-finetune landmarks -q $(tiny) --out points --steps 1 --save-every 0
	frl-eval predict -q --no-pg --model points faces.bin >crop.tsv
	frl-eval predict -q --no-pg --model points --rows labels.tsv faces.bin >photo.tsv
	# a11 .. a23 of the row, applied to the photo's point, give the crop's
	paste labels.tsv photo.tsv crop.tsv | awk -F '\t' '
		NR == 1 { for (i = 1; i <= NF; i++) { n[$i]++; c[$i, n[$i]] = i } next }
		{ x = $c["lm1x", 2]; y = $c["lm1y", 2]
		  dx = $c["a11", 1] * x + $c["a12", 1] * y + $c["a13", 1] - $c["lm1x", 3]
		  dy = $c["a21", 1] * x + $c["a22", 1] * y + $c["a23", 1] - $c["lm1y", 3]
		  if (dx * dx + dy * dy > 1e-6) { print NR, dx, dy; exit 1 } }'
	fails 3 "faces.bin" frl-eval predict --model faces.bin faces.bin
	fails 3 "two models of the task au" frl-eval predict --model "$first","$first" faces.bin
	fails 2 "--model is needed" frl-eval predict faces.bin
	fails 3 "'<stdin>' is empty" frl-eval predict -q --model "$first" </dev/null
	cat faces.bin >broken.bin
	printf 'xxxx' | dd of=broken.bin bs=1 seek=9000 conv=notrunc status=none
	run --separate-stderr frl-eval predict -q --no-pg --model "$first" broken.bin
	[ "$status" -eq 4 ]
	# no row, and a map that has no inverse: rows that say so
	awk -F '\t' -v OFS='\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i } n == 2 { next } n == 3 { $c["a11"] = 0; $c["a12"] = 0 } 1' labels.tsv >lost.tsv
	run --separate-stderr frl-eval predict -q --no-pg --model points --rows lost.tsv faces.bin
	[ "$status" -eq 4 ]
	[ "$(grep -c 'bad:no row$' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'bad:a11 to a23 are no map$' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'ok$' <<<"$output")" -eq 20 ]
	cut -f 1-3 labels.tsv >ids.tsv
	fails 3 "no column 'a11'" frl-eval predict -q --model points --rows ids.tsv faces.bin
}

@test "two at a time in one run: the second is told to come again, and changes nothing" {
	frl-finetune au -q $(tiny) --out both --steps 100000 --save-every 0 2>/dev/null &
	pid=$!
	until [ -s both/log.tsv ]; do sleep .05; done
	fails 75 "'both' is being trained by another process" frl-finetune au -q $(tiny) --out both --steps 2
	kill -9 $pid
	wait $pid || true
	[ "$(awk 'NR > 1 && $1 == 0' both/log.tsv | wc -l)" -eq 1 ]
	# the lock went with its holder
	frl-finetune au -q $(tiny) --out both --steps 1
}
