#!/usr/bin/env bats
# frl-curate: IJB-B and IJB-C in insightface's layout

# shellcheck disable=SC2154 # $output is bats'

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p d/meta d/loose_crop
}

# lists SET: two pictures of template 1, one of template 7; carriage returns in one list
lists() {
	printf '1.jpg 1 69544\n2.jpg 1 69544\n3.jpg 7 12\n' >"d/meta/$1_face_tid_mid.txt"
	printf '%s 30.5 40 60 41 45 55 33 70 58 71 %s\r\n' 1.jpg 0.999 2.jpg 0.1 3.jpg 0.95 \
		>"d/meta/$1_name_5pts_score.txt"
	echo picture | tee d/loose_crop/1.jpg >d/loose_crop/2.jpg
}

@test "ijbb, ijbc: template, media, score and points, in the list's order; a missing picture is a row" {
	for set in ijbb ijbc; do
		lists $set
		frl-curate $set --root d -q --no-pg --fail-ok 1 >m
		grep -v '^#' m | tail -n 3 | cut -f 1-4,6,7,15-17 >got
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t71\t%s\n' 1.jpg loose_crop/1.jpg 1 69544 0.999 30.5 58 ok \
			2.jpg loose_crop/2.jpg 1 69544 0.1 30.5 58 ok 3.jpg loose_crop/3.jpg 7 12 0.95 30.5 58 bad:missing >want
		diff want got
	done
}

@test "ijbb: lists that do not go together are refused" {
	lists ijbb
	sed -i 's/^2/9/' d/meta/ijbb_name_5pts_score.txt
	run frl-curate ijbb --root d -q
	[ "$status" -eq 3 ]
	[[ $output == *name_5pts_score.txt*"not the picture"* ]]
	lists ijbb
	sed -i 3d d/meta/ijbb_name_5pts_score.txt
	run frl-curate ijbb --root d -q
	[ "$status" -eq 3 ]
	[[ $output == *"ends before"* ]]
}

@test "ijbb: as many pictures, templates and persons as were published, from lists made by formula" {
	# 227,630 pictures in 12,115 templates: 1,845 of the galleries (931 + 914, a person each), 10,270 probes.
	awk -v m=d/meta/ijbb_face_tid_mid.txt -v s=d/meta/ijbb_name_5pts_score.txt 'BEGIN {
		for (i = 0; i < 227630; i++) {
			print i + 1 ".jpg", i % 12115 + 1, int(i / 3) >m
			print i + 1 ".jpg", "30 40 60 40 45 55 33 70 58 71", i % 90 ? "0.99" : "0.1" >s
		}
		for (t = 1; t <= 12115; t++) {
			f = t <= 931 ? "gallery_S1" : t <= 1845 ? "gallery_S2" : "probe_mixed"
			f = "d/meta/ijbb_1N_" f ".csv"
			if (!head[f]++)
				print "TEMPLATE_ID,SUBJECT_ID,FILENAME" >f
			for (k = 0; k <= t % 3; k++)
				print t "," (t <= 1845 ? t : (t - 1846) % 1845 + 1) + 5000 ",img/" k ".jpg" >f
		}
	}'
	frl-curate ijbb --root d --no-stat -q --no-pg >m
	[ "$(awk -F '\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i; next }
		{ rows++; t[$c["template"]]++; p[$c["identity"]]++; low += $c["score"] < .5
		  if ($c["identity"] != ($c["template"] <= 1845 ? $c["template"] : ($c["template"] - 1846) % 1845 + 1) + 5000) bad++ }
		END { print rows, length(t), length(p), low, bad + 0 }' m)" = '227630 12115 1845 2530 0' ]
}
