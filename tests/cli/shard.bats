#!/usr/bin/env bats
# frl-shard: bytes, damage, selections, conversions, the tool's manners.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	# 5 images of 4x6 of three photos in one segment, 11 other records in a second one
	cp "$golden/records.frlr" both
	cp "$golden/images.frlr" images
	chmod u+w both images
}

# field NAME: of frl-shard info on stdin
field() {
	awk -F '\t' -v n="$1" '$1 == n { print $2 }'
}

# state FILE: what check says of it
state() {
	frl-shard check -q --no-pg "$1" 2>/dev/null | awk -F '\t' 'NR == 2 { print $2 }'
}

# keys FILE: keys and faces of its records
keys() {
	frl-shard ls --no-pg -q "$1" | awk -F '\t' 'NR > 1 { print $6, $7 }'
}

# size FILE: in bytes
size() {
	wc -c <"$1"
}

# status EXPECTED COMMAND...
status() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" -eq "$want" ] || {
		echo "exit $got instead of $want: $*"
		return 1
	}
}

# flip FILE OFFSET: changes a byte
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf '%b' "\\0$(printf %o "$((byte ^ 255))")" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "info: what is in it" {
	frl-shard info both >out
	[ "$(field state <out)" = closed ]
	[ "$(field records <out)" = 16 ]
	[ "$(field segments <out)" = 2 ]
	[ "$(field bytes <out)" = 2496 ]
	[ "$(field payload <out)" = 547 ]
	[ "$(field shape <out | head -n 1)" = '5 tensor u8 4x6x3' ]
	grep -q '^provenance	#pg	golden	1$' out
	grep -q '^array	no: ' out
	frl-shard info images >out
	[ "$(field n <out)" = 5 ]
	frl-shard info <images >piped
	[ "$(field n <piped)" = 5 ]
}

@test "info: the line for numpy.memmap works" {
	python3 -c 'import numpy' 2>/dev/null || skip "no numpy"
	frl-shard cat --range 0:5 both >made
	line=$(frl-shard info made | field array)
	python3 - "$line" <<-'P'
		import sys, numpy as np
		m = eval(sys.argv[1])
		want = [[(7 * i + 3 * j) & 255 for j in range(72)] for i in range(5)]
		assert m["image"].shape == (5, 4, 6, 3)
		assert (m["image"].reshape(5, 72) == want).all()
	P
}

@test "cat: byte for byte what another implementation wrote" {
	frl-shard cat --no-pg --range 0:5 both | cmp - images
	# record i of an array stands at i times its size
	[ "$(od -An -tu1 -j $((3 * 192 + 64)) -N 3 images | tr -s ' ')" = ' 21 24 27' ]
}

@test "cat: streams joined by a shell's cat and by frl-shard cat" {
	cat images both images >three
	[ "$(state three)" = ok ]
	[ "$(frl-shard info three | field segments)" = 4 ]
	frl-shard cat --no-pg images both images >one
	frl-shard cat --no-pg three | cmp - one
	[ "$(frl-shard info one | field segments)" = 1 ]
	[ "$(keys three)" = "$(keys one)" ]
	# as stdin, as file, and in a file of its own
	frl-shard cat --no-pg <three | cmp - one
	frl-shard cat --no-pg -o two three
	cmp two one
}

@test "cat: provenance is carried, each text once" {
	cat both both >twice
	frl-shard cat twice >out
	frl-shard info out | grep '^provenance' >lines
	[ "$(grep -c golden lines)" = 1 ]
	[ "$(grep -c 'frl-shard.*cat twice' lines)" = 1 ]
	frl-shard cat --no-pg twice >out
	run -1 grep '^provenance' <(frl-shard info out)
}

