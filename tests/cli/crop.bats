#!/usr/bin/env bats
# frl-crop: what goes in comes out as a row, crops go where they should, failures stay rows.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/image
	cp "$golden/rgb.png" a.png
	cp "$golden/rgb.jpg" b.jpg
}

# rows LINE...: a manifest; a blank in a line is a tab
rows() {
	printf '%s\n' "$@" | tr ' ' '\t'
}

faces() {
	rows 'id path face x1 y1 x2 y2 score lm0x lm0y lm1x lm1y status' \
		'A a.png 0 2 1 9 8 0.9 4 3 7 3 ok' \
		'A a.png 1 5 2 15 10 0.6 8 5 12 5 ok' \
		'B b.jpg 0 10 5 30 27 0.99 15 12 25 12 ok'
}

# col NAME < manifest: that column's fields
col() {
	grep -v '^#' | awk -F '\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }'
}

@test "a crop and a row for each face, in order" {
	faces | frl-crop -m m.tsv >s.bin
	[ "$(wc -c <s.bin)" -ge $((3 * 196672)) ]
	frl-shard check s.bin
	frl-shard ls --no-pg s.bin | col face >got
	printf '0\n1\n0\n' | diff - got
	frl-shard ls --no-pg s.bin | col key >got
	for id in A A B; do printf %s $id | sha256sum | cut -c 1-16; done | diff - got
	frl-shard ls --no-pg s.bin | col dims | sort -u | diff - <(echo 256x256x3)
	faces | cut -f 1-13 >want
	grep -v '^#' m.tsv | cut -f 1-13 | diff want -
}

@test "the manifest's new columns: box and points in the crop, the map, what lay outside" {
	rows 'id path x1 y1 x2 y2 lm0x lm0y' 'A a.png 4 3 14 8 9 4' | frl-crop --no-pg --size 32 --face 20 -m m.tsv >/dev/null
	# S = 10, scale 2, centre (9, 5.5): X = 2 x - 2, Y = 2 y + 5; the crop covers y from -2.5 to 13.5 of a picture 11 high
	new='crop_x1 crop_y1 crop_x2 crop_y2 crop_lm0x crop_lm0y a11 a12 a13 a21 a22 a23 crop_outside'
	rows "id path x1 y1 x2 y2 lm0x lm0y status $new" \
		'A a.png 4 3 14 8 9 4 ok 6 11 26 21 16 13 2 0 -2 0 2 5 0.3125' | diff - m.tsv
}

@test "columns that are there already keep their values" {
	rows 'id path x1 y1 x2 y2 a11 crop_x1' 'A a.png 4 3 14 8 7 8' | frl-crop --no-pg -m m.tsv >/dev/null
	[ "$(col a11 <m.tsv)" = 7 ]
	[ "$(col crop_x1 <m.tsv)" = 8 ]
	[ "$(col crop_crop_x1 <m.tsv)" = 33 ]
	col crop_a11 <m.tsv | grep -q .
}

@test "det_ columns before plain ones, unless --box says otherwise" {
	rows 'id path x1 y1 x2 y2 det_x1 det_y1 det_x2 det_y2' 'A a.png 0 0 8 8 4 4 8 8' >in
	frl-crop -q --no-pg -m m.tsv <in >/dev/null
	[ "$(col a11 <m.tsv)" = 47.5 ]
	frl-crop -q --no-pg --box plain -m m.tsv <in >/dev/null
	[ "$(col a11 <m.tsv)" = 23.75 ]
}

@test "rows that are not ok pass through untouched, and nothing is opened for them" {
	rows 'id path x1 y1 x2 y2 status' 'A a.png 2 1 9 8 ok' 'X missing.jpg 1 2 3 4 bad:truncated' \
		'Y /dev/zero     none:no-face' 'Z -     gone:removed' >in
	frl-crop --no-pg -m m.tsv <in >s.bin
	cut -f 1-7 m.tsv | diff in -
	[ "$(frl-shard ls --no-pg s.bin | wc -l)" -eq 2 ]
}

@test "photos that cannot be read are rows, exit 4, and harm no other" {
	: >empty.jpg
	head -c 500 b.jpg >cut.jpg
	echo hello >text.png
	mkdir dir.jpg
	mkfifo fifo.jpg
	ln -s nowhere link.jpg
	cp a.png wrong-name.jpg
	rows 'id path x1 y1 x2 y2 status' 'A a.png 2 1 9 8 ok' '1 empty.jpg 2 1 9 8 ok' '2 cut.jpg 2 1 9 8 ok' \
		'3 text.png 2 1 9 8 ok' '4 dir.jpg 2 1 9 8 ok' '5 fifo.jpg 2 1 9 8 ok' '6 link.jpg 2 1 9 8 ok' \
		'7 missing.jpg 2 1 9 8 ok' '8 /dev/zero 2 1 9 8 ok' '9 - 2 1 9 8 ok' 'C wrong-name.jpg 2 1 9 8 ok' >in
	run frl-crop --no-pg -m m.tsv -o s.bin in
	[ "$status" -eq 4 ]
	col status <m.tsv >got
	printf '%s\n' ok 'bad:empty file' bad:truncated 'bad:not a picture' 'bad:a directory' 'bad:not a regular file' \
		'bad:no such file' 'bad:no such file' 'bad:not a regular file' 'bad:no such file' ok | diff - got
	[ "$(frl-shard ls --no-pg s.bin | wc -l)" -eq 3 ]
	frl-shard check s.bin
}

