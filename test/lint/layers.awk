# usage: awk -f test/lint/layers.awk src/LAYERS FILE...
# Fails when LAYERS names a module before its own line (that would allow a cycle), when a file
# includes a module that its own did not declare, and when a foreign header is included outside the
# one module that may know it.

function fault(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}

BEGIN {
	# A header of somebody else's, and the modules that may include it.
	only["lua"] = "lua"
	only["yaml"] = "config"
	only["posix"] = "sys cli"
	only["stdatomic.h"] = "base"
	only["kith.h"] = "api cli"
	n = split("lua lualib lauxlib luaconf lapi lcode lctype ldebug ldo lfunc lgc ljumptab llex llimits " \
		"lmem lobject lopcodes lopnames lparser lprefix lstate lstring ltable ltm lundump lvm lzio", w, " ")
	for (i = 1; i <= n; i++) {
		kind[w[i] ".h"] = "lua"
	}
	kind["yaml.h"] = "yaml"
	n = split("pthread unistd fcntl dirent poll sched semaphore spawn termios", w, " ")
	for (i = 1; i <= n; i++) {
		kind[w[i] ".h"] = "posix"
	}
	kind["stdatomic.h"] = "stdatomic.h"
	kind["kith.h"] = "kith.h"
}

FILENAME == ARGV[1] {
	sub(/#.*/, "")
	if (!NF) {
		next
	}
	m = $1
	sub(/:$/, "", m)
	order[m] = ++rank
	may[m, m] = 1
	for (i = 2; i <= NF; i++) {
		if (!($i in order)) {
			fault(m " -> " $i ": not on a line above")
		}
		may[m, $i] = 1
	}
	next
}

FNR == 1 {
	split(FILENAME, path, "/")
	me = path[1] == "include" ? "base" : path[2]
	if (!(me in order)) {
		fault("module " me " is not in src/LAYERS")
	}
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	if (split(q[2], r, "/") != 2) {
		fault("write \"module/file.h\"")
	} else if (!((me, r[1]) in may)) {
		fault(me " may not use " r[1])
	}
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	name = $0
	sub(/^[^<]*</, "", name)
	sub(/>.*/, "", name)
	split(name, r, "/")
	if (name ~ /\// && r[1] in order && r[1] != "sys") {
		fault("write \"" name "\"")
	}
	k = name in kind ? kind[name] : (r[1] == "sys" && r[2] != "" ? "posix" : "")
	if (k != "" && index(" " only[k] " ", " " me " ") == 0) {
		fault("<" name "> is for src/" only[k] " alone")
	}
}

END { exit bad }
