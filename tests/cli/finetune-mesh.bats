#!/usr/bin/env bats
# frl-finetune mesh: meshes of a stream or of coefficients, kept with the model, scored by frl-eval; bad input.
# shellcheck disable=SC2046,SC2154 # $(tiny) is many words; bats sets stderr

bats_require_minimum_version 1.5.0

# 22 faces of a model of 725 vertices; a run of eight steps.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	frl-synth -q --no-pg --model "$FRL_TOP/tests/golden/synth/model" --size 40 -n 22 --per-identity 2 -m truth.tsv --mesh mesh.bin \
		--template face.safetensors -o faces.bin
	frl-finetune mesh -q $(tiny) --mesh mesh.bin --out run --steps 8 --threads 1 --val-fraction .2
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	for f in faces.bin truth.tsv mesh.bin face.safetensors; do ln -s "$BATS_FILE_TMPDIR/$f" .; done
	first=$BATS_FILE_TMPDIR/run
	points=$FRL_TOP/tests/golden/synth/model/landmarks68.txt
}

tiny() {
	echo --data faces.bin --labels truth.tsv --template face.safetensors --arch resnet18 --size 32 --batch 6 --slices 3 --channels 8,8,16 \
		--save-every 2s --keep 9
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

value() { awk -F '\t' -v m="$1" '!/^#/ && !n++ { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["metric"] == m { print $c["value"] }' "$2"; }

@test "a run: the mesh is in the model's file; the best by the dense error on what was held out" {
	head -1 "$first/log.tsv" | grep -q "$(printf '^step\tepoch\tloss\tl1\tlr')"
	head -1 "$first/val.tsv" | grep -qx "$(printf 'step\tepoch\tloss\tnme')"
	head -c 60000 "$first/last/model.safetensors" | tr -d '\0' >shown
	for t in mesh.mean mesh.deviation mesh.triangles mesh.points mesh.level0.spiral mesh.level2.up.value head.linear.weight head.level0.bias \
		head.vertices.weight; do
		grep -aq "\"$t\"" shown
	done
	grep -aq '"frl.task":"mesh"' shown && grep -aq '"frl.outputs":"725"' shown
	# what frl-eval says of the weights of the last epoch that was the best, on the same faces
	frl-eval predict -q --no-pg --model "$first/best" --rows truth.tsv --mesh all.bin faces.bin >all.tsv 2>/dev/null
	awk -F '\t' 'NR > 1 { if (!n++ || $4 < best) best = $4 } END { print best }' "$first/val.tsv" >best
	rows=$(frl-finetune mesh $(tiny) --mesh mesh.bin --out again --steps 1 --val-fraction .2 2>&1 |
		sed -n 's/.*held out: \([0-9]*\) of 22.*/\1/p' | head -1)
	[ "$rows" -gt 0 ]
	# the held out ids stand in the file: their errors alone
	n=$(od -An -tu8 -N8 "$first/best/model.safetensors" | tr -d ' ')
	at=$(tail -c +9 "$first/best/model.safetensors" | head -c "$n" | grep -o '"chosen_on":{[^}]*}' | grep -o '\[[0-9]*,[0-9]*\]}' | tr -d '[]}')
	tail -c +$((9 + n + ${at%,*})) "$first/best/model.safetensors" | head -c $((${at#*,} - ${at%,*})) | od -An -v -tx8 -w8 | tr -d ' ' >keys
	[ "$(wc -l <keys)" -eq "$rows" ]
	frl-shard ls -q --no-pg mesh.bin | awk -F '\t' 'NR == FNR { want[$1] = 1; next } FNR > 1 && $3 == "tensor" && $6 in want { print n } $3 == "tensor" { n++ }' keys - >at
	for i in $(cat at); do
		frl-shard cat -q --range "$((i)):$((i + 1))" mesh.bin >>t.bin
		frl-shard cat -q --range "$((i)):$((i + 1))" all.bin >>p.bin
	done
	frl-eval mesh -q --truth t.bin --pred p.bin --truth-points "$points" >score.tsv
	value nme-dense score.tsv | paste best - | awk '{ d = $1 / $2 - 1; if (d > 1e-4 || d < -1e-4) { print; exit 1 } }'
}

@test "its loss falls" {
	frl-finetune mesh -q $(tiny) --mesh mesh.bin --save-every 0 --out long --steps 30 --optimizer adam --lr .001 --rotation 0 --scale 1-1 --translation 0
	awk 'NR > 1 && NR <= 6 { first += $3 } NR > 26 { last += $3 } END { print first / 5, last / 5; exit !(last < .8 * first) }' long/log.tsv
}

@test "three threads, and a resumed run: the same bytes" {
	frl-finetune mesh -q $(tiny) --mesh mesh.bin --out other --steps 4 --threads 3 --val-fraction .2
	# the template is not asked again: the checkpoint has the mesh
	frl-finetune mesh -q --resume other --steps 8 --threads 3 --template nowhere.obj
	same_run "$first" other
	cmp "$first/best/model.safetensors" other/best/model.safetensors
	diff "$first/val.tsv" other/val.tsv
}

@test "predict: points in rows, all vertices in a stream; the same for any threads; in the photo by the crop's map" {
	frl-eval predict -q --no-pg --model "$first/last" --rows truth.tsv --threads 1 --mesh one.bin faces.bin >one.tsv
	frl-eval predict -q --no-pg --model "$first/last" --rows truth.tsv --threads 3 --mesh three.bin <faces.bin >three.tsv
	cmp one.tsv three.tsv
	cmp one.bin three.bin
	head -1 one.tsv | cut -f 1-6,206-207 | grep -qx "$(printf 'id\tface\tlm0x\tlm0y\tlm0z\tlm1x\tlm67z\tstatus')"
	[ "$(frl-shard ls -q --no-pg one.bin | cut -f 5,6)" = "$(frl-shard ls -q --no-pg mesh.bin | cut -f 5,6)" ]
	# the points are those vertices
	frl-shard export --to npy one.bin | tail -c $((22 * 725 * 12)) | head -c 8700 | od -An -v -tf4 -w12 >v
	awk 'NR == FNR { p[n++] = $1 + 1; next } { x[FNR] = $1 } END { for (i = 0; i < n; i++) print x[p[i]] }' "$points" v >want
	sed -n 2p one.tsv | cut -f 3-206 | tr '\t' '\n' | awk 'NR % 3 == 1' | paste - want |
		awk '{ d = $1 - $2; if (d > 1e-3 || d < -1e-3) { print; exit 1 } n++ } END { exit n != 68 }'
	frl-eval mesh -q --no-pg --truth truth.tsv --pred one.tsv | cut -f 7- >score.tsv
	grep -q nme-2d score.tsv
	frl-eval mesh -q --no-pg --model "$first/last" --data faces.bin --truth truth.tsv --pred-out kept.tsv | cut -f 7- | diff - score.tsv
	cmp kept.tsv one.tsv
	fails 3 "was chosen on the pictures it is to be scored on" frl-eval mesh --model "$first/best" --data faces.bin --truth truth.tsv
	sed '/^#/!s/lm67x/xx67x/' truth.tsv >less.tsv
	fails 3 "'less.tsv' has 67 points (lm0x lm0y ..), '$first/last' predicts 68" \
		frl-eval mesh --model "$first/last" --data faces.bin --truth less.tsv
	fails 2 "predict --mesh" frl-eval mesh --model "$first/last" --data faces.bin --truth mesh.bin
	frl-eval mesh -q --truth mesh.bin --pred one.bin --truth-points "$points" | grep -q reconstruction
	# a crop at twice the size, moved: the photo's places are half of the crop's
	awk -F '\t' -v OFS='\t' '/^#/ { print; next } !n++ { for (i = 1; i <= NF; i++) c[$i] = i; print; next }
		{ $c["a11"] = $c["a22"] = 2; $c["a13"] = 6; $c["a23"] = -4; print }' truth.tsv >twice.tsv
	frl-eval predict -q --no-pg --model "$first/last" --rows twice.tsv faces.bin >twice
	paste one.tsv twice | awk -F '\t' 'NR > 1 { for (i = 3; i < 207; i++) { o = i % 3 == 0 ? 6 : i % 3 == 1 ? -4 : 0
		d = $i - 2 * $(i + 207) - o; if (d > 1e-3 || d < -1e-3) { print i, $i, $(i + 207); exit 1 } } n++ } END { exit n != 22 }'
}

@test "--region: a part of the vertices, which frl-eval --vertices takes as it is" {
	seq 0 2 724 | cat - "$points" | sort -nu >part
	frl-finetune mesh -q $(tiny) --mesh mesh.bin --region part --out part-run --steps 1 --save-every 0
	frl-eval predict -q --no-pg --model part-run --mesh p.bin faces.bin >p.tsv
	[ "$(frl-shard ls -q --no-pg p.bin | awk -F '\t' '$3 == "tensor" { print $5 }' | sort -u)" = "$(wc -l <part)x3" ]
	frl-eval mesh -q --truth mesh.bin --pred p.bin --truth-points "$points" --vertices part | grep -q nme-dense
	fails 3 "hint: --align icp" frl-eval mesh -q --truth mesh.bin --pred p.bin --truth-points "$points"
	seq 0 2 724 >without
	fails 3 "point 0, vertex" frl-finetune mesh -q $(tiny) --mesh mesh.bin --region without --out no
	echo 725 >out
	fails 3 "the region has vertex 725; a mesh has 725" frl-finetune mesh -q $(tiny) --mesh mesh.bin --region out --out no
	[ ! -e no ]
}

@test "coefficients and a linear model: the same steps as from the meshes that they make" {
	golden=$FRL_TOP/tests/golden/curate
	run -4 frl-curate 300w-lp --root "$golden/300w-lp" -q --no-pg --mesh v.bin --model "$golden/300w-lp-model.safetensors" --params p.bin -o rows.tsv
	# the same keys, with pictures: any will do
	frl-shard ls -q --no-pg p.bin | awk -F '\t' '$3 == "tensor" { n++ } END { exit n != 4 }'
	awk -F '\t' -v OFS='\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i; print "id", "path", "x1", "y1", "x2", "y2"; next }
		$c["status"] == "ok" { print $c["id"], "image/rgb.jpg", 2, 2, 30, 20 }' rows.tsv >boxes.tsv
	frl-crop -q --root "$FRL_TOP/tests/golden" --size 40 --face 40 -m crops.tsv -o crops.bin boxes.tsv
	printf '%s\n' 'v 0 0 0' 'v 1 0 .2' 'v 2 0 0' 'v 0 1 .1' 'v 1 1 1' 'v 2 1 0' 'f 1 2 5 4' 'f 2 3 6 5' >six.obj
	few=$(tiny | sed 's/faces.bin/crops.bin/; s/truth.tsv/crops.tsv/; s/face.safetensors/six.obj/; s/8,8,16/8/')
	# shellcheck disable=SC2086
	frl-finetune mesh -q $few --spiral 4 --batch 2 --mesh v.bin --out meshes --steps 3
	# shellcheck disable=SC2086
	frl-finetune mesh -q $few --spiral 4 --batch 2 --params p.bin --face-model "$golden/300w-lp-model.safetensors" --out params --steps 3
	same_run meshes params
	# six vertices without names: all of them, and no points
	frl-eval predict -q --no-pg --model params/last --mesh six.bin crops.bin | head -1 | grep -qx "$(printf 'key\tface\tstatus')"
	fails 2 "needs --face-model" frl-finetune mesh -q $(tiny) --params p.bin --out no
	fails 3 "no tensor mean" frl-finetune mesh -q $(tiny) --params p.bin --face-model "$first/last/model.safetensors" --out no
}

@test "bad input: another size, a face without a mesh, several faces, a mirror, models of other tasks" {
	fails 2 "needs --mesh or --params" frl-finetune mesh -q $(tiny) --out no
	fails 2 "no mirror image" frl-finetune mesh -q $(tiny) --mesh mesh.bin --flip-p .5 --out no
	fails 2 "are for the task mesh" frl-finetune au -q --data faces.bin --labels truth.tsv --mesh mesh.bin --out no
	fails 2 "'--channels'" frl-finetune mesh -q $(tiny) --mesh mesh.bin --channels 8,x --out no
	fails 3 "level 3 of a mesh" frl-finetune mesh -q $(tiny) --mesh mesh.bin --channels 8,8,8,8,8,8 --spiral 20 --out no
	fails 3 "'faces.bin': record 0: not V x 3 numbers" frl-finetune mesh -q $(tiny) --mesh faces.bin --out no
	printf '%s\n' 'v 0 0 0' 'v 1 0 .2' 'v 2 0 0' 'v 0 1 .1' 'f 1 2 3' 'f 2 3 4' >small.obj
	fails 3 "'small.obj' has 4 vertices, the meshes to learn have 725" frl-finetune mesh -q $(tiny) --template small.obj --mesh mesh.bin --channels 4 \
		--spiral 3 --out no
	fails 3 "'truth.tsv'" frl-finetune mesh -q $(tiny) --template truth.tsv --mesh mesh.bin --out no
	cut -f 1-9 truth.tsv >without.tsv
	fails 3 "no column 'a11'" frl-finetune mesh -q $(tiny) --labels without.tsv --mesh mesh.bin --out no
	[ ! -e no ]
	# 20 of 22 faces have a mesh: the others are left out, and counted
	frl-shard cat -q --range 0:20 mesh.bin >most.bin
	run --separate-stderr frl-finetune mesh $(tiny) --mesh most.bin --out most --steps 1 --save-every 0
	[ "$status" -eq 0 ]
	[[ $stderr == *"20 of 22 pictures have labels, 2 are left out"* ]]
	# the same mesh twice
	cat most.bin mesh.bin >twice.bin
	fails 3 "two records of key" frl-finetune mesh -q $(tiny) --mesh twice.bin --out no
	head -c 100000 mesh.bin >cut.bin
	fails 3 "'cut.bin'" frl-finetune mesh -q $(tiny) --mesh cut.bin --out no
	# predictions
	frl-finetune landmarks -q --data faces.bin --labels truth.tsv --arch resnet18 --size 32 --batch 6 --steps 1 --out lm
	fails 3 "columns would have the same names" frl-eval predict -q --model "$first,lm" faces.bin
	fails 2 "no model is one of the task mesh" frl-eval predict -q --model lm --mesh no.bin faces.bin
	[ ! -e no.bin ]
	fails 3 "the run trains mesh, not landmarks" frl-finetune landmarks -q --resume "$first"
	fails 1 "No space left" frl-eval predict -q --model "$first" --mesh /dev/full faces.bin
}

@test "two ranks: what one computes of the whole batch, and the same best" {
	command -v mpirun >/dev/null || skip "no mpirun"
	ldd "$(command -v frl-finetune)" | grep -q libmpi || skip "built without MPI"
	export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 LSAN_OPTIONS=detect_leaks=0 ASAN_OPTIONS=detect_leaks=0
	frl-finetune mesh -q $(tiny) --mesh mesh.bin --lr .0005 --out one --steps 4 --val-fraction .2
	timeout 300 mpirun --oversubscribe -n 2 frl-finetune mesh -q $(tiny) --mesh mesh.bin --lr .0005 --out two --steps 4 --val-fraction .2
	paste <(log one) <(log two) | awk 'NR > 1 { d = $3 / $8 - 1; if (d < 0) d = -d; if (d > (NR == 2 ? 1e-6 : 1e-5)) { print; exit 1 } n++ } END { exit n != 4 }'
	paste one/val.tsv two/val.tsv | awk 'NR > 1 { d = $4 / $8 - 1; if (d > 1e-4 || d < -1e-4) { print; bad = 1 } n++ } END { exit bad || !n }'
	[ -e two/best/model.safetensors ]
}

@test "a model whose mesh was changed: refused by the tensor's name" {
	cp "$first/last/model.safetensors" model.safetensors
	n=$(od -An -tu8 -N8 model.safetensors | tr -d ' ')
	at=$(tail -c +9 model.safetensors | head -c "$n" | grep -o '"mesh.level0.spiral":{[^}]*}' | grep -o 'offsets":\[[0-9]*' | grep -o '[0-9]*$')
	printf '\377\377\377\177' | dd of=model.safetensors bs=1 seek=$((8 + n + at)) conv=notrunc status=none
	fails 3 "tensor mesh.level0.spiral" frl-eval predict -q --model model.safetensors faces.bin
}
