#!/usr/bin/env bats
# frl-curate affectnet, disfa, bp4d, aflw19: emotion (both releases), action units, 19 points in their published layouts, quirks included

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/curate/affectnet
}

curate() { frl-curate affectnet --root d -q --no-pg "$@"; }

pictures() {
	while read -r p; do
		mkdir -p "$(dirname "d/$p")"
		echo picture >"d/$p"
	done
}

shown="path expression valence arousal x1 y1 x2 y2 lm0x lm0y lm67x lm67y"

@test "the first release: lists with and without column names, -2 and classes 8 to 10 blank, any extension" {
	cp -r "$golden/old" d
	cut -f 1 "$golden/want-old.tsv" | pictures
	curate >m
	columns m $shown | diff - "$golden/want-old.tsv"
	[ "$(columns m split | uniq -c | tr -s ' \n' ' ')" = " 4 train 3 val " ]
	[ "$(columns m label | tr '\n' ' ')" = "0 7 8 10 3 9 1 " ]
	[ "$(columns m status | tr '\n' ' ')" = "ok ok ok none:no-face ok ok ok " ]
	curate --split val >v
	[ "$(columns v path)" = "$(tail -n 3 "$golden/want-old.tsv" | cut -f 1)" ]
	# Seven classes: contempt is none, its valence stays.
	curate --classes 7 >seven
	[ "$(columns seven expression label valence | sed -n 2p)" = "	7	-0.5" ]
	run -2 frl-curate wflw --root d --classes 7
	[[ $output == *"wflw takes no --classes"* ]]
	rm d/Manually_Annotated_Images/1/pic0.jpg
	run -4 curate -o m
	[ "$(columns m status | head -n 1)" = bad:missing ]
	curate --no-stat >/dev/null
}

@test "the automatically annotated ones: a list of its own, NULL for what was not found, CRLF and BOM" {
	mkdir -p d/Automatically_Annotated_file_lists
	printf '\357\273\277%s\r\n' \
		'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal' \
		'1/a.jpg,NULL,NULL,NULL,NULL,NULL,10,-2,-2' '1/b.jpg,1,2,3,4,5;6,0,.5,-.5' '1/b.jpg,1,2,3,4,5;6,1,.5,-.5' |
		sed '2,$s/^\xef\xbb\xbf//' >d/Automatically_Annotated_file_lists/automatically_annotated.csv
	curate --no-stat --split automatic >m
	columns m path face split expression x1 x2 lm0x status >got
	printf 'Automatically_Annotated_Images/1/%s\n' 'a.jpg;0;automatic;;;;;none:no-face' 'b.jpg;0;automatic;0;1;4;;ok' \
		'b.jpg;1;automatic;1;1;4;;ok' | tr ';' '\t' | diff got -
	run -3 curate --split train
	[[ $output == *"training.csv"*"obtained from"* ]]
	echo '1/c.jpg,1,2,3,4,5,happy,0,0' >>d/Automatically_Annotated_file_lists/automatically_annotated.csv
	run -3 curate --no-stat
	[[ $output == *"line 5: expression, valence or arousal is not a number"* ]]
	echo '1/c.jpg,1,2' >d/Automatically_Annotated_file_lists/automatically_annotated.csv
	run -3 curate --no-stat
	[[ $output == *"line 1: not picture, face_x"* ]]
}

@test "the second release: four .npy files a face, strings and scalars; damaged ones are rows" {
	cp -r "$golden/new" d
	cut -f 1 "$golden/want-new.tsv" | pictures
	curate >m
	columns m $shown | diff - "$golden/want-new.tsv"
	[ "$(columns m status | tr '\n' ' ')" = "ok none:no-face ok ok " ]
	curate --split val >v
	[ "$(columns v path)" = val_set/images/5.jpg ]
	a=d/train_set/annotations
	rm $a/0_exp.npy
	head -c 70 $a/2_val.npy >x
	mv x $a/2_val.npy
	printf '\223NUMPY\1\0\66\0{%s}%20s\n' "'descr': '|O', 'fortran_order': False, 'shape': (), " '' >$a/10_exp.npy
	run -4 curate -o m
	[ "$(columns m status | tr '\n' ' ')" = "bad:annotation bad:annotation bad:annotation ok " ]
	# Annotations without their picture are a row; a picture's other extension is no other picture.
	cp "$golden/new/train_set/annotations/"* $a/
	mv d/train_set/images/0.jpg d/train_set/images/0.png
	rm d/train_set/images/2.jpg
	run -4 curate -o m
	columns m path label status >got
	printf '%s\n' train_set/images/0.png,3,ok train_set/images/10.jpg,10,none:no-face \
		train_set/images/2.jpg,7,bad:missing val_set/images/5.jpg,6,ok | tr , '\t' | diff got -
	# Without points the labels stand.
	rm d/val_set/annotations/5_lnd.npy
	curate --split val >v
	[ "$(columns v expression lm0x status)" = "6		ok" ]
	run -3 curate --split automatic
}

