#!/usr/bin/env bats
# frl-curate: each dataset in its published layout, quirks included, and the real pieces of it where they are at hand

# shellcheck disable=SC2046,SC2086,SC2059,SC2154,SC2010 # lists of columns are words; \$stderr is bats'

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	DATA=${FRL_SHARED:-$FRL_TOP/../shared}/data
	GOLDEN=$FRL_TOP/tests/golden/curate
	mkdir d
}

curate() { frl-curate "$1" --root d -q --no-pg "${@:2}"; }

# picture PATH...: files that are there and not empty
picture() {
	for p in "$@"; do
		mkdir -p "$(dirname "d/$p")"
		echo picture >"d/$p"
	done
}

need() { [ -d "$DATA/$1" ] || skip "no $DATA/$1"; }

@test "a dataset that is not there: what it is, where it is obtained, what is expected; exit 3" {
	for r in $(frl-curate --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z0-9-][a-z0-9-]*\) .*/\1/p'); do
		[ "$r" != overlap ] || continue
		run -3 --separate-stderr frl-curate "$r" --root d
		[[ $stderr == *"hint: $r is "*"obtained from "*"expected in --root:"* ]]
		[ -z "$output" ] || [ "$(echo "$output" | grep -vc '^#')" -eq 0 ]
		run -3 frl-curate "$r" --root nowhere
		[ ! -e out ]
		run -3 frl-curate "$r" --root d -o out
		[ ! -e out ]
	done
}

@test "arguments: --root is needed, a split has to exist; a full disk is noticed" {
	run -2 frl-curate folder
	run -2 frl-curate folder --root d more
	run -2 frl-curate folder --root d --split train
	[[ $output == *"it has none"* ]]
	run -2 frl-curate wider --root d --split dev
	[[ $output == *"train val test"* ]]
	picture a.jpg
	run -1 sh -c 'frl-curate folder --root d >/dev/full'
}

@test "folder: pictures at any depth in order; empty ones are bad, exit 4" {
	picture b.jpg a/z.PNG 'a/tab	.jpeg' notes.txt .hidden.jpg
	: >d/empty.jpg
	run -4 curate folder
	printf '%s\n' 'id	path	status' 'a/tab\t.jpeg	a/tab\t.jpeg	ok' \
		'a/z.PNG	a/z.PNG	ok' 'b.jpg	b.jpg	ok' \
		'empty.jpg	empty.jpg	bad:empty' >want
	echo "$output" | diff - want
	run -0 curate folder --no-stat
}

@test "--id-prefix: ids of several sets differ, paths stay" {
	picture b.jpg
	curate folder --id-prefix 'one set/' >m
	[ "$(columns m id path status)" = 'one set/b.jpg	b.jpg	ok' ]
}

@test "--fail-ok: how many pictures may be missing or bad" {
	picture a.jpg b.jpg c.jpg
	: >d/empty.jpg
	run -4 curate folder --fail-ok 0
	run -0 curate folder --fail-ok 1
	run -0 curate folder --fail-ok 25%
	run -4 curate folder --fail-ok 24%
	run -2 curate folder --fail-ok x
}

