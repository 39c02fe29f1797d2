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
			k == 4 ? 9 : 5 - k % 6, $3 + 5, $4 + 4, $3 + 15, $4 + 4, $3 + 12, $4 + 8, $3 + 6, $4 + 13, $3 + 14, $4 + 13 }' \
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
	n=$(frl-eval predict --no-pg --model au/best --rows labels.tsv faces.bin 2>&1 >pred.tsv |
		sed -n "s/^frl-eval: 'au.best' was chosen on \([0-9]*\) of these pictures: a score on them flatters$/\1/p")
	[ "$n" -ge 2 ]
	[ "$n" -le 12 ]
	run --separate-stderr frl-eval predict --no-pg --model au/last --rows labels.tsv faces.bin
	[[ $stderr != *flatters* ]]
}

# same A B: reports that are alike to every digit, but for the columns that a model fills (fraction, init, seed)
same() { diff <(cut -f 1-3,7- "$1") <(cut -f 1-3,7- "$2"); }

@test "a model's score is that of its predictions, to every digit; for any threads; kept predictions are predict's" {
	for task in au emotion landmarks; do
		frl-eval predict -q --no-pg --model $task/last --rows labels.tsv faces.bin >pred.tsv || return 1
		frl-eval $task --no-pg --truth labels.tsv --pred pred.tsv --bootstrap 20 --by subject >want.tsv || return 1
		frl-eval $task --no-pg --model $task/last --data faces.bin --truth labels.tsv --threads 1 --bootstrap 20 \
			--by subject --pred-out kept.tsv >got.tsv || return 1
		same got.tsv want.tsv || return 1
		cmp kept.tsv pred.tsv || return 1
		[ "$(wc -l <want.tsv)" -gt 3 ] || return 1
		# ids from the truth, the rest from the crops' rows; all from pipes
		cut -f 1 labels.tsv | paste - <(awk -F '\t' -v OFS='\t' '{ s = $7; for (i = 8; i <= NF; i++) s = s OFS $i; print s }' labels.tsv) >truth.tsv
		frl-eval $task --no-pg --model $task/last --data - --truth <(cat truth.tsv) --rows rows.tsv --threads 4 --bootstrap 20 \
			--by subject <faces.bin >got.tsv || return 1
		same got.tsv want.tsv || return 1
	done
	# a model that learnt nothing different would say the same of everybody
	[ "$(cut -f 4 kept.tsv | sort -u | wc -l)" -gt 5 ]
}

@test "a model fills the columns init, fraction and seed, and options go before it" {
	frl-subsample -f 50% labels.tsv >half.tsv
	frl-finetune au -q $(tiny) --labels half.tsv --init emotion --seed 3 --steps 1 --out half
	frl-eval au -q --no-pg --model half --data faces.bin --truth labels.tsv --init ours |
		awk -F '\t' 'NR > 1 { print $4, $5, $6 }' | sort -u | diff - <(echo 50% ours 3)
}

@test "RUN/best is not scored where it was chosen, but by force; elsewhere, and RUN/last, always" {
	for task in au emotion landmarks; do
		fails 3 "'$task/best' was chosen on the pictures it is to be scored on, 'who" \
			frl-eval $task -q --model $task/best --data faces.bin --truth labels.tsv --pred-out kept.tsv || return 1
		[[ $stderr == *"hint: "*"RUN/last"*--force* ]] || return 1
		[ ! -e kept.tsv ] || return 1
	done
	frl-eval au -q --model au/best --data faces.bin --truth labels.tsv --force >scores
	# those that it was not chosen on: whom it trained on, here
	i=0
	head -1 labels.tsv >others.tsv
	tail -n +2 labels.tsv >rest.tsv
	while IFS= read -r row; do
		printf '%s\n%s\n' "$(head -1 labels.tsv)" "$row" >one.tsv
		if frl-eval au -q --model au/best --data faces.bin --truth one.tsv --partial >/dev/null 2>&1; then
			printf '%s\n' "$row" >>others.tsv
		else
			i=$((i + 1))
		fi
	done < <(head -6 rest.tsv)
	[ $i -ge 1 ]
	[ $i -le 5 ]
	frl-eval au -q --model au/best --data faces.bin --truth others.tsv --partial >scores
}

