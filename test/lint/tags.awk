# usage: awk -f test/lint/tags.awk FILE...
# Writes doc/CONCURRENCY.md: each tag of an ordered atomic with its sites and the reasons there.
# The reason is the comment that the tag stands in; of a long one (the table of tags at the head of a
# file) it is the tag's line and those that follow it, up to the next tag or an empty line.

BEGIN {
	tag = "\\[[A-Z][A-Z]+[0-9]+[a-z]?\\]"
	ends = "^$|^[A-Z][A-Za-z ]*:"
	print "# The tags of ordered atomics"
	print ""
	print "Written by `make tags` from the comments in `src/`; change them there. An ordered atomic operation"
	print "carries a tag; the operations of one tag belong together: each names what it publishes or relies on"
	print "and which operation is its partner."
}

# Enters `reason` for each tag in `s`.
function enter(s, reason,    t) {
	gsub(tag, "", reason)
	gsub(/[ \t]+/, " ", reason)
	gsub(/ \./, ".", reason)
	gsub(/^ | $/, "", reason)
	while (match(s, tag)) {
		t = substr(s, RSTART + 1, RLENGTH - 2)
		s = substr(s, RSTART + RLENGTH)
		if (!(t in text)) {
			order[++nr_tags] = t
		}
		text[t] = text[t] "- `" FILENAME "`" (reason == "" ? "" : ": " reason) "\n"
	}
}

function comment_done(    i, j, all) {
	if (n <= 6) {
		for (i = 1; i <= n; i++) {
			all = all " " line[i]
		}
		enter(all, all)
	} else {
		for (i = 1; i <= n; i++) {
			if (line[i] ~ tag) {
				all = line[i]
				for (j = i + 1; j <= n && line[j] !~ ends && line[j] !~ tag; j++) {
					all = all " " line[j]
				}
				enter(line[i], all)
			}
		}
	}
	n = 0
}

FNR == 1 { open = 0 }

{
	s = $0
	while (open || (at = index(s, "/*")) > 0) {
		if (!open) {
			s = substr(s, at + 2)
			open = 1
			n = 0
		} else if (n > 0) {
			sub(/^[ \t]*\*?[ \t]*/, "", s)
		}
		end = $0 ~ /^[ \t]*\*\// ? 1 : index(s, "*/")
		if (end == 0) {
			line[++n] = s
			next
		}
		line[++n] = $0 ~ /^[ \t]*\*\// ? "" : substr(s, 1, end - 1)
		s = $0 ~ /^[ \t]*\*\// ? "" : substr(s, end + 2)
		open = 0
		comment_done()
	}
}

END {
	for (i = 2; i <= nr_tags; i++) { # insertion sort: awk has none of its own
		t = order[i]
		for (j = i - 1; j > 0 && order[j] > t; j--) {
			order[j + 1] = order[j]
		}
		order[j + 1] = t
	}
	for (i = 1; i <= nr_tags; i++) {
		printf "\n## %s\n\n%s", order[i], text[order[i]]
	}
}
