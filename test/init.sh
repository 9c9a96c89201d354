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
	[ "$("$kith" check "$1")" = "ok: 4 entries" ]
}

# In the simulator over many seeds, and on threads.
passes() {
	"$kith" test "$1" --seeds 100 | grep -x "1 passed, 0 failed" &&
		"$kith" test "$1" --real | grep -x "1 passed, 0 failed"
}

# passes_edited SCRIPT: the test passes when sed has edited the pool.
passes_edited() {
	rm -rf edited
	"$kith" init edited 2>/dev/null
	sed -i "$1" edited/src/supervisor/pool.lua
	"$kith" test edited
}

fails_edited() {
	! passes_edited "$1"
}

# What is printed after a SIGINT that comes when the workers have started, and the exit status.
stop() {
	"$kith" run "$1" >stop.out 2>stop.err &
	tries=0
	until [ "$(grep -c '^Task worker . started' stop.out)" = 4 ] || [ $tries = 3000 ]; do
		tries=$((tries + 1))
		sleep 0.01
	done
	kill -INT $!
	wait $! && [ "$(grep -c '^Worker . cancelled' stop.out)" = 4 ]
}

claim "makes a folder and its parents" "$kith" init new/er/project
claim "the texts are those of the example" is_pool new/er/project
claim "the project is sound" check new/er/project
claim "its test passes" passes new/er/project
claim "it passes for want of a change alone" passes_edited ""
claim "and not when the pool restarts nobody" fails_edited "s/restart(worker)$/-- &/"
claim "the pool and its workers obey CANCEL" stop new/er/project
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
