#!/usr/bin/env bats
# frl-synth --layout florence and --scan: scans as frl-curate reads them, their pictures, points and meshes.

bats_require_minimum_version 1.5.0

setup() {
	load "$FRL_TOP/tests/support/manifest.bash"
	cd "$BATS_TEST_TMPDIR" || return 1
	model=$FRL_TOP/tests/golden/synth/model
	frame="--size 64 --face 40"
}

# scans: a florence folder of two persons; its first scan
scans() {
	# shellcheck disable=SC2086
	frl-synth -q --model "$model" $frame --seed 3 --layout florence --root florence --identities 2
	scan=florence/subject_01/Model/frontal1/obj/synth011.obj
	points=florence/points68.txt
}

# poses PITCH YAW ..: a list
poses() {
	printf 'pitch\tyaw\n' >poses.tsv
	printf '%s\t%s\n' "$@" >>poses.tsv
}

# close A B TOLERANCE: tables of numbers of the same size, equal to that
close() {
	cat "$1" >left
	cat "$2" >right
	[ "$(wc -l <left)" -eq "$(wc -l <right)" ]
	[ -s left ]
	paste left right | awk -F '\t' -v most="$3" '{ n = NF / 2
		for (i = 1; i <= n; i++) { d = $i - $(n + i)
			if (!(d <= most && d >= -most)) { print NR, i, $i, $(n + i); exit 1 } } }'
}

all68=$(seq 0 67 | sed 's/.*/lm&x lm&y/')

# at68: the points' places by t11 .. t24 of the manifest's first row, from the scan's own numbers
at68() {
	columns "$1" t11 t12 t13 t14 t21 t22 t23 t24 | head -n 1 | tr '\t' ' ' >t
	awk 'FILENAME == "t" { split($0, t, " "); next }
		FILENAME ~ /obj$/ { if ($1 == "v") { v[n + 0, 1] = $2; v[n + 0, 2] = $3; v[n + 0, 3] = $4; n++ } next }
		{ for (r = 0; r < 2; r++) printf "%s%.6f", (r || m ? "\t" : ""),
			t[4 * r + 1] * v[$1, 1] + t[4 * r + 2] * v[$1, 2] + t[4 * r + 3] * v[$1, 3] + t[4 * r + 4]; m++ }
		END { print "" }' t "$scan" "$points"
}