@test "predictions of several folds are one; a face in two of them is named" {
	frl-eval predict -q --no-pg --model au --rows labels.tsv faces.bin >all.tsv
	for fold in 0 1; do
		awk -F '\t' -v f=$fold '!n++ { for (i = 1; i <= NF; i++) c[$i] = i } n == 1 || $c["fold"] == f' labels.tsv >fold$fold.tsv
		frl-eval au -q --no-pg --model au --data faces.bin --truth fold$fold.tsv --partial --pred-out p$fold.tsv >/dev/null
		[ "$(wc -l <p$fold.tsv)" -eq 12 ]
	done
	frl-eval au --no-pg --truth labels.tsv --pred all.tsv --fold fold >want.tsv
	frl-eval au --no-pg --truth labels.tsv --pred p1.tsv,p0.tsv --fold fold | diff - want.tsv
	fails 3 "'all.tsv' line 4: 'who0/p03.jpg' face 0 is in 'p1.tsv', too" frl-eval au --truth labels.tsv --pred p1.tsv,p0.tsv,all.tsv
	fails 3 "'labels.tsv' line 3: 'who2/p02.jpg' face 0 is not in 'p1.tsv', nor are 10 other rows" frl-eval au --truth labels.tsv --pred p1.tsv
	cut -f 1-4 p0.tsv >less.tsv
	fails 3 "'less.tsv' has no column 'au12'" frl-eval au --truth labels.tsv --pred p1.tsv,less.tsv
	fails 3 "'p0.tsv' line 2" frl-eval au --truth fold1.tsv --pred p1.tsv,p0.tsv
}

@test "what does not fit is named: the task, units, classes, points, rows; nothing is written" {
	fails 2 "--pred-out and --output are the same" frl-eval au --model au/last --data faces.bin --truth labels.tsv --pred-out -
	fails 2 "--mesh and --output are the same" frl-eval predict --model au --mesh - faces.bin
	fails 3 "'au/last' is a model of au, not of emotion" frl-eval emotion --model au/last --data faces.bin --truth labels.tsv --pred-out kept.tsv
	fails 3 "'recognition' is a model of recognition, not of landmarks" frl-eval landmarks --model recognition --data faces.bin --truth labels.tsv
	sed '1s/au12/au13/' labels.tsv >unit.tsv
	fails 3 "'unit.tsv' has the unit 'au13', which 'au' does not predict" frl-eval au --model au --data faces.bin --truth unit.tsv
	sed '1s/au12/xx12/' labels.tsv >unit.tsv
	fails 3 "'unit.tsv' has no column 'au12', which 'au' predicts" frl-eval au --model au --data faces.bin --truth unit.tsv
	awk -F '\t' -v OFS='\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i } n == 5 { $c["expression"] = 8 } 1' labels.tsv >class.tsv
	fails 3 "'class.tsv' line 5: column 'expression': 8 is none of the 8 classes of 'emotion', 0 (neutral) to 7 (contempt)" \
		frl-eval emotion --model emotion --data faces.bin --truth class.tsv
	sed '1s/lm4x/xx4x/' labels.tsv >points.tsv
	fails 3 "'points.tsv' has 4 points (lm0x lm0y ..), 'landmarks' predicts 5" frl-eval landmarks --model landmarks --data faces.bin --truth points.tsv
	sed '1s/a11/b11/' labels.tsv >map.tsv
	fails 3 "--rows takes the manifest that frl-crop -m wrote" frl-eval landmarks --model landmarks --data faces.bin --truth map.tsv
	head -9 labels.tsv >few.tsv
	fails 3 "'few.tsv' has no row for the record of key " frl-eval au --model au --data faces.bin --truth few.tsv --pred-out kept.tsv
	frl-shard cat -q --range 0:3 faces.bin >few.bin
	fails 3 "is not in 'predictions of au', nor are 18 other rows" frl-eval au --model au --data few.bin --truth labels.tsv
	fails 3 "labels.tsv: not a safetensors file" frl-eval au --model labels.tsv --data faces.bin --truth labels.tsv
	fails 3 "cannot open 'nowhere.bin'" frl-eval au --model au --data nowhere.bin --truth labels.tsv --pred-out kept.tsv
	fails 2 "--data is needed with --model" frl-eval au --model au --truth labels.tsv
	fails 2 "do not go together" frl-eval au --model au --data faces.bin --truth labels.tsv --pred x
	fails 2 "go with --model" frl-eval au --data faces.bin --truth labels.tsv --pred x
	fails 2 "are needed" frl-eval au --model au --data faces.bin
	[ ! -e kept.tsv ]
	fails 1 "No space left" frl-eval au --model au --data faces.bin --truth labels.tsv --pred-out /dev/full
}

