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
	# The last column: how large the experiment was.
	awk -F '\t' '!/^#/ { print NF, $13 }' out | uniq -c | tr -s ' ' | diff - <(printf ' 1 13 scale\n 3 13 paper\n')
	frl-eval detection --truth "$golden/mat/wider" --pred pred --scale ci -o out
	[ "$(grep -c '	ci$' out)" -eq 3 ]
	frl-eval detection --truth "$golden/mat/wider" --pred pred --scale ci --json | grep -q '"scale": *"ci"}'
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

# What NumPy, SciPy and scikit-learn say of the same files (tests/golden/make_eval.py), to 1e-9.
same_as_expected() {
	cd "$golden/eval" || return 1
	tail -n +2 expected.tsv | awk -F '\t' -v t="$1" '$1 == t { print $2 }' | sort -u >"$BATS_TEST_TMPDIR/options"
	[ -s "$BATS_TEST_TMPDIR/options" ]
	while read -r options; do
		# shellcheck disable=SC2086
		frl-eval "$1" --truth "$1-truth.tsv" --pred "$1-pred.tsv" $options --no-pg >"$BATS_TEST_TMPDIR/rows"
		awk -F '\t' -v t="$1" -v o="$options" '
			NR == FNR { if ($1 == t && $2 == o) { want[$3, $4] = $5; left++ } next }
			($3, $7) in want {
				left--
				w = want[$3, $7]
				d = w - $9
				if ((w == "nan") != ($9 == "nan") || (w != "nan" && d * d > 1e-18 * (1 + w * w))) {
					print o, $3, $7 ": " $9 " is not " w
					bad = 1
				}
			}
			END { exit bad || left != 0 }' expected.tsv "$BATS_TEST_TMPDIR/rows"
	done <"$BATS_TEST_TMPDIR/options"
}

@test "landmarks: every normaliser, subsets, thresholds, as SciPy" {
	same_as_expected landmarks
}

@test "au: errors, correlation and the six forms of ICC, as scikit-learn and NumPy" {
	same_as_expected au
}

@test "emotion: as scikit-learn and SciPy, clipped or not" {
	same_as_expected emotion
}

@test "landmarks: curve, samples, several thresholds" {
	frl-eval landmarks --truth "$golden/eval/landmarks-truth.tsv" --pred - --threshold 0.08 --threshold 0.1 --ced ced \
		--samples samples --no-pg <"$golden/eval/landmarks-pred.tsv" >rows
	[ "$(cut -f 7 rows | tail -n +2 | tr '\n' ' ')" = "nme fr@0.08 auc@0.08 fr@0.1 auc@0.1 " ]
	[ "$(wc -l <ced)" -eq 1002 ]
	[ "$(head -n 1 samples)" = "id	face	group	name	truth	pred	error" ]
	awk -F '\t' 'NR == FNR { if ($7 == "nme") nme = $9; if ($7 == "fr@0.1") fr = $9; next }
		FNR > 1 { n++; s += $7; f += $7 > .1 }
		END { d = 100 * s / n - nme; e = 100 * f / n - fr; exit d * d > 1e-18 || e * e > 1e-18 || n != 40 }' rows samples
	fr=$(awk -F '\t' '$7 == "fr@0.1" { print $9 }' rows)
	awk -F '\t' -v fr="$fr" 'END { d = 100 * (1 - $2) - fr; exit $1 != .1 || d * d > 1e-18 }' ced
}

@test "intervals by row and by subject hold the value" {
	for by in '' '--by subject'; do
		# shellcheck disable=SC2086
		frl-eval au --truth "$golden/eval/au-truth.tsv" --pred "$golden/eval/au-pred.tsv" --bootstrap 300 $by --no-pg >rows
		awk -F '\t' '$9 != "nan" && NR > 1 && !($11 <= $9 && $9 <= $12) { exit 1 }' rows
	done
}

