#!/usr/bin/env bats
# frl-flickr-fetch against a Flickr of our own (tests/mock) that cheats and fails: nothing lost, nothing twice, good manners.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	tags='woman man child portrait family groupphoto selfie wedding'
	asked='woman,man,child,portrait,family,group photo,Selfie,wedding'
	export FLICKR_API_KEY=0123456789abcdef no_proxy=127.0.0.1
	mock_pid='' url='' cert=''
}

teardown() {
	[ -z "$mock_pid" ] || kill "$mock_pid" 2>/dev/null || true
}

# mock OPTION...: starts it, sets url, cert and mock_pid, writes what it has to ./expect
mock() {
	# shellcheck disable=SC2086
	"$FRL_TOP/$BUILD/tests/mock-flickr" "$@" --expect $tags >expect
	# shellcheck disable=SC2086
	"$FRL_TOP/$BUILD/tests/mock-flickr" --ready ready "$@" $tags >/dev/null 2>mock.log 3>&- &
	mock_pid=$!
	for _ in $(seq 500); do [ ! -f ready ] || break; sleep 0.02; done
	# shellcheck disable=SC1091
	. ./ready
}

fetch() { (fetch_exec "$@"); }
# The same in the shell's own place, so that its process id is the program's.
fetch_exec() {
	exec frl-flickr-fetch -d D --tag "$asked" --api-url "$url/services/rest/" --cacert "$cert" --allow-host 127.0.0.1 \
		--api-rate 1e9 --image-rate 100000 --backoff 0.01 --retries 8 "$@"
}

stat_of() { curl -s --cacert "$cert" "$url/mock/stats" | awk -v n="$1" '$1 == n { print $2 }'; }
control() { curl -sf --cacert "$cert" "$url/mock/$1"; }

# rows FILE: id and status, without header and comments, sorted
rows() { grep -v '^#' "$1" | awk -F '\t' 'NR > 1 { print $1 "\t" $17 }' | sort; }

# What the catalogue's photos should have come to, in the words of status, one name for each kind.
wanted() {
	awk -F '\t' 'NR > 1 { print $1 "\t" $4 }' expect | sort
}
as_kind() {
	sed -e 's/none:same-as-.*/same/' -e 's/gone:.*/gone/' -e 's/bad:wrong-size/wrong/' \
		-e 's/bad:redirect-to-localhost/foreign/' -e 's/none:no-size/nosize/' -e 's/bad:.*/bad/'
}

# Every photo expected has one row, of the right kind; which of two with the same content is "ok" is left open.
check_rows() {
	rows "$1" | as_kind | sed 's/same$/ok/' >have
	wanted | sed 's/same$/ok/' >want
	cmp want have || diff want have | head
}

# DIR holds exactly the files of the ok rows, whole; no temporary ones.
check_files() {
	awk -F '\t' '$17 == "ok" { print $16 "  " $2 }' "$1" >sums
	sha256sum --quiet -c sums
	[ "$(find D -name '*.jpg' | wc -l)" -eq "$(wc -l <sums)" ]
	[ -z "$(ls -A D/.tmp)" ]
}

@test "a catalogue with everything in it: rows, files, photos.tsv, and a second run that does nothing" {
	mock --photos 1500 --trouble 0.1 --dialect both
	run -4 fetch --quiet 2>err
	echo "$output" >rows
	check_rows rows
	check_files rows
	rows D/photos.tsv | cmp - <(rows rows)
	[ ! -s err ]
	[ "$(stat_of foreign_host)" -eq 0 ]
	[ "$(stat_of without_agent)" -eq 0 ]
	images=$(stat_of image_requests)
	fetch --resume --quiet >again 2>err
	[ ! -s err ]
	[ "$(grep -vc '^#' again)" -eq 1 ]
	[ "$(stat_of image_requests)" -eq "$images" ]
	frl-flickr-fetch -d D --resume --quiet --api-url "$url/services/rest/" --cacert "$cert" >again
	frl-flickr-fetch -d D --manifest >manifest
	rows manifest | cmp - <(rows rows)
}

@test "titles: tabs, newlines, hashes, quotes, emoji, broken UTF-8 arrive and read back" {
	mock --photos 300
	fetch --quiet >rows || [ $? -eq 4 ]
	cut -f 6 rows | sort -u >titles
	grep -qxF 'tab\there' titles
	grep -qxF 'line\nbreak \x23 and \x22quotes\x22' titles
	grep -qxF 'back\\slash' titles
	grep -qxF '😀 smile' titles
	grep -qxF 'Gr\xff\xfe\xdfe' titles
	awk -F '\t' '!/^#/ && NF != 17 { exit 1 }' rows
}