@test "records that cannot be predicted: rows that say so are kept, and exit 4 where the rest is scored" {
	cat faces.bin >broken.bin
	printf 'xxxx' | dd of=broken.bin bs=1 seek=9000 conv=notrunc status=none
	fails 3 "is not in 'predictions of au'" frl-eval au --model au --data broken.bin --truth labels.tsv
	run --separate-stderr frl-eval au -q --no-pg --model au --data broken.bin --truth labels.tsv --partial --pred-out kept.tsv
	[ "$status" -eq 4 ]
	frl-eval au -q --no-pg --truth labels.tsv --pred kept.tsv --partial | cut -f 7- | diff - <(cut -f 7- <<<"$output")
}

# numbers FILE: of its records of f32, a line each
numbers() {
	local n
	n=$(frl-shard ls "$1" | grep -v '^#' | awk -F '\t' 'NR == 2 { print $5 }')
	frl-shard cat -q --no-pg "$1" | od -An -v -tf4 -w4 | awk -v n="$n" -v row=$((16 + (n + 15) / 16 * 16)) \
		'{ i = (NR - 1) % row } i >= 16 && i < 16 + n { printf "%s%s", $1, i < 15 + n ? "\t" : "\n" }'
}

@test "embed: a model of recognition gives its 512 numbers, as predict does; its backbone's on demand" {
	frl-eval embed -q --no-pg --model recognition/last --threads 1 faces.bin >e.bin
	frl-eval embed -q --no-pg --model recognition/last --threads 4 <faces.bin | cmp - e.bin
	[ "$(frl-shard ls e.bin | grep -v '^#' | tail -n +2 | cut -f 3-5 | sort -u)" = "$(printf 'tensor\tf32\t512')" ]
	diff <(frl-shard ls e.bin | grep -v '^#' | cut -f 6-8) <(frl-shard ls faces.bin | grep -v '^#' | cut -f 6-8)
	# two engines, pictures of 40 pixels for an input of 32: f32's rounding apart (values are about 1)
	frl-eval predict -q --no-pg --model recognition/last --rows labels.tsv faces.bin | tail -n +2 | cut -f 4-515 >want
	numbers e.bin | head -22 | paste want - | awk -F '\t' '
		NF != 1024 { exit 1 }
		{ for (i = 1; i <= 512; i++) { d = $i - $(i + 512); s += $i * $i; if (d < 0) d = -d; if (d > worst) worst = d } }
		END { rms = sqrt(s / NR / 512); print NR, rms, worst; exit !(NR == 22 && rms > 0 && worst < 1e-4 * rms) }'
	frl-eval embed -q --model recognition/last --layer pooled faces.bin >pooled.bin
	run ! cmp -s pooled.bin e.bin
	# wide pictures keep their shape, as in training
	frl-shard import -q --raw "$FRL_TOP/tests/golden/image/420.jpg" >wide.bin
	frl-eval predict -q --no-pg --model recognition/last wide.bin | tail -n +2 | cut -f 3-514 >want
	frl-eval embed -q --model recognition/last wide.bin >e.bin
	numbers e.bin | head -1 | paste want - | awk -F '\t' '
		{ for (i = 1; i <= 512; i++) { d = $i - $(i + 512); s += $i * $i; if (d < 0) d = -d; if (d > worst) worst = d } }
		END { exit !(NF == 1024 && worst < 1e-4 * sqrt(s / 512)) }'
}