@test "joins: unequal, doubled and failed rows" {
	printf 'id\tvalence\na\t.1\nb\t.2\nc\t.3\n' >t
	printf 'id\tvalence\nc\t.3\na\t.1\n' >p
	run frl-eval emotion --truth t --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'t' line 3: 'b' face 0 is not in 'p', nor are 0 other rows"* ]]
	frl-eval emotion -q --truth t --pred p --partial >rows
	[ "$(value valence rmse <rows)" = 0 ]
	run frl-eval emotion --truth p --pred t
	[ "$status" -eq 3 ]
	[[ $output == *"'t' line 3: 'b' face 0 is not in 'p'"* ]]
	printf 'id\tvalence\nc\t.3\na\t.1\nb\t1\nc\t0\n' >p
	run frl-eval emotion --truth t --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'p' line 5: column 'id': 'c' face 0 is there already, on line 2"* ]]
	printf 'id\tface\tvalence\nc\t0\t.3\na\t0\t.1\nb\t0\t.2\nc\t1\t0\n' >p
	run frl-eval emotion --truth t --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'p' line 5: 'c' face 1 is not in 't'"* ]]
	printf 'id\tvalence\tstatus\na\t.1\tok\nb\t.2\tok\nc\t\tbad:x\n' >p
	run frl-eval emotion --truth t --pred p
	[ "$status" -eq 3 ]
	printf 'id\tvalence\nz\t.1\n' >p
	run frl-eval emotion --truth t --pred p --partial
	[ "$status" -eq 3 ]
	[[ $output == *"have no row in common"* ]]
}

@test "cells: missing columns, NaN, text, a huge one: exit 3 with file, line and column" {
	printf 'id\tvalence\na\t.1\n' >t
	for cell in nan inf x '' 0x1; do
		printf 'id\tvalence\na\t%s\n' "$cell" >p
		run frl-eval emotion --truth t --pred p -o out
		[ "$status" -eq 3 ]
		[[ $output == *"'p' line 2"*"'valence'"* ]]
		[ ! -e out ]
	done
	{ printf 'id\tvalence\na\t'; head -c 10000000 /dev/zero | tr '\0' 1; echo; } >p
	run frl-eval emotion --truth t --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'p' line 2"*"'valence'"* ]]
	printf 'id\tjoy\na\t1\n' >p
	run frl-eval emotion --truth t --pred p
	[ "$status" -eq 3 ]
	run frl-eval au --truth t --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'t' has no column 'au01'"* ]]
	run frl-eval landmarks --truth t --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'t' has no column 'lm0x'"* ]]
	printf 'lm0x\tlm0y\n1\t2\n' >p
	run frl-eval landmarks --truth p --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"'p' has no column 'id'"* ]]
	printf 'id\tlm0x\tlm0y\tlm1x\tlm1y\na\t1\t2\t1\t2\n' >p
	run frl-eval landmarks --truth p --pred p
	[ "$status" -eq 3 ]
	[[ $output == *"outer-eye-corners is not defined for 2 points"* ]]
	run frl-eval landmarks --truth p --pred p --normaliser points:0-1
	[ "$status" -eq 3 ]
	[[ $output == *"'p' line 2: points:0-1 is 0: nothing to divide by"* ]]
	run frl-eval landmarks --truth p --pred p --normaliser points:0-2
	[ "$status" -eq 3 ]
	printf 'id\tx1\ty1\tx2\ty2\tlm0x\tlm0y\na\t5\t5\t1\t1\t1\t2\n' >p
	run frl-eval landmarks --truth p --pred p --normaliser box
	[ "$status" -eq 3 ]
	[[ $output == *"'p' line 2: column 'x2': a box of negative size"* ]]
	for bad in '--normaliser eyes' '--threshold 0.1001' '--threshold x' '--icc 4,1'; do
		# shellcheck disable=SC2086
		run frl-eval landmarks --truth p --pred p $bad
		[ "$status" -eq 2 ]
	done
}

@test "scores: the published rates of verification score files, every digit" {
	need_data verification-scores
	frl-eval scores --dev "$data/verification-scores/dev-1.txt" --test "$data/verification-scores/test-1.txt" >rows
	# bob.measure prints: threshold, then in percent FMR (31/495), FNMR (28/451), FAR, FRR, HTER.
	[ "$(printf %.6e "$(value dev threshold <rows)")" = -8.025286e-03 ]
	for want in fmr:6.263 fnmr:6.208 far:5.924 frr:11.273 hter:8.599; do
		[ "$(printf %.3f "$(value dev "${want%:*}" <rows)")" = "${want#*:}" ]
	done
	[ "$(awk -v v="$(value test fmr <rows)" 'BEGIN { printf "%.9f", v * 479 / 100 }')" = 27.000000000 ]
	[ "$(awk -v v="$(value test fnmr <rows)" 'BEGIN { printf "%.9f", v * 473 / 100 }')" = 29.000000000 ]
}

