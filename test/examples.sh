#!/bin/sh
# usage: test/examples.sh KITH DOCUMENT..
# Runs every session that the documents show and compares what is printed with what they say; a PID
# stands for any. A command with --sim runs as it is; any other `kith run` must print the same on
# threads and in the simulator, whatever the seed.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
case $1 in
/*) kith=$1 ;;
*) kith=$(pwd)/$1 ;;
esac
shift
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$tmp/bin"
ln -s "$kith" "$tmp/bin/kith"
PATH=$tmp/bin:$PATH
bad=0

any_pid() {
	sed 's/{[^{}| ]*|0x[0-9a-f]*}/{PID}/g' "$1"
}

# try COMMAND: runs it where the document's files lie.
try() {
	(cd "$dir/work" && timeout 60 sh -c "$1") >"$dir/stdout" 2>"$dir/stderr"
	any_pid "$dir/stdout" >"$dir/got"
	cmp -s "$dir/want" "$dir/got" && return
	echo "$document: $1"
	diff -u "$dir/want" "$dir/got" | sed '1,2d'
	sed 's/^/stderr: /' "$dir/stderr"
	bad=1
	return 1
}

for document; do
	dir=$tmp/document
	mkdir -p "$dir/work"
	ln -s "$top/doc" "$dir/work/doc"
	awk -v out="$dir" -f "$top/test/examples.awk" "$document" || exit 1
	nr=1
	while [ -f "$dir/$nr.command" ]; do
		command=$(sed 's,^build/release/kith,kith,' "$dir/$nr.command")
		any_pid "$dir/$nr.output" >"$dir/want"
		seeds="1 2 3 4 5 6 7 8"
		try "$command" || seeds=
		case $command in
		*--sim*) ;;
		"kith run "*)
			for seed in $seeds; do
				try "kith run --sim --seed $seed ${command#kith run }" || break
			done
			;;
		esac
		nr=$((nr + 1))
	done
	echo "sessions of $document: $((nr - 1))"
	[ $nr -gt 1 ] || bad=1 # one that shows nothing is not written as it should be
	rm -rf "$dir"
done
exit $bad