@test "florence: the reader takes the tree; renders get rows with poses.tsv" {
	scans
	frl-curate florence --no-pg -q --root florence >m.tsv
	[ "$(columns m.tsv scan status | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "2 frontal1 ok 2 frontal2 ok 2 sideL none:no-scan 2 sideR none:no-scan " ]
	[ "$(columns m.tsv mesh texture | head -n 1)" = "$(printf 'subject_01/Model/frontal1/obj/synth011.obj\tsubject_01/Model/frontal1/obj/synth011.bmp')" ]
	poses 0 0 -15 40
	cp poses.tsv florence
	for s in 01 02; do
		for k in 1 2; do
			# shellcheck disable=SC2086
			frl-synth -q $frame --scan florence/subject_$s/Model/frontal$k/obj/synth$s$k.obj --poses poses.tsv \
				--root florence/renders/subject_$s/frontal$k --points $points --no-pg -m r$s$k.tsv \
				--id-prefix renders/subject_$s/frontal$k/
		done
	done
	frl-curate florence --no-pg -q --root florence >m.tsv
	[ "$(columns m.tsv status | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" = "4 none:no-scan 8 ok " ]
	columns m.tsv id status | awk '$2 == "ok" { print $1 }' >want
	for m in r011 r012 r021 r022; do columns $m.tsv id; done | cmp - want
	# the pictures are photos for frl-crop
	frl-crop -q --no-pg --root florence --size 32 --face 24 -m c.tsv -o c.bin r022.tsv
	[ "$(columns c.tsv status | sort -u)" = ok ]
	run frl-synth --model "$model" --layout florence --root d --identities 54
	[ "$status" -eq 2 ]
	run frl-synth --model "$model" --layout florence --root d --identities 2 -n 6
	[ "$status" -eq 2 ]
	[[ $output == *"florence has 2 of each person"* ]]
}

@test "a scan that looks ahead is the face that was scanned: points, and the picture itself" {
	scans
	poses 0 0
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points $points --poses poses.tsv --no-pg -m m.tsv -o s.bin
	# shellcheck disable=SC2086
	frl-synth -q --no-pg --model "$model" $frame --seed 3 --camera weak --yaw 0 --pitch 0 --roll 0 --occluder 0 --degrade 0 \
		--jitter 0 --per-identity 2 -n 1 -m truth.tsv -o t.bin
	# vertices are written to .01 micrometres, a tenth of a millimetre is a pixel's twentieth
	# shellcheck disable=SC2086
	close <(columns m.tsv $all68 x1 y1 x2 y2) <(columns truth.tsv $all68 x1 y1 x2 y2) 2e-3
	# within the face, where both show skin: 20 x 20 pixels
	for f in s t; do
		tail -c +65 $f.bin | head -c 12288 | od -An -v -t u1 -w192 | awk 'NR > 22 && NR <= 42' | cut -c 265-504 >$f.txt
	done
	paste s.txt t.txt | awk '{ for (i = 1; i <= 60; i++) { d = $i - $(60 + i); d = d < 0 ? -d : d; sum += d; if (d > top) top = d } }
		END { exit !(NR == 20 && NF == 120 && sum / 1200 < 2) }'
	# another frame is another scale of it
	frl-synth -q --size 128 --face 80 --scan $scan --points $points --poses poses.tsv --no-pg -m double.tsv -o /dev/null
	# shellcheck disable=SC2086
	close <(columns double.tsv $all68 | awk '{ for (i = 1; i <= NF; i++) printf "%.6f%s", $i / 2, i < NF ? "\t" : "\n" }') <(columns m.tsv $all68) 1e-4
}

@test "the transform: rows of one length, the turn of the man page, points where it puts them; fifteen poses without a list" {
	scans
	# shellcheck disable=SC2086
	frl-synth -q $frame --samples 1 --scan $scan --points $points --no-pg -m m.tsv --mesh v.bin -o s.bin
	[ "$(columns m.tsv pitch yaw points | sort -u | wc -l)" -eq 15 ]
	[ "$(columns m.tsv points | sort -u)" = given ]
	[ "$(columns m.tsv id | sed -n 4p)" = -15_40.png ]
	# Rx(pitch) Ry(yaw), y turned down
	columns m.tsv pitch yaw t11 t12 t13 t21 t22 t23 t31 t32 t33 | awk '{ d = atan2(0, -1) / 180
		sx = sin($1 * d); cx = cos($1 * d); sy = sin($2 * d); cy = cos($2 * d); s = sqrt($3 * $3 + $4 * $4 + $5 * $5)
		split(cy " 0 " (-sy) " " (-sx * sy) " " (-cx) " " (-sx * cy) " " (cx * sy) " " (-sx) " " (cx * cy), want, " ")
		for (i = 1; i <= 9; i++) { e = $(2 + i) / s - want[i]; if (e > 1e-6 || e < -1e-6) exit 1 } }'
	at68 m.tsv >want
	# shellcheck disable=SC2086
	close <(columns m.tsv $all68 | head -n 1) want 1e-4
	# a yaw turns the nose to the left, a pitch lifts it, as frl-synth's other faces
	columns m.tsv pitch yaw lm30x lm30y lm27x lm27y | awk '{ if ($2 > 0 && $3 > $5 || $2 < 0 && $3 < $5) exit 1 }'
	# the mesh's first 68 vertices are the points
	tail -c +65 v.bin | head -c 816 | od -An -v -t f4 -w12 | awk '{ printf "%s%s\t%s", (NR > 1 ? "\t" : ""), $1, $2 } END { print "" }' >got
	# shellcheck disable=SC2086
	close got <(columns m.tsv $all68 | head -n 1) 1e-4
}

