#!/usr/bin/env bats
# frl-synth --layout: frl-curate's readers take the folders as they are, and read what was drawn.

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	model=$FRL_TOP/tests/golden/synth/model
	photo="--size 64 --face 32 --seed 3"
}

# layout SET OPTION...: the set's folder, and the same faces' truth in truth.tsv (all units)
layout() {
	# shellcheck disable=SC2086
	frl-synth -q --no-pg --model "$model" $photo --layout "$1" --root "$1" "${@:2}"
	# shellcheck disable=SC2086
	frl-synth -q --no-pg --model "$model" $photo --units all -m truth.tsv "${@:2}" >/dev/null
}

# close A B TOLERANCE: tables of numbers of the same size, equal to that
close() {
	# either may be a pipe
	cat "$1" >left
	cat "$2" >right
	[ "$(wc -l <left)" -eq "$(wc -l <right)" ]
	[ -s left ]
	paste left right | awk -F '\t' -v most="$3" '{ n = NF / 2
		for (i = 1; i <= n; i++) { d = $i - $(n + i)
			if (d > most || d < -most) { print NR, i, $i, $(n + i); exit 1 } } }'
}

@test "disfa: 27 persons, whole intensities" {
	layout disfa --identities 27 --per-identity 2
	frl-curate disfa --no-pg -q --root disfa >m.tsv
	[ "$(columns m.tsv status | sort | uniq -c | awk '{ print $1, $2 }')" = "54 ok" ]
	[ "$(columns m.tsv fold | sort -u | wc -l)" -eq 3 ]
	units="au01 au02 au04 au05 au06 au09 au12 au15 au17 au20 au25 au26"
	# shellcheck disable=SC2086
	close <(columns m.tsv $units) <(columns truth.tsv $units) .5001
	[ "$(columns m.tsv au25 | sort -u | wc -l)" -gt 2 ]
	head -c 3 disfa/frames/SN032/00002.jpg | od -An -tx1 | grep -q 'ff d8 ff'
}

@test "bp4d: 41 persons, tasks by turns, whatever -n says" {
	layout bp4d --identities 25 --per-identity 9
	frl-curate bp4d --no-pg -q --root bp4d >m.tsv
	[ "$(columns m.tsv status | sort | uniq -c | awk '{ print $1, $2 }')" = "225 ok" ]
	[ "$(columns m.tsv subject task frame | awk '$1 == "M002"' | wc -l)" -eq 9 ]
	units="au06 au10 au12 au14 au17"
	# ours go by picture, the reader by task
	# shellcheck disable=SC2086
	columns truth.tsv id $units | awk -F '\t' -v OFS='\t' '{ k = split($1, p, "/"); print p[3] + 0, p[4] % 8, p[4] + 0, $0 }' |
		sort -t '	' -k 1,1n -k 2,2n -k 3,3n | cut -f 5- >want
	# shellcheck disable=SC2086
	close <(columns m.tsv $units) want .5001
	# shellcheck disable=SC2086
	frl-synth -q --model "$model" $photo --layout bp4d --root small -n 50
	[ "$(frl-curate bp4d --no-pg -q --root small | grep -c 'ok$')" -eq 82 ]
	[ -f small/M018/T2/0001.jpg ]
}

@test "affectnet: boxes, points, class, valence and arousal; splits by person" {
	layout affectnet --identities 10 --per-identity 2
	frl-curate affectnet --no-pg -q --root affectnet >m.tsv
	[ "$(columns m.tsv split | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" = "16 train 4 val " ]
	what="expression valence arousal x1 y1 x2 y2 lm0x lm0y lm67x lm67y"
	# shellcheck disable=SC2086
	columns m.tsv path $what | awk -F '\t' -v OFS='\t' '{ sub(/.*\//, "", $1); print }' | sort | cut -f 2- >got
	# shellcheck disable=SC2086
	columns truth.tsv $what >want
	close got want .011
}

@test "300w: all six parts, points that count from 1" {
	layout 300w --identities 10 --per-identity 2
	frl-curate 300w --no-pg -q --root 300w >m.tsv
	[ "$(columns m.tsv split | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" = "4 challenge 4 common 12 train " ]
	columns m.tsv path lm0x lm0y lm67x lm67y | awk -F '\t' -v OFS='\t' '{ sub(/.*\//, "", $1); print }' | sort | cut -f 2- >got
	close got <(columns truth.tsv lm0x lm0y lm67x lm67y) .001
	# an empty part is no error
	# shellcheck disable=SC2086
	frl-synth -q --model "$model" $photo --layout 300w --root few -n 2 --per-identity 1
	frl-curate 300w --no-pg -q --root few | grep -c 'ok$' | diff - <(echo 2)
}