@test "cat: --keys by id, by id and face, by key; --face; --range" {
	printf 'id\nphoto0\nscalar\n' >ids
	frl-shard cat --keys ids both >out
	[ "$(frl-shard info out | field records)" = 3 ]
	printf 'x\tface\tid\n\t1\tphoto0\n\t0\tscalar\n' >ids
	frl-shard cat --keys ids both >out
	[ "$(keys out | cut -d ' ' -f 2 | tr '\n' ' ')" = '1 0 ' ]
	frl-shard ls both | grep -e '^index' -e '	f64	5	' >rows
	frl-shard cat --keys rows both >out
	[ "$(frl-shard info out | field shape)" = '1 tensor f64 5' ]
	frl-shard cat --face 7 both >out
	[ "$(frl-shard info out | field shape)" = '1 png u8 4x6x3' ]
	[ "$(frl-shard cat --range 14: both | frl-shard info | field records)" = 2 ]
	[ "$(frl-shard cat --range :3 both | frl-shard info | field records)" = 3 ]
	[ "$(frl-shard cat --range 4:7 both images | frl-shard info | field records)" = 3 ]
	[ "$(frl-shard cat --range 3:3 both | frl-shard info | field records)" = 0 ]
	printf 'key\nabc\n' >rows
	status 3 frl-shard cat --keys rows both
	printf 'name\nabc\n' >rows
	status 3 frl-shard cat --keys rows both
	status 2 frl-shard cat --range 5 both
	status 2 frl-shard cat --range 5:4 both
}

@test "cat: --without takes all faces of a photo along" {
	printf 'id\tface\nphoto1\t0\n' >gone
	frl-shard cat --without gone images both >out
	[ "$(frl-shard info out | field records)" = 17 ]
	keys out >left
	run -1 grep "^$(printf %s photo1 | sha256sum | cut -c 1-16) " left
	[ "$(state out)" = ok ]
	frl-shard ls --no-pg both | awk -F '\t' 'NR == 1 || $1 == 2' >gone
	frl-shard cat --without gone both >out
	[ "$(frl-shard info out | field records)" = 14 ]
}

@test "ls: a table that says everything" {
	frl-shard ls --no-pg both >out
	[ "$(head -n 1 out)" = "$(printf 'index\toffset\tkind\tdtype\tdims\tkey\tface\tlabel\tbytes')" ]
	[ "$(wc -l <out)" = 17 ]
	[ "$(sed -n 6p out)" = "$(printf '4\t768\ttensor\tu8\t4x6x3\t5c102d7791b70e85\t0\t3\t72')" ]
	[ "$(sed -n 16p out)" = "$(printf '14\t2176\tjpeg\tu8\t4x6x3\t41e5787e9f28562d\t4294967295\t-9223372036854775808\t19')" ]
	frl-shard ls <both >piped
	grep -v '^#pg' piped | cmp - out
	head -n 1 piped | grep -q '^#pg	frl-shard	'
}

@test "check: a stream that others wrote" {
	[ -e "$FRL_SHARED/data/reference/swav-r50-grad/views.frlr" ] || skip "no data/reference"
	frl-shard check "$FRL_SHARED/data/reference/swav-r50-grad/views.frlr"
	frl-shard check --quick "$FRL_SHARED/data/reference/swav-r50-grad/views.frlr"
	frl-shard cat --no-pg "$FRL_SHARED/data/reference/swav-r50-grad/views.frlr" |
		cmp - "$FRL_SHARED/data/reference/swav-r50-grad/views.frlr"
	command -v xz || skip "no xz"
	xz -dc "$FRL_SHARED/data/reference/swav-r18/views.frlr.xz" | frl-shard check >out
	grep -q '	ok	960	1	' out
}

@test "check: a flipped byte anywhere is told" {
	for at in $(seq 0 17 2495); do
		cp both hurt
		flip hurt "$at"
		status 4 frl-shard check -q hurt >out 2>err || { echo "byte $at" && return 1; }
		grep -q "'hurt': at byte" err
	done
	# in a payload: the hop over headers does not see it
	cp both hurt
	flip hurt 70
	frl-shard check --quick hurt
	# in a header: it does
	cp both hurt
	flip hurt 10
	status 4 frl-shard check --quick hurt
}

@test "check: cut short is another thing than damaged" {
	for n in 2495 2432 2400 1000 192 100 10; do
		head -c "$n" both >part
		[ "$(state part)" = cut-short ] || { echo "at $n: $(state part)" && return 1; }
		status 4 frl-shard check -q part 2>err
		grep -q "cut short" err
	done
	: >empty
	[ "$(state empty)" = cut-short ]
	flip both 70
	[ "$(state both)" = damaged ]
	echo "this is no stream but a text of some length, more than a header has" >text
	[ "$(state text)" = not-a-stream ]
	status 3 frl-shard check text
	status 4 frl-shard check images text
	status 3 frl-shard cat text
	status 3 frl-shard info missing
}