@test "vggface2: quoted names, negative corners, BOM and CRLF; missing pictures; lists that part" {
	picture train/n000002/0001_01.jpg test/n000001/0001_01.jpg
	mkdir d/bb_landmark
	cd d/bb_landmark
	printf '\357\273\277NAME_ID,X,Y,W,H\r\n"n000002/0001_01",161,-140,224,324\r\n%s\r\n' \
		'"n000002/0002_01",1,2,3,4' >loose_bb_train.csv
	printf 'NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\n%s\n%s\n' \
		'"n000002/0001_01",1.5,2,3,4,5,6,7,8,9,10.25' \
		'"n000002/0002_01",1,2,3,4,5,6,7,8,9,10' >loose_landmark_train.csv
	cd ../..
	run -4 curate vggface2 --split train -o m
	columns m path identity split x1 y1 x2 y2 lm0x lm4y status >got
	printf '%s\n' 'train/n000002/0001_01.jpg,n000002,train,161,-140,385,184,1.5,10.25,ok' \
		'train/n000002/0002_01.jpg,n000002,train,1,2,4,6,1,10,bad:missing' | tr , '\t' | diff got -
	printf 'n000001/0001_01.jpg\n' >d/test_list.txt
	curate vggface2 --split test >m
	[ "$(columns m path identity x1 status)" = 'test/n000001/0001_01.jpg	n000001		ok' ]
	sed -i 's/0002_01/0003_01/' d/bb_landmark/loose_landmark_train.csv
	run -3 curate vggface2 --split train
	[[ $output == *"loose_landmark_train.csv' line 3: another face"* ]]
	sed -i 3d d/bb_landmark/loose_landmark_train.csv
	run -3 curate vggface2 --split train
	[[ $output == *"fewer faces"* ]]
	printf '"n1/1",1,nan,3,4\n' >>d/bb_landmark/loose_bb_train.csv
	run -3 curate vggface2 --split train --no-stat
}

@test "boxes of negative size are rows that say so, in lists of any form" {
	picture train/n1/1.jpg nm1/a.jpg
	mkdir d/bb_landmark
	printf 'NAME_ID,X,Y,W,H\n"n1/1",10,20,-3,4\n"n1/2",10,20,0,4\n' >d/bb_landmark/loose_bb_train.csv
	printf 'NAME_ID,P1X\n"n1/1",1,2,3,4,5,6,7,8,9,10\n"n1/2",1,2,3,4,5,6,7,8,9,10\n' >d/bb_landmark/loose_landmark_train.csv
	run -4 curate vggface2 --split train --no-stat -o m
	[ "$(columns m x1 x2 status | tr '\t\n' '  ')" = '10 7 bad:box 10 10 ok ' ]
	printf 'name,index,image,rect,height width,url\nnm1,0,a.jpg,4 8 16 7,16 32,u\n' >d/IMDb-Face.csv
	run -4 curate imdb-face --no-stat -o m
	[ "$(columns m status)" = bad:box ]
	l=d/WFLW_annotations/list_98pt_rect_attr_train_test
	mkdir -p $l
	printf '%s 9 2 3 4 0 0 0 0 0 0 a.jpg\n' "$(seq 1 196 | tr '\n' ' ')" >$l/list_98pt_rect_attr_test.txt
	run -4 curate wflw --split test --no-stat -o m
	[ "$(columns m x1 y1 x2 y2 status)" = '9	2	3	4	bad:box' ]
	mkdir d/Manually_Annotated_file_lists
	printf '1/a.jpg,1,2,3,-4,5;6,0,.5,-.5\n1/b.jpg,NULL,NULL,NULL,NULL,5;6,0,.5,-.5\n' >d/Manually_Annotated_file_lists/training.csv
	run -4 curate affectnet --no-stat -o m
	[ "$(columns m status | xargs)" = 'bad:box ok' ]
}

@test "300w-lp: points of landmarks/, mirrored for _Flip, angles; bad parameters are rows (SciPy)" {
	rmdir d
	ln -s "$GOLDEN/300w-lp" d
	run -4 curate 300w-lp -o m
	columns m mat flip pitch yaw roll x1 y1 x2 y2 $(seq 0 67 | sed 's/.*/lm&x lm&y/') status >got
	grep 'ok$' got | sed 's/\.mat\t/\t/; s/\tok$//' >ok
	same ok "$GOLDEN/300w-lp.tsv"
	grep -q '^AFW/AFW_9_1_0.jpg.*bad:no-mat$' m
	grep -q '^AFW/AFW_9_1_1.jpg.*bad:mat: ' m
}

