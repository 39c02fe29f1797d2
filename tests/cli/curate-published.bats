#!/usr/bin/env bats
# frl-curate: VGGFace2, IMDb-Face, WIDER FACE, WFLW, 300W and LFW as pandas and NumPy wrote them, against what these read back

# shellcheck disable=SC2046,SC2086 # lists of columns are words

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/curate/published
}

# agrees SET COLUMN...: the set's manifest, in these columns, is the golden one
agrees() {
	frl-curate "$1" --root "$golden/$1" --no-stat -q --no-pg >m
	columns m "${@:2}" >got
	same got "$golden/want-$1.tsv"
}

points() { seq 0 $(($1 - 1)) | sed 's/.*/lm&x lm&y/'; }

@test "vggface2: boxes and five points of both splits" { agrees vggface2 path split identity x1 y1 x2 y2 $(points 5); }

@test "imdb-face: boxes, faces of one picture, URLs" { agrees imdb-face path face identity x1 y1 x2 y2 url; }

@test "wider: boxes and six attributes, pictures without faces, boxes without area" {
	agrees wider path split face x1 y1 x2 y2 blur expression illumination invalid occlusion pose status
}

@test "wflw: box, attributes, 98 points" {
	agrees wflw path split face x1 y1 x2 y2 pose expression illumination makeup occlusion blur $(points 98)
}

@test "300w: splits, box, 68 points from 0" { agrees 300w path split x1 y1 x2 y2 $(points 68); }

@test "lfw: persons and folds" { agrees lfw path identity fold; }
