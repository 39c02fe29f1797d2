#!/usr/bin/env bats
# make table1 ..: the experiments of the paper, frl-tables(7)

bats_require_minimum_version 1.5.0

# The drawn dataset is made once, and a cell.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	unset MAKEFLAGS MAKELEVEL
	export ict=$FRL_SHARED/data/ict-face-model
	! cells_here || tiny >log 2>&1 || { cat log; return 1; }
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset MAKEFLAGS MAKELEVEL
}

# The programs have tests of their own for the sanitizers.
cells_here() { [ -d "$ict" ] && [ -z "${FRL_SANITIZED:-}" ]; }

# What setup_file has made, without the cell.
begun() {
	cells_here || skip "no data/ict-face-model, or under sanitizers"
	mkdir -p out/ci
	cp -a "$BATS_FILE_TMPDIR"/out/ci/data "$BATS_FILE_TMPDIR"/out/ci/sets out/ci/
}

tables() { make --no-print-directory -C "$FRL_TOP" BUILD="$BUILD" "$@"; }

# A drawn AffectNet of 40 pictures, four steps of training: as SCALE=ci is, but smaller still.
# shellcheck disable=SC2120
tiny() {
	tables table3 SCALE=ci RESULTS="$PWD/out" ICT="$ict" SYNTH=affectnet:40 SYNTH_OPTIONS='--identities 10' INITS=random FRACTIONS=100 \
		FINETUNE="--size 32 --batch 4 --steps 4 --save-every 2s" "$@"
}

cell=emotion/affectnet/100pct/random/seed0

scores() { grep -v '^#' "$1/eval.tsv"; }

@test "WHAT=plan: cells, sizes, steps, hours, what is missing; nothing is made" {
	tables table1 table3 DATA="$PWD/data" RESULTS="$PWD/out" WHAT=plan IMAGENET="$FRL_TOP/README.md" >plan
	[ "$(grep -c ^emotion/affectnet/ plan)" -eq 12 ]
	# 2 % of 287,651, for 240 epochs in batches of 32
	grep -qx "emotion/affectnet/2pct/vggface/seed0	5753	3999	43148	[0-9.]*	-" plan
	grep -q "^au/disfa/1pct/ours/seed0	1308	130815	" plan
	grep -q '^# missing: the dataset affectnet' plan
	grep -q '^# missing: the initialisation ours' plan
	run ! grep -q '^# missing: the initialisation imagenet' plan
	[ ! -e out ]
	[ "$(tables table2 table3 WHAT=plan SEEDS='0 1' FRACTIONS=5 INITS='random ours' DATA=. | grep -c '^[ae]')" -eq 6 ]
}

@test "make -n table3: at most 30 lines of shell a cell" {
	touch ours
	tables -n table3 DATA="$PWD" OURS="$PWD/ours" IMAGENET="$PWD/ours" VGGFACE="$PWD/ours" RESULTS="$PWD/out" >script
	awk '/^tables\/paper\/cell / { n = 1; cells++; next } n { n++ } n > 30 { exit 1 } $0 == "END" { n = 0 } END { exit cells != 12 }' script
	grep -q -- '--init .*/ours --seed 0' script
	[ ! -e out ]
	tables -n table3 LAUNCH='srun -n8' DATA="$PWD" OURS="$PWD/ours" INITS=ours RESULTS="$PWD/out" >script
	[ "$(grep -c '^srun -n8 frl-finetune emotion' script)" -eq 3 ]
	# The manual's is one of them.
	tables -n table3 DATA="$PWD" OURS=README.md INITS=ours FRACTIONS=2 RESULTS="$PWD/out" |
		sed "s|$PWD/out|tables/out|g; s|$FRL_TOP/$BUILD/bin|\$TOP/build/bin|; s|README.md <<|run/last/model.safetensors <<|
			s|README.md|run/last|" >script
	awk '/^tables\/paper\/cell /, /^END$/' script >have
	awk '/^tables\/paper\/cell /, /^END$/' "$FRL_TOP/man/frl-tables.7" | sed 's/\\e/\\/g' | diff - have
	run -2 tables table3 SCALE=huge DATA="$PWD"
	[[ $output == *"SCALE is paper, small or ci"* ]]
}

@test "a dataset or an initialisation that is absent: named, where it is had, what falls away" {
	run -2 tables table3 DATA="$PWD/data" RESULTS="$PWD/out" OURS="$PWD/none" INITS='random ours'
	[[ $output == *"affectnet is AffectNet"*"obtained from"*"expected in --root"* ]]
	[[ $output == *"without affectnet in $PWD/data there is no table3; the rest goes on"* ]]
	[[ $output == *"OURS='$PWD/none'"* ]]
	[ -z "$(find out -name '*.bin' -o -name eval.tsv)" ]
	run -2 tables table3
	[[ $output == *"DATA=DIR"* ]]
}

@test "a cell: scores, its command alone gives them to every digit, a second make does nothing, other options are refused" {
	cells_here || skip "no data/ict-face-model, or under sanitizers"
	cd "$BATS_FILE_TMPDIR" || return 1
	[ "$(scores out/ci/$cell | cut -f 2,4-6,13 | sort -u)" = "$(printf '%s\t' affectnet 100% stand-in:random 0; echo ci
		printf '%s\t' dataset fraction init seed; echo scale)" ]
	[ "$(scores out/ci/$cell | wc -l)" -eq 10 ]
	[ ! -e out/ci/$cell/run/last/optimizer.safetensors ]
	[ "$(grep -c '	no-result	ci$' out/ci/table3.tsv)" -eq 9 ]
	grep -q '^| 100% | random | paper | 0.590 |' out/ci/table3.md
	(cd "$FRL_TOP" && sh "$OLDPWD/out/ci/$cell/command" "$OLDPWD/again") >log 2>&1
	diff <(scores out/ci/$cell) <(scores again)
	touch stamp
	tiny >log 2>&1
	[ -z "$(find out -newer stamp)" ]
	run -2 tiny FINETUNE='--steps 9'
	[[ $output == *"was made with OPTIONS='"*"--steps 4"*"--steps 9"*"RESULTS=DIR"* ]]
	scores out/ci/$cell >/dev/null
}

@test "killed in a run, make goes on with it: the same scores" {
	begun
	setsid bash -c "$(declare -f tables tiny); tiny" >log 2>&1 &
	pid=$!
	until [ -e out/ci/$cell/run/last/DONE ] || ! kill -0 $pid 2>/dev/null; do sleep .02; done
	kill -9 -- -$pid
	wait $pid || true
	[ ! -e out/ci/$cell/eval.tsv ]
	tiny >log 2>&1
	# Two beginnings in its log, one script, and no step twice.
	[ "$(grep -c ' in all; ' out/ci/$cell/log)" -eq 2 ]
	[ "$(cut -f 1 out/ci/$cell/run/log.tsv | tr '\n' ' ')" = "step 0 1 2 3 " ]
	diff <(scores out/ci/$cell) <(scores "$BATS_FILE_TMPDIR/out/ci/$cell")
	cmp {,"$BATS_FILE_TMPDIR"/}out/ci/$cell/run/last/model.safetensors
}

@test "a cell that fails is named, the rest is done" {
	begun
	run -2 tiny INITS='ours random' OURS=/dev/null
	[[ $output == *"frl: "*"/emotion/affectnet/100pct/ours/seed0 failed"* ]]
	[ -e out/ci/$cell/eval.tsv ]
	[ ! -e out/ci/emotion/affectnet/100pct/ours/seed0/eval.tsv ]
}