@test "recognition --model: the digits of its embeddings, by pairs and by templates" {
	awk -F '\t' 'NR == 1 { print "id1\tid2\tsame\tfold" } NR > 1 { id[NR] = $1; who[NR] = substr($1, 1, 4) }
		END { for (i = 2; i <= NR; i++) for (k = i + 1; k <= i + 3 && k <= NR; k++)
			printf "%s\t%s\t%d\t%d\n", id[i], id[k], who[i] == who[k], i % 2 }' labels.tsv >pairs.tsv
	awk -F '\t' 'NR > 1 { print $1, NR % 5, NR }' labels.tsv >templates.txt
	printf '%s\n' '0 1 1' '0 2 0' '1 2 0' '3 4 1' >tp.txt
	frl-eval embed -q --no-pg --model recognition/last faces.bin >e.bin
	frl-eval recognition --no-pg --pred e.bin --pairs pairs.tsv >want
	frl-eval recognition --no-pg --model recognition/last --data faces.bin --pairs pairs.tsv --threads 1 --pred-out kept.bin >got
	same got want
	cmp kept.bin e.bin
	grep -q "tar@1e-1" got
	what="--templates templates.txt --template-pairs tp.txt"
	frl-eval embed -q --no-pg --flip-sum --model recognition/last faces.bin >sum.bin
	run ! cmp -s sum.bin e.bin
	# shellcheck disable=SC2086 # options are many words
	frl-eval recognition --no-pg --pred sum.bin $what >want
	# shellcheck disable=SC2086
	frl-eval recognition --no-pg --model recognition/last --data faces.bin --flip-sum $what --threads 4 >got
	same got want
	[ "$(awk -F '\t' 'NR == 2 { print $4, $5, $6 }' got)" = "100% random 0" ]
	fails 3 "'recognition/best' was chosen on the pictures it is to be scored on, the record of key " \
		frl-eval recognition --model recognition/best --data faces.bin --pairs pairs.tsv
	frl-eval recognition -q --model recognition/best --data faces.bin --pairs pairs.tsv --force >scores
	fails 3 "the weights are a model of the task 'au'" frl-eval recognition --model au --data faces.bin --pairs pairs.tsv
	fails 2 "one of --pred and --model" frl-eval recognition --data faces.bin --pairs pairs.tsv
	fails 2 "--data is needed" frl-eval recognition --model recognition --pairs pairs.tsv
	fails 2 "go with --model" frl-eval recognition --pred e.bin --flip-sum --pairs pairs.tsv
}