@test "rows that make no sense are rows too" {
	rows 'id path face x1 y1 x2 y2 width height' 'A a.png 0 2 1 9 8 19 11' 'A a.png 0 9 1 2 8 19 11' \
		'A a.png 0 2 x 9 8 19 11' 'A a.png 0 nan 1 9 8 19 11' 'A a.png 0 200 100 220 120 19 11' \
		'A a.png -1 2 1 9 8 19 11' 'A a.png 0 2 1 9 8 190 110' 'A a.png 0 1e9 0 2e9 1 19 11' 'A a.png 0  1 9 8  ' >in
	run frl-crop --no-pg -m m.tsv -o s.bin in
	[ "$status" -eq 4 ]
	[ "$(col status <m.tsv | grep -c '^bad:')" -eq 8 ]
	col status <m.tsv | sed -n 5p | grep -q 'outside the picture'
	col status <m.tsv | sed -n 7p | grep -q 'picture of 19x11, not 190x110'
}

@test "--fail-ok and --max-errors" {
	rows 'id path x1 y1 x2 y2' 'A a.png 2 1 9 8' 'B b.png 2 1 9 8' 'C c.png 2 1 9 8' 'A a.png 2 1 9 8' >in
	run frl-crop in
	[ "$status" -eq 4 ]
	frl-crop --fail-ok 2 in >/dev/null
	run frl-crop --fail-ok 1 in
	[ "$status" -eq 4 ]
	frl-crop --fail-ok 50% in >/dev/null
	run frl-crop --fail-ok 49% in
	[ "$status" -eq 4 ]
	run frl-crop --max-errors 1 -o s.bin -m m.tsv in
	[ "$status" -eq 1 ]
	[ ! -e s.bin ]
	[ ! -e m.tsv ]
	for bad in x -1 101% 1.5; do
		run frl-crop --fail-ok "$bad" in
		[ "$status" -eq 2 ]
	done
}

@test "the same bytes for any number of threads, and from files as from a pipe" {
	{
		faces
		for i in $(seq 40); do
			rows "A$i a.png 0 2 1 9 $((8 + i % 3)) 0.9 4 3 7 3 ok" "A$i b.jpg 1 2 1 19 18 0.9 4 3 7 3 ok"
		done
	} >in
	frl-crop -q --no-pg --size 32 --threads 1 -m m1 <in >s1
	frl-crop -q --no-pg --size 32 --threads 4 -m m4 -o s4 in
	cmp s1 s4
	cmp m1 m4
	head -n 1 in >first
	tail -n 41 in | cat first - >second
	head -n -41 in >begin
	frl-crop -q --no-pg --size 32 -m m2 -o s2 begin second
	cmp s1 s2
	cmp m1 m2
	rows 'id path x1 y1 x2 y2' >other
	run frl-crop -q -o s3 in other
	[ "$status" -eq 3 ]
	[ ! -e s3 ]
}

@test "a slow pipe: a photo's crops come out while the next is waited for" {
	mkfifo in out
	frl-crop -q --size 32 --no-pg <in >out &
	pid=$!
	exec 8>in 9<out
	faces | head -n 3 >&8
	# two records of 64 + 3072 bytes
	head -c 6272 <&9 | cmp -n 4 - <(printf FRLR)
	exec 8>&-
	cat <&9 | frl-shard ls --no-pg - | wc -l
	wait $pid
}

@test "--append adds, and --no-pg leaves the end record empty" {
	faces | head -n 2 | frl-crop -q --size 32 -o s.bin --append
	faces | sed -n '1p;4p' | frl-crop -q --size 32 -o s.bin --append
	[ "$(frl-shard ls --no-pg s.bin | wc -l)" -eq 3 ]
	frl-shard check s.bin
	grep -q 'frl-crop' s.bin
	faces | frl-crop -q --size 32 --no-pg >s.bin
	run grep -q 'frl-crop' s.bin
	[ "$status" -eq 1 ]
	run frl-crop --append
	[ "$status" -eq 2 ]
}

@test "provenance: the input's comments and our own line, before the header and in the end record" {
	{
		printf '#pg\tfrl-detect\t0.1.0\tphotos\n'
		faces
	} | frl-crop -q -m m.tsv --label face >s.bin
	head -n 1 m.tsv | grep -q 'frl-detect'
	sed -n 2p m.tsv | grep -q 'frl-crop.*--label face'
	sed -n 3p m.tsv | grep -q '^id'
	tail -c 400 s.bin | grep -aq 'frl-detect'
}

