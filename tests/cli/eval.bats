#!/usr/bin/env bats
# frl-eval: published numbers to the last digit, the tool's manners.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	data=$FRL_SHARED/data
}

need_data() {
	[ -e "$data/$1" ] || skip "no $1"
}

# The value of a row: value SUBSET METRIC < rows
value() {
	awk -F '\t' -v s="$1" -v m="$2" '$3 == s && $7 == m { print $9 }'
}

small() {
	mkdir -p pred/0--Parade pred/1--Handshaking
	printf 'a\n2\n10 10 20 20 0.9\n50 50 9 9 0.5\n' >pred/0--Parade/0_Parade_a_1.txt
	printf 'b\n1\n0 0 100 100 0.1\n' >pred/0--Parade/0_Parade_b_2.txt
	printf 'c\n0\n' >pred/1--Handshaking/1_Handshaking_c_3.txt
}

@test "detection: RetinaFace-R152 on WIDER FACE, every digit" {
	need_data wider-eval
	frl-eval detection --truth "$data/wider-eval/ground_truth" --pred "$data/wider-eval/widerface_txt_resnet152" >rows
	[ "$(value easy ap <rows)" = 0.9275622029431613 ]
	[ "$(value medium ap <rows)" = 0.8982544700877207 ]
	[ "$(value hard ap <rows)" = 0.7380331982994256 ]
}

@test "detection: the published curve" {
	need_data wider-eval
	frl-eval detection --truth "$data/wider-eval/ground_truth" --pred "$data/wider-eval/widerface_txt_resnet152" \
		--curves curves --no-pg >rows
	[ "$(wc -l <curves)" -eq 3001 ]
	tr ' ' '\n' <"$data/wider-eval/ResNet152_easy_pr_curve.txt" | grep . | head -n 1000 >published
	awk -F '\t' '$1 == "easy" { print $4 }' curves | paste published - |
		awk '{ d = $1 - $2; if (d < -1e-12 || d > 1e-12) bad++ } END { exit NR != 1000 || bad > 0 }'
}

@test "detection: part of the set by a list of pictures" {
	need_data retinaface-runs/wider
	need_data wider/images
	(cd "$data/wider/images" && find . -name '*.jpg') >list
	frl-eval detection --truth "$data/wider-eval/ground_truth" --pred "$data/retinaface-runs/wider" --list list >rows
	[ "$(printf %.5f "$(value easy ap <rows)")" = 0.91812 ]
	[ "$(printf %.5f "$(value medium ap <rows)")" = 0.89947 ]
	[ "$(printf %.5f "$(value hard ap <rows)")" = 0.73727 ]
}

@test "detection: result files and a manifest of the same faces give the same rows" {
	small
	frl-eval detection --truth "$golden/mat/wider" --pred pred --no-pg >a
	printf 'id\tx1\ty1\tx2\ty2\tscore\tstatus\n' >m
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
		0--Parade/0_Parade_a_1 10 10 30 30 0.9 ok \
		0--Parade/0_Parade_a_1.jpg 50 50 59 59 0.5 ok \
		images/0--Parade/0_Parade_b_2.jpg 0 0 100 100 0.1 ok \
		x/1--Handshaking/1_Handshaking_c_3 '' '' '' '' '' none:no-face >>m
	frl-eval detection --truth "$golden/mat/wider" --pred m --no-pg >b
	frl-eval detection --truth "$golden/mat/wider" --pred - --no-pg <m >c
	cmp a b
	cmp a c
	[ "$(value easy ap <a)" = 1 ]
	[ "$(value hard ap <a)" = 1 ]
}

@test "detection: a picture without predictions is an error unless --partial" {
	small
	rm pred/0--Parade/0_Parade_b_2.txt
	run frl-eval detection --truth "$golden/mat/wider" --pred pred
	[ "$status" -eq 3 ]
	[[ $output == *"no predictions for 1 of 3 pictures, the first is '0--Parade/0_Parade_b_2'"* ]]
	frl-eval detection -q --truth "$golden/mat/wider" --pred pred --partial >rows
	[ "$(value easy ap <rows)" = 0.5 ]
}

@test "detection: bad input is exit 3 and names file and line; nothing half-written" {
	small
	printf 'a\n1\n1 2 -3 4 0.9\n' >pred/0--Parade/0_Parade_a_1.txt
	run frl-eval detection --truth "$golden/mat/wider" --pred pred -o out
	[ "$status" -eq 3 ]
	[[ $output == *"0_Parade_a_1.txt' line 3: a negative size"* ]]
	[ ! -e out ]
	printf 'id\tx1\ty1\tx2\ty2\tscore\n0--Parade/0_Parade_a_1\t1\t2\t3\tfour\t1\n' >m
	run frl-eval detection --truth "$golden/mat/wider" --pred m
	[ "$status" -eq 3 ]
	[[ $output == *"line 2"*"y2"* ]]
	printf 'id\tx1\ty1\tx2\ty2\n' >m
	run frl-eval detection --truth "$golden/mat/wider" --pred m
	[ "$status" -eq 3 ]
	[[ $output == *score* ]]
	run frl-eval detection --truth . --pred pred
	[ "$status" -eq 3 ]
	[[ $output == *wider_face_val.mat* ]]
}

@test "detection: intervals hold the value and do not depend on the run" {
	small
	frl-eval detection --truth "$golden/mat/wider" --pred pred --bootstrap 200 --seed 7 --no-pg >a
	frl-eval detection --truth "$golden/mat/wider" --pred pred --bootstrap 200 --seed 7 --no-pg >b
	cmp a b
	awk -F '\t' 'NR > 1 && ($11 > $9 || $12 < $9 || $11 == "") { bad = 1 } END { exit bad }' a
}

@test "output: JSON, table, tags, a file" {
	small
	frl-eval detection --truth "$golden/mat/wider" --pred pred --json >json
	[ "$(tr -d ' \n' <json | cut -c 1-44)" = '[{"task":"detection","dataset":"wider","subs' ]
	frl-eval detection --truth "$golden/mat/wider" --pred pred --table >table
	grep -q '^easy  *ap  *1  *2$' table
	frl-eval detection --truth "$golden/mat/wider" --pred pred --dataset d --fraction 2% --init ours --run-seed 3 -o out
	[ "$(grep -c '^detection	d	hard	2%	ours	3	ap		' out)" -eq 1 ]
	head -n 1 out | grep -q '^#pg	frl-eval	.*detection --truth'
}

@test "manners: exit status of wrong arguments and of a full disk" {
	small
	run frl-eval detection --truth x
	[ "$status" -eq 2 ]
	run frl-eval nothing
	[ "$status" -eq 2 ]
	run frl-eval detection --truth "$golden/mat/wider" --pred pred extra
	[ "$status" -eq 2 ]
	run sh -c 'frl-eval detection --truth "$1" --pred pred >/dev/full' sh "$golden/mat/wider"
	[ "$status" -eq 1 ]
}

# The options of --help are those of the manual page's part on the task and on all tasks together.
same_options() {
	frl-eval "$1" --help | sed -nE 's/^ +(-., )?(--[a-z0-9-]+).*/\2/p' | sort -u >in-help
	awk -v task="$1" '/^\.S[sh] / { on = $2 == task || $0 ~ /Options of all tasks/ } on && /^\.It/' \
		"$FRL_TOP/man/frl-eval.1" | grep -oE '(Fl|,) -[a-z0-9-]+' | sed 's/.* -/--/' | sort -u >in-page
	diff in-help in-page
}

@test "the manual page has the options of --help" {
	same_options detection
}