@test "a second with 5,000 uploads, shifting pages, totals that lie: all listed" {
	mock --photos 20000 --burst 5000 --seed 3
	frl-flickr-fetch --tag "$asked" --list --quiet --api-url "$url/services/rest/" --cacert "$cert" --allow-host 127.0.0.1 \
		--api-rate 1e9 >rows
	awk -F '\t' 'NR > 1 { print $1 }' expect | sort >want
	rows rows | cut -f 1 >have
	[ -z "$(uniq -d have)" ]
	missing=$(comm -23 want have | wc -l)
	echo "$missing of $(wc -l <want) missing, $(stat_of api_calls) calls"
	[ $((missing * 1000)) -le "$(wc -l <want)" ]
	[ -z "$(comm -13 want have)" ]
}

@test "a second with 5,000 uploads, error 20 beyond the cap, the old dialect" {
	mock --photos 12000 --burst 9000 --seed 4 --error-20 --dialect old
	frl-flickr-fetch --tag "$asked" --list --quiet --api-url "$url/services/rest/" --cacert "$cert" --allow-host 127.0.0.1 \
		--api-rate 1e9 >rows
	awk -F '\t' 'NR > 1 { print $1 }' expect | sort >want
	rows rows | cut -f 1 >have
	missing=$(comm -23 want have | wc -l)
	[ $((missing * 1000)) -le "$(wc -l <want)" ]
}

# faulty SPEC: complete in one run, or with 75 and complete after the next ones
faulty() {
	mock --photos 400 --seed 5 --trouble 0 --fault "$1"
	for i in 1 2 3 4 5 6 7 8; do
		rc=0
		fetch --resume --quiet --stall 1 --timeout 3 >rows.$i 2>err || rc=$?
		[ "$rc" -eq 0 ] || [ "$rc" -eq 75 ] || { cat err; return 1; }
		[ "$rc" -ne 0 ] || break
	done
	[ "$rc" -eq 0 ]
	cat rows.? >rows
	rows rows | grep -v '^id' >have
	[ -z "$(cut -f 1 have | uniq -d)" ]
	as_kind <have | sed 's/same$/ok/' | cmp - <(wanted)
	check_files D/photos.tsv
	[ "$(stat_of early)" -eq 0 ]
	[ "$(stat_of "fault_${1%%:*}")" -gt 0 ] || [ "${1%%:*}" = mixed ]
}

@test "fault: 429 with Retry-After" { faulty 429-after:3; }
@test "fault: 429 without Retry-After" { faulty 429:10; }
@test "fault: 500" { faulty 500:10; }
@test "fault: 502" { faulty 502:10; }
@test "fault: 503 with Retry-After" { faulty 503-after:3; }
@test "fault: HTML instead of JSON and of pictures" { faulty html:10; }
@test "fault: a body cut short" { faulty truncate:10; }
@test "fault: a length that is too short" { faulty length:10; }
@test "fault: a stall" { faulty stall:3; }
@test "fault: a dropped connection" { faulty drop:10; }
@test "fault: gzip" { faulty gzip:50; }
@test "fault: chunks" { faulty chunked:50; }
@test "fault: a gigabyte" { faulty huge:1; }
@test "fault: malformed entries" { faulty malformed:100; }
@test "fault: path traversal in an id" { faulty traversal:100; [ ! -e ../evil ]; [ ! -e /tmp/evil ]; }
@test "fault: API errors 10, 105, 201" {
	faulty api-10:70
	control 'fault?spec=api-105:40'
	rm -rf D
	fetch --quiet >rows || [ $? -eq 75 ]
	control 'fault?spec=api-201:30'
	fetch --resume --quiet >rows
}
@test "fault: API error 20 at random" { faulty api-20:70; }
@test "fault: all of them, mixed" { faulty mixed:10; }

@test "a redirect to another host is refused, and recorded" {
	mock --photos 100 --trouble 0 --fault redirect:100:image
	run -4 fetch --quiet
	[ "$(grep -c 'bad:redirect-to-localhost$' <<<"$output")" -eq "$(wanted | wc -l)" ]
	[ -z "$(find D -name '*.jpg')" ]
	[ "$(stat_of foreign_host)" -eq 0 ]
}

