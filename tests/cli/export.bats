#!/usr/bin/env bats
# frl-weights: ResNets of others come in under known names, backbones go out as torchvision's and as ONNX. (ONNX Runtime computes the
# same: tests/golden/check_onnx.py.)

bats_require_minimum_version 1.5.0

setup_file() {
	"$FRL_TOP/$BUILD/tests/seeded" "$FRL_TOP/tests/golden/embed/resnet18.tsv" 5 "$BATS_FILE_TMPDIR/net.safetensors" \
		frl.input.size=32 frl.network=resnet18 frl.version=1 frl.init=random
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	golden=$FRL_TOP/tests/golden/weights
	net=$BATS_FILE_TMPDIR/net.safetensors
}

rows() { frl-weights info "$@" | grep -v '^#'; }

meta() { frl-weights info "$1" | awk -F '\t' -v key="$2" '$1 == "#meta" && $2 == key { print $3 }'; }

# input FILE: what the metadata says of it, in one line
input() { echo "$(meta "$1" frl.input.order) $(meta "$1" frl.input.mean) $(meta "$1" frl.input.std) $(meta "$1" frl.input.scale)"; }

# comes_in NAME NETWORK WHO: the tensors of NAME.want.tsv, and these two lines
comes_in() {
	frl-weights import -q "$golden/resnet-$1.pth" >out
	rows out | diff - "$golden/resnet-$1.want.tsv"
	[ "$(meta out frl.network) $(meta out frl.name)" = "$2 $3" ]
}

@test "import: torchvision's ResNet-50, trained on ImageNet" {
	comes_in torchvision resnet50 imagenet
	[ "$(input out)" = 'rgb 0.485,0.456,0.406 0.229,0.224,0.225 1' ]
	frl-weights import -q --name vggface "$golden/resnet-torchvision.pth" >out
	[ "$(meta out frl.name) $(input out)" = 'vggface bgr 91.4953,103.8827,131.0912 1,1,1 255' ]
	frl-weights import -q --name mine --meta frl.input.mean=0,0,0 "$golden/resnet-torchvision.pth" >out
	[ "$(meta out frl.name)$(input out)" = 'mine 0,0,0  ' ]
}

@test "import: the checkpoints of FRL and of SwAV, with their heads" {
	comes_in frl resnet50 frl
	[ "$(input out)" = 'rgb 0.485,0.456,0.406 0.228,0.224,0.225 1' ]
	comes_in swav resnet18 swav
	[ "$(input out)" = 'rgb 0.485,0.456,0.406 0.228,0.224,0.225 1' ]
}

@test "import: VGGFace2's ResNet-50 by its own names" {
	frl-weights import -o out "$golden/resnet-vggface2.pth" 2>err
	grep -q 'stride in a block' err
	comes_in vggface2 resnet50 vggface
	[ "$(input out)" = 'bgr 91.4953,103.8827,131.0912 1,1,1 255' ]
	# Its strides are elsewhere: no features by another network.
	run -3 frl-eval embed --model out "$FRL_TOP/tests/golden/images.frlr"
	[[ $output == *"frl.stride 1x1"* ]]
}

@test "import: a tensor missing, of another shape, too many; a deeper network stays as it is" {
	run -3 frl-weights import "$golden/resnet-missing.pth"
	[[ $output == *"resnet-missing.pth: a ResNet without 'layer2.1.bn2.running_var'" ]]
	run -3 frl-weights import "$golden/resnet-shape.pth"
	[[ $output == *"'layer3.0.conv1.weight' is [64,3,7,7] where a ResNet of this width has [256,128,3,3]" ]]
	run -3 frl-weights import "$golden/resnet-strange.pth"
	[[ $output == *"not a ResNet-18: it has no 'layer3.0.se.weight'" ]]
	frl-weights import -q --name deep "$golden/resnet-34.pth" >out
	[ "$(meta out frl.network)" = deep ]
	[ "$(rows out | grep -c '^fc\.')" -eq 2 ]
	rows out | grep -v num_batches_tracked | diff - "$golden/resnet-34.want.tsv"
}

@test "export: torchvision's names and order, all metadata" {
	frl-weights export -q "$net" >out
	cut -f 1,2 "$FRL_TOP/tests/golden/embed/resnet18.tsv" | sed -n 's/^module.base_net.//p' >want
	rows out | tail -n +2 | cut -f 1,3 | diff - want
	[ "$(meta out frl.input.size) $(meta out frl.init) $(meta out frl.name)" = '32 random ' ]
	[ "$(input out)" = 'rgb 0.485,0.456,0.406 0.228,0.224,0.225 1' ]
	# The same features.
	frl-eval embed -q --no-pg --model "$net" "$FRL_TOP/tests/golden/images.frlr" >a
	frl-eval embed -q --no-pg --model out "$FRL_TOP/tests/golden/images.frlr" | cmp - a
	frl-weights export -q out | cmp - out
	frl-weights export -q --head "$net" >with
	[ "$(rows with | grep -c '^projection\.[013]\.')" -eq 8 ]
	frl-eval embed -q --no-pg --layer head --model "$net" "$FRL_TOP/tests/golden/images.frlr" >a
	frl-eval embed -q --no-pg --layer head --model with "$FRL_TOP/tests/golden/images.frlr" | cmp - a
}

@test "export: a run's folder, standard input, -o" {
	mkdir -p run/step-00000001
	cp "$net" run/step-00000001/model.safetensors
	ln -s step-00000001 run/last
	frl-weights export -q "$net" >want
	frl-weights export -q run | cmp - want
	frl-weights export -q run/last | cmp - want
	frl-weights export -q - <"$net" | cmp - want
	frl-weights export -q -o out run/last
	cmp out want
}

@test "export: ONNX, and our own reader gives back tensors and metadata" {
	for head in "" --head; do
		# shellcheck disable=SC2086
		frl-weights export -q $head "$net" >want
		# shellcheck disable=SC2086
		frl-weights export -q --onnx $head -o net.onnx "$net"
		# shellcheck disable=SC2086
		frl-weights import -q --no-pg net.onnx | frl-weights export -q $head >back
		cmp back want
	done
	# ResNet-18 has 20 convolutions, each with its batch norm, and the head one more; 8 sums.
	count() { grep -ao "$1" net.onnx | wc -l; }
	[ "$(count '/Conv_output')" -eq 40 ] # made once, read once
	[ "$(count '/Add_output')" -eq 16 ]
	for name in input features embedding epsilon transB frl.input.mean; do
		grep -aq "$name" net.onnx
	done
}

@test "export: bad input, a full disk, no half file" {
	run -3 frl-weights export "$golden/zip.pth"
	[[ $output == *"zip.pth: not the weights of a ResNet-18 or -50" ]]
	run -3 frl-weights export -o out "$golden/resnet-missing.pth"
	[ ! -e out ]
	run -3 frl-weights export nowhere
	run -1 bash -c "frl-weights export -q '$net' >/dev/full"
	run -1 bash -c "frl-weights export -q --onnx '$net' >/dev/full"
	run -2 frl-weights export a b
}
