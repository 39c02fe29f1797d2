#!/usr/bin/env bats
# make subsets and make figures: what the tables and figures of the paper share.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	unset MAKEFLAGS MAKELEVEL
}

@test "make subsets: lists by name, of the sets that are there" {
	mkdir data
	{ printf 'id\tidentity\n'; for i in $(seq 2000); do printf 'v%d\tn%d\n' "$i" $((i % 20)); done; } >data/vggface2.tsv
	{ printf 'id\n'; seq 2000 | sed 's/^/w/'; } >data/wflw.tsv
	{ printf 'id\tvalence\n'; for i in $(seq 2000); do printf 'a%d\t%s\n' "$i" "${i#*[5-9]}"; done; } >data/affectnet.tsv
	make -s -C "$FRL_TOP" subsets DATA="$PWD/data" OUT="$PWD/lists" >names 2>log
	[ "$(wc -l <names)" -eq 8 ]
	# The few-shot table's shares, inside of the larger ones.
	for p in 0.7 2 10; do grep -v '^#' lists/wflw-${p}pct-seed0.tsv | sort >$p; done
	[ -z "$(comm -23 0.7 2)$(comm -23 2 10)" ]
	[ "$(wc -l <0.7)" -gt 1 ]
	grep -q '^cofw: no .*/data/cofw.tsv' log
	grep -q 'drawn from 5 of 20 identities' lists/vggface2-quarter-2pct-seed0.tsv
	grep -q 'of 20 identities are kept, the floor of 5 did not bind' lists/vggface2-2pct-seed0.tsv
	# The same as by hand, nested, annotated rows only.
	frl-subsample -q -f 2% --where valence --no-pg data/affectnet.tsv >by-hand
	grep -v '^#' lists/affectnet-2pct-seed0.tsv | cmp - by-hand
	[ "$(grep -cxFf by-hand lists/affectnet-10pct-seed0.tsv)" -eq "$(wc -l <by-hand)" ]
	run make -s -C "$FRL_TOP" subsets DATA="$PWD/none"
	[ "$status" -ne 0 ]
}

@test "make figures: curves beside their numbers" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	frl-eval landmarks --truth "$golden/eval/landmarks-truth.tsv" --pred "$golden/eval/landmarks-pred.tsv" --ced a.tsv >rows
	cp a.tsv b.tsv
	frl-eval recognition --pred "$golden/recognition/lfw.bin" --pairs "$golden/recognition/pairs.txt" --roc r.tsv >rows
	make -s -C "$FRL_TOP" figures CED="$PWD/a.tsv $PWD/b.tsv" ROC="$PWD/r.tsv"
	for f in ced roc det; do
		[ "$(head -c 4 $f.png | tail -c 3)" = PNG ]
		grep -q '</svg>' $f.svg
	done
	run make -s -C "$FRL_TOP" figures
	[ "$status" -ne 0 ]
}

# curve SCALE FRACTION INIT SEED: a cell's curve, as frl-eval mesh --ced writes it
curve() {
	mkdir -p "out/$1/mesh/300w-lp/$2pct/$3/seed$4"
	printf '#pg\tfrl-eval\nerror\tfraction\n0.0%s\t0.5\n0.1\t1\n' $((4 + $4)) >"out/$1/mesh/300w-lp/$2pct/$3/seed$4/ced-florence.tsv"
}

@test "make fig2: curves of cells joined in the paper's order, PNG and SVG beside; what is missing is said" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	for f in 2 100; do for i in ours random; do curve ci $f $i 0; done; done
	curve ci 2 ours 10
	curve ci 2 ours 9
	run make -s -C "$FRL_TOP" fig2 OUT="$PWD/o" CED="$(find "$PWD/out" -name 'ced-*' | tr '\n' ' ')" INITS='random ours'
	[ "$status" -ne 0 ]
	[[ $output == *"fig2: no curve of 10% ours"* ]]
	cut -f 1-3 o/fig2.tsv | uniq | diff - <(printf '%s\n' '#no-result scale	ci' '#incomplete	10% random, 10% ours' '#xmax	0.1' \
		'fraction	init	seed' '100%	random	0' '100%	ours	0' '2%	random	0' '2%	ours	0' '2%	ours	9' '2%	ours	10')
	grep '^100%	ours' o/fig2.tsv | cut -f 4- | diff - <(printf '0\t0\tci\n0.04\t0.5\tci\n0.1\t1\tci\n')
	[ "$(head -c 4 o/fig2.png | tail -c 3)" = PNG ]
	grep -q 'no result: scale ci' o/fig2.svg
	grep -q 'no curve of 10% random, 10% ours' o/fig2.svg
	# What the program behind it says of whole figures, of files that are none and of two scales.
	join() { find out -name 'ced-*' -exec awk -v fractions='100% 2%' -v inits='random ours' -f "$FRL_TOP/tables/fig2.awk" {} +; }
	join >t
	[ "$(grep -c incomplete t)" -eq 0 ]
	[ "$(grep -c '^[0-9].*	ci$' t)" -eq 18 ]
	echo x >out/ci/mesh/300w-lp/2pct/ours/seed0/ced-florence.tsv
	run join
	[ "$status" -ne 0 ]
	[[ $output == *"ced-florence.tsv: not a curve"* ]]
	printf 'error\tfraction\n' >out/ci/mesh/300w-lp/2pct/ours/seed0/ced-florence.tsv
	run join
	[ "$status" -ne 0 ]
	[[ $output == *"has no point"* ]]
	curve ci 2 ours 0
	curve paper 100 imagenet 0
	run join
	[ "$status" -ne 0 ]
	[[ $output == *"is of another scale"* ]]
}