@test "scores: forms of the file, and bad ones" {
	printf '1 0.9\n-1 0.1\n1 nan\n0 0.2\r\n' >two
	printf '\357\273\277a a t 0.9\na b t 0.1\na a t nan\na c t 0.2\n' >four
	printf 'a m a t 0.9\na m b t 0.1\na m a t nan\na m c t 0.2\n' >five
	for f in two four five; do frl-eval scores --dev $f --no-pg >$f.out; done
	cmp two.out four.out
	cmp two.out five.out
	[ "$(value dev fta <two.out)" = 25 ]
	printf '1 0.9\n2 0.1\n' >bad
	run frl-eval scores --dev bad
	[ "$status" -eq 3 ]
	[[ $output == *"'bad' line 2: the label is neither 1 nor -1"* ]]
	printf '1 0.9\n-1 x\n' >bad
	run frl-eval scores --dev bad
	[ "$status" -eq 3 ]
	printf '1 0.9\n' >bad
	run frl-eval scores --dev bad
	[ "$status" -eq 3 ]
	[[ $output == *"'bad': no impostor scores"* ]]
}

@test "recognition: LFW's folds, IJB's 1:1 and 1:N, as NumPy and scikit-learn" {
	cd "$golden/recognition" || return 1
	tail -n +2 expected.tsv | cut -f 1 | sort -u >"$BATS_TEST_TMPDIR/options"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -ge 8 ]
	while read -r options; do
		for threads in 1 3; do
			# shellcheck disable=SC2086
			frl-eval recognition $options --threads $threads --no-pg >"$BATS_TEST_TMPDIR/rows$threads"
		done
		cmp "$BATS_TEST_TMPDIR/rows1" "$BATS_TEST_TMPDIR/rows3"
		awk -F '\t' -v o="$options" '
			NR == FNR { if ($1 == o) { want[$2, $3, $4] = $5; left++ } next }
			($3, $7, $8) in want {
				left--
				d = want[$3, $7, $8] - $9
				if (d * d > 1e-18) { print o, $3, $7 ": " $9 " is not " want[$3, $7, $8]; bad = 1 }
			}
			END { exit bad || left != 0 }' expected.tsv "$BATS_TEST_TMPDIR/rows1"
	done <"$BATS_TEST_TMPDIR/options"
}

@test "recognition, scores: intervals, as NumPy and scikit-learn with the same draws" {
	cd "$golden/recognition" || return 1
	t=$BATS_TEST_TMPDIR
	for threads in 1 3; do
		frl-eval recognition --pred lfw.bin --pairs pairs.txt --bootstrap 200 --seed 5 --threads $threads --no-pg >"$t/rows$threads"
	done
	cmp "$t/rows1" "$t/rows3"
	frl-eval scores --dev scores.txt --test scores.txt --bootstrap 200 --seed 5 --no-pg >>"$t/rows1"
	awk -F '\t' '
		function near(a, b) { return (a - b) * (a - b) < 1e-18 }
		NR == FNR { if (FNR > 1) { low[$1, $2] = $3; high[$1, $2] = $4; left++ } next }
		$3 == "test" { $3 = "dev"; left++ }
		($3, $7) in low {
			left--
			if (!near(low[$3, $7], $11) || !near(high[$3, $7], $12)) { print $3, $7, $11, $12; bad = 1 }
		}
		END { print left; exit bad || left != 0 }' intervals.tsv "$t/rows1"
	# The threshold has an interval; so does each rate, and nothing has one that was not asked for.
	awk -F '\t' '$7 == "threshold" && $11 < $9 && $9 < $12 { n++ } END { exit n != 1 }' "$t/rows1"
	frl-eval scores --dev scores.txt --no-pg | awk -F '\t' 'NR > 1 && ($11 != "" || $12 != "") { exit 1 }'
	# 1:N resamples probes: as many hits of n as a binomial distribution has, give or take.
	for how in nist merged; do
		frl-eval recognition --pred ijb.bin --templates tid_mid.txt --quality quality.txt --gallery g1.csv --gallery g2.csv \
			--probe probe.csv --identification $how --bootstrap 1000 --no-pg >"$t/rows1"
		awk -F '\t' 'NR > 1 && !($11 <= $9 && $9 <= $12 && $12 <= 1 && $11 < $12) { exit 1 }
			$7 == "rank-1" { sd = sqrt($9 * (1 - $9) / $10); d = ($12 - $11) / (3.92 * sd); ok = d > .85 && d < 1.15 }
			END { exit !ok }' "$t/rows1"
	done
	# A replicate may be without genuine scores: it does not count, and the others do.
	printf '1 0.9\n-1 0.1\n-1 0.2\n' >"$t/few"
	frl-eval scores --dev "$t/few" --bootstrap 50 --no-pg | awk -F '\t' '$7 == "auc" && ($11 != 100 || $12 != 100) { exit 1 }'
}