# ---- action units

au() { frl-curate "$1" --root d -q --no-pg "${@:2}"; }

@test "disfa: 27 persons, twelve files each, three folds of nine; a file that is missing" {
	golden=$FRL_TOP/tests/golden/curate/au
	mkdir d
	tar -xzf "$golden/disfa.tar.gz" -C d
	[ "$(find d -name '*.txt' | wc -l)" = 324 ]
	cut -f 1 "$golden/want-disfa.tsv" | pictures
	au disfa >m
	columns m path subject fold frame au01 au02 au04 au05 au06 au09 au12 au15 au17 au20 au25 au26 | diff - "$golden/want-disfa.tsv"
	[ "$(columns m subject fold | sort -u | cut -f 2 | sort | uniq -c | tr -s ' \n' ' ')" = " 9 0 9 1 9 2 " ]
	rm d/ActionUnit_Labels/SN003/SN003_au12.txt d/frames/SN032/00002.jpg
	run -4 au disfa -o m
	[ "$(columns m status | sort | uniq -c | tr -s ' \n' ' ')" = " 1 bad:missing 1 bad:no-labels 80 ok " ]
	[ "$(columns m subject au12 au15 status | grep -c "^SN003		[0-5]	ok")" = 2 ]
	[ "$(columns m path status | grep no-labels)" = "ActionUnit_Labels/SN003	bad:no-labels" ]
	echo '3,6' >>d/ActionUnit_Labels/SN001/SN001_au1.txt
	run -3 au disfa
	[[ $output == *"SN001_au1.txt"*"line 4: not 'frame,intensity'"* ]]
}

@test "bp4d: 9 is not coded, odd persons train, zeros before frame numbers as they come" {
	golden=$FRL_TOP/tests/golden/curate/au
	cp -r "$golden/bp4d" d
	cut -f 1 "$golden/want-bp4d.tsv" | pictures
	au bp4d >m
	columns m path split subject task frame au06 au10 au12 au14 au17 | diff - "$golden/want-bp4d.tsv"
	[ "$(columns m status | sort | uniq -c | tr -s ' \n' ' ')" = " 4 none:not-coded 12 ok " ]
	au bp4d --split val >v
	[ "$(columns v subject | sort -u | tr '\n' ' ')" = "F002 M018 " ]
	rm -r d/M018
	run -4 au bp4d -o m
	[ "$(columns m path status | grep missing | head -n 1)" = "M018/T2/9.jpg	bad:missing" ]
	# A unit's file, and all files of a video that has pictures, are missed; nothing at all is no dataset.
	codes="d/AU Intensity Codes3.0"
	rm "$codes/AU10/F001_T1_AU10.csv" "$codes"/AU*/M017_T3_*
	run -4 au bp4d -o m
	[ "$(columns m path subject task frame status | grep no-labels)" = "F001/T1	F001	1		bad:no-labels
M017/T3	M017	3		bad:no-labels" ]
	[ "$(columns m subject au10 au12 status | sed -n 2p | grep -c "^F001		[0-5]	ok")" = 1 ]
	mkdir -p "e/AU Intensity Codes3.0"
	run -3 frl-curate bp4d --root e
	[[ $output == *"F001_T1_AU06.csv"*"obtained from"* ]]
	printf '1,7\n' >>"d/AU Intensity Codes3.0/AU06/F001_T1_AU06.csv"
	run -3 au bp4d
	[[ $output == *"F001_T1_AU06.csv"*"line 5"* ]]
}

@test "aflw19: left right top bottom, x before y, a permutation from 1, faces of one picture" {
	golden=$FRL_TOP/tests/golden/curate/aflw19
	mkdir d
	cp "$golden/AFLWinfo_release.mat" d
	au aflw19 --no-stat >m
	columns m path split face x1 y1 x2 y2 seen lm0x lm0y lm18x lm18y | awk -v OFS='\t' '$4 + 0 { print NR, $0 }' | diff - "$golden/want.tsv"
	[ "$(columns m split | uniq -c | tr -s ' \n' ' ')" = " 20000 train 4386 test " ]
	columns m seen frontal | awk '($1 == 19) != $2 { exit 1 }'
	[ -z "$(columns m path face | sort | uniq -d)" ]
	au aflw19 --no-stat --split test >t
	[ "$(columns t path | wc -l)" = 4386 ]
	head -c 60000 "$golden/AFLWinfo_release.mat" >d/AFLWinfo_release.mat
	run -3 au aflw19
}