@test "images from a host that is not allowed are not asked for" {
	mock --photos 100 --trouble 0
	run -4 frl-flickr-fetch -d D --tag "$asked" --api-url "$url/services/rest/" --cacert "$cert" --api-rate 1e9 --quiet
	[ "$(grep -c 'bad:foreign-host$' <<<"$output")" -eq "$(wanted | wc -l)" ]
	[ "$(stat_of image_requests)" -eq 0 ]
}

@test "the key: refused with a hint, never shown; from a file only when nobody else can read it" {
	mock --photos 10
	run -1 env FLICKR_API_KEY=abc123abc123 frl-flickr-fetch -d D --tag man --api-url "$url/services/rest/" --cacert "$cert"
	[[ $output == *"FLICKR_API_KEY"* && $output == *"Pro"* ]]
	[[ $output != *abc123abc123* ]]
	run ! grep -rq abc123abc123 D
	unset FLICKR_API_KEY
	run -2 fetch
	[[ $output == *"no API key"* ]]
	echo 0123456789abcdef >key
	chmod 644 key
	run -2 fetch --key-file key
	chmod 600 key
	fetch --key-file key --quiet >rows || [ $? -eq 4 ]
	run ! grep -rq 0123456789abcdef D rows
}

@test "a dead name and a closed port: 75, and a clear message" {
	# libcurl 8.14 (Debian 13) loses a name that does not resolve, when it is asked for again (curl/curl#17602).
	echo leak:libcurl >known
	LSAN_OPTIONS=suppressions=$PWD/known:print_suppressions=0 \
		run -75 frl-flickr-fetch -d D --tag man --api-url https://no-such-host.invalid/ --backoff 0.01 --retries 1
	[[ $output == *"does not answer"* ]]
	run -75 frl-flickr-fetch -d D --tag man --api-url https://127.0.0.1:1/ --backoff 0.01 --retries 1
}

@test "a certificate nobody vouches for: 1" {
	mock --photos 10
	run -1 frl-flickr-fetch -d D --tag man --api-url "$url/services/rest/" --backoff 0.01
	[[ $output == *"cannot trust"* ]]
}

@test "usage: wrong arguments end with 2, a query that is refused with 1" {
	run -2 frl-flickr-fetch
	run -2 frl-flickr-fetch --tag man
	run -2 frl-flickr-fetch -d D --resume
	[[ $output == *"no tags"* ]]
	run -2 frl-flickr-fetch -d D --tag man --list --verify
	run -2 frl-flickr-fetch -d D --tag '!?'
	run -2 frl-flickr-fetch -d D --tag man --license 0
	run -2 frl-flickr-fetch -d D --tag man --license 17
	run -2 frl-flickr-fetch -d D --tag man --since yesterday
	run -2 frl-flickr-fetch -d D --tag man --api-url http://example.org/
	run -2 frl-flickr-fetch -d D --tag man extra
	run -3 frl-flickr-fetch -d nowhere --manifest
	mock --photos 10 --fault api-95:100
	run -1 fetch
	[[ $output == *"SSL is required"* ]]
}

@test "two runs in one folder: the second ends with 75 at once" {
	mock --photos 300 --trouble 0
	fetch_exec --quiet --image-rate 20 >rows &
	first=$!
	sleep 1
	run -75 timeout 5 frl-flickr-fetch -d D --resume --quiet --api-url "$url/services/rest/"
	[[ $output == *"another run"* ]]
	kill "$first"
	wait "$first" || true
}

@test "SIGTERM: ends by the signal, the ledger is right, the next run completes" {
	mock --photos 600 --trouble 0
	fetch_exec --quiet --image-rate 200 >rows.1 &
	pid=$!
	sleep 1.2
	kill "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 143 ]
	[ -z "$(ls -A D/.tmp)" ]
	[ "$(sqlite3 D/ledger.sqlite 'pragma integrity_check')" = ok ]
	fetch --resume --quiet >rows.2
	cat rows.1 rows.2 >rows
	rows rows | grep -v '^id' | cmp - <(wanted)
	check_files D/photos.tsv
}

@test "50 kills at random instants: ledger readable each time, nothing lost, no broken file (make torture: 1,000)" {
	"$FRL_TOP/tests/torture/flickr" 50 1000
}