@test "300w-lp, aflw2000: --params writes coefficients and pose, a record for each row that is ok (NumPy)" {
	rmdir d
	ln -s "$GOLDEN/300w-lp" d
	run -4 frl-curate 300w-lp --root d -q --no-pg --id-prefix x/ --params p.bin -o m
	run -4 frl-curate 300w-lp --root d -q --no-pg --id-prefix x/ -o without
	cmp m without
	frl-shard check -q p.bin
	frl-shard export --to npy p.bin >p.npy
	# 4 records of 235 numbers, as NumPy has them behind its header.
	tail -c 3760 p.npy >got
	tail -c 3760 "$GOLDEN/300w-lp-params.npy" | cmp - got
	frl-shard ls -q --no-pg p.bin | awk -F '\t' '$3 == "tensor" { print $6, $4, $5 }' >keys
	columns m id status | grep 'ok$' | cut -f 1 | while read -r i; do
		echo "$(printf %s "$i" | sha256sum | cut -c 1-16) f32 235"
	done | diff - keys
	run -2 frl-curate folder --root d --params p
	[[ $output == *"folder takes no --params"* ]]
	run -1 sh -c 'frl-curate 300w-lp --root d -q --params /dev/full -o m2'
	[ ! -e m2 ]
	[ -d "$DATA/aflw2000" ] || return 0
	frl-curate aflw2000 --root "$DATA/aflw2000" -q --no-pg --params a.bin >m
	[ "$(frl-shard info a.bin | awk '$1 == "records" { print $2 }')" = 8 ]
	# Yaw, the second of the pose, in radians: what the manifest says in degrees.
	frl-shard export --to npy a.bin | tail -c 7520 | od -An -v -t f4 -w940 | awk '{ print $230 * 180 / 3.14159265358979 }' >got
	columns m yaw | paste - got | awk '{ d = $1 - $2; if (d > 1e-3 || d < -1e-3) exit 1; n++ } END { exit n != 8 }'
}

@test "300w-lp: --mesh, the vertices of a linear model in pixels (NumPy); models that do not fit" {
	rmdir d
	ln -s "$GOLDEN/300w-lp" d
	run -4 frl-curate 300w-lp --root d -q --no-pg --mesh v.bin --model "$GOLDEN/300w-lp-model.safetensors" --params p.bin -o m
	run -4 frl-curate 300w-lp --root d -q --no-pg -o without
	cmp m without
	frl-shard check -q v.bin
	[ "$(frl-shard ls -q --no-pg v.bin | cut -f 5 | sort | uniq -c | xargs)" = '4 6x3 1 dims' ]
	[ "$(frl-shard ls -q --no-pg v.bin | cut -f 6)" = "$(frl-shard ls -q --no-pg p.bin | cut -f 6)" ]
	frl-shard export --to npy v.bin | tail -c 288 | od -An -v -t f4 -w72 >got
	# Sums of 228 products in f32: 1e-5 of the largest.
	paste got "$GOLDEN/300w-lp-mesh.tsv" | awk '{ for (i = 1; i <= 18; i++) { a = $(18 + i) < 0 ? -$(18 + i) : $(18 + i); if (a > top) top = a }
		for (i = 1; i <= 18; i++) { d = $i - $(18 + i); if (d > 1e-5 * top || d < -1e-5 * top) { print NR, i, $i, $(18 + i); exit 1 } } n++ }
		END { exit n != 4 }'
	run -2 frl-curate 300w-lp --root d --mesh v
	run -2 frl-curate 300w-lp --root d --model x
	run -2 frl-curate folder --root d --mesh v --model x
	run -3 frl-curate 300w-lp --root d --mesh w --model nowhere -o w2
	frl-weights import -q --bfm "$FRL_TOP/tests/golden/weights/bfm/BFM.mat" >small
	run -3 frl-curate 300w-lp --root d --mesh w --model small -o w2
	[[ $output == *"'small' has 5 + 3 components"* ]]
	[ ! -e w ] && [ ! -e w2 ]
}

