#!/usr/bin/env bats
# frl-eval table: rows of runs in the paper's tables.

# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	paper=$FRL_TOP/tables/paper.tsv
}

table() { frl-eval table "$1" --paper "$paper" "${@:2}"; }
head_line() { printf 'task\tdataset\tsubset\tfraction\tinit\tseed\tmetric\tnormaliser\tvalue\tn\tlow\thigh\tscale\n'; }
# The paper's own numbers of a table as if frl-eval had written them: rows_of TABLE [SEED] [SCALE] [PREFIX of init]
rows_of() {
	head_line
	awk -F '\t' -v OFS='\t' -v t="$1" -v seed="${2-0}" -v scale="${3-paper}" -v prefix="${4-}" \
		'$1 == t && $6 != "" { print $3, $4, $7, $5, prefix $6, seed, $8, $9, $10, 1000, "", "", scale }' "$paper"
}
# Columns of a table's TSV by name.
col() { awk -F '\t' -v want="$*" '/^#/ { next } !n { for (i = 1; i <= NF; i++) c[$i] = i; n = split(want, w, " "); next }
	{ for (i = 1; i <= n; i++) printf "%s%s", $c[w[i]], i < n ? " " : "\n" }'; }

@test "the paper's own numbers: no difference anywhere, in the paper's order, its claims" {
	for t in table1 table2 table3; do
		rows_of $t >$t.rows
		table $t --no-pg --markdown $t.md $t.rows >$t.tsv
		col row dataset fraction subset metric paper <$t.tsv >have
		awk -F '\t' -v t=$t '$1 == t { print $2, $4, $5, $7, $8, $11 }' "$paper" | diff - have
		[ "$(col state difference <$t.tsv | sort -u)" = "$( { [ $t = table3 ] || echo 'printed -'; echo 'result 0'; } )" ]
		[ -z "$(col best paper_best <$t.tsv | awk '$1 != $2 || $1 == "-"')" ]
	done
	# Where ours is not the best of its column in the paper.
	col row subset best <table1.tsv | grep 'ours .* no' | diff - <(printf 'ours au06 no\nours au20 no\n')
	col row subset best <table2.tsv | grep 'ours .* no' | diff - <(printf 'ours au17 no\n')
	col fraction subset metric row best <table3.tsv | awk '$5 == "yes" && $4 != "ours" { print $1, $2, $3, $4 }' | sort >have
	sort >want <<-'END'
		100% valence sagr vggface
		100% arousal sagr vggface
		100% arousal rmse imagenet
		10% valence sagr imagenet
		2% expression acc vggface
		2% valence sagr vggface
		2% valence ccc vggface
		2% arousal ccc vggface
	END
	diff want have
	[ "$(col best <table3.tsv | grep -c yes)" -eq 27 ]
}

@test "Markdown: three lines a row, the best of both, who is best where" {
	rows_of table2 | awk -F '\t' -v OFS='\t' '$3 == "au17" { $9 = .613 } $3 == "mean" { $9 = .68 } { print }' >rows
	table table2 --markdown t.md --no-pg --note 'preset au, as printed' rows >tsv
	{ sed -n 1,9p t.md; echo ..; sed -n '/^| 1% | ours/p; /best by/,/frl/p; /^- preset/p' t.md; } >have
	diff - have <<-'END'
		# Table 2: few-shot action unit intensities, BP4D, ICC

		## bp4d

		| data | row | | au06 | au10 | au12 | au14 | au17 | mean | seeds | n |
		|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
		| 1% | kbss | printed | .760 | .725 | .840 | .445 | .454 | .645 | | |
		| 6% | kjre | printed | .710 | .610 | .870 | .390 | .420 | .600 | | |
		| 1% | clfl | printed | .766 | .703 | .827 | .411 | **.600** | .680 | | |
		..
		| 1% | ours | frl | **0.789** | **0.756** | **0.882** | **0.529** | **0.613** | **0.680** | 1 | 1000 |
		| 1% | ours | paper | **.789** | **.756** | **.882** | **.529** | .578 | **.707** | | |
		| 1% | ours | difference | +0.000 | +0.000 | +0.000 | +0.000 | +0.035 | -0.027 | | |
		| data | best by | au06 | au10 | au12 | au14 | au17 | mean | ours best of |
		|---|---|---:|---:|---:|---:|---:|---:|---:|
		| 1% | paper | ours | ours | ours | ours | clfl | ours | 5 of 6 |
		| 1% | frl | ours | ours | ours | ours | ours | clfl, sscfl, ours | 6 of 6 |
		- preset au, as printed
	END
}

@test "several seeds: mean and spread, whatever the order of the files" {
	for s in 0 1 2; do
		rows_of table2 $s | awk -F '\t' -v OFS='\t' -v s=$s 'NR > 1 { $9 = .5 + .1 * s; $10 = 100 - s } { print }' >$s.rows
	done
	table table2 --no-pg --markdown a.md 0.rows 1.rows 2.rows >a
	table table2 --no-pg --markdown b.md 2.rows 0.rows 1.rows >b
	cmp a b
	cmp a.md b.md
	col state value spread seeds n <a | grep -v printed | sort -u >have
	[ "$(awk '{ print $1, ($2 - .6) ^ 2 < 1e-24, ($3 - .1) ^ 2 < 1e-24, $4, $5 }' have)" = "result 1 1 3 98" ]
	grep -q '0.600 (sd 0.100)' a.md
	# A seed that one cell lacks.
	grep -v au14 1.rows >fewer
	run --separate-stderr table table2 --markdown c.md -o c 0.rows fewer 2.rows
	[ "$status" -eq 4 ]
	[[ $stderr == *"bp4d 1% ours: 1 of 6 numbers are of fewer than 3 seeds"* ]]
	grep -q '^# .* (incomplete)$' c.md
	grep -q '^#incomplete	0 of 6 numbers are missing, 1 are of fewer than 3 seeds: bp4d 1% ours$' c
	# The same seed twice.
	run table table2 0.rows 1.rows 0.rows
	[ "$status" -eq 3 ]
	[[ $output == *"0.rows' line 2: bp4d 1% ours au06 icc with seed '0' is there twice"* ]]
}

@test "what is missing is shown, named and told by the exit status" {
	rows_of table3 | awk -F '\t' '!($4 == "2%" && $5 == "vggface") && !($4 == "10%" && $5 == "ours" && $7 == "rmse")' >rows
	run --separate-stderr table table3 --no-pg -o t.tsv --markdown t.md rows
	[ "$status" -eq 4 ]
	[[ $stderr == *"table3: affectnet 2% vggface: 9 of 9 numbers are missing"* ]]
	[[ $stderr == *"table3: affectnet 10% ours: 2 of 9 numbers are missing"* ]]
	[[ $stderr == *"table3 is incomplete"* ]]
	grep -q '^#incomplete	11 of 108 numbers are missing: affectnet 10% ours, affectnet 2% vggface$' t.tsv
	grep -q '^# .* (incomplete)$' t.md
	grep -q '^\*\*Incomplete.\*\* 11 of 108 numbers are missing' t.md
	[ "$(col fraction init value difference n state <t.tsv | grep missing | sort | uniq -c | tr -s ' ')" = \
		"$(printf ' 2 10%% ours - - - missing\n 9 2%% vggface - - - missing')" ]
	grep -q '^| 2% | vggface | frl | - | - | - |' t.md
	# The printed numbers stay; who is best of a column with a hole is not known.
	[ "$(col fraction paper_best best <t.tsv | awk '$1 == "2%" { print $3 }' | sort -u)" = - ]
	[ "$(col fraction paper_best best <t.tsv | awk '$1 == "2%" { print $2 }' | grep -c yes)" -eq 9 ]
	# Nan is there, and named.
	rows_of table3 | sed '2s/	0.590	/	nan	/' >nan
	run --separate-stderr table table3 --no-pg -o n.tsv --markdown n.md nan
	[ "$status" -eq 0 ]
	[ "$stderr" = "frl-eval: table3: affectnet 100% random: 1 of 9 numbers are nan" ]
	[ "$(col value difference best state <n.tsv | grep nan)" = "nan nan - result" ]
	grep -q '^#nan	1 of 108 numbers are nan$' n.tsv
	grep -q '^\*\*Not numbers.\*\* 1 of 108 are nan.$' n.md
	# A file that is not there, though nothing lacks; no file at all.
	rows_of table3 >all
	run --separate-stderr table table3 -o u.tsv all gone.tsv
	[ "$status" -eq 4 ]
	[[ $stderr == *"no 'gone.tsv'"* ]]
	grep -q '^#incomplete	.*1 of the files given are not there' u.tsv
	run table table3
	[ "$status" -eq 4 ]
	[[ $output == *"108 of 108 numbers are missing"* ]]
}

@test "no result: another scale or a stand-in, in the title and in every row; no mixtures" {
	rows_of table2 0 ci stand-in: >rows
	table table2 --no-pg --markdown t.md rows >t.tsv
	[ "$(col state scale init <t.tsv | grep -v printed | sort -u)" = "no-result ci stand-in:ours" ]
	grep -q '^#no-result scale	ci$' t.tsv
	grep -q '^# Table 2: .* (no result: scale ci)$' t.md
	[ "$(grep -c '^| 1% | ours | [fd][a-z]* (no result: ci, stand-in) |' t.md)" -eq 2 ]
	rows_of table2 0 paper stand-in: >standing
	table table2 --no-pg --markdown s.md standing >s.tsv
	[ "$(col state scale init <s.tsv | grep -v printed | sort -u)" = "no-result paper stand-in:ours" ]
	grep -q '^| 1% | ours | frl (no result: stand-in) |' s.md
	rows_of table2 1 ci >other
	run table table2 rows other
	[ "$status" -eq 3 ]
	[[ $output == *"'other' line 2: both 'ours' and 'stand-in:ours'"* ]]
	rows_of table2 1 paper stand-in: >other
	run table table2 -o x.tsv --markdown x.md rows other
	[ "$status" -eq 3 ]
	[[ $output == *"'other' line 2: scale 'paper' in a table of scale 'ci'"* ]]
	[ ! -e x.tsv ] && [ ! -e x.md ]
}

@test "rows as frl-eval writes them, joined by cat; what has no line is named" {
	g=$FRL_TOP/tests/golden/eval
	for i in ours imagenet; do
		frl-eval emotion -q --truth "$g/emotion-truth.tsv" --pred "$g/emotion-pred.tsv" --dataset affectnet --fraction 2% \
			--init $i --run-seed 7 -o $i.tsv
	done
	frl-eval emotion -q --truth "$g/emotion-truth.tsv" --pred "$g/emotion-pred.tsv" --dataset affectnet --fraction 3% --init ours -o 3.tsv
	cat ours.tsv imagenet.tsv 3.tsv >all
	run --separate-stderr table table3 --fractions 2 --inits ours,imagenet --no-pg -o t.tsv --markdown t.md all
	[ "$status" -eq 0 ]
	[ "$stderr" = "frl-eval: 'all': 'emotion affectnet 3% ours' is no line of table3" ]
	grep -v '^#' ours.tsv | awk -F '\t' 'NR > 1 { print $3, $7, $9, $10 }' | sort >want
	col init subset metric value n <t.tsv | sed -n 's/^ours //p' | sort | diff - <(grep -Ff <(col subset metric <t.tsv | sort -u) want)
	[ "$(col value <t.tsv | wc -l)" -eq 18 ]
	grep -q 'Shares that were asked for instead of the paper.s: 2' t.md
	# Without provenance the header comes again; from a pipe.
	grep -hv '^#' ours.tsv imagenet.tsv | table table3 --fractions 2 --inits ours,imagenet --no-pg - | cmp - t.tsv
}

@test "the main text's protocols: columns, shares, a normaliser that is another" {
	for t in recognition landmarks mesh; do
		table $t --no-pg 2>/dev/null >$t.tsv || [ $? -eq 4 ]
		{ head_line; awk -F '\t' -v OFS='\t' '/^#/ || $1 == "table" { next }
			{ print $3, $4, $7, $5, $6, 0, $8, $9 == "-" ? "" : $9, NR / 1000, 5, "", "", "small" }' $t.tsv; } >$t.rows
		table $t --no-pg -o $t.full $t.rows
		[ "$(col state <$t.full | sort -u)" = no-result ]
	done
	[ "$(col dataset fraction init <recognition.tsv | uniq -c | tr -s ' ' | sed -n '1p;24p')" = "$(printf ' 6 ijbb 100%% random\n 6 ijbc 2%% ours')" ]
	[ "$(col dataset fraction <landmarks.tsv | uniq | tr '\n' ' ')" = \
		"300w 100% 300w 10% 300w 1.5% wflw 100% wflw 10% wflw 0.7% cofw 100% cofw 10% cofw 2% aflw19 100% aflw19 10% aflw19 1% " ]
	[ "$(col dataset subset metric paper <landmarks.full | grep -v -- '-$')" = "$(printf 'cofw all nme 3.32\naflw19 all nme 1.55')" ]
	[ "$(col subset metric normaliser paper <mesh.full | grep -v -- '-$')" = "all reconstruction similarity 3.42" ]
	# For people: the paper's line where there is one.
	table mesh --no-pg --markdown m -o x mesh.rows
	[ "$(grep -c '^| .* | frl (no result: small) | [0-9*]' m)" -eq 12 ]
	[ "$(grep '| paper |' m)" = "| 100% | ours | paper | - | - | - | - | - | - | 3.42 | | |" ]
	[ "$(grep -c '| frl | .* of 7 |$' m)" -eq 3 ]
	sed 's/column:norm/diagonal/' landmarks.rows >other
	run --separate-stderr table landmarks -o x other
	[ "$status" -eq 4 ]
	[[ $stderr == *"aflw19 1% ours: 2 of 2 numbers are missing"* ]]
	[[ $stderr == *"hint: all nme is there with normaliser 'diagonal', not 'column:norm'"* ]]
	# Other shares, of one set and of all.
	table landmarks --fractions 300w=100,3 --fractions 50% 2>/dev/null >y || [ $? -eq 4 ]
	[ "$(col dataset fraction <y | uniq | tr '\n' ' ')" = "300w 100% 300w 3% wflw 50% cofw 50% aflw19 50% " ]
}

@test "bad input and arguments; both files or none" {
	rows_of table2 >rows
	for bad in "s/scale/skale/" "4s/	icc	/	icc/" "3s/0\.756\|\.756/x/" "2s/	paper$/	/"; do
		sed "$bad" rows >bad
		run table table2 -o x --markdown m bad
		[ "$status" -eq 3 ]
		[[ $output == *"'bad'"* ]]
		[ ! -e x ] && [ ! -e m ]
	done
	cat rows rows | sed '9s/ours/theirs/; 8s/^/#pg\n/' >two
	sed -i '10s/	icc.*//' two
	run table table2 two
	[ "$status" -eq 3 ]
	[[ $output == *"two, from line 8 on"* ]]
	run table table2 -o nowhere/x --markdown m rows
	[ "$status" -ne 0 ]
	[ ! -e m ]
	run table table2 -o x --markdown nowhere/m rows
	[ "$status" -ne 0 ]
	[ ! -e x ]
	[ -z "$(ls | grep tmp)" ]
	run sh -c 'frl-eval table table2 --paper "$1" --markdown m rows >/dev/full' sh "$paper"
	[ "$status" -eq 1 ]
	[ ! -e m ]
	for wrong in "table9 --paper $paper" "table2" "--paper $paper" "table2 --paper $paper --fractions x=1%" \
		"table2 --paper $paper -o m --markdown m" "table2 --paper $paper --inits ,"; do
		# shellcheck disable=SC2086
		run frl-eval table $wrong rows
		[ "$status" -eq 2 ] || { echo "$wrong"; return 1; }
	done
	run frl-eval table table2 --paper rows rows
	[ "$status" -eq 3 ]
	run table table2 --notes nowhere rows
	[ "$status" -eq 3 ]
}

@test "notes: from files and as given, each once" {
	rows_of table2 >rows
	printf 'lr 1e-4, as printed\n\nepochs 60: a choice\n' >notes
	table table2 --no-pg --notes notes --notes notes --note 'lr 1e-4, as printed' --note 'a | b' --markdown m rows >t
	sed -n 's/^#note\t//p' t | tail -n 3 | diff - <(printf 'lr 1e-4, as printed\nepochs 60: a choice\na | b\n')
	tail -n 1 m | grep -qxF -- '- a \| b'
}
