# usage: objdump -t build/release/obj/*/*.o | awk -f test/lint/data.awk
# The library keeps no mutable global: no object in .data, .bss or common storage, static ones
# included. Constant tables with addresses (.data.rel.ro) are not mutable. The thread-local worker
# identity of sched is the one exception; cli is no part of the library.

/file format/ {
	split($1, p, ":")
	k = split(p[1], d, "/")
	mod = d[k - 1]
	next
}

mod != "cli" && NF >= 5 && !/ d / {
	# objdump marks an object with O, and a thread-local one with nothing.
	section = $(NF - 2)
	if ($0 !~ / O / && section !~ /^\.t(bss|data)/) {
		next
	}
	if (section ~ /^\.data\.rel\.ro/ || section !~ /^(\.t?data|\.t?bss|\*COM\*)/) {
		next
	}
	if (mod == "sched" && section ~ /^\.t(bss|data)/) {
		next
	}
	print mod "/" d[k] ": mutable global " $NF " in " section
	bad = 1
}

END { exit bad }
