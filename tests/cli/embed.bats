#!/usr/bin/env bats
# frl-eval embed and knn: features of a network from a formula, neighbours as scikit-learn has them, the tool's manners.
# (The features' values: tests/unit/test_embedder.c.)

# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0

setup_file() {
	"$FRL_TOP/$BUILD/tests/seeded" "$FRL_TOP/tests/golden/embed/resnet18.tsv" 5 "$BATS_FILE_TMPDIR/net.safetensors" \
		frl.input.size=32 frl.input.mean=0.485,0.456,0.406
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden
	net=$BATS_FILE_TMPDIR/net.safetensors
}

# pictures: JPEG and PNG of several sizes, then raw ones with label and face
pictures() {
	frl-shard import -q "$golden/image/420.jpg" "$golden/image/rgb.png" "$golden/image/grey8.png"
	frl-shard import -q --raw "$golden/image/422.jpg"
	cat "$golden/images.frlr"
}

# rows FILE COLUMNS: of frl-shard ls, without head and history
rows() { frl-shard ls "$1" | grep -v '^#' | tail -n +2 | cut -f "$2"; }

# value METRIC < rows of frl-eval
value() { awk -F '\t' -v m="$1" '$7 == m { print $9 }'; }

# near A B: equal to 1e-12
near() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; exit !(d < 1e-12 && d > -1e-12) }'; }

@test "embed: a row of numbers for each picture, its key, face and label, in order, for any number of threads" {
	pictures >p
	frl-eval embed -q --model "$net" --threads 1 --no-pg p >a
	frl-eval embed -q --model "$net" --threads 4 --no-pg <p >b
	cmp a b
	cat p | frl-eval embed -q --model "$net" --no-pg - | cmp - a
	[ "$(rows p 1 | wc -l)" -gt 8 ]
	diff <(rows p 6-8) <(rows a 6-8)
	[ "$(rows a 3-5 | sort -u)" = "$(printf 'tensor\tf32\t512')" ]
	# Several streams are one after the other.
	frl-eval embed -q --model "$net" --no-pg p p >twice
	[ "$(rows twice 1 | wc -l)" -eq $((2 * $(rows a 1 | wc -l))) ]
}

@test "embed: layers, sizes, a mirrored sum, pixels" {
	pictures >p
	n=$(rows p 1 | wc -l)
	for layer in layer1:64 layer2:128 layer3:256 pooled:512 head:40; do
		frl-eval embed -q --model "$net" --layer "${layer%:*}" p >out
		[ "$(rows out 5 | uniq -c | tr -s ' ')" = " $n ${layer#*:}" ]
	done
	frl-eval embed -q --no-pg --model "$net" p >plain
	frl-eval embed -q --no-pg --model "$net" --size 32 p | cmp - plain
	frl-eval embed -q --no-pg --model "$net" --size 48 p >other
	run -1 cmp plain other
	frl-eval embed -q --no-pg --model "$net" --flip-sum p >other
	run -1 cmp plain other
	frl-eval embed -q --pixels 2 "$golden/images.frlr" >px
	[ "$(rows px 5 | sort -u)" = 12 ]
}

@test "embed: pixels are what the definition says" {
	frl-shard import -q --raw "$golden/image/1x1.png" >p
	frl-eval embed -q --pixels 1 p >px
	# (byte / 255 - mean) / deviation, three numbers after the header of 64 bytes
	od -An -tu1 -j64 -N3 p >bytes
	od -An -tf4 -j64 -N12 px | paste - bytes | awk '
		{ m[1] = .485; m[2] = .456; m[3] = .406; s[1] = .228; s[2] = .224; s[3] = .225
		for (i = 1; i <= 3; i++) { d = $i - ($(i + 3) / 255 - m[i]) / s[i]; if (d > 1e-5 || d < -1e-5) exit 1 } }'
}

@test "embed: a run's folder and a checkpoint's" {
	mkdir -p run/step-00000002
	cp "$net" run/step-00000002/model.safetensors
	ln -s step-00000002 run/last
	pictures >p
	frl-eval embed -q --no-pg --model "$net" p >want
	for m in run run/last run/step-00000002; do
		frl-eval embed -q --no-pg --model $m p | cmp - want
	done
	run -3 frl-eval embed --model . p
	[[ $output == *"./last/model.safetensors"* ]]
}

@test "embed: bad records are named and counted, the others come out, exit 4" {
	{
		frl-shard import -q "$golden/image/420.jpg"
		cat "$golden/knn.frlr" # tensors that are no pictures
		frl-shard import -q --raw "$golden/image/rgb.png"
	} >p
	frl-shard import -q "$golden/image/420.jpg" >cut
	run -4 --separate-stderr frl-eval embed --pixels 4 --output out p
	[[ $stderr == *"'p': the record at byte "*", key "*" face 0: not a picture"* ]]
	[[ $stderr == *"85 in, 2 out, 83 failed"* ]]
	[ "$(rows out 1 | wc -l)" -eq 2 ]
	run -0 frl-eval embed --pixels 4 --output out --fail-ok 83 p
	# A stream cut short.
	head -c 200 cut >short
	cat "$golden/images.frlr" short >p
	run -4 frl-eval embed --pixels 4 -o out p
	[[ $output == *"damaged or cut short"* ]]
	diff <(rows "$golden/images.frlr" 6-8) <(rows out 6-8)
}

