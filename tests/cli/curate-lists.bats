#!/usr/bin/env bats
# frl-curate: HRNet's lists of 300W and AFLW, RetinaFace's labels of WIDER FACE, IJB with the persons of 1:N; against other readers of them

# shellcheck disable=SC2046,SC2086,SC2154 # lists of columns are words; $output is bats'

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/curate/lists
}

points() { seq 0 $(($1 - 1)) | sed 's/.*/lm&x lm&y/'; }

@test "300w: HRNet's lists count from 1, the box is its square; images/ or not; a split of their own (pandas)" {
	cp -r "$golden/300w" d
	mkdir d/images d/ibug
	frl-curate 300w --root d --no-stat -q --no-pg >m
	columns m path split x1 y1 x2 y2 $(points 68) >got
	same got "$golden/want-300w.tsv"
	run -4 frl-curate 300w --root d --split challenge -q --no-pg
	[[ $output == *"images/ibug/image_092 _01.jpg"*bad:missing ]]
	rmdir d/images
	frl-curate 300w --root d --no-stat -q --no-pg --split challenge >m
	[ "$(columns m path)" = "ibug/image_092 _01.jpg" ]
	rm d/face_landmarks_300w_valid_common.csv
	run -3 frl-curate 300w --root d --no-stat -q --split common
	[[ $output == *"face_landmarks_300w_valid_common.csv' is not in 'd'"* ]]
	frl-curate 300w --root d --no-stat -q --no-pg >m
	[ "$(columns m split | uniq | xargs)" = "train challenge test" ]
	# The 300 test faces of 300W have no folder of .pts files here.
	mkdir -p e/afw
	run -3 frl-curate 300w --root e --split test
	[[ $output == *"face_landmarks_300w_test.csv"* ]]
}

@test "300w, aflw19: lists of other columns, of too few points, with a word among the numbers" {
	for l in 300w/face_landmarks_300w_train.csv aflw/face_landmarks_aflw_train.csv; do
		set=${l%%/*} r=300w
		[ "$set" = 300w ] || r=aflw19
		mkdir "$set"
		cut -d , -f 1-40 "$golden/$l" >"$set/${l#*/}"
		run -3 frl-curate $r --root "$set" --split train --no-stat -q -o out
		[[ $output == *"${l#*/}' line 1: not image_name, scale"* ]]
		sed 's/,center_w/,width/' "$golden/$l" >"$set/${l#*/}"
		run -3 frl-curate $r --root "$set" --split train --no-stat -q -o out
		sed '3s/,[0-9.]*/,x/9' "$golden/$l" >"$set/${l#*/}"
		run -3 frl-curate $r --root "$set" --split train --no-stat -q -o out
		[[ $output == *"${l#*/}' line 3: not a picture"* ]]
		: >"$set/${l#*/}"
		run -3 frl-curate $r --root "$set" --split train --no-stat -q -o out
		[ ! -e out ]
	done
}

@test "aflw19: HRNet's lists: box_size is norm, faces numbered over both splits, the frontal test faces (pandas)" {
	frl-curate aflw19 --root "$golden/aflw" --no-stat -q --no-pg >m
	columns m path split face x1 y1 x2 y2 norm seen frontal $(points 19) >got
	same got "$golden/want-aflw.tsv"
	cp -r "$golden/aflw" d
	rm d/*frontal*
	frl-curate aflw19 --root d --no-stat -q --no-pg --split test >t
	[ "$(columns t frontal | sort -u)" = "" ]
	# What frl-eval divides by.
	columns m id >ids
	frl-eval landmarks --truth m --pred m --normaliser column:norm -q --no-pg >e
	[ "$(awk -F '\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["metric"] == "nme" { print $c["value"], $c["n"] }' e)" = "0 6" ]
}

@test "wider: RetinaFace's labels: points, faces without them, pictures without faces, boxes alone" {
	cp -r "$golden/wider" d
	frl-curate wider --root d --no-stat -q --no-pg >m
	columns m path split face x1 y1 x2 y2 quality $(points 5) status >got
	same got "$golden/want-wider.tsv"
	# WIDER FACE's own folder of pictures, and its own list where there are no labels.
	mkdir -p d/WIDER_train/images/0--Parade
	frl-curate wider --root d --split train --no-stat -q --no-pg >m
	[ "$(columns m path | head -n 1)" = WIDER_train/images/0--Parade/0_Parade_marchingband_1_849.jpg ]
	rm d/val/label.txt
	mkdir d/wider_face_split
	printf '1--Handshaking/v.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n' >d/wider_face_split/wider_face_val_bbx_gt.txt
	frl-curate wider --root d --no-stat -q --no-pg >m
	[ "$(columns m split blur quality | sort | uniq -c | xargs)" = '2 train 1 train 0.2 1 train 0.36 1 train 0.82 1 val 0' ]
	# Without labels there are no columns of theirs.
	frl-curate wider --root d --split val --no-stat -q --no-pg | head -n 1 | grep -qv quality
	for bad in '5s/78/x/' '5s/-1.0//' '1d' '1s/# .*/#/'; do
		sed "$bad" "$golden/wider/train/label.txt" | grep -v nobody >d/train/label.txt
		run -3 frl-curate wider --root d --split train --no-stat -q -o out
		[[ $output == *"label.txt' line "* ]]
		[ ! -e out ]
	done
}

@test "ijbb, ijbc: the persons of templates from the galleries and probes that are there (pandas)" {
	for set in ijbb ijbc; do
		frl-curate $set --root "$golden/$set" --no-stat -q --no-pg >m
		columns m path template media identity score $(points 5) >got
		same got "$golden/want-$set.tsv"
		[ "$(columns m identity | grep -c .)" -gt 20 ]
		[ "$(columns m identity | grep -vc .)" -gt 0 ]
	done
	cp -r "$golden/ijbb" d
	rm d/meta/*1N*
	frl-curate ijbb --root d --no-stat -q --no-pg >m
	[ "$(columns m identity | sort -u)" = "" ]
	# One template, two persons; another file's columns.
	printf 'TEMPLATE_ID,SUBJECT_ID\n3,1000\n7,9\n' >d/meta/ijbb_1N_gallery_S1.csv
	printf 'TEMPLATE_ID,SUBJECT_ID\n7,9\n3,1001\n' >d/meta/ijbb_1N_probe_mixed.csv
	run -3 frl-curate ijbb --root d --no-stat -q -o out
	[[ $output == *"ijbb_1N_probe_mixed.csv' line 3: template 3 is of person 1001"*"ijbb_1N_gallery_S1.csv' line 2 of 1000"* ]]
	printf 'TEMPLATE_ID,SUBJECT_ID\n7,nine\n' >d/meta/ijbb_1N_probe_mixed.csv
	run -3 frl-curate ijbb --root d --no-stat -q -o out
	[[ $output == *"ijbb_1N_probe_mixed.csv' line 2: not TEMPLATE_ID"* ]]
	printf '7,9\n' >d/meta/ijbb_1N_probe_mixed.csv
	run -3 frl-curate ijbb --root d --no-stat -q -o out
	[ ! -e out ]
}