@test "wflw: 98 points, of which 58 are of the 68; pupils within the eyes; flip pairs lie apart" {
	layout wflw --identities 8 --per-identity 2 --yaw 5 --roll 5
	frl-curate wflw --no-pg -q --root wflw >m.tsv
	[ "$(columns m.tsv split status | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "4 test ok 12 train ok " ]
	sorted() { columns m.tsv path "$@" | awk -F '\t' -v OFS='\t' '{ sub(/.*\//, "", $1); print }' | sort | cut -f 2-; }
	close <(sorted lm0x lm0y lm32x lm32y lm54x lm57y lm60x lm64y lm72x lm76x lm95y) \
		<(columns truth.tsv lm0x lm0y lm16x lm16y lm30x lm33y lm36x lm39y lm45x lm48x lm67y) .001
	close <(sorted x1 y2) <(columns truth.tsv x1 y2) .5001
	# left of right, above below
	columns m.tsv lm96x lm60x lm64x lm97x lm68x lm72x lm62y lm66y lm35y lm40y lm1y lm2y |
		awk -F '\t' '!($2 < $1 && $1 < $3 && $5 < $4 && $4 < $6 && $7 < $8 && $9 <= $10 && $11 <= $12) { exit 1 }'
}

@test "vggface2: identities, whole boxes, five points" {
	layout vggface2 --identities 10 --per-identity 3
	frl-curate vggface2 --no-pg -q --root vggface2 >m.tsv
	[ "$(columns m.tsv split | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" = "3 test 27 train " ]
	[ "$(columns m.tsv identity | sort -u | wc -l)" -eq 10 ]
	close <(columns m.tsv lm2x lm2y lm4x lm4y) <(columns truth.tsv lm30x lm30y lm54x lm54y) .001
	close <(columns m.tsv x1 y1) <(columns truth.tsv x1 y1) .5001
	[ "$(columns m.tsv status | sort -u)" = ok ]
}

@test "ijbb and ijbc: two templates a person; the lists that frl-eval takes" {
	for set in ijbb ijbc; do
		layout $set --identities 6 --per-identity 4
		frl-curate $set --no-pg -q --root $set >m.tsv
		[ "$(columns m.tsv status | sort | uniq -c | awk '{ print $1, $2 }')" = "24 ok" ]
		[ "$(columns m.tsv template | sort -u | wc -l)" -eq 12 ]
		columns m.tsv identity | diff - <(columns truth.tsv identity | awk '{ print $1 + 1 }')
		close <(columns m.tsv lm2x lm2y) <(columns truth.tsv lm30x lm30y) .001
		[ "$(grep -c ' 1$' $set/meta/${set}_template_pair_label.txt)" -eq 6 ]
		[ "$(grep -c ' 0$' $set/meta/${set}_template_pair_label.txt)" -eq 15 ]
	done
}

@test "flickr: a manifest whose faces frl-crop cuts out, of many sizes" {
	layout flickr --identities 12 --per-identity 1 --spread 1.8
	close <(columns flickr/faces.tsv x1 y1 x2 y2 lm2x lm4y) <(columns truth.tsv x1 y1 x2 y2 lm30x lm54y) .001
	columns flickr/faces.tsv x1 y1 x2 y2 | awk '{ w = $3 - $1; h = $4 - $2; s = w > h ? w : h
		if (s < 17.7 || s > 57.7) exit 1; small += s < 26; large += s > 40 } END { exit !(small && large) }'
	frl-crop -q --no-pg --root flickr -m crops.tsv -o crops.bin flickr/faces.tsv
	[ "$(columns crops.tsv status | sort | uniq -c | awk '{ print $1, $2 }')" = "12 ok" ]
}

# vertices FILE N: x y z of each vertex of the first N records, which are f32 [725,3]
vertices() {
	for ((k = 0; k < $2; k++)); do
		tail -c +$((k * 8768 + 65)) "$1" | head -c 8700 | od -An -v -t f4 -w12
	done | awk -v OFS='\t' '{ print $1, $2, $3 }'
}

