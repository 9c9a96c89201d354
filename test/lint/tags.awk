# usage: awk -f test/lint/tags.awk FILE...
# Writes doc/CONCURRENCY.md: each tag of an ordered atomic with its sites and the reasons there.

BEGIN {
	print "# The tags of ordered atomics"
	print ""
	print "Written by `make tags` from the comments in `src/`; change them there. An ordered atomic operation"
	print "carries a tag; the operations of one tag belong together: each names what it publishes or relies on"
	print "and which operation is its partner."
}

/\/\*|^[ \t]*\*|\/\// {
	s = $0
	while (match(s, /\[[A-Z][A-Z]+[0-9]+[a-z]?\]/)) {
		t = substr(s, RSTART + 1, RLENGTH - 2)
		if (!(t in text)) {
			order[++n] = t
		}
		line = $0
		# The reason is the comment: without the code before it and the tag itself.
		sub(/^.*\/\*[ \t]*/, "", line)
		sub(/^[ \t]*\*[ \t]*/, "", line)
		sub(/[ \t]*\*\/.*$/, "", line)
		gsub(/[ \t]*\[[A-Z][A-Z]+[0-9]+[a-z]?\][ \t]*/, " ", line)
		gsub(/^[ \t]+|[ \t]+$/, "", line)
		text[t] = text[t] "- `" FILENAME "`" (line == "" ? "" : ": " line) "\n"
		s = substr(s, RSTART + RLENGTH)
	}
}

END {
	for (i = 2; i <= n; i++) { # insertion sort: awk has none of its own
		t = order[i]
		for (j = i - 1; j > 0 && order[j] > t; j--) {
			order[j + 1] = order[j]
		}
		order[j + 1] = t
	}
	for (i = 1; i <= n; i++) {
		printf "\n## %s\n\n%s", order[i], text[order[i]]
	}
}
