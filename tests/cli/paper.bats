#!/usr/bin/env bats
# tables/paper.tsv against the supplement that it was taken from.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	paper=$FRL_TOP/tables/paper.tsv
	supplement=$FRL_SHARED/spec/supplement.txt
}

# The values of one table, a line for each row of the printed table.
printed() {
	awk -F'\t' -v table="$1" '$1 == table {
		row = $2 " " $5
		if (row != last) { if (last) printf "\n"; printf "%s", $2; last = row }
		printf " %s", $10
	} END { print "" }' "$paper"
}

@test "a row of ten fields a number, nothing twice" {
	[ "$(grep -v '^#' "$paper" | awk -F'\t' '{ print NF }' | sort -u)" = 10 ]
	[ -z "$(grep -v '^#' "$paper" | cut -f 1-9 | sort | uniq -d)" ]
	[ "$(grep -v '^#' "$paper" | head -n 1)" = "$(printf 'table\trow\ttask\tdataset\tfraction\tinit\tsubset\tmetric\tnormaliser\tvalue')" ]
	# Printed averages are kept as they are: .574, though its row gives .576.
	mean=$(awk -F'\t' '$1 == "table1" && $2 == "ours" && $7 ~ /^au/ { s += $10; n++ } END { printf "%.3f", s / n }' "$paper")
	[ "$mean" = 0.576 ]
	grep -q "^table1	ours	au	disfa	1%	ours	mean	icc		.574$" "$paper"
}

@test "Tables 1 to 3: number by number" {
	[ -f "$supplement" ] || skip "no spec/supplement.txt"
	# Tables 1 and 2: rows that begin with a method and a reference; Table 3: rows that hold an initialisation.
	awk -F'\t' '/^Table/ { table = substr($1, 7, 1) }
		table < 3 && $2 ~ /^[0-9]+%$/ { sub(/ .*/, "", $1); $1 = tolower($1); $2 = ""; $0 = $0; gsub(/ +/, " "); print table, $0 }
		table == 3 && NF == 11 && $2 ~ /^(random|imagenet|vggface|ours)$/ { $1 = ""; sub(/^ /, ""); print table, $0 }' \
		"$supplement" >want
	[ "$(wc -l <want)" -eq 22 ]
	for t in 1 2 3; do printed table$t | sed "s/^/$t /"; done >have
	diff want have
	# The columns: printed action units and measures, in their order.
	[ "$(awk -F'\t' '$1 == "table1" && $2 == "kjre" { printf "%s ", $7 }' "$paper")" = \
		"au01 au02 au04 au05 au06 au09 au12 au15 au17 au20 au25 au26 mean " ]
	[ "$(awk -F'\t' '$1 == "table2" && $2 == "kjre" { printf "%s ", $7 }' "$paper")" = "au06 au10 au12 au14 au17 mean " ]
	[ "$(awk -F'\t' '$1 == "table3" && $5 == "2%" && $6 == "ours" { printf "%s:%s ", $7, $8 }' "$paper")" = \
		"expression:acc valence:rmse valence:sagr valence:pcc valence:ccc arousal:rmse arousal:sagr arousal:pcc arousal:ccc " ]
	[ "$(awk -F'\t' '$1 == "table3" { print $5 }' "$paper" | uniq -c | tr -s ' \n' ' ')" = " 36 100% 36 10% 36 2% " ]
	# Data amounts of Tables 1 and 2.
	awk -F'\t' '/^Table/ { t = substr($1, 7, 1) } t < 3 && $2 ~ /^[0-9]+%$/ { sub(/ .*/, "", $1); print tolower($1), $2 }' "$supplement" >want
	awk -F'\t' '/^table[12]/ { print $2, $5 }' "$paper" | uniq >have
	diff want have
}

@test "counts: each is printed" {
	[ -f "$supplement" ] || skip "no spec/supplement.txt"
	tr -d '\n' <"$supplement" >text
	for said in '3.4M$ facial images of 9131 identities' 'average of 362.6 images' '1M images selected' '> 5.0M' '~ 4000 near-frontal' \
		'1.7M faces with 59,000 identities' '2.0M raw images' '1M images collected' '1250 emotion' '440,000 images' \
		'7 discrete' '393,703 faces sourced from 32,203 images' '1.793.119 facial images' '100 tags'; do
		grep -qF -e "$said" text || { echo "not printed: $said"; return 1; }
	done
	[ "$(awk -F'\t' '$1 == "counts" { printf "%s ", $10 }' "$paper")" = \
		"3400000 9131 362.6 1000000 5000000 3400000 4000 1700000 59000 2000000 1000000 1250 440000 7 393703 32203 1793119 100 " ]
}

@test "subset and metric of Table 3 are those that frl-eval writes" {
	for f in truth pred; do
		printf 'id\tvalence\tarousal\texpression\na\t0.1\t0.2\t1\nb\t-0.3\t0.4\t2\n' >$f.tsv
	done
	frl-eval emotion -q --truth truth.tsv --pred pred.tsv --no-pg | awk -F'\t' 'NR > 1 { print $3, $7 }' | sort >have
	awk -F'\t' '$1 == "table3" { print $7, $8 }' "$paper" | sort -u >want
	diff want have
}