@test "imdb-face: boxes follow the picture's own size; URLs with commas, quotes, several faces" {
	mkdir -p d/nm0000001
	# 16 x 8 pixels
	base64 -d >d/nm0000001/a.png <<-END
		iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAIAAAB/FOjAAAAAEklEQVR42mNgGAWjYBSMAggAAAQIAAEdN4YuAAAAAElFTkSuQmCC
	END
	echo text >d/nm0000001/b.jpg
	printf '\357\273\277%s\r\n' 'name,index,image,rect,height width,url' \
		'nm0000001,0,a.png,4 8 16 12,16 32,http://x/a,b.jpg' 'nm0000001,1,a.png,0 0 1 1,8 16,"http://x/c"' \
		'nm0000001,2,b.jpg,1 2 3 4,10 10,u' 'nm0000001,3,c.jpg,1 2 3 4,10 10,u' | sed '2,$s/^\xef\xbb\xbf//' >d/IMDb-Face.csv
	run -4 curate imdb-face -o m
	columns m path face identity x1 y1 x2 y2 url status >got
	printf 'nm0000001/%s\n' 'a.png;0;nm0000001;2;4;8;6;http://x/a,b.jpg;ok' 'a.png;1;nm0000001;0;0;1;1;http://x/c;ok' \
		'b.jpg;0;nm0000001;1;2;3;4;u;bad:not-a-picture' 'c.jpg;0;nm0000001;1;2;3;4;u;bad:missing' | tr ';' '\t' | diff got -
	curate imdb-face --no-stat | grep -q '^nm0000001/a.png.*	4	8	16	12	'
	echo 'nm1,0,a.png,4 8 16,16 32,u' >>d/IMDb-Face.csv
	run -3 curate imdb-face --no-stat
	[[ $output == *"line 6: rect is not"* ]]
}

@test "wider: no faces with and without the line of zeros, spaces at line ends, empty boxes" {
	picture WIDER_train/images/0--Parade/{a,b,c,d}.jpg
	mkdir d/wider_face_split
	printf '%s\r\n' 0--Parade/a.jpg 2 '449 330 122 149 0 0 0 0 0 0 ' '1 2 0 4 2 1 1 1 2 1 ' 0--Parade/b.jpg 0 \
		'0 0 0 0 0 0 0 0 0 0 ' 0--Parade/c.jpg 0 0--Parade/d.jpg 1 '1 2 3 4 2 1 1 1 2 1' 0--Parade/e.jpg 0 \
		>d/wider_face_split/wider_face_train_bbx_gt.txt
	run -4 curate wider -o m
	columns m path face x1 y1 x2 y2 blur occlusion invalid status >got
	printf '%s\n' a.jpg,0,449,330,571,479,0,0,0,ok a.jpg,1,1,2,1,6,2,2,1,none:empty-box \
		b.jpg,,,,,,,,,none:no-face c.jpg,,,,,,,,,none:no-face \
		d.jpg,0,1,2,4,6,2,2,1,ok e.jpg,,,,,,,,,bad:missing | tr , '\t' |
		sed 's|^|WIDER_train/images/0--Parade/|' | diff got -
	sed -i '$d' d/wider_face_split/wider_face_train_bbx_gt.txt
	run -3 curate wider
	sed -i '3s/149/wide/' d/wider_face_split/wider_face_train_bbx_gt.txt
	run -3 curate wider
	[[ $output == *"line 3: not 'x y w h'"* ]]
	run -3 curate wider --split val
	printf '0--Parade/t.jpg\n' >d/wider_face_split/wider_face_test_filelist.txt
	curate wider --split test --no-stat | grep -q '^WIDER_test/images/0--Parade/t.jpg.*ok$'
}

@test "wider: the official ground truth has 39,708 faces, 7,211 / 13,319 / 31,958 of which count" {
	need wider-eval
	ln -s "$DATA/wider-eval/ground_truth" "$DATA/wider" d/
	mv d/wider d/WIDER_val
	run -4 curate wider --split val -o m
	[ "$(columns m path | wc -l)" -eq 39708 ]
	[ "$(columns m path | sort -u | wc -l)" -eq 3226 ]
	[ "$(columns m easy medium hard | awk '{ e += $1; m += $2; h += $3 } END { print e, m, h }')" = '7211 13319 31958' ]
	[ "$(columns m path status | grep 'ok$' | cut -f 1 | sort -u | wc -l)" -eq 295 ]
	run frl-eval detection --truth d/ground_truth --pred "$DATA/wider-eval/widerface_txt_resnet152"
	[ "$status" -eq 0 ]
}

