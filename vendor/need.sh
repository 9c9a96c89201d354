#!/bin/sh
# usage: vendor/need.sh build | test
# Makes sure that what a build (or also the tests) needs is on this machine. What is missing is
# installed on Debian when we are root; else the one command to type is printed, and we fail.
set -eu
what=$1 missing=

need() { # COMMAND PACKAGE
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need_header() { # HEADER PACKAGE
	set -- "$1" "$2" "$(command -v "${CC:-cc}" || command -v cc || true)"
	[ -n "$3" ] && echo "#include <$1>" | "$3" -E - >/dev/null 2>&1 || missing="$missing $2"
}

case ${CC:-cc} in
*clang*) need "${CC%% *}" clang ;;
musl-gcc) need musl-gcc musl-tools; need gcc gcc ;;
*) need "${CC:-cc}" gcc ;;
esac
need ld binutils
need objcopy binutils
need awk mawk
need gzip gzip
need_header stdio.h libc6-dev
if [ "$what" = test ]; then
	need_header criterion/criterion.h libcriterion-dev
	need "${CXX:-g++}" g++
fi

[ -n "$missing" ] || exit 0
missing=$(echo $missing | tr ' ' '\n' | sort -u | tr '\n' ' ')
command="apt-get install -y --no-install-recommends $missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "kith: this machine lacks: $missing" >&2
	echo "kith: type: sudo $command" >&2
	exit 1
fi
echo "kith: installs what this machine lacks: $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
$command
