#!/usr/bin/env bats
# frl-curate cofw, cofw68, florence: pictures inside .mat files in both forms, scans and their poses, quirks included

# shellcheck disable=SC2046,SC2154 # lists of columns are words; \$stderr is bats'

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/curate/cofw
	DATA=${FRL_SHARED:-$FRL_TOP/../shared}/data
}

# labels FILE: what make_curate_cofw.py wrote, in the same columns
labels() { columns "$1" path split x1 y1 x2 y2 occluded $(seq 0 28 | sed 's/.*/lm&x lm&y/'); }

@test "cofw: v7.3 and v5 give the same labels, from 0; pictures are written where they are asked for (h5py, SciPy)" {
	for form in colour grey; do
		frl-curate cofw --root "$golden/$form" --pictures "out/$form" -q --no-pg >m
		labels m >got
		same got "$golden/want.tsv"
		[ "$(columns m status | sort | uniq -c | xargs)" = '5 ok' ]
		[ "$(cd "out/$form" && find . -type f | LC_ALL=C sort | xargs)" = \
			'./test/1.png ./test/2.png ./train/1.png ./train/2.png ./train/3.png' ]
		frl-curate cofw --root "$golden/$form" --pictures "out/$form" -q --no-pg >again
		cmp m again
	done
	[ -z "$(find "$golden" -name '*.png')" ]
}

@test "cofw: without --pictures they are looked for in --root; one split needs one file; colour before grey" {
	mkdir -p d/test
	cp "$golden/colour/COFW_test_color.mat" d
	echo text >d/COFW_test.mat
	echo picture >d/test/1.png
	run -4 frl-curate cofw --root d --split test -q --no-pg -o m
	[ "$(columns m id status | tr '\t\n' '  ')" = 'test/1.png ok test/2.png bad:missing ' ]
	frl-curate cofw --root d --split test -q --no-stat >m
	frl-curate cofw --root d --pictures d --split test -q --no-pg >m
	[ "$(columns m status | xargs)" = 'ok ok' ]
	run -3 --separate-stderr frl-curate cofw --root d -q --no-pg
	[ -z "$output" ]
	[[ $stderr == *"'COFW_train_color.mat' is not in 'd'"* ]]
	run -3 frl-curate cofw --root d --split train
}

@test "cofw: damaged files, another dataset's file, a folder that cannot be written" {
	mkdir d
	head -c 3000 "$golden/colour/COFW_test_color.mat" >d/COFW_test_color.mat
	run -3 frl-curate cofw --root d --split test -q --pictures p -o m
	[ ! -e m ]
	cp "$golden/colour/COFW_train_color.mat" d/COFW_test_color.mat
	run -3 frl-curate cofw --root d --split test -q -o m
	[[ $output == *"COFW_test_color.mat"*"no variable 'phisT'"* ]]
	echo file >p
	run frl-curate cofw --root "$golden/grey" --pictures p -q -o m
	[ "$status" -ne 0 ]
	[ ! -e m ]
	run -2 frl-curate folder --root d --pictures p
}

@test "cofw68: --pictures needs COFW's own test file, and 507 pictures in it" {
	[ -d "$DATA/cofw68" ] || skip "no $DATA/cofw68"
	mkdir d
	ln -s "$DATA/cofw68/COFW68_Data" d/
	run -3 frl-curate cofw68 --root d --pictures p -q -o m
	[[ $output == *"COFW_test_color.mat' is not in"* ]]
	cp "$golden/grey/COFW_test.mat" d/
	run -3 frl-curate cofw68 --root d --pictures p -q -o m
	[[ $output == *"COFW_test.mat': IsT is not a cell of 507 pictures"* ]]
	[ ! -e m ]
}

@test "cofw68: 507 pictures, each the one of its number, whatever wrote it first" {
	[ -d "$DATA/cofw68" ] || skip "no $DATA/cofw68"
	mkdir d
	ln -s "$DATA/cofw68/COFW68_Data" d/
	frl-curate cofw68 --root d --no-stat -q --no-pg >labels
	cp "$golden/full/COFW_test.mat" d/
	frl-curate cofw68 --root d --pictures p -q --no-pg >m
	cmp labels m
	[ "$(find p/images -name '*.png' | wc -l)" = 507 ]
	frl-shard import --raw -q --no-pg $(seq 507 | sed 's|.*|p/images/&.png|') >s.bin
	# First and last grey level of each record (6 pixels, 18 bytes behind 64).
	for n in 1 255 256 257 507; do
		tail -c +$(((n - 1) * 128 + 65)) s.bin | head -c 18 | od -An -v -t u1 -w18 | awk '{ print $1, $18 }'
	done | xargs >got
	[ "$(cat got)" = '1 1 255 255 1 0 1 1 1 251' ]
}