@test "aflw2000: points, pose and the mesh that the parameters make of BFM.mat are the truth" {
	# poses as large as the set's; sizes other than 450 read the same
	layout aflw2000 --camera weak --identities 3 --per-identity 2 --yaw 90
	# shellcheck disable=SC2086
	frl-synth -q --no-pg --model "$model" $photo --camera weak --identities 3 --per-identity 2 --yaw 90 --mesh mesh.bin >/dev/null
	frl-weights import -q --bfm -o bfm.safetensors aflw2000/BFM.mat
	frl-curate aflw2000 --no-pg -q --root aflw2000 --mesh v.bin --model bfm.safetensors --params p.bin >m.tsv
	[ "$(columns m.tsv status | sort | uniq -c | awk '{ print $1, $2 }')" = "6 ok" ]
	points=$(seq 0 67 | sed 's/.*/lm&x lm&y/')
	# single precision at 450 pixels
	# shellcheck disable=SC2086
	close <(columns m.tsv $points pitch yaw roll) <(columns truth.tsv $points pitch yaw roll) 1e-4
	# the face has some thirty pixels; a pixel of depth is one of x
	vertices v.bin 6 >got
	vertices mesh.bin 6 >want
	[ "$(wc -l <want)" -eq 4350 ]
	close got want 1e-3
	# the model's keypoints are the 68 points, its depth that of pt3d_68
	columns m.tsv lm8z >depth
	for k in 0 1 2 3 4 5; do sed -n $((k * 725 + $(awk '{ print $9 }' RS= "$model/landmarks68.txt") + 1))p want | cut -f 3; done >want.depth
	close depth want.depth 1e-3
}

@test "300w-lp: four sets, landmarks/, the same model; what has no place in it" {
	layout 300w-lp --camera weak --identities 12 --per-identity 1
	frl-weights import -q --bfm -o bfm.safetensors 300w-lp/BFM.mat
	frl-curate 300w-lp --no-pg -q --root 300w-lp --mesh v.bin --model bfm.safetensors >m.tsv
	[ "$(columns m.tsv set status | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "1 AFW ok 7 HELEN ok 1 IBUG ok 3 LFPW ok " ]
	points=$(seq 0 67 | sed 's/.*/lm&x lm&y/')
	# by person
	# shellcheck disable=SC2086
	columns m.tsv path $points pitch yaw roll | sed 's/^[^_]*_//' | sort | cut -f 2- >got
	# shellcheck disable=SC2086
	close got <(columns truth.tsv $points pitch yaw roll) 1e-4
	# shellcheck disable=SC2086
	frl-synth -q --no-pg --model "$model" $photo --camera weak --identities 12 --per-identity 1 --mesh mesh.bin >/dev/null
	# AFW comes first: it is the fourth person
	close <(vertices v.bin 1) <(vertices mesh.bin 4 | tail -n 725) 1e-3
	# 199 + 29 places
	mkdir big
	cp "$model"/neutral* "$model"/triangles* "$model/landmarks68.txt" big
	{ echo identity000 identity001 identity002 && seq -f 'shape%g' 97; } >big/names.txt
	head -c $((100 * 8700)) /dev/zero >big/deltas_100x725x3.f32
	frl-synth -q --model big --layout aflw2000 --size 32 -n 1 --root fits
	{ seq -f 'identity%g' 200 && echo jawOpen; } >big/names.txt
	rm big/deltas*
	head -c $((201 * 8700)) /dev/zero >big/deltas_201x725x3.f32
	run frl-synth -q --model big --layout aflw2000 --size 32 -n 1 --root no
	[ "$status" -eq 3 ]
	[[ $output == *"places for 228 coefficients; the model has 200 modes and 1 shapes"* ]]
	[ ! -e no ]
}

@test "what does not go together; a folder that is not empty; a full disk" {
	mkdir full
	: >full/x
	for bad in "--layout disfa" "--layout nothing --root d" "--root d" "--layout disfa --root d -m m.tsv" \
		"--layout disfa --root d --identities 28" "--layout disfa --root d --align"; do
		# shellcheck disable=SC2086
		run frl-synth --model "$model" $bad
		[ "$status" -eq 2 ]
		[ ! -e d ]
	done
	run frl-synth --model "$model" --layout disfa --root full
	[ "$status" -eq 3 ]
	[[ $output == *"'full' is not empty"* ]]
	run frl-synth --model "$model" --layout disfa --root full/x
	[ "$status" -eq 1 ]
	run frl-synth --model "$model" --layout disfa --root /dev/full/d
	[ "$status" -eq 1 ]
}