@test "recognition: a manifest of pairs, the curve, intervals" {
	awk -F '\t' -v OFS='\t' '
		function id(n, i) { return sprintf("%s/%s_%04d.jpg", n, n, i) }
		NR == 1 { print "id1", "id2", "same", "fold"; next }
		{ f = int((NR - 2) / 60) }
		NF == 3 { print id($1, $2), id($1, $3), 1, f }
		NF == 4 { print id($1, $2), id($3, $4), 0, f }' "$golden/recognition/pairs.txt" >pairs.tsv
	frl-eval recognition --pred "$golden/recognition/lfw.bin" --pairs pairs.tsv --no-pg >a
	frl-eval recognition --pred "$golden/recognition/lfw.bin" --truth "$golden/recognition/pairs.txt" --no-pg >b
	cmp a b
	frl-eval recognition --pred "$golden/recognition/lfw.bin" --pairs pairs.tsv --roc roc --bootstrap 100 --no-pg >rows
	awk -F '\t' '$7 == "acc" && !($11 < $9 && $9 < $12) { exit 1 }' rows
	frl-eval recognition --pred "$golden/recognition/lfw.bin" --pairs pairs.tsv --samples s --no-pg >rows
	awk -F '\t' -v acc="$(value all acc <rows)" 'NR > 1 { n++; wrong += $7 } END { d = 1 - wrong / n - acc; exit d * d > 1e-18 }' s
	frl-eval compare --metric acc --bootstrap 100 --no-pg s s >rows
	[ "$(awk -F '\t' '$8 == "A" { print $9 }' rows)" = "$(awk -F '\t' '$8 == "B" { print $9 }' rows)" ]
	[ "$(head -n 1 roc)" = "threshold	fmr	fnmr" ]
	awk -F '\t' 'NR > 2 && ($1 >= t || $2 < m || $3 > n) { bad = 1 } NR > 1 { t = $1; m = $2; n = $3 } END { exit bad || n != 0 }' roc
}

@test "recognition: bad input names file and line" {
	cd "$golden/recognition" || return 1
	t=$BATS_TEST_TMPDIR
	printf '2\t1\nPerson_0\t1\t2\nPerson_0\t1\tPerson_1\t1\nPerson_0\t1\t2\n' >"$t/pairs"
	run frl-eval recognition --pred lfw.bin --pairs "$t/pairs"
	[ "$status" -eq 3 ]
	[[ $output == *"fewer pairs than the first line says"* ]]
	printf '2\t1\nPerson_0\t1\tPerson_1\t2\n' >"$t/pairs"
	run frl-eval recognition --pred lfw.bin --pairs "$t/pairs"
	[ "$status" -eq 3 ]
	[[ $output == *"line 2: not the pair"* ]]
	printf 'id1\tid2\tsame\nx\ty\t1\n' >"$t/pairs"
	run frl-eval recognition --pred lfw.bin --pairs "$t/pairs"
	[ "$status" -eq 3 ]
	[[ $output == *"no embedding of 'x'"* ]]
	printf '1 2 2\n' >"$t/pairs"
	run frl-eval recognition --pred ijb.bin --templates tid_mid.txt --template-pairs "$t/pairs"
	[ "$status" -eq 3 ]
	[[ $output == *"line 1: not 'template template label'"* ]]
	printf '1 2 1\n' >"$t/pairs"
	run frl-eval recognition --pred ijb.bin --templates tid_mid.txt --template-pairs "$t/pairs"
	[ "$status" -eq 3 ]
	[[ $output == *"line 1: template 2 is not in 'tid_mid.txt'"* ]]
	head -c 3000 ijb.bin >"$t/torn"
	run frl-eval recognition --pred "$t/torn" --templates tid_mid.txt --template-pairs template_pairs.txt
	[ "$status" -eq 3 ]
	[[ $output == *"damaged or cut short"* ]]
	run frl-eval recognition --pred pairs.txt --pairs pairs.txt
	[ "$status" -eq 3 ]
	run frl-eval recognition --pred lfw.bin
	[ "$status" -eq 2 ]
}

