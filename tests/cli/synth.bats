#!/usr/bin/env bats
# frl-synth: pictures, rows, meshes and parameters that belong together; the same bytes always; bad input.

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	model=$FRL_TOP/tests/golden/synth/model
}

synth() {
	frl-synth -q --no-pg --model "$model" --size 64 "$@"
}

@test "a record, a row, a mesh and a row of parameters for each picture, under one key" {
	synth -n 7 --per-identity 3 --seed 5 -m m.tsv --mesh mesh.bin --params p.tsv >s.bin
	frl-shard check -q s.bin mesh.bin
	frl-shard ls --no-pg s.bin >s.tsv
	frl-shard ls --no-pg mesh.bin >mesh.tsv
	[ "$(columns s.tsv dims | sort -u)" = 64x64x3 ]
	[ "$(columns mesh.tsv dims dtype | sort -u)" = "$(printf '725x3\tf32')" ]
	columns s.tsv key label >a
	columns mesh.tsv key label | diff a -
	columns m.tsv id | while read -r id; do printf %s "$id" | sha256sum | cut -c 1-16; done | diff - <(cut -f 1 a)
	columns m.tsv identity | diff - <(cut -f 2 a)
	cut -f 2 a | tr '\n' ' ' | diff - <(printf '0 0 0 1 1 1 2 ')
	columns p.tsv id | diff - <(columns m.tsv id)
	[ "$(columns m.tsv face status width height a11 a12 a13 a21 a22 a23 | sort -u | tr '\t' ' ')" = \
		"0 ok 64 64 1 0 0 0 1 0" ]
	head -n 1 m.tsv | tr '\t' ' ' | grep -q ' lm67y au01 au02 au04 au05 au06 au09 au12 au15 au17 au20 au25 au26 valence arousal expression pitch yaw roll '
}

@test "the box: a fifth above the points, 190 of 256 pixels, in the middle; its jitter" {
	synth -n 4 --jitter 0 --size 256 -m m.tsv >s.bin
	grep -v '^#' m.tsv | awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		function near(a, b) { return a - b < 1e-3 && b - a < 1e-3 }
		{ x1 = y1 = 1e9; x2 = y2 = -1e9
		for (i = 0; i < 68; i++) { x = $c["lm" i "x"]; y = $c["lm" i "y"]
			x1 = x < x1 ? x : x1; x2 = x > x2 ? x : x2; y1 = y < y1 ? y : y1; y2 = y > y2 ? y : y2 }
		y1 -= .2 * (y2 - y1); w = x2 - x1; h = y2 - y1
		if (!near(x1, $c["x1"]) || !near(y1, $c["y1"]) || !near(x2, $c["x2"]) || !near(y2, $c["y2"]) ||
			!near(w > h ? w : h, 190) || !near((x1 + x2) / 2, 128) || !near((y1 + y2) / 2, 128)) exit 1
		n++ } END { exit n != 4 }'
	synth -n 4 -m m2.tsv >s2.bin
	[ "$(columns m2.tsv x1)" != "$(columns m.tsv x1)" ]
}

@test "--align: the five points lie about the template" {
	synth -n 2 --size 112 --align --yaw 5 --pitch 5 --expression 0 -m m.tsv >s.bin
	columns m.tsv lm30x lm30y | awk '{ if (($1 - 56) ^ 2 + ($2 - 72) ^ 2 > 100) exit 1 }'
	columns m.tsv lm48x lm54x | awk '{ if ($1 > 50 || $2 < 62) exit 1 }'
	frl-synth -q --no-pg --model "$model" -n 1 --align | frl-shard ls --no-pg - | grep -q 112x112x3
}

@test "the same bytes for 1 and 4 threads; a prefix; other seeds differ; persons by number" {
	synth -n 30 --per-identity 4 --threads 1 -m m1 --mesh v1 --params p1 >s1
	synth -n 30 --per-identity 4 --threads 4 -m m4 --mesh v4 --params p4 >s4
	cmp s1 s4
	cmp m1 m4
	cmp v1 v4
	cmp p1 p4
	synth -n 5 --per-identity 4 -m m5 >s5
	cmp -n $((5 * (64 + 64 * 64 * 3))) s1 s5
	head -n 6 m1 | cmp - m5
	synth -n 5 --per-identity 4 --seed 1 >other
	run cmp -s s5 other
	[ "$status" -eq 1 ]
	synth --identities 2 --per-identity 4 --first-identity 3 -m m3 >s3
	columns m1 | sed -n 13,20p >want
	diff want <(columns m3)
	[ "$(columns m3 identity | sort -u | tr '\n' ' ')" = "3 4 " ]
	synth -n 6 --identities 3 -m m6 >s6
	[ "$(columns m6 identity | tr '\n' ' ')" = "0 0 1 1 2 2 " ]
}

@test "the ICT model: the same bytes for 1 and 4 threads" {
	ict=$FRL_SHARED/data/ict-face-model
	[ -d "$ict" ] || skip "no $ict"
	frl-synth -q --no-pg --model "$ict" -n 6 --per-identity 2 --threads 1 -m m1 --mesh v1 >s1
	frl-synth -q --no-pg --model "$ict" -n 6 --per-identity 2 --threads 4 -m m4 --mesh v4 >s4
	cmp s1 s4
	cmp m1 m4
	cmp v1 v4
	frl-shard ls --no-pg v1 | grep -q 9409x3
}