@test "the reader goes away: ends by SIGPIPE, and what was not handed down is, by the next run" {
	mock --photos 600 --trouble 0
	set +o pipefail
	{
		rc=0
		fetch --quiet --image-rate 300 || rc=$?
		echo "$rc" >rc
	} | head -n 50 >rows.1
	[ "$(cat rc)" -eq 141 ]
	# What lay in the pipe when head ended is gone with it; what the ledger says was not written must come.
	sqlite3 D/ledger.sqlite 'select id from photo where due is not null or state = 0' | sort >owed
	[ -s owed ]
	fetch --resume --quiet >rows.2
	rows rows.2 | cut -f 1 | grep -v '^id$' | comm -23 owed - >missing
	[ ! -s missing ]
	rows D/photos.tsv | grep -v '^id' | cmp - <(wanted)
}

@test "a slow reader stops new transfers, and nothing times out" {
	mock --photos 3000 --trouble 0
	{
		fetch --quiet --stall 1 --timeout 2
		echo $? >rc
	} | {
		sleep 4
		stat_of image_requests >asked
		cat >rows
	}
	[ "$(cat rc)" -eq 0 ]
	# a pipe holds 64 KiB of rows
	[ "$(cat asked)" -lt 1000 ]
	rows rows | grep -v '^id' | cmp - <(wanted)
}

@test "output to a full device fails" {
	mock --photos 100 --trouble 0
	run -1 bash -c "frl-flickr-fetch -d D --tag man --api-url $url/services/rest/ --cacert $cert --quiet >/dev/full"
	run -1 bash -c "frl-flickr-fetch -d D --manifest >/dev/full"
	run -1 bash -c "frl-flickr-fetch --help >/dev/full"
}

@test "limits: no second and no minute sees more than was allowed" {
	mock --photos 300 --trouble 0
	fetch --quiet --image-rate 20 --limit 60 >rows
	[ "$(stat_of image_most_in_1_s)" -le 20 ]
	rm -rf D
	rc=0
	timeout 12 frl-flickr-fetch --tag "$asked" --list --quiet --api-url "$url/services/rest/" --cacert "$cert" \
		--allow-host 127.0.0.1 --api-rate 7200 >/dev/null || rc=$?
	[ "$rc" -eq 0 ]
}

@test "a server with limits of its own: we slow down and end complete" {
	mock --photos 250 --trouble 0 --image-limit 50
	for i in 1 2 3 4 5 6; do
		rc=0
		fetch --resume --quiet --image-rate 200 --max-wait 5 >rows.$i || rc=$?
		[ "$rc" -eq 75 ] || break
	done
	[ "$rc" -eq 0 ]
	cat rows.? >rows
	rows rows | grep -v '^id' | cmp - <(wanted)
	[ "$(stat_of early)" -eq 0 ]
}

@test "a cool-down outlives the run" {
	mock --photos 50 --fault 429-after:100:api --retry-after 3000
	run -75 fetch --max-wait 1
	[[ $output == *"wait"* ]]
	calls=$(stat_of api_calls)
	control fault
	run -75 fetch --max-wait 1
	[ "$(stat_of api_calls)" -eq "$calls" ]
	[ "$(stat_of early)" -eq 0 ]
}

@test "--verify: photos taken back lose file and row, and their keys are told" {
	mock --photos 400 --trouble 0
	fetch --quiet >rows
	for id in $(awk -F '\t' '$17 == "ok" { print $1 }' rows | head -n 3); do
		control "withdraw?id=$id"
		printf %s "$id" | sha256sum | cut -c 1-16
		echo "$id" >>ids
	done | sort >want
	calls=$(stat_of api_calls)
	fetch --verify --quiet >keys
	sed 1d keys | sort | cmp - want
	sed 1d D/withdrawn.tsv | sort | cmp - want
	[ "$(head -n 1 keys)" = key ]
	# pages of 500, not a call a photo: the listing again, and the three
	[ $(($(stat_of api_calls) - calls)) -le 8 ]
	rows D/photos.tsv | cut -f 1 >held
	run ! grep -qxFf ids held
	check_files D/photos.tsv
	[ "$(sqlite3 D/ledger.sqlite 'select count(*) from photo where state = 3 and title is null and url is null')" -eq 3 ]
	fetch --verify --quiet >keys
	[ "$(wc -l <keys)" -eq 1 ]
	fetch --quiet >again
	[ "$(rows again | wc -l)" -eq 0 ]
}

