#!/bin/sh
# usage: test/beam/run.sh DIR SEED PROGRAMS SEEDS RUNS
# Plays PROGRAMS random programs with DIR/lua_links, in the simulator over SEEDS seeds and RUNS times on
# threads; the first outcome that is not that of the BEAM ends it. Everything is kept in DIR.
set -eu
dir=$1 seed=$2 programs=$3 seeds=$4 runs=$5
links=$dir/lua_links

if ! command -v escript >/dev/null 2>&1; then
	echo "beam: no escript here (Debian: erlang-base): nothing to compare with"
	exit 0
fi
"$links" write "$seed" "$programs" >"$dir/programs"
escript test/beam/links.escript "$dir/programs" >"$dir/beam"

compare() { # MODE SEED
	"$links" play "$dir/programs" "$1" "$2" >"$dir/kith"
	if ! diff "$dir/beam" "$dir/kith" >"$dir/diff"; then
		head -40 "$dir/diff"
		echo "beam: < BEAM, > kith; programs of seed $seed: $dir/programs; again:" \
			"$links play $dir/programs $1 $2"
		exit 1
	fi
}

i=0
while [ "$i" -lt "$seeds" ]; do
	compare sim "$((seed + i))"
	i=$((i + 1))
done
i=0
while [ "$i" -lt "$runs" ]; do
	compare threads "$((seed + i))"
	i=$((i + 1))
done
echo "beam: $programs programs, $(wc -l <"$dir/beam") lines: kith and the BEAM agree" \
	"($seeds seeds from $seed, $runs runs on threads)"