@test "300w: points from 1, a name with a blank, CRLF, files that are not whole" {
	picture afw/a.jpg helen/trainset/h.jpg lfpw/trainset/l.png helen/testset/t.jpg lfpw/testset/u.png 'ibug/image_092 _01.jpg'
	{ printf 'version: 1\r\nn_points:  68\r\n{\r\n' && seq 1 68 | sed 's/.*/&.5 1&\r/' && echo '}'; } >'d/ibug/image_092 _01.pts'
	sed 10d 'd/ibug/image_092 _01.pts' >d/afw/a.pts
	run -4 curate 300w -o m
	columns m path split x1 y1 x2 y2 lm0x lm0y lm67x lm67y status >got
	[ "$(sed -n 6p got | tr '\t' ,)" = 'ibug/image_092 _01.jpg,challenge,0.5,10,67.5,167,0.5,10,67.5,167,ok' ]
	grep -q "^afw/a.jpg	train	.*	bad:pts: point 68" got
	[ "$(grep -c 'bad:no-pts$' got)" -eq 4 ]
	[ "$(cut -f 2 got | sort | uniq -c | xargs)" = '1 challenge 2 common 3 train' ]
	curate 300w --split challenge | grep -q ok
}

@test "wflw: several faces of a picture are numbered; 207 fields or an error" {
	picture WFLW_images/0--Parade/a.jpg WFLW_images/0--Parade/b.jpg
	l=d/WFLW_annotations/list_98pt_rect_attr_train_test
	mkdir -p $l
	points=$(seq 1 196 | sed 's/$/.5/' | tr '\n' ' ')
	printf "$points%s\n" '1 2 3 4 1 0 0 0 1 0 0--Parade/a.jpg' '1 2 3 4 0 1 0 0 0 0 0--Parade/b.jpg' \
		'5 6 7 8 0 0 1 1 0 1 0--Parade/a.jpg' >$l/list_98pt_rect_attr_test.txt
	curate wflw --split test >m
	columns m path face x1 y2 pose expression illumination makeup occlusion blur lm0x lm0y lm97y status >got
	printf 'WFLW_images/0--Parade/%s\n' a.jpg,0,1,4,1,0,0,0,1,0,1.5,2.5,196.5,ok \
		b.jpg,0,1,4,0,1,0,0,0,0,1.5,2.5,196.5,ok a.jpg,1,5,8,0,0,1,1,0,1,1.5,2.5,196.5,ok |
		tr , '\t' | diff got -
	run -3 curate wflw
	[[ $output == *list_98pt_rect_attr_train.txt* ]]
	sed -i '2s/1.5 //' $l/list_98pt_rect_attr_test.txt
	run -3 curate wflw --split test
	[[ $output == *"line 2: not 196"* ]]
}

@test "lfw: persons, folds of pairs.txt, what is missing and what is not theirs" {
	picture lfw/Ann_Lee/Ann_Lee_000{1,2}.jpg lfw/Bo/Bo_0001.jpg lfw/Bo/thumbs.jpg lfw/Al/Al_0001.jpg
	printf '2\t1\r\nAnn_Lee\t1\t2\r\nAnn_Lee\t1\tBo\t3\r\nAl\t1\t1\r\nAl\t1\tCy\t1' >d/pairs.txt
	run -4 curate lfw -o m
	columns m path identity fold status >got
	[ "$(columns m id)" = "$(cut -f 1 got | sed 's|^lfw/||')" ] # as frl-eval reads pairs.txt
	printf 'lfw/%s\n' 'Al/Al_0001.jpg	Al	2	ok' 'Ann_Lee/Ann_Lee_0001.jpg	Ann_Lee	1	ok' \
		'Ann_Lee/Ann_Lee_0002.jpg	Ann_Lee	1	ok' 'Bo/Bo_0001.jpg	Bo	1	ok' \
		'Bo/Bo_0003.jpg	Bo	1	bad:missing' 'Bo/thumbs.jpg	Bo	1	bad:not-a-name-of-lfw' \
		'Cy/Cy_0001.jpg	Cy	2	bad:missing' | diff got -
	printf 'x\t1\t2\n' >>d/pairs.txt
	run -3 curate lfw
}

