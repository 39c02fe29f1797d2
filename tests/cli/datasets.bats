#!/usr/bin/env bats
# make full-vgg-face and the others: the paper's pre-training sets, on a handful of pictures in the published layouts

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset MAKEFLAGS MAKELEVEL
	lfw=$FRL_SHARED/data/lfw/lfw-deepfunneled
	[ -d "$lfw" ] || skip "no data/lfw"
	pth=$FRL_SHARED/data/retinaface/mobilenet0.25_Final.pth
	[ -f "$pth" ] || skip "no retinaface weights"
	export FRL_WEIGHTS=$BATS_TEST_TMPDIR/w.safetensors
	frl-weights import -q "$pth" >"$FRL_WEIGHTS"
}

# pictures N DIR: copies of N real faces as DIR/1.jpg ..
pictures() {
	mkdir -p "$2"
	i=0
	find "$lfw" -name '*_0001.jpg' | LC_ALL=C sort | head -n "$1" | while read -r f; do
		i=$((i + 1))
		cp "$f" "$2/$i.jpg"
	done
}

datasets() { make -s -C "$FRL_TOP" BUILD="$BUILD" DATA="$PWD/data" "$@"; }

@test "full, small and large: faces of what is there, what is not is named, make does nothing twice" {
	pictures 6 data/vggface2/train/n000001
	pictures 1 data/vggface2/test/n000002
	echo n000002/1.jpg >data/vggface2/test_list.txt
	pictures 3 data/imdb-face/nm1
	{ echo name,index,image,rect,height width,url
	  for i in 1 2 3; do echo "nm1,$i,$i.jpg,10 10 100 100,250 250,u"; done; } >data/imdb-face/IMDb-Face.csv
	for i in 1 2 3 4 5 6; do echo "n000001/$i.jpg"; done >data/vggface2/train_list.txt
	datasets full-vgg-face small-vgg-face SMALL=4 >out 2>log
	grep -qx 'full-vgg-face: 7 faces; the paper: ~ 3.4M' out
	grep -qx 'small-vgg-face: 4 faces; the paper: 1M' out
	frl-shard check -q data/shards/small-vgg-face.bin
	datasets large-scale-face >out 2>log
	grep -qx 'large-scale-face: 10 faces; the paper: > 5.0M' out
	grep -q '300w-lp is .*obtained from' log
	grep -q 'affectnet is .*obtained from' log
	frl-shard check -q data/shards/large-scale-face.bin
	# Labels are left behind; a second make has nothing to do.
	[ "$(grep -c identity data/shards/vggface2/crops.tsv)" = 0 ]
	touch stamp
	datasets full-vgg-face large-scale-face >/dev/null 2>&1
	[ -z "$(find data -newer stamp -type f)" ]
}

@test "pictures of two sets at the same path keep keys of their own" {
	pictures 2 data/vggface2/train/n000001
	printf 'n000001/1.jpg\nn000001/2.jpg\n' >data/vggface2/train_list.txt
	: >data/vggface2/test_list.txt
	# IMDb-Face's columns name and image: the same path below its folder, another face.
	mkdir -p data/imdb-face/train
	cp -r data/vggface2/train/n000001 data/imdb-face/train/
	printf '%s\n' 'name,index,image,rect,height width,url' 'train,1,n000001/1.jpg,10 10 100 100,250 250,u' \
		'train,2,n000001/2.jpg,10 10 100 100,250 250,u' >data/imdb-face/IMDb-Face.csv
	datasets large-scale-face >out 2>log
	cut -f 1 data/shards/*/photos.tsv | sort >ids
	grep -v '^id$' ids | diff - <(printf '%s\n' {imdb-face,vggface2}/train/n000001/{1,2}.jpg)
	frl-shard ls -q --no-pg data/shards/large-scale-face.bin | awk -F '\t' '!n++ { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["kind"] != "end" { print $c["key"] }' | sort >keys
	for i in imdb-face/train/n000001/1.jpg vggface2/train/n000001/1.jpg imdb-face/train/n000001/2.jpg vggface2/train/n000001/2.jpg; do
		printf %s "$i" | sha256sum | cut -c 1-16
	done | sort | diff - keys
}

@test "nothing there: named, and no file that looks whole" {
	mkdir data
	run make -s -C "$FRL_TOP" BUILD="$BUILD" DATA="$PWD/data" flickr-face
	[ "$status" -ne 0 ]
	[[ $output == *"frl-flickr-fetch -d "* ]]
	run make -s -C "$FRL_TOP" BUILD="$BUILD" DATA="$PWD/data" full-vgg-face
	[ "$status" -ne 0 ]
	[[ $output == *"vggface2 is "* ]]
	[ -z "$(find data -name '*.bin')" ]
	run make -s -C "$FRL_TOP" BUILD="$BUILD" full-vgg-face
	[ "$status" -ne 0 ]
}

@test "one set absent, pictures lost, labels that cannot be read: the rest goes on" {
	pictures 4 data/imdb-face/nm1
	{ echo name,index,image,rect,height width,url
	  for i in 1 2 3 4 5 6; do echo "nm1,$i,$i.jpg,10 10 100 100,250 250,u"; done; } >data/imdb-face/IMDb-Face.csv
	cp -r "$FRL_TOP/tests/golden/curate/300w-lp" data/300w-lp
	# The goldens have labels only: their pictures are empty.
	find data/300w-lp -name '*.jpg' -exec cp data/imdb-face/nm1/1.jpg {} \;
	run frl-curate 300w-lp --root data/300w-lp --no-stat -q -o labels.tsv
	[ "$status" -eq 4 ]
	run make -s -C "$FRL_TOP" BUILD="$BUILD" DATA="$PWD/data" full-vgg-face large-scale-face
	[ "$status" -ne 0 ]
	[[ $output == *"vggface2 is "* ]]
	[[ $output == *"large-scale-face: "*" faces; the paper: > 5.0M"* ]]
	# Labels are not wanted: a picture stays where its own cannot be read.
	[ "$(wc -l <data/shards/300w-lp/photos.tsv)" -eq "$(grep -v '^#' labels.tsv | cut -f 1 | sort -u | wc -l)" ]
	# The rows of pictures that are not there say so.
	[ "$(grep -c 'bad:' data/shards/imdb-face/faces.tsv)" -eq 2 ]
	frl-shard check -q data/shards/large-scale-face.bin
}
