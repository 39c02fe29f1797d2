#!/usr/bin/env bats
# frl-curate overlap: what a training and a test set share

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir a b
	for p in 1 2 3; do echo "picture $p" >a/$p.jpg; done
	cp a/2.jpg b/x.jpg
	cp a/2.jpg b/y.jpg
	echo other >b/z.jpg
	printf '%b' 'id\tpath\tface\tidentity\tstatus\n' '1\t1.jpg\t0\tn1\tok\n' '2\t2.jpg\t0\tn2\tok\n' '2\t2.jpg\t1\tn3\tok\n' \
		'3\t3.jpg\t0\tn2\tok\n' '4\tgone.jpg\t0\tn9\tbad:missing\n' >a.tsv
	printf '%b' 'id\tpath\tidentity\n' 'x\tx.jpg\tn2\n' 'y\ty.jpg\tn4\n' 'z\tz.jpg\tn9\n' >b.tsv
}

overlap() { frl-curate overlap -q --no-pg "$@"; }

@test "identities and pictures; rows that are not ok do not count" {
	hash=$(sha256sum a/2.jpg | cut -c 1-64)
	printf '%b' 'kind\tvalue\trows_a\trows_b\tpath_a\tpath_b\n' "identity\tn2\t2\t1\t2.jpg\tx.jpg\n" \
		"sha256\t$hash\t1\t2\t2.jpg\tx.jpg\n" >want
	overlap --root a --root-b b a.tsv b.tsv >got
	diff want got
	overlap --root a --root-b b --threads 1 a.tsv b.tsv | cmp - want
	overlap --no-hash a.tsv b.tsv | cmp - <(head -n 2 want)
	[ "$(overlap --root b b.tsv b.tsv | wc -l)" = 6 ]
}

@test "a column sha256 is taken as it is; pictures that cannot be read are counted" {
	printf 'id\tpath\tsha256\n1\tnowhere.jpg\t%s\n' "$(sha256sum a/2.jpg | cut -c 1-64)" >h.tsv
	[ "$(overlap --root b h.tsv b.tsv | tail -n 1 | cut -f 1,4)" = "sha256	2" ]
	rm b/z.jpg
	run -4 --separate-stderr frl-curate overlap --no-pg --root a --root-b b a.tsv b.tsv
	# shellcheck disable=SC2154 # stderr is bats'
	[[ $stderr == *"1 pictures cannot be read"* ]]
}

@test "usage and bad input" {
	run -2 frl-curate overlap a.tsv
	run -3 frl-curate overlap a.tsv nowhere.tsv
	printf 'id\n1\n' >bad.tsv
	run -3 frl-curate overlap -o out a.tsv bad.tsv
	[[ $output == *"'bad.tsv'"*path* || $output == *"bad.tsv"*path* ]]
	[ ! -e out ]
	[ "$(overlap --no-hash b.tsv b.tsv | wc -l)" = 4 ]
}
