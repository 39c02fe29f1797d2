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

@test "a row of eleven fields a number, nothing twice" {
	[ "$(grep -v '^#' "$paper" | awk -F'\t' '{ print NF }' | sort -u)" = 11 ]
	[ -z "$(grep -v '^#' "$paper" | cut -f 1-9 | sort | uniq -d)" ]
	[ "$(grep -v '^#' "$paper" | head -n 1)" = "$(printf 'table\trow\ttask\tdataset\tfraction\tinit\tsubset\tmetric\tnormaliser\tvalue\tprinted')" ]
	# Printed averages are kept as they are: .574, though its row gives .576.
	mean=$(awk -F'\t' '$1 == "table1" && $2 == "ours" && $7 ~ /^au/ { s += $10; n++ } END { printf "%.3f", s / n }' "$paper")
	[ "$mean" = 0.576 ]
	grep -q "^table1	ours	au	disfa	1%	ours	mean	icc		.574	.574$" "$paper"
	# What the tables print is the value.
	[ -z "$(awk -F'\t' '/^table[123]/ && $10 "" != $11 ""' "$paper")" ]
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

# number BEFORE AFTER: the one that stands between these words in the supplement
number() {
	sed -n -E "s/.*$1 ?(((~|>|more than) )?[0-9][0-9.,]*M?) ?$2.*/\1/p" text
}

# A printed number written out: M is a million; commas, and points before three digits each, part thousands.
written_out() {
	awk '{ sub(/^(~|>|more than) /, ""); gsub(/,/, ""); if ($0 ~ /\..*\./) gsub(/\./, "")
		print /M$/ ? 1e6 * substr($0, 1, length($0) - 1) : $0 }' <<<"$1"
}

@test "counts: as printed and written out, both from the supplement's sentences" {
	[ -f "$supplement" ] || skip "no spec/supplement.txt"
	tr -s ' \n' '  ' <"$supplement" | sed 's/\$//g; s/\\sim/~/g' >text
	awk -F '\t' '$1 == "counts" { print $4, $8, $10, $11 }' "$paper" | sort >have
	while IFS='|' read -r set metric before after; do
		printed=$(number "$before" "$after")
		[ -n "$printed" ] || { echo "not printed: $set $metric"; return 1; }
		echo "$set $metric $(written_out "$printed") $printed"
	done <<-'END' | sort >want
		full-vgg-face|faces|dataset \[3\], consisting of|facial images of
		full-vgg-face|identities|facial images of|identities, with
		full-vgg-face|faces-per-identity|with an average of|images for each subject
		small-vgg-face|faces|randomly sampled subset of|images selected from VGG-Face2
		large-scale-face|faces|\(c\) Large-Scale-Face \(|\), consisting
		vggface2|faces|dataset \[3\], consisting of|facial images of
		300w-lp|sources|to 90°.?,? the|near-frontal images
		imdb-face|faces|originally containing|faces with
		imdb-face|identities|faces with|identities which were manually cleaned
		imdb-face|raw|by the authors from|raw images
		affectnet|pictures|dataset consisting of|images collected
		affectnet|keywords|from the internet using|emotion related keywords
		affectnet|annotated|Out of this,|images were manually annotated
		affectnet|expressions|manually annotated with|discrete facial expressions
		wider|faces|benchmarking dataset consisting of|faces sourced
		wider|pictures|faces sourced from|images
		flickr-face|faces|In total we collected|facial images with a bounding box
		flickr-face|tags|one of the following|tags:
	END
	diff want have
	# The tags themselves are as many, none twice.
	sed -n 's/.* tags: \*\([^*]*\)\*.*/\1/p' text | tr ',' '\n' | sed 's/^ //' | sort -u >tags
	[ "$(wc -l <tags)" = "$(awk -F '\t' '$8 == "tags" { print $10 }' "$paper")" ]
}

@test "subset and metric of Table 3 are those that frl-eval writes" {
	for f in truth pred; do
		printf 'id\tvalence\tarousal\texpression\na\t0.1\t0.2\t1\nb\t-0.3\t0.4\t2\n' >$f.tsv
	done
	frl-eval emotion -q --truth truth.tsv --pred pred.tsv --no-pg | awk -F'\t' 'NR > 1 { print $3, $7 }' | sort >have
	awk -F'\t' '$1 == "table3" { print $7, $8 }' "$paper" | sort -u >want
	diff want have
}

@test "numbers of the main text: those that the boards print" {
	[ -f "$FRL_SHARED/spec/paper.md" ] || skip "no spec/paper.md"
	# | task | dataset | metric | value | label | under "Main text, by third parties only"
	awk -F ' *[|] *' '/^\*\*Main text/ { on = 1 } /^Context/ { on = 0 }
		on && $2 ~ /^(3D|landmarks)$/ { sub(/-3D/, "", $3); sub(/ .*/, "", $5); print tolower($3), $5 }' \
		"$FRL_SHARED/spec/paper.md" | tr -d '-' | sort >want
	[ "$(wc -l <want)" -eq 3 ]
	awk -F '\t' '$1 ~ /^(landmarks|mesh)$/ { print $4, $11; if ($10 != $11 || $2 != "ours" || $5 != "100%") print "odd" }' "$paper" | sort >have
	diff want have
}
