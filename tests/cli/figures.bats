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
	done
	run make -s -C "$FRL_TOP" figures
	[ "$status" -ne 0 ]
}