@test "--verify: the duplicate of a photo taken back takes its place" {
	mock --photos 600 --trouble 0.3
	fetch --quiet >rows || [ $? -eq 4 ]
	same=$(awk -F '\t' '$17 ~ /same-as/ { sub(/.*-/, "", $17); print $17; exit }' rows)
	[ -n "$same" ]
	control "withdraw?id=$same"
	fetch --verify --quiet >keys || [ $? -eq 4 ]
	fetch --resume --quiet >again || [ $? -eq 4 ]
	[ "$(rows again | grep -c 'ok$')" -ge 1 ]
	check_files D/photos.tsv
}

@test "--limit, --min-side, --since and --until, --license" {
	mock --photos 500 --trouble 0
	fetch --quiet --limit 30 >rows
	[ "$(rows rows | grep -c 'ok$')" -eq 30 ]
	fetch --quiet --since 2020-01-01 --until 2020-12-31T23:59:59 --license 9 >rows
	sed 1d expect | awk -F '\t' '$2 >= 1577836800 && $2 <= 1609459199 && $3 == 9 { print $1 }' | sort >want
	sqlite3 D/ledger.sqlite "select id from photo where license = 9 and date_upload between 1577836800 and 1609459199" |
		sort | cmp - want
	rm -rf D
	fetch --quiet --min-side 300 >rows
	rows rows | grep -q 'none:below-min$'
	awk -F '\t' '$17 == "ok" && ($13 < 300 || $14 < 300) { exit 1 }' rows
}

@test "--dry-run: the plan and its cost, no photo asked for" {
	mock --photos 2000 --trouble 0 --honest
	frl-flickr-fetch --tag "$asked" --dry-run --api-url "$url/services/rest/" --cacert "$cert" --api-rate 1e9 >plan 2>note
	[ "$(head -n 1 plan)" = "$(printf 'since\tuntil\ttags\tphotos\tcalls')" ]
	[ "$(awk 'NR > 1 { n += $4 } END { print n }' plan)" -eq "$(wanted | wc -l)" ]
	[ "$(stat_of image_requests)" -eq 0 ]
}

# The weights of the detector's tests.
need_weights() {
	pth=$FRL_SHARED/data/retinaface/mobilenet0.25_Final.pth
	[ -f "$pth" ] || skip "no retinaface weights in $FRL_SHARED"
	frl-weights import -q "$pth" >w.safetensors
	export FRL_WEIGHTS=$PWD/w.safetensors
}

@test "the pipeline: fetch, detect, crop give a checked shard, and again after a photo was withdrawn" {
	need_weights
	mkdir photos
	find "$FRL_SHARED/data/photos/face_recognition" -name '*.jpg' -size -400k | sort | head -n 4 |
		while read -r f; do cp "$f" "photos/$(sha256sum <"$f" | cut -c 1-8).jpg"; done
	[ -n "$(ls photos)" ] || skip "no photos in $FRL_SHARED"
	mock --folder photos
	fetch --quiet | frl-detect -q | frl-crop -q >shard.bin
	frl-shard check shard.bin
	faces=$(frl-shard ls shard.bin | grep -vc '^#')
	[ "$faces" -gt 1 ]
	awk -F '\t' '$17 == "ok"' D/photos.tsv >held
	[ "$(wc -l <held)" -eq "$(ls photos | wc -l)" ]
	key=$(frl-shard ls shard.bin | grep -v '^#' | awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "key") c = i }
		NR == 2 { print $c }')
	id=$(cut -f 1 held | while read -r id; do
		[ "$(printf %s "$id" | sha256sum | cut -c 1-16)" != "$key" ] || echo "$id"
	done)
	[ -n "$id" ]
	control "withdraw?id=$id"
	fetch --verify --quiet >keys
	frl-shard cat --without keys shard.bin >less.bin
	frl-shard check less.bin
	frl-shard ls shard.bin | grep -q "$key"
	run ! grep -q "$key" <(frl-shard ls less.bin)
	fetch --quiet | frl-detect -q | frl-crop -q -o less.bin --append
	frl-shard check less.bin
}

@test "the man page and --help name the same options" {
	frl-flickr-fetch --help | grep -o '^ *\(-.,\)\? *--[a-z0-9-]*' | grep -o -- '--.*' | sort -u >help
	grep -o '^\.It Fl .*' "$FRL_TOP/man/frl-flickr-fetch.1" | grep -o 'Fl -[a-z0-9-]*' | sed 's/Fl -/--/' | sort -u >page
	diff help page
	frl-flickr-fetch --version | grep -q 'not endorsed or certified by SmugMug'
}