@test "a newer version is refused, with its number" {
	printf 'FRLR\002' >new
	head -c 51 /dev/zero >>new
	printf '\000\000\000\000' >>new
	# CRC-32 of these 60 bytes, by another program
	command -v gzip && command -v od || skip "no gzip"
	gzip -c new | tail -c 8 | head -c 4 >crc
	cat crc >>new
	status 3 frl-shard check new 2>err
	grep -q 'version 2' err
}

@test "readers resynchronise and end with 4" {
	flip both 300
	status 4 frl-shard cat --no-pg both >out
	[ "$(frl-shard info out | field records)" = 15 ]
	[ "$(state out)" = ok ]
	status 4 frl-shard ls both >/dev/null 2>&1 || true # a payload: unseen by a hop
	# the next header too: it no longer vouches for what is before it
	flip both 400
	status 4 frl-shard ls both >rows
	[ "$(grep -c '^[0-9]' rows)" = 14 ]
	# from a pipe as from a file
	status 4 frl-shard cat --no-pg <both >piped
	status 4 frl-shard cat --no-pg both >out
	cmp piped out
}

@test "repair: a torn tail, in place" {
	cp both whole
	for n in 2495 2440 2432 2400 1000 100; do
		head -c "$n" whole >f
		frl-shard repair f 2>err
		[ "$(state f)" = ok ] || { echo "cut at $n" && return 1; }
	done
	head -c 1000 whole >f
	inode=$(stat -c %i f)
	frl-shard repair -q f
	[ "$inode" = "$(stat -c %i f)" ]
	[ "$(size f)" -ge 960 ]
	cmp -n 960 f whole
	frl-shard repair -q whole
	cmp whole both
}

@test "repair: a shell's >> after a crash" {
	head -c 500 images >f
	cat both >>f
	[ "$(state f)" = damaged ]
	status 4 frl-shard repair f
	[ "$(state f)" = ok ]
	[ "$(frl-shard info f | field records)" = 18 ]
	# the same as a filter, the input left alone
	head -c 500 images >f
	cat both >>f
	cp f before
	status 4 frl-shard repair -o g f
	cmp f before
	status 4 frl-shard repair <f >h
	cmp g h
	[ "$(state g)" = ok ]
	[ "$(frl-shard info g | field records)" = 18 ]
}

@test "repair: damaged records go, the others stay" {
	flip both 300
	flip both 1250
	status 4 frl-shard repair both
	[ "$(state both)" = ok ]
	[ "$(frl-shard info both | field records)" = 14 ]
	frl-shard info both | grep -q golden
	printf 'no stream, but somebody needs this text, all of it, to the last byte' >text
	cp text same
	status 3 frl-shard repair text
	cmp text same
	status 3 frl-shard repair missing
	[ ! -e missing ]
}

@test "repair: a writer killed in the middle" {
	mkfifo fifo
	for _ in 1 2 3 4 5 6 7 8; do cat both both both both; done >many
	frl-shard cat -q >f <fifo &
	pid=$!
	exec 8>fifo
	for _ in 1 2 3; do cat many >&8; done
	# it waits for more, having written what does not fit its buffer
	for _ in $(seq 100); do [ "$(size f)" -gt 100000 ] && break || sleep .05; done
	kill -9 "$pid"
	wait "$pid" || [ $? -eq 137 ]
	exec 8>&-
	n=$(size f)
	[ "$n" -gt 100000 ]
	[ "$(state f)" = cut-short ]
	frl-shard repair f
	[ "$(state f)" = ok ]
	# nothing but the last, torn record is missing
	[ $(($(size f) + 300)) -gt "$n" ]
}

@test "repair: waits for nobody" {
	exec 9>>both
	flock -n 9
	status 75 frl-shard repair both 9>&-
}

