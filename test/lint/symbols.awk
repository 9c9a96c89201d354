# usage: nm -gA build/release/obj/*/*.o | awk -f test/lint/symbols.awk src/LAYERS -
# The declared order on the linker's view, which a prototype written by hand does not escape; and the
# names of globals: ki_* in all modules, kith_* in api alone, main in cli alone.

FILENAME == ARGV[1] {
	sub(/#.*/, "")
	if (NF) {
		m = $1
		sub(/:$/, "", m)
		may[m, m] = 1
		for (i = 2; i <= NF; i++) {
			may[m, $i] = 1
		}
	}
	next
}

{
	split($1, p, ":")
	k = split(p[1], d, "/")
	mod = d[k - 1]
	sym = $NF
	kind = $(NF - 1)
	if (kind == "U") {
		use[mod, sym] = mod "/" d[k]
		next
	}
	def[sym] = mod
	ok = sym ~ /^ki_/ || (sym ~ /^kith_/ && mod == "api") || (sym == "main" && mod == "cli")
	if (!ok) {
		print mod "/" d[k] ": exports " sym
		bad = 1
	}
}

END {
	for (u in use) {
		split(u, a, SUBSEP)
		if (!(a[2] in def) || (a[1], def[a[2]]) in may) {
			continue
		}
		if (a[1] == "cli" && def[a[2]] == "api" && a[2] ~ /^kith_/) {
			continue # the public header, which LAYERS does not list
		}
		print use[u] ": " a[1] " calls " a[2] " of " def[a[2]]
		bad = 1
	}
	exit bad
}
