#!/usr/bin/env bats
# frl-eval with models of frl-finetune: scores of a model are those of its predictions, what RUN/best was chosen on, bad input.
# shellcheck disable=SC2046,SC2154 # $(tiny) is many words; bats sets stderr

bats_require_minimum_version 1.5.0

# 22 pictures of 40 x 40 with labels of all tasks, and a model of each, hardly trained.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	{
		printf 'id\tpath\tx1\ty1\tx2\ty2\n'
		for i in $(seq 22); do
			printf 'who%d/p%02d.jpg\timage/rgb.jpg\t%d\t%d\t%d\t%d\n' $((i % 3)) "$i" $((i % 7)) $((i % 5)) \
				$((i % 7 + 20 + i % 3)) $((i % 5 + 16 + i % 4))
		done
	} >boxes.tsv
	frl-crop -q --root "$FRL_TOP/tests/golden" --size 40 --face 40 -m rows.tsv -o faces.bin boxes.tsv
	awk -F '\t' -v OFS='\t' '/^#/ { next }
		!n++ { print $0, "identity", "subject", "fold", "valence", "arousal", "expression", "au01", "au12",
			"lm0x", "lm0y", "lm1x", "lm1y", "lm2x", "lm2y", "lm3x", "lm3y", "lm4x", "lm4y"; next }
		{ k = n - 1; print $0, "who" k % 3, "s" k % 4, k % 2, k % 7 / 10 - .3, k == 3 ? "" : k % 5 / 5 - .4, k % 8, k % 6,
			k == 4 ? 9 : 5 - k % 6, $3 + 5, $4 + 4, $3 + 15, $4 + 4, $3 + 10, $4 + 8, $3 + 6, $4 + 13, $3 + 14, $4 + 13 }' \
		rows.tsv >labels.tsv
	for task in au emotion landmarks recognition; do
		frl-finetune $task -q $(tiny) --out $task --steps 4 --val-fraction .3 --lr 0.01 || return 1
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	ln -s "$BATS_FILE_TMPDIR"/*.* "$BATS_FILE_TMPDIR"/{au,emotion,landmarks,recognition} .
}

tiny() {
	echo --data faces.bin --labels labels.tsv --arch resnet18 --size 32 --batch 8 --slices 2 --save-every 0
}

fails() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	if [ "$status" -ne "$want" ] || [[ $stderr != *"$text"* ]]; then
		echo "exit $status, not $want: $stderr"
		return 1
	fi
}

@test "predict says where a score would flatter: RUN/best, and the pictures that it was chosen on" {
	n=$(frl-eval predict --no-pg --model au/best --rows labels.tsv faces.bin 2>&1 >rows.tsv |
		sed -n "s/^frl-eval: 'au.best' was chosen on \([0-9]*\) of these pictures: a score on them flatters$/\1/p")
	[ "$n" -ge 2 ]
	[ "$n" -le 12 ]
	run --separate-stderr frl-eval predict --no-pg --model au/last --rows labels.tsv faces.bin
	[[ $stderr != *flatters* ]]
}