@test "predict --draw: points lie where they were predicted, in the crop; a panel beside them for what has no place" {
	frl-shard cat -q --range 0:3 faces.bin >few.bin
	frl-eval predict -q --no-pg --model landmarks few.bin >crop.tsv
	frl-eval predict -q --no-pg --model landmarks --rows labels.tsv --draw drawn few.bin >photo.tsv
	[ "$(ls drawn)" = "$(printf '%s\n' 000001-who1_p01.jpg.png 000002-who2_p02.jpg.png 000003-who0_p03.jpg.png)" ]
	# 40 pixels are enlarged to 280; at each point is a dot's colour
	frl-shard import -q --raw drawn/000002-who2_p02.jpg.png >png.bin
	[ "$(frl-shard ls png.bin | grep -v '^#' | awk -F '\t' 'NR == 2 { print $5 }')" = 280x280x3 ]
	od -An -v -tu1 -w840 -j64 -N235200 png.bin | paste -s -d ' ' >pixels
	awk -F '\t' 'NR == 3 { for (i = 3; i <= 11; i += 2) print int(7 * $i), int(7 * $(i + 1)) }' crop.tsv >points
	[ "$(wc -l <points)" -eq 5 ]
	awk 'NR == FNR { n = split($0, v, " "); next } { i = 3 * (280 * $2 + $1); if (v[i + 1] != 80 || v[i + 2] != 255 || v[i + 3] != 110) bad = 1 }
		END { exit bad || n != 235200 }' pixels points
	frl-eval predict -q --no-pg --model emotion,au,landmarks,recognition --draw both few.bin >rows.txt
	frl-shard import -q --raw both/000001-*.png >png.bin
	[ "$(frl-shard ls png.bin | grep -v '^#' | awk -F '\t' 'NR == 2 { print $5 }')" = 280x488x3 ]
	cmp <(frl-eval predict -q --no-pg --model emotion,au,landmarks,recognition few.bin) rows.txt
	fails 1 "cannot make the directory" frl-eval predict -q --model au --draw few.bin/x few.bin
}

# dots FILE MIRRORED: at every point of the first record's label is a dot, in pictures of 32 pixels that were enlarged to 256
dots() {
	local key
	key=$(frl-shard ls "$1" | grep -v '^#' | awk -F '\t' 'NR == 2 { print $6 }')
	tail -n +2 labels.tsv | cut -f 1 | while read -r id; do
		[ "$(printf %s "$id" | sha256sum | cut -c 1-16)" != "$key" ] || echo "$id"
	done >id
	[ "$(wc -l <id)" -eq 1 ] || return 1
	awk -F '\t' -v id="$(cat id)" -v mirrored="$2" '!n++ { for (i = 1; i <= NF; i++) c[$i] = i }
		$1 == id { for (i = 0; i < 5; i++) { x = ($c["a11"] * $c["lm" i "x"] + $c["a13"]) * 32 / 40
			y = ($c["a22"] * $c["lm" i "y"] + $c["a23"]) * 32 / 40; print int(8 * (mirrored ? 32 - x : x)), int(8 * y) } }' labels.tsv >points
	[ "$(wc -l <points)" -eq 5 ] || return 1
	od -An -v -tu1 -w768 -j64 -N196608 "$1" | paste -s -d ' ' >pixels
	awk 'NR == FNR { split($0, v, " "); next } { i = 3 * (256 * $2 + $1); if (v[i + 1] != 80 || v[i + 2] != 255 || v[i + 3] != 110) exit 1 }' \
		pixels points
}

@test "finetune --dump-views: what was trained on, labels drawn where they moved to" {
	still="--rotation 0 --scale 1-1 --jitter 0,0,0,0"
	# shellcheck disable=SC2086 # options are many words
	frl-finetune landmarks -q $(tiny) --out plain --steps 1 $still --flip-p 0 --dump-views plain.bin
	[ "$(frl-shard ls plain.bin | grep -v '^#' | awk -F '\t' '$3 == "tensor" { print $5 }' | sort | uniq -c | tr -s ' ')" = " 8 256x256x3" ]
	dots plain.bin 0
	# shellcheck disable=SC2086
	frl-finetune landmarks -q $(tiny) --out mirrored --steps 1 $still --flip-p 1 --dump-views mirrored.bin
	dots mirrored.bin 1
	run ! dots mirrored.bin 0
	fails 3 "nowhere/x.bin" frl-finetune au -q $(tiny) --out no --steps 1 --dump-views nowhere/x.bin
}
