#!/bin/sh
# usage: test/init.sh KITH
# kith init writes doc/examples/pool, as a whole or not at all.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
case $1 in
/*) kith=$1 ;;
*) kith=$(pwd)/$1 ;;
esac
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp" "$tmp".*' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
bad=0

# claim TEXT COMMAND..
claim() {
	text=$1
	shift
	"$@" >"$tmp.out" 2>&1 && return
	echo "kith init: not so: $text"
	sed 's/^/	/' "$tmp.out"
	bad=1
}

# refuses STATUS FOLDER: and makes nothing anywhere.
refuses() {
	find . >"$tmp.before"
	"$kith" init "$2"
	[ $? = "$1" ] && find . >"$tmp.after" && diff "$tmp.before" "$tmp.after"
}

is_pool() {
	diff -r "$1/src" "$top/doc/examples/pool/src"
}

check() {
	[ "$("$kith" check "$1")" = "ok: 3 entries" ]
}

claim "makes a folder and its parents" "$kith" init new/er/project
claim "the texts are those of the example" is_pool new/er/project
claim "the project is sound" check new/er/project
claim "refuses what it wrote itself" refuses 1 new/er/project

mkdir -p here/.git
claim "writes into the current folder, which has hidden files" sh -c "cd here && '$kith' init"
claim "the same texts" is_pool here

mkdir -p taken/src && echo mine >taken/src/_index.yaml
claim "refuses a folder with one of its files" refuses 1 taken
claim "that file is what it was" grep mine taken/src/_index.yaml
mkdir other && echo mine >other/notes
claim "refuses a folder with another file" refuses 1 other
claim "refuses a file" refuses 1 other/notes
claim "wants a name" refuses 2 ""
claim "says so when asked" sh -c "'$kith' help init | grep 'kith init \[DIR\]'"

# The first part of this path can be made, the last cannot.
ln -s nowhere dangling
claim "removes what it made when it cannot make the rest" refuses 1 first/../dangling/project

exit $bad