@test "join: labels and rows in stream order" {
	printf 'name\tid\tface\tlab\nd\tphoto2\t0\t7\na\tphoto0\t1\t-3\nb\tphoto9\t0\t1\nc\tphoto1\t1\t\n' >m
	frl-shard join -m m --label lab --rows rows --report lone --no-pg images >out
	frl-shard ls --no-pg out | awk -F '\t' 'NR > 1 { print $8 }' | tr '\n' ' ' >labels
	[ "$(cat labels)" = '-3 -1 7 ' ]
	printf 'name\tid\tface\tlab\na\tphoto0\t1\t-3\nc\tphoto1\t1\t\nd\tphoto2\t0\t7\n' | cmp - rows
	printf 'lone\tindex\tline\tkey\tface\nrecord\t0\t\t358dc26ec8b64986\t0\nrecord\t2\t\t3582246f913c0a84\t0\n' >want
	printf 'row\t\t4\t%s\t0\n' "$(printf photo9 | sha256sum | cut -c 1-16)" >>want
	cmp want lone
	[ "$(state out)" = ok ]
	status 4 frl-shard join --strict -m m images >out
	# without --label the labels stay
	frl-shard join -m m images >out
	[ "$(frl-shard ls --no-pg out | awk -F '\t' 'NR > 1 { print $8 }' | tr '\n' ' ')" = '0 2 3 ' ]
}

@test "join: without a column face, face 0" {
	printf 'id\nphoto0\nphoto1\n' >m
	frl-shard join -m m images >out
	[ "$(keys out | cut -d ' ' -f 2 | tr '\n' ' ')" = '0 0 ' ]
}

@test "join: rows that are not ok, rows that cannot be used" {
	printf 'id\tlab\tstatus\nphoto0\t1\tok\nphoto1\t2\tbad:truncated\n' >m
	frl-shard join -m m --label lab images >out
	[ "$(frl-shard info out | field records)" = 1 ]
	printf 'id\tlab\nphoto0\tone\nphoto1\t2\n' >m
	status 4 frl-shard join -m m --label lab images >out
	[ "$(frl-shard info out | field records)" = 1 ]
	printf 'id\tlab\nphoto0\t1\nphoto0\t2\n' >m
	status 4 frl-shard join -m m --label lab images >out 2>err
	grep -q 'line 3.*line 2' err
	status 3 frl-shard join -m m --label nothing images >out
	status 2 frl-shard join images
}

@test "get and sheet: pictures" {
	frl-shard get 2 images >a.png
	frl-shard get 2 <images >b.png
	cmp a.png b.png
	frl-shard import --raw --no-pg a.png >back
	frl-shard cat --no-pg --range 2:3 images >want
	# other key and label, the same pixels
	cmp <(tail -c +65 back | head -c 72) <(tail -c +65 want | head -c 72)
	frl-shard get 14 both >c
	[ "$(tail -c 17 c)" = ' not a real JPEG' ] || [ "$(tail -c 16 c)" = ' not a real JPEG' ]
	status 3 frl-shard get 99 both
	status 3 frl-shard get 6 both
	status 2 frl-shard get x both
	frl-shard sheet --size 16 --columns 2 --captions images >sheet.png
	frl-shard import --raw sheet.png >sheet
	# two columns of 16 + 2, three rows of 16 + 2 + 11, and a margin of 2
	[ "$(frl-shard info sheet | field shape)" = '1 tensor u8 89x38x3' ]
	status 3 frl-shard sheet --limit 3 <(frl-shard cat --range 5:7 both) >none
}

@test "export and import: an archive and back" {
	frl-shard cat --range 0:12 --no-pg both >in
	frl-shard export --to tar --no-pg in >a.tar
	tar tf a.tar >names
	[ "$(wc -l <names)" = 24 ]
	[ "$(head -n 1 names)" = 358dc26ec8b64986-0.png ]
	[ "$(tar xOf a.tar 358dc26ec8b64986-1.json)" = '{"key":"358dc26ec8b64986","face":1,"label":0}' ]
	# bf16 is not known to NumPy, and comes back as no dtype of ours
	status 4 frl-shard import --raw --no-pg - <a.tar >back
	frl-shard ls --no-pg in | grep -v bf16 | cut -f 3-9 >want
	frl-shard ls --no-pg back | cut -f 3-9 | cmp - want
}

@test "export and import: provenance goes along" {
	frl-shard export --to tar both >a.tar || [ $? -eq 4 ] # a scalar is no file
	frl-shard import --raw a.tar >back || [ $? -eq 4 ]
	[ "$(frl-shard info back | grep -c -e '	golden	' -e 'frl-shard.*export' -e 'frl-shard.*import')" = 3 ]
}