@test "options of the distribution: pose, expression, units, JPEG" {
	synth -n 12 --yaw 0 --pitch 0 --roll 0 --expression 0 --units all -m m.tsv >s.bin
	[ "$(columns m.tsv pitch yaw roll | awk '{ print $1 + 0, $2 + 0, $3 + 0 }' | sort -u)" = "0 0 0" ]
	[ "$(columns m.tsv au01 au07 au25 au43 valence arousal expression | sort -u | tr '\t' ' ')" = "0 0 0 0 0 0 0" ]
	synth -n 2 --units bp4d -m m.tsv >s.bin
	head -n 1 m.tsv | tr '\t' '\n' | grep '^au' | tr '\n' ' ' | diff - <(printf 'au06 au10 au12 au14 au17 ')
	synth -n 2 --jpeg 90 | frl-shard ls --no-pg - >l.tsv
	[ "$(columns l.tsv kind | sort -u)" = jpeg ]
	synth -n 40 --occluder 1 -m m.tsv >s.bin
	columns m.tsv occluded | awk '$1 > 0 { n++ } END { exit n < 10 }'
	synth -n 4 --occluder 0 -m m.tsv >s.bin
	[ "$(columns m.tsv occluded | sort -u)" = 0 ]
}

@test "backgrounds: pictures and streams of them" {
	cp "$FRL_TOP/tests/golden/image/rgb.png" a.png
	cp "$FRL_TOP/tests/golden/image/rgb.jpg" b.jpg
	synth -n 3 >plain.bin
	synth -n 3 --seed 9 --jpeg 95 >jpeg.bin
	synth -n 3 --seed 9 >raw.bin
	synth -n 9 --backgrounds a.png --backgrounds jpeg.bin --backgrounds b.jpg --backgrounds raw.bin --threads 1 >s1
	synth -n 9 --backgrounds a.png --backgrounds jpeg.bin --backgrounds b.jpg --backgrounds raw.bin --threads 4 >s4
	cmp s1 s4
	run cmp -s -n 12000 s1 plain.bin
	[ "$status" -eq 1 ]
	echo text >text
	synth -n 1 --mesh mesh.bin >s.bin
	for bad in text mesh.bin nowhere.png .; do
		run synth -n 1 --backgrounds $bad -o out.bin
		[ "$status" -eq 3 ] || [ "$status" -eq 1 ]
		[[ $output == *"background '$bad'"* ]]
		[ ! -e out.bin ]
	done
	head -c 300 b.jpg >cut.jpg
	run synth -n 1 --backgrounds cut.jpg -o out.bin
	[ "$status" -eq 3 ]
	[[ $output == *"background 'cut.jpg'"* ]]
	[ ! -e out.bin ]
}

@test "bad models: missing, not a folder, a file missing, a wrong size" {
	run frl-synth --model nowhere -o out.bin
	[ "$status" -eq 3 ]
	[[ $output == *"cannot open model 'nowhere'"* ]]
	: >file
	run frl-synth --model file
	[ "$status" -eq 3 ]
	mkdir empty
	run frl-synth --model empty
	[ "$status" -eq 3 ]
	[[ $output == *"neutral_Nx3.f32"* ]]
	cp -r "$model" broken
	chmod -R u+w broken
	truncate -s 100 broken/deltas_13x725x3.f32
	run frl-synth --model broken -o out.bin
	[ "$status" -eq 3 ]
	[[ $output == *"deltas_13x725x3.f32' has 100 bytes"* ]]
	echo 'v 1 2' >broken/generic_neutral_mesh.obj
	run frl-synth --model broken -o out.bin
	[ "$status" -eq 3 ]
	[[ $output == *"generic_neutral_mesh.obj': line 1"* ]]
	[ ! -e out.bin ]
}

@test "manners: usage, full disk, closed pipe, provenance" {
	for bad in "-n 0" "--size 5" "--near 100 --far 50" "--yaw 91" "-m -" "-o a -m - --params -" "argument"; do
		# shellcheck disable=SC2086
		run synth $bad
		[ "$status" -eq 2 ]
	done
	run frl-synth -n 1
	[ "$status" -eq 2 ]
	for what in "-m" "--mesh" "--params" "-o"; do
		run synth -n 40 -o s.bin $what /dev/full
		[ "$status" -eq 1 ]
		[[ $output == *"No space left"* ]]
	done
	run bash -c "frl-synth -q --model '$model' --size 64 -n 3 >/dev/full"
	[ "$status" -eq 1 ]
	run bash -c "frl-synth -q --model '$model' --size 64 -n 200 | head -c 100 | wc -c; echo \${PIPESTATUS[0]}"
	[ "${lines[1]}" = 141 ]
	frl-synth -q --model "$model" --size 64 -n 1 -m m.tsv >s.bin
	head -n 1 m.tsv | grep -q '^#pg.*frl-synth.*-n 1'
	grep -aq 'frl-synth' s.bin
	synth -n 1 -m - -o s.bin | grep -q '^id'
}