@test "lfw: the real pictures" {
	need lfw
	frl-curate lfw --root "$DATA/lfw" -q >m
	[ "$(columns m path | wc -l)" -eq 4608 ]
	columns m path fold | awk -F '\t' '$2 != ""' | cut -f 1 | sort >curated
	awk -F '\t' 'NR > 1 { printf "%s %04d\n%s %04d\n", $1, $2, NF == 3 ? $1 : $3, $NF }' "$DATA/lfw/pairs.txt" | sort -u |
		awk '{ print "lfw-deepfunneled/" $1 "/" $1 "_" $2 ".jpg" }' >pairs
	[ -z "$(comm -13 curated pairs)" ]
}

@test "aflw2000: the eight real pictures: points are the published rows, yaw in degrees" {
	need aflw2000
	frl-curate aflw2000 --root "$DATA/aflw2000" -q >m
	[ "$(columns m yaw | cut -c 1-7 | tr '\n' ' ')" = '0.93907 17.9068 -54.685 4.68747 65.6212 -5.2734 -35.709 11.0645 ' ]
	truth=$DATA/aflw2000-truth/test.configs/AFLW2000-3D.pts68.npy
	# rows of the truth, in sorted-name order: 816 bytes each behind a header of 128 (or 80)
	head=$(($(wc -c <"$truth") - 2000 * 816))
	i=0
	for row in 28 55 150 258 286 311 313 611; do
		i=$((i + 1))
		od -An -v -t f4 -w4 -j $((head + row * 816)) -N 816 "$truth" | tr -d ' ' >want
		columns m $(seq 0 67 | sed 's/.*/lm&x/') $(seq 0 67 | sed 's/.*/lm&y/') $(seq 0 67 | sed 's/.*/lm&z/') |
			sed -n ${i}p | tr '\t' '\n' >got
		paste got want | awk '{ d = $1 - $2; if (d > 1e-4 || d < -1e-4) exit 1; n++ } END { exit n != 204 }'
	done
}

@test "cofw68: the published tables of three methods come out to every digit" {
	need cofw68
	frl-curate cofw68 --root "$DATA/cofw68" -q --no-stat >m
	[ "$(columns m path | wc -l)" -eq 507 ]
	for table in 'CFSS_CFOW68 6.28 9.07' 'SAPM_COFW68 6.64 5.72' 'TCDCN_CFOW68 7.66 16.17'; do
		set -- $table
		# the face's number, x .., y .., and a line of occlusions; 1-based
		awk -v OFS='\t' 'BEGIN { printf "id"; for (i = 0; i < 68; i++) printf "\tlm%dx\tlm%dy", i, i; print "" }
			NR % 4 == 1 { n = $1 }
			NR % 4 == 2 { split($0, x, " ") }
			NR % 4 == 3 { split($0, y, " "); printf "images/%d.png", n
				for (i = 1; i <= 68; i++) printf "\t%.3f\t%.3f", x[i] - 1, y[i] - 1; print "" }' \
			"$DATA/cofw68/Results/$1.txt" >p
		frl-eval landmarks --truth m --pred p --no-pg -q >e
		[ "$(awk -F '\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i; next }
			$c["metric"] == "nme" || $c["metric"] == "fr" { printf "%.2f ", $c["value"] }' e)" = "$2 $3 " ] || {
			cat e
			return 1
		}
	done
}