@test "import: damaged and hostile archives" {
	frl-shard export --to tar --no-pg images >a.tar
	for n in 100 511 512 600 1024 1300 3000; do
		head -c "$n" a.tar >part
		frl-shard import part >out 2>err && { echo "cut at $n passed" && return 1; }
		[ $? -ne 139 ]
	done
	mkdir -p x/y
	printf 'not a picture' >x/y/a.jpg
	tar cf evil.tar -P x/../x/y/a.jpg /etc/hostname
	status 4 frl-shard import --rows rows evil.tar >out
	grep -q '	bad:' rows
	[ ! -e etc ] && [ ! -e a.jpg ]
}

@test "export and import: arrays, folders" {
	frl-shard export --to npy --no-pg images >a.npy
	[ "$(size a.npy)" = $((128 + 5 * 72)) ]
	cmp <(tail -c 360 a.npy | head -c 72) <(tail -c +65 images | head -c 72)
	frl-shard import --no-pg a.npy >back
	[ "$(frl-shard info back | field shape)" = '5 tensor u8 4x6x3' ]
	[ "$(keys back | head -n 1)" = "$(printf 0 | sha256sum | cut -c 1-16) 0" ]
	status 3 frl-shard export --to npy both >out
	status 2 frl-shard export --to npy <images
	frl-shard export --to dir -o pictures --no-pg images >rows
	[ "$(find pictures -name '*.png' | wc -l)" = 5 ]
	[ "$(head -n 1 rows)" = "$(printf 'key\tpath\tface\tlabel')" ]
	[ "$(wc -l <rows)" = 6 ]
	frl-shard import --rows again pictures >back
	[ "$(frl-shard info back | field shape)" = '5 png u8 4x6x3' ]
	[ "$(awk -F '\t' 'NR == 2 || NR == 3 { print $1 }' again | grep -c '^pictures/')" -ge 1 ]
	status 2 frl-shard export --to dir images
	status 4 frl-shard import "$golden/make_records.py" pictures >out
	mkfifo fifo
	cat a.npy >fifo &
	frl-shard import fifo >out
	[ "$(frl-shard info out | field records)" = 5 ]
}

@test "manners: full disk, closed pipe, terminal, no such command" {
	for c in info check ls cat 'get 0' sheet 'export --to tar' 'export --to npy' 'join -m ids'; do
		printf 'id\nphoto0\n' >ids
		# shellcheck disable=SC2086
		status 1 frl-shard $c images >/dev/full
	done
	status 1 frl-shard repair <images >/dev/full
	frl-shard export --to npy images >images.npy
	status 1 frl-shard import images.npy >/dev/full
	for _ in 1 2 3 4 5 6 7 8; do cat both both; done >eight
	for _ in 1 2 3 4 5 6 7 8; do cat eight eight; done >many
	frl-shard cat -q many 2>err | head -c 100 >/dev/null || true
	[ ! -s err ]
	[ "$(bash -c 'frl-shard cat -q many | head -c 100 >/dev/null; echo ${PIPESTATUS[0]}')" = 141 ]
	status 2 frl-shard
	status 2 frl-shard nothing
	status 2 frl-shard cat --nothing
	frl-shard --version | grep -q '^frl-shard [0-9]'
}

@test "manners: nothing half written stays" {
	flip both 5
	echo old >out
	status 3 frl-shard cat -o out both missing 2>/dev/null
	[ "$(cat out)" = old ]
	[ -z "$(find . -name '*.tmp.*')" ]
}

@test "the options in --help are those in the man page" {
	for c in info check repair ls cat join get sheet export import; do
		frl-shard "$c" --help | sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}--\([a-z-]*\).*/\2/p' |
			grep -v -x -e help -e version -e quiet -e json -e no-pg | sort >options
		awk -v c="$c" '/^\.Ss / { on = $2 == c } /^\.S[hs] / && $2 != c { on = 0 }
			on && /^\.It/ { for (i = 2; i <= NF; i++) if ($i ~ /^-[a-z]/ && length($i) > 2) print substr($i, 2) }' \
			"$FRL_TOP/man/frl-shard.1" | sed 's/^-*//' | sort >page
		diff options page || { echo "$c" && return 1; }
	done
	for o in quiet json no-pg; do
		grep -q "^\.It .*Fl -$o" "$FRL_TOP/man/frl-shard.1"
	done
	frl-shard --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort >options
	sed -n 's/^\.Ss //p' "$FRL_TOP/man/frl-shard.1" | sort | cmp - options
}