@test "meshes: within 95 mm of the nose, for frl-eval mesh" {
	scans
	poses 0 0 20 -40
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points $points --poses poses.tsv --mesh v.bin -o /dev/null
	# the second pose's vertices as a prediction of the first
	frl-synth -q --size 100 --face 50 --scan $scan --points $points --poses poses.tsv --mesh w.bin -o /dev/null
	seq 0 67 >kpt
	for how in similarity icp; do
		frl-eval mesh --no-pg --align $how --truth v.bin --pred w.bin --truth-points kpt --pred-points kpt >e.tsv
		columns e.tsv metric value | awk '$1 == "reconstruction" { found = $2 <= .001 && $2 >= 0 } END { exit !found }'
	done
	# the number of vertices, in awk
	awk 'FILENAME ~ /obj$/ { if ($1 == "v") { v[n + 0, 1] = $2; v[n + 0, 2] = $3; v[n + 0, 3] = $4; n++ } next } { p[m++] = $1; is[$1] = 1 }
		END { for (i = 0; i < n; i++) { s = 0; for (k = 1; k <= 3; k++) s += (v[i, k] - v[p[30], k]) ^ 2
			count += s <= 95 ^ 2 && !(i in is) } print count + 68 }' $scan $points >want
	frl-shard info v.bin | awk '$1 == "shape" { split($5, a, "x"); print a[1] }' | cmp - want
	[ "$(cat want)" -lt 727 ]
	# in a unit ten times as large less is within
	frl-synth -q --size 64 --unit 10 --scan $scan --points $points --poses poses.tsv --mesh u.bin -o /dev/null
	[ "$(frl-shard info u.bin | awk '$1 == "shape" { split($5, a, "x"); print a[1] }')" -lt "$(cat want)" ]
}

@test "points from a frontal picture are lifted to the scan, and flagged" {
	scans
	poses 0 0
	# without points: framed by the scan's extent, no box
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --poses poses.tsv --no-pg -m frontal.tsv -o f.bin
	run -1 grep -q lm0x frontal.tsv
	[ "$(columns frontal.tsv points)" = none ]
	{ echo "$all68" | tr ' \n' '\t\t' | sed 's/\t$/\n/' && at68 frontal.tsv; } >found.tsv
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points found.tsv --poses poses.tsv --no-pg -m lifted.tsv -o /dev/null
	[ "$(columns lifted.tsv points)" = lifted ]
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points $points --poses poses.tsv --no-pg -m given.tsv -o /dev/null
	# what the front shows is found again, to a vertex's distance (some 4 mm, a pixel): all but a few of jaw and lips
	# shellcheck disable=SC2086
	paste <(columns lifted.tsv $all68 | tr '\t' '\n') <(columns given.tsv $all68 | tr '\t' '\n') |
		awk '{ d = $1 - $2; far += d > 1.5 || d < -1.5 } END { exit !(NR == 136 && far < 14) }'
	# a second round is in the picture that the first one frames: here a wider one, around the scan's extreme vertices
	awk '$1 == "v" { for (k = 2; k <= 3; k++) { if (!n || $k < low[k]) { low[k] = $k; a[k] = n + 0 }
			if (!n || $k > high[k]) { high[k] = $k; b[k] = n + 0 } } n++ }
		END { for (i = 0; i < 17; i++) print a[2] "\n" b[2] "\n" a[3] "\n" b[3] }' $scan >wide
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points wide --poses poses.tsv --no-pg -m wide.tsv -o /dev/null
	{ head -n 1 found.tsv && at68 wide.tsv; } >again.tsv
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points wide --points again.tsv --poses poses.tsv --no-pg -m again -o /dev/null
	[ "$(columns again points)" = lifted ]
	# shellcheck disable=SC2086
	paste <(columns again $all68 | tr '\t' '\n') <(columns given.tsv $all68 | tr '\t' '\n') |
		awk '{ d = $1 - $2; far += d > 1.5 || d < -1.5 } END { exit !(NR == 136 && far < 14) }'
	# without the first round they are other places of the scan, which shows in the scale
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points again.tsv --poses poses.tsv --no-pg -m other -o /dev/null
	paste <(columns again t11) <(columns other t11) <(columns given.tsv t11) |
		awk '{ a = $1 / $3; b = $2 / $3; exit !(a > .97 && a < 1.03 && (b < .9 || b > 1.1)) }'
	# what was found, as vertices: those of the lifted points
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points found.tsv --found v.txt --poses poses.tsv -o /dev/null
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points v.txt --poses poses.tsv --no-pg -m v.tsv -o /dev/null
	cmp lifted.tsv v.tsv
	# x y z give the same as numbers
	awk 'FILENAME ~ /obj$/ { if ($1 == "v") v[n++] = $2 " " $3 " " $4; next } { print v[$1] }' $scan $points >xyz
	# shellcheck disable=SC2086
	frl-synth -q $frame --scan $scan --points xyz --poses poses.tsv --no-pg -m xyz.tsv -o /dev/null
	cmp xyz.tsv given.tsv
	{ head -n 1 found.tsv && tail -n 1 found.tsv | awk '{ $1 = 9999; print }' OFS='\t'; } >beside.tsv
	run -3 frl-synth -q --size 64 --scan $scan --points beside.tsv --poses poses.tsv -o x.bin
	[[ $output == *"point 0, at 9999"*"beside the scan"* ]]
	tail -n 1 found.tsv >>found.tsv
	run -3 frl-synth -q --size 64 --scan $scan --points found.tsv --poses poses.tsv -o x.bin
	[ ! -e x.bin ]
}

