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
	# Each attribute is some pictures', none all; make-up is a person's, occlusion what the truth says.
	for a in pose illumination makeup blur; do
		columns m.tsv $a
	done >all
	[ "$(sort all | uniq -c | wc -l)" -eq 2 ]
	[ "$(columns m.tsv makeup path | sed 's|/[^/]*/|/|; s/_[^_]*$//' | sort -u | wc -l)" -eq 8 ]
	close <(sorted occlusion) <(columns truth.tsv occluded | awk '{ print ($1 > 0) }') 0
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

# eyes FILE: the means of the points 36 to 41 and 42 to 47
eyes() {
	# shellcheck disable=SC2046
	columns "$1" $(seq 36 47 | sed 's/.*/lm&x lm&y/') | awk -F '\t' -v OFS='\t' '{ split("", m)
		for (i = 0; i < 24; i++) m[int(i / 12) * 2 + i % 2] += $(i + 1) / 6
		print m[0], m[1], m[2], m[3] }'
}

# by_number FILE COLUMN...: rows by the number in their path
by_number() {
	columns "$1" path "${@:2}" | sed 's|^[^\t]*/[a-z]*0*\([0-9]*\)[.][a-z]*\t|\1\t|' | sort -n | cut -f 2-
}

@test "cofw: v7.3, 29 points that count from 1, pupils, occlusion; pictures inside" {
	layout cofw --identities 8 --per-identity 2 --yaw 20
	frl-curate cofw --no-pg -q --root cofw --pictures out >m.tsv
	[ "$(columns m.tsv split status | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "4 test ok 12 train ok " ]
	[ "$(head -c 19 cofw/COFW_train_color.mat)" = "MATLAB 7.3 MAT-file" ]
	# persons 3 and 7 are tested: pictures 6, 7, 14 and 15
	columns truth.tsv id lm17x lm17y lm26x lm21y lm22x lm19y lm24x lm36x lm36y lm45x lm39x lm42x lm31x lm35y lm30x lm30y lm33y \
		lm48x lm54x lm51y lm62y lm66y lm57y lm8x lm8y x1 y1 x2 y2 |
		awk -F '\t' '{ split($1, p, "/"); print p[3] % 4 == 3 ? 1 : 0 "\t" $0 }' OFS='\t' >by-split
	{ grep -v '^1$' by-split | cut -f 3- && columns truth.tsv id lm17x lm17y lm26x lm21y lm22x lm19y lm24x lm36x lm36y lm45x \
		lm39x lm42x lm31x lm35y lm30x lm30y lm33y lm48x lm54x lm51y lm62y lm66y lm57y lm8x lm8y x1 y1 x2 y2 |
		awk -F '\t' '{ split($1, p, "/") } p[3] % 4 == 3' | cut -f 2-; } >want
	close <(columns m.tsv lm0x lm0y lm1x lm2y lm3x lm4y lm6x lm8x lm8y lm9x lm10x lm11x lm18x lm19y lm20x lm20y lm21y \
		lm22x lm23x lm24y lm25y lm26y lm27y lm28x lm28y x1 y1 x2 y2) want 1e-4
	eyes truth.tsv | awk '{ print int((NR - 1) / 2) % 4 == 3, NR, $0 }' OFS='\t' | sort -k 1,1n -k 2,2n | cut -f 3- >want
	close <(columns m.tsv lm16x lm16y lm17x lm17y) want 1e-4
	# brows' lower edges lie below their upper ones, lids about the pupils
	columns m.tsv lm4y lm5y lm6y lm7y lm12y lm16y lm13y lm14y lm17y lm15y |
		awk '!($1 < $2 && $3 < $4 && $5 <= $6 && $6 <= $7 && $8 <= $9 && $9 <= $10) { exit 1 }'
	# the pictures are those that are drawn
	# shellcheck disable=SC2086
	frl-synth -q --no-pg --model "$model" $photo --identities 8 --per-identity 2 --yaw 20 -n 1 | head -c 12352 | tail -c 12288 >want
	frl-shard import --raw -q --no-pg out/train/1.png | head -c 12352 | tail -c 12288 | cmp - want
	# a face without occluder that looks ahead shows all; under occluders, what is covered
	for p in 0 1; do
		frl-synth -q --model "$model" --size 64 --face 32 --layout cofw --root o$p --identities 8 --per-identity 2 \
			--yaw 0 --pitch 0 --roll 0 --expression 0 --occluder $p
		frl-curate cofw --no-pg -q --no-stat --root o$p | columns /dev/stdin occluded >o$p.tsv
	done
	[ "$(awk '{ s += $1 } END { print s }' o0.tsv)" = 0 ]
	frl-synth -q --no-pg --model "$model" --size 64 --face 32 --identities 8 --per-identity 2 --yaw 0 --pitch 0 --roll 0 \
		--expression 0 --occluder 1 -m t.tsv >/dev/null
	columns t.tsv occluded | awk '{ print int((NR - 1) / 2) % 4 == 3, NR, $0 }' | sort -k 1,1n -k 2,2n | cut -d ' ' -f 3 >want
	# the shares of 29 and of 68 points
	paste o1.tsv want | awk '{ d = $1 - $2; if (d < -.35 || d > .35 || ($2 > .2 && $1 == 0)) exit 1; s += $1 } END { exit !(s > .5) }'
}

@test "aflw19: 19 points, HRNet's lists with both splits, and the .mat" {
	layout aflw19 --identities 8 --per-identity 2 --yaw 60 --roll 0
	frl-curate aflw19 --no-pg -q --root aflw19 >m.tsv
	[ "$(columns m.tsv split status | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "4 test ok 12 train ok " ]
	same68="lm17x lm19y lm21x lm22y lm24x lm26y lm36x lm36y lm39x lm42y lm45x lm31y lm30x lm30y lm35x lm48y lm54x lm8x lm8y"
	same19="lm0x lm1y lm2x lm3y lm4x lm5y lm6x lm6y lm8x lm9y lm11x lm12y lm13x lm13y lm14x lm15y lm17x lm18x lm18y"
	# shellcheck disable=SC2086
	close <(by_number m.tsv $same19) <(columns truth.tsv $same68) 1e-4
	close <(by_number m.tsv lm7x lm7y lm10x lm10y) <(eyes truth.tsv) 1e-4
	columns truth.tsv x1 y1 x2 y2 | awk '{ w = $3 - $1; h = $4 - $2; s = w > h ? w : h
		print ($1 + $3 - s) / 2, ($2 + $4 - s) / 2, s }' OFS='\t' >want
	close <(by_number m.tsv x1 y1 norm) want .001
	mkdir mat
	mv aflw19/data aflw19/AFLWinfo_release.mat mat
	frl-curate aflw19 --no-pg -q --root mat >mat.tsv
	[ "$(columns mat.tsv split status | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "16 train ok " ]
	# shellcheck disable=SC2086
	close <(by_number mat.tsv $same19 x1 x2 y1 y2) <(columns truth.tsv $same68 x1 x2 y1 y2) 1e-4
	# the training set comes first; who looks away hides something
	[ "$(columns mat.tsv path | tail -n 4 | tr '\n' ' ')" = "data/flickr/0/image00007.jpg data/flickr/0/image00008.jpg data/flickr/0/image00015.jpg data/flickr/0/image00016.jpg " ]
	paste <(by_number mat.tsv seen) <(columns truth.tsv yaw occluded) |
		awk '{ y = $2 < 0 ? -$2 : $2; if (y > 45) { far++; lost += $1 < 19 } else if (y < 20 && $3 == 0 && $1 < 17) exit 1 }
			END { exit !(far && lost == far) }'
	columns m.tsv path frontal | awk '$2 == 1 { print $1 }' | sort >got
	columns mat.tsv path seen | awk '$2 == 19 { print $1 }' | grep -f <(columns m.tsv path split | awk '$2 == "test" { print $1 }') | sort >want || true
	cmp got want
	# a file may not grow beyond 8 KiB: HDF5's is not left behind
	run bash -c "ulimit -f 8; trap '' XFSZ; frl-synth -q --model '$model' --size 64 --layout cofw --root small --identities 4 --per-identity 1"
	[ "$status" -eq 1 ]
	[[ $output == *"cannot write 'small/COFW_train_color.mat' with libmatio"* ]]
	[ -z "$(ls small)" ]
	run frl-synth --model "$model" --layout cofw --root d --identities 3
	[ "$status" -eq 2 ]
	[[ $output == *"cofw has at least 4 persons"* ]]
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
