#!/bin/sh
# usage: test/bench.sh KITH
# The workloads of kith bench hold to their own laws, with small counts; one of them as a table.
set -eu
kith=$1
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
	echo "bench: $*"
	exit 1
}

grep -v '^#' "$top/bench/workloads.tsv" >"$dir/rows"
cut -f 1 "$dir/rows" >"$dir/names"
"$kith" bench --list | cmp -s - "$dir/names" || fail "--list has not the names of workloads.tsv"

tab=$(printf '\t')
while IFS=$tab read -r name full quick metric unit workers; do
	set -- $quick
	entry=bench:$1
	shift
	"$kith" run "$top/bench/lua" --log-level off -x "$entry" "$@" >"$dir/out" 2>"$dir/err" </dev/null ||
		fail "$name: $(cat "$dir/err")"
	[ "$metric" = bytes_each ] && metric=processes
	grep -q "^RESULT $metric [0-9]" "$dir/out" || fail "$name: no $metric in $(cat "$dir/out")"
done <"$dir/rows"

"$kith" bench monitor >"$dir/out" || fail "kith bench monitor failed"
grep -q '^monitor  *ns a pair  *[0-9][0-9.]* *$' "$dir/out" || fail "not a row: $(cat "$dir/out")"
status=0
"$kith" bench nothing 2>/dev/null || status=$?
[ $status = 2 ] || fail "an unknown name gives status $status"