# scan FOLDER FILE...: files that are there
scan() {
	mkdir -p "d/$1"
	for f in "${@:2}"; do echo v >"d/$1/$f"; done
}

@test "florence: scans of any case, the first mesh, its texture, WRL instead of OBJ, scans that are not there" {
	scan subject_01/Model/frontal1/obj 110920150452.obj 110920150452.mtl 110920150452.bmp 110920150452_new.obj
	scan subject_01/Model/frontal1/vrml 110920150452.wrl
	scan subject_01/Model/sidel/obj 2.obj 2.BMP
	scan subject_02/Model/frontal2/vrml 3.wrl 3.jpg
	scan subject_02/Video/Cooperative a.avi
	scan notes b.obj
	frl-curate florence --root d -q --no-pg >m
	columns m id subject scan mesh texture pitch status | tr '\t' , >got
	diff got - <<-END
		subject_01/Model/frontal1/obj/110920150452.obj,subject_01,frontal1,subject_01/Model/frontal1/obj/110920150452.obj,subject_01/Model/frontal1/obj/110920150452.bmp,,ok
		subject_01/Model/frontal2,subject_01,frontal2,,,,none:no-scan
		subject_01/Model/sidel/obj/2.obj,subject_01,sideL,subject_01/Model/sidel/obj/2.obj,subject_01/Model/sidel/obj/2.BMP,,ok
		subject_01/Model/sideR,subject_01,sideR,,,,none:no-scan
		subject_02/Model/frontal1,subject_02,frontal1,,,,none:no-scan
		subject_02/Model/frontal2/vrml/3.wrl,subject_02,frontal2,subject_02/Model/frontal2/vrml/3.wrl,subject_02/Model/frontal2/vrml/3.jpg,,ok
		subject_02/Model/sideL,subject_02,sideL,,,,none:no-scan
		subject_02/Model/sideR,subject_02,sideR,,,,none:no-scan
	END
}

@test "florence: poses.tsv makes a row for each render of a frontal scan; a bad one names its line" {
	scan subject_01/Model/frontal1/obj 1.obj
	scan subject_01/Model/sideL/obj 2.obj
	scan renders/subject_01/frontal1 -15_40.png
	printf 'pitch\tyaw\n-15\t40\n20\t-80\n' >d/poses.tsv
	run -4 frl-curate florence --root d -q --no-pg -o m
	columns m path scan mesh pitch yaw status | grep -v none: | tr '\t' , >got
	diff got - <<-END
		renders/subject_01/frontal1/-15_40.png,frontal1,subject_01/Model/frontal1/obj/1.obj,-15,40,ok
		renders/subject_01/frontal1/20_-80.png,frontal1,subject_01/Model/frontal1/obj/1.obj,20,-80,bad:missing
		subject_01/Model/sideL/obj/2.obj,sideL,subject_01/Model/sideL/obj/2.obj,,,ok
	END
	printf 'pitch\tyaw\n-15\tleft\n' >d/poses.tsv
	run -3 frl-curate florence --root d -q
	[[ $output == *"poses.tsv"*2*yaw* ]]
	printf 'pitch\n1\n' >d/poses.tsv
	run -3 frl-curate florence --root d -q
	printf 'pitch\tyaw\n' >d/poses.tsv
	run -3 frl-curate florence --root d -q
	[[ $output == *"poses.tsv' has no pose"* ]]
	printf 'pitch\tyaw\n10\t3\n1\t2\n10.0000001\t3\n' >d/poses.tsv
	run -3 frl-curate florence --root d -q
	[[ $output == *"two poses are 10_3"* ]]
	printf 'pitch\tyaw\n0\t1e9\n' >d/poses.tsv
	run -3 frl-curate florence --root d -q
	[[ $output == *"within 180 degrees"* ]]
}