@test "a scan without materials is grey; what cannot be read is named; what does not go together" {
	printf 'v 0 0 0\nv 10 0 0\nv 0 10 0\nf 1 2 3\n' >plain.obj
	poses 0 0
	frl-synth -q --size 32 --samples 1 --scan plain.obj --poses poses.tsv -o p.bin
	tail -c +65 p.bin | head -c 3072 | od -An -v -t u1 -w3 | sort -u | awk '{ print $1, $2, $3 }' >got
	diff got - <<-END
		128 128 128
		178 178 178
	END
	bad() { run -3 frl-synth -q --size 32 --scan "$1" --poses poses.tsv "${@:3}" -o x.bin && [[ $output == *$2* ]] && [ ! -e x.bin ]; }
	mkdir s
	printf 'mtllib m.mtl\nv 0 0 0\nv 10 0 0\nv 0 10 0\nf 1 2 3\n' >s/s.obj
	bad s/s.obj "'s/m.mtl'"
	printf 'newmtl a\nmap_Kd ../x.png\n' >s/m.mtl
	bad s/s.obj "'s/m.mtl': line 2: a texture has to be a file in the folder"
	printf 'newmtl a\nmap_Kd x.png\n' >s/m.mtl
	bad s/s.obj "texture 's/x.png': no such file"
	echo BM >s/x.png
	bad s/s.obj "texture 's/x.png': not a bitmap"
	sed 's|m.mtl|../m.mtl|' s/s.obj >s/out.obj
	bad s/out.obj "'../m.mtl' is not in its folder"
	bad nowhere.obj "'nowhere.obj'"
	printf 'v 0 0 0\n' >none.obj
	bad none.obj "'none.obj': no face in it"
	printf 'v 0 0\n' >two.obj
	bad two.obj "'two.obj': line 1: a vertex is three numbers"
	seq 0 66 >points
	bad plain.obj "'points': line 4" --points points
	seq 1 67 | sed 's/.*/1/' >points
	bad plain.obj "67 points; 68 are needed" --points points
	printf 'pitch\tyaw\n0\t181\n' >poses.tsv
	bad plain.obj "not within 180 degrees"
	printf 'pitch\tyaw\n' >poses.tsv
	bad plain.obj "has no pose"
	for args in "--model $model" "--layout florence --root d" "--mesh v.bin" "--found v.txt" "-n 3" "--align" "--params p"; do
		# shellcheck disable=SC2086
		run -2 frl-synth --scan plain.obj $args -o x.bin
	done
	for args in "--poses p" "--points p" "--found p" "--id-prefix p"; do
		# shellcheck disable=SC2086
		run -2 frl-synth --model "$model" $args -o x.bin
	done
	run -1 frl-synth -q --size 32 --scan plain.obj -o /dev/full
	run -1 frl-synth -q --size 32 --scan plain.obj --root /dev/full/d
}
