#!/usr/bin/env bats
# Short forms of tests/torture.

@test "frl-pretrain, killed at three random instants: the losses, weights, momentum and queue of the run that was not" {
	[ -z "${FRL_SANITIZED:-}" ] || skip "long, and pretrain.bats has it once"
	cd "$BATS_TEST_TMPDIR"
	TMPDIR=$PWD "$FRL_TOP/tests/torture/pretrain" 3 5 $((RANDOM + 1)) | tee out
	grep -q '^torture: 3 kills' out
}