@test "mesh: landmarks by yaw, dense and reconstruction error, five alignments, as SciPy" {
	cd "$golden/mesh" || return 1
	tail -n +2 expected.tsv | cut -f 1 | sort -u >"$BATS_TEST_TMPDIR/options"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/options")" -ge 9 ]
	while read -r options; do
		# shellcheck disable=SC2086
		frl-eval mesh $options --no-pg >"$BATS_TEST_TMPDIR/rows"
		awk -F '\t' -v o="$options" '
			NR == FNR { if ($1 == o) { want[$2, $3] = $4; left++ } next }
			($3, $7) in want {
				left--
				w = want[$3, $7]
				d = w - $9
				if (d * d > 1e-18 * (1 + w * w)) { print o, $3, $7 ": " $9 " is not " w; bad = 1 }
			}
			END { exit bad || left != 0 }' expected.tsv "$BATS_TEST_TMPDIR/rows"
	done <"$BATS_TEST_TMPDIR/options"
}

@test "mesh: curve, and bad input" {
	cd "$golden/mesh" || return 1
	t=$BATS_TEST_TMPDIR
	frl-eval mesh --truth truth.bin --pred pred.bin --eyes 72-90 --ced "$t/ced" --bootstrap 50 >"$t/rows"
	[ "$(tail -n 1 "$t/ced" | cut -f 2)" = 1 ]
	awk -F '\t' '$7 == "reconstruction" && !($11 <= $9 && $9 <= $12) { exit 1 }' "$t/rows"
	run frl-eval mesh --truth truth.bin --pred part.bin --eyes 72-90
	[ "$status" -eq 3 ]
	[[ $output == *"record 1: meshes of 150 and 300 vertices"* ]]
	run frl-eval mesh --truth truth.bin --pred pred.bin
	[ "$status" -eq 2 ]
	run frl-eval mesh --truth truth.bin --pred pred.bin --eyes 1-300
	[ "$status" -eq 3 ]
	head -c 9000 pred.bin >"$t/torn"
	run frl-eval mesh --truth truth.bin --pred "$t/torn" --eyes 72-90
	[ "$status" -eq 3 ]
	printf '1\nx\n' >"$t/list"
	run frl-eval mesh --truth truth.bin --pred pred.bin --eyes 1-3 --vertices "$t/list"
	[ "$status" -eq 3 ]
	[[ $output == *"list' line 2: no vertex number"* ]]
	run frl-eval mesh --truth truth.tsv --pred pred.tsv --yaw angle
	[ "$status" -eq 3 ]
	[[ $output == *"'truth.tsv' has no column 'angle'"* ]]
}

@test "compare: the same predictions do not differ, worse ones do; groups are resampled together" {
	g=$golden/eval
	awk -F '\t' -v OFS='\t' 'NR > 1 { for (i = 3; i <= NF; i++) $i = 0.6 * $i + (NR % 3) } 1' "$g/au-pred.tsv" >worse
	frl-eval au --truth "$g/au-truth.tsv" --pred "$g/au-pred.tsv" --by subject --samples a --no-pg >rows-a
	frl-eval au --truth "$g/au-truth.tsv" --pred worse --by subject --samples b --no-pg >rows-b
	frl-eval compare --bootstrap 500 --no-pg a a >same
	awk -F '\t' '$7 == "p" && $9 != 1 { exit 1 } $8 == "A-B" && $7 == "error" && ($9 != 0 || $11 != 0 || $12 != 0) { exit 1 }' same
	frl-eval compare --metric icc --bootstrap 500 --no-pg a b >rows
	# The values are those of the task, the difference theirs, its interval holds it, 7 subjects are the units.
	for au in au01 au06; do
		[ "$(awk -F '\t' -v s=$au '$3 == s && $8 == "A" { print $9 }' rows)" = "$(value $au icc <rows-a)" ]
		[ "$(awk -F '\t' -v s=$au '$3 == s && $8 == "B" { print $9 }' rows)" = "$(value $au icc <rows-b)" ]
	done
	awk -F '\t' '$8 == "A-B" && $10 != 7 { exit 1 }
		$8 == "A-B" && $7 == "icc" && !($11 <= $9 && $9 <= $12) { exit 1 }' rows
	[ "$(awk -F '\t' '$3 == "au06" && $7 == "p" { print ($9 < .05) }' rows)" = 1 ]
	frl-eval compare --metric icc --bootstrap 500 --by-row --no-pg a b >rows
	[ "$(awk -F '\t' '$3 == "au01" && $8 == "A-B" && $7 == "icc" { print ($10 > 90) }' rows)" = 1 ]
}