@test "embed: wrong weights, wrong options, a full disk" {
	run -3 frl-eval embed --model "$golden/weights/python.safetensors" "$golden/images.frlr"
	[[ $output == *"python.safetensors': not the weights of a ResNet"* ]]
	run -3 frl-eval embed --model "$net" -o out nowhere
	[[ $output == *nowhere* ]]
	[ ! -e out ]
	"$FRL_TOP/$BUILD/tests/seeded" "$golden/embed/resnet18.tsv" 5 task.safetensors frl.task=landmarks
	run -3 frl-eval embed --model task.safetensors "$golden/images.frlr"
	[[ $output == *"'landmarks'"* ]]
	run -2 frl-eval embed "$golden/images.frlr"
	run -2 frl-eval embed --pixels 4 --flip-sum "$golden/images.frlr"
	run -1 bash -c "frl-eval embed -q --pixels 8 '$golden/images.frlr' >/dev/full"
	run -3 frl-eval embed --pixels 4 </dev/null
	[[ $output == *"'<stdin>' is empty"* ]]
}

@test "embed: weights that say nothing of their input get a warning" {
	"$FRL_TOP/$BUILD/tests/seeded" "$golden/embed/resnet18.tsv" 5 bare.safetensors
	run -0 --separate-stderr frl-eval embed --size 32 --model bare.safetensors -o out "$golden/images.frlr"
	[[ $stderr == *"does not say what its input looks like"* ]]
	frl-eval embed -q --model "$net" --no-pg "$golden/images.frlr" >want
	frl-eval embed -q --size 32 --model bare.safetensors --no-pg "$golden/images.frlr" | cmp - want
}

# golden LETTER K FIELD: of knn.tsv
golden() { awk -F '\t' -v l="$1" -v k="$2" -v f="$3" '$1 == l && $2 == k { print $f }' "$golden/knn.tsv"; }

@test "knn: as scikit-learn, by the records' labels, a column of text and one of numbers" {
	for k in 1 2 5 9; do
		frl-eval knn -k $k "$golden/knn.frlr" >a
		frl-eval knn -k $k --threads 3 --labels "$golden/knn-labels.tsv" --column person - <"$golden/knn.frlr" >b
		for f in a b; do
			near "$(value acc <$f)" "$(golden s $k 3)"
			near "$(value balanced <$f)" "$(golden s $k 4)"
		done
		[ "$(awk -F '\t' '$7 == "acc" { print $8, $10 }' a)" = "k=$k 83" ]
		[ "$(value classes <b)" = 5 ]
		frl-eval knn -k $k --regress --labels "$golden/knn-labels.tsv" --column years "$golden/knn.frlr" >c
		near "$(value mae <c)" "$(golden r $k 3)"
	done
	value acc-se <a | awk -v p="$(golden s 9 3)" '{ d = $1 - sqrt(p * (1 - p) / 83); exit !(d < 1e-12 && d > -1e-12) }'
}

@test "knn: bins, small classes, samples" {
	# 0 | 3 4 | 17 100: three classes
	frl-eval knn -k 5 --bins 3,17 --labels "$golden/knn-labels.tsv" --column years --samples s "$golden/knn.frlr" >a
	[ "$(value classes <a)" = 3 ]
	[ "$(awk -F '\t' '!/^#/ && n++ { print $5 }' s | sort -n | uniq -c | wc -l)" -le 3 ]
	near "$(value acc <a)" "$(awk -F '\t' '!/^#/ && n++ { bad += $7; m++ } END { printf "%.17g", 1 - bad / m }' s)"
	frl-eval compare s s | grep -q 'A-B'
	# Eve has fewer than 8 pictures; without her there are four.
	m=$(awk -F '\t' '$3 == "Eve"' "$golden/knn-labels.tsv" | wc -l)
	frl-eval knn -k 5 --min-class $((m + 1)) --labels "$golden/knn-labels.tsv" --column person "$golden/knn.frlr" >b
	[ "$(value classes <b)" = 4 ]
	[ "$(awk -F '\t' '$7 == "acc" { print $10 }' b)" -eq $((83 - m)) ]
}

@test "knn: missing rows, labels and neighbours" {
	{ head -n 1 "$golden/knn-labels.tsv"; sed -n '2,70p' "$golden/knn-labels.tsv" | sed '3s/\t[A-Z][a-z]*\t/\t\t/'; } >part
	run -3 frl-eval knn --labels part --column person "$golden/knn.frlr"
	[[ $output == *"'part' has no row for the embedding of key "*" and for 14 in all"* ]]
	run -0 --separate-stderr frl-eval knn --partial --labels part --column person "$golden/knn.frlr"
	[[ $stderr == *"14 of 83 embeddings"* ]]
	[ "$(awk -F '\t' '$7 == "acc" { print $10 }' <<<"$output")" = 68 ]
	run -3 frl-eval knn -k 83 "$golden/knn.frlr"
	[[ $output == *"83 embeddings with a label are too few for 83 neighbours"* ]]
	run -3 frl-eval knn --labels part --column nobody "$golden/knn.frlr"
	[[ $output == *"nobody"* ]]
	run -3 frl-eval knn "$golden/images.frlr"
	run -2 frl-eval knn --labels part "$golden/knn.frlr"
	run -2 frl-eval knn --bins 3,2 --labels part --column years "$golden/knn.frlr"
	run -2 frl-eval knn --regress --min-class 2 "$golden/knn.frlr"
	head -c 9000 "$golden/knn.frlr" >short
	run -3 frl-eval knn -k 2 short
}