@test "JPEG records" {
	faces | frl-crop -q --jpeg 90 -o s.bin
	frl-shard ls --no-pg s.bin | col kind | sort -u | diff - <(echo jpeg)
	[ "$(wc -c <s.bin)" -lt 100000 ]
	frl-shard check s.bin
}

@test "labels" {
	rows 'id path x1 y1 x2 y2 identity' 'A a.png 2 1 9 8 17' 'B b.jpg 2 1 9 8 ' 'C b.jpg 2 1 9 8 x' >in
	run frl-crop -q --label identity -o s.bin -m m.tsv in
	[ "$status" -eq 4 ]
	frl-shard ls --no-pg s.bin | col label | diff - <(printf '17\n-1\n')
	run frl-crop --label nothing in
	[ "$status" -eq 3 ]
}

@test "--min-face, --min-score" {
	faces | frl-crop -q --min-face 8 --no-pg -m m.tsv -o s.bin
	col status <m.tsv | diff - <(printf 'none:below-min\nok\nok\n')
	faces | frl-crop -q --min-score 0.7 --no-pg -m m.tsv -o s.bin
	col status <m.tsv | diff - <(printf 'ok\nnone:below-min\nok\n')
}

@test "--largest: face 0, the detector's number beside it" {
	faces | frl-crop -q --largest --no-pg -m m.tsv -o s.bin
	col status <m.tsv | diff - <(printf 'none:not-chosen\nok\nok\n')
	col face <m.tsv | diff - <(printf '1\n0\n0\n')
	col det_face <m.tsv | diff - <(printf '0\n1\n0\n')
	frl-shard ls --no-pg s.bin | col face | diff - <(printf '0\n0\n')
	faces | frl-crop -q --nearest-centre --no-pg -m m.tsv -o s.bin
	col status <m.tsv | diff - <(printf 'none:not-chosen\nok\nok\n')
}

@test "--align: the points land on the template" {
	rows 'id path lm0x lm0y lm1x lm1y lm2x lm2y lm3x lm3y lm4x lm4y' 'B b.jpg 12 10 22 9 17 15 13 20 22 20' |
		frl-crop -q --align --no-pg -m m.tsv -o s.bin
	frl-shard ls --no-pg s.bin | col dims | diff - <(echo 112x112x3)
	# within a few pixels: five points, four degrees of freedom
	for p in crop_lm0x:38.2946 crop_lm0y:51.6963 crop_lm1x:73.5318 crop_lm4y:92.2041; do
		col "${p%:*}" <m.tsv | awk -v want="${p#*:}" '{ exit ($1 - want) ^ 2 > 9 }'
	done
	rows 'id path lm0x lm0y lm1x lm1y lm2x lm2y lm3x lm3y lm4x lm4y' 'B b.jpg 12 10 22 9 17 15 13 20 22 20' |
		frl-crop -q --align --size 96x112 --no-pg -m m2.tsv -o s.bin
	frl-shard ls --no-pg s.bin | col dims | diff - <(echo 112x96x3)
	paste <(col crop_lm0x <m.tsv) <(col crop_lm0x <m2.tsv) | awk '{ d = $1 - $2 - 8; exit d * d > 1e-6 }'
}

@test "--centre: columns of other manifests" {
	rows 'id path cx cy scale' 'B b.jpg 20 15 0.1' |
		frl-crop -q --centre cx,cy,scale --unit 200 --face 160 --no-pg -m m.tsv -o s.bin
	[ "$(col a11 <m.tsv)" = 8 ]
	[ "$(col a13 <m.tsv)" = -32 ]
}

@test "manners: usage, full disk, closed pipe, a manifest that is none" {
	run frl-crop --size 7
	[ "$status" -eq 2 ]
	run frl-crop --no-such-option
	[ "$status" -eq 2 ]
	run frl-crop -m - </dev/null
	[ "$status" -eq 2 ]
	run frl-crop </dev/null
	[ "$status" -eq 3 ]
	faces | run frl-crop nowhere.tsv
	[ "$status" -eq 3 ]
	faces >in
	run bash -c 'frl-crop -q in >/dev/full'
	[ "$status" -eq 1 ]
	run bash -c 'frl-crop -q -m /dev/full -o s.bin in'
	[ "$status" -eq 1 ]
	for _ in $(seq 50); do sed 1d in; done | cat <(head -n 1 in) - >long
	run bash -c 'frl-crop -q long | head -c 10 | wc -c; echo ${PIPESTATUS[0]}'
	[ "${lines[1]}" = 141 ]
}

@test "--help and the man page name the same options" {
	frl-crop --help | grep -oE -- '--[a-z-]+' | sort -u >help
	grep -oE '^\.It.*' "$FRL_TOP/man/frl-crop.1" | grep -oE ' -[a-z-]{2,}' | sed 's/ -/--/' | sort -u >page
	diff help page
}