@test "compare: bad input" {
	head='id	face	group	name	truth	pred	error'
	printf '%s\nx\t0\t\tn\t1\t2\t1\ny\t0\t\tn\t1\t2\t1\n' "$head" >a
	printf '%s\nx\t0\t\tn\t1\t2\t1\n' "$head" >b
	run frl-eval compare a b
	[ "$status" -eq 3 ]
	[[ $output == *"'a' line 3: 'n' of 'y' face 0 is not in 'b'"* ]]
	printf '%s\nx\t0\t\tn\t1\t2\t1\ny\t0\t\tn\t3\t2\t1\n' "$head" >b
	run frl-eval compare a b
	[ "$status" -eq 3 ]
	[[ $output == *"the truth of 'y' is another one in 'b'"* ]]
	printf '%s\nx\t0\t\tn\t1\t2\t\ny\t0\t\tn\t1\t2\t1\n' "$head" >b
	run frl-eval compare a b
	[ "$status" -eq 3 ]
	printf '%s\nx\t0\t\tn\t1\t2\t1\nx\t0\t\tn\t1\t2\t1\n' "$head" >b
	run frl-eval compare b b
	[ "$status" -eq 3 ]
	[[ $output == *"is there twice"* ]]
	printf 'id\n' >b
	run frl-eval compare b b
	[ "$status" -eq 3 ]
	run frl-eval compare a
	[ "$status" -eq 2 ]
}

# The options of --help are those of the manual page's part on the task and on all tasks together.
same_options() {
	frl-eval "$1" --help | sed -nE 's/^ +(-., )?(--[a-z0-9-]+).*/\2/p' | sort -u >in-help
	awk -v task="$1" '/^\.S[sh] / { on = $2 == task || ($0 ~ /Options of all tasks/ && task !~ /^(embed|predict|table)$/) ||
		($0 ~ /Intervals/ && task !~ /^(embed|knn|predict|table)$/) ||
		($0 ~ /Manifests of predictions/ && task ~ /^(landmarks|au|emotion|mesh)$/) ||
		($0 ~ /Scoring a model/ && task ~ /^(landmarks|au|emotion|mesh)$/) } on && /^\.It/' \
		"$FRL_TOP/man/frl-eval.1" | grep -oE '(Fl|,) -[a-z0-9-]+' | sed 's/.* -/--/' | sort -u >in-page
	diff in-help in-page
}

@test "the manual page has the options of --help" {
	for task in $(frl-eval --help | sed -nE 's/^  ([a-z]+)  .*/\1/p'); do
		same_options "$task"
		tasks="$tasks $task"
	done
	[[ $tasks == *detection*emotion* ]]
}

@test "--labels is --truth in every task" {
	for t in recognition landmarks au emotion mesh detection; do
		frl-eval $t --help | grep -q -- '--labels' || { echo "$t"; return 1; }
	done
	cd "$golden/recognition" || return 1
	frl-eval recognition --pred lfw.bin --pairs pairs.txt --no-pg >"$BATS_TEST_TMPDIR/pairs"
	frl-eval recognition --pred lfw.bin --labels pairs.txt --no-pg | cmp - "$BATS_TEST_TMPDIR/pairs"
	run frl-eval detection --labels nowhere --pred nowhere
	[ "$status" -eq 3 ]
	[[ $output == *nowhere/wider_face_val.mat* ]]
}
