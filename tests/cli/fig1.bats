#!/usr/bin/env bats
# make fig1: the histogram of face sizes

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset MAKEFLAGS MAKELEVEL
	command -v gnuplot >/dev/null || skip "no gnuplot here"
}

fig1() { make -s -C "$FRL_TOP" fig1 FACES="$PWD/$1"; }

@test "faces are counted by their larger side, failed rows are not" {
	printf '%s\t' id x1 y1 x2 y2 >faces.tsv
	printf 'status\n' >>faces.tsv
	printf 'a\t0\t0\t16\t10\tok\nb\t5\t5\t10\t24.5\tok\nc\t0\t0\t31\t32\tok\nd\t\t\t\t\tnone:no-face\n' >>faces.tsv
	fig1 faces.tsv
	# quarter octaves from 16 pixels on: 16, 19.0273, 22.6274, 26.9087, 32
	printf 'from\tto\tfaces\tshare\n16\t19.0273\t1\t0.333333\n19.0273\t22.6274\t1\t0.333333\n' >want.tsv
	printf '22.6274\t26.9087\t0\t0\n26.9087\t32\t0\t0\n32\t38.0546\t1\t0.333333\n' >>want.tsv
	diff want.tsv fig1.tsv
	[ "$(head -c 4 fig1.png | tail -c 3)" = PNG ]
	grep -q '</svg>' fig1.svg
	[ "$(grep -c 'no result' fig1.svg)" -eq 0 ]
}

@test "the detector's columns count where there are two boxes; comments are skipped" {
	printf '#pg\tsomething\nx1\ty1\tx2\ty2\tdet_x1\tdet_y1\tdet_x2\tdet_y2\n0\t0\t500\t500\t1\t1\t17\t17\n' >faces.tsv
	fig1 faces.tsv
	[ "$(cut -f 1 fig1.tsv | tail -n 1)" = 16 ]
}

@test "by default the faces of Flickr in DATA; another scale is in the title" {
	mkdir -p data/shards/flickr-face
	printf 'x1\ty1\tx2\ty2\n0\t0\t16\t16\n' >data/shards/flickr-face/faces.tsv
	make -s -C "$FRL_TOP" fig1 DATA="$PWD/data" OUT="$PWD/out" SCALE=ci
	[ "$(cut -f 1 out/fig1.tsv)" = "$(printf 'from\n16')" ]
	grep -q 'no result: scale ci' out/fig1.svg
	run make -s -C "$FRL_TOP" fig1 DATA="$PWD/none"
	[ "$status" -ne 0 ]
	[[ $output == *"no $PWD/none/flickr-face/faces.tsv"*hint:* ]]
}

@test "no faces, or no boxes, is an error and leaves nothing" {
	printf 'id\tx1\ty1\tx2\ty2\tstatus\na\t\t\t\t\tnone:no-face\n' >faces.tsv
	run fig1 faces.tsv
	[ "$status" -ne 0 ]
	[[ $output == *"no faces in"* ]]
	[ ! -e fig1.tsv ]
	printf 'id\tpath\na\tb\n' >faces.tsv
	run fig1 faces.tsv
	[ "$status" -ne 0 ]
	[[ $output == *"no column x1"* ]]
}
