# usage: awk -f test/lint/atomics.awk FILE...
# An ordered (not relaxed) atomic operation carries a tag such as [MB2], on its line, in the three
# lines above, or in the comment that ends there. Atomics are touched through base/atomic.h alone,
# and their fields start with x. A tag with a single site is a warning: its partner is missing.

function fault(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}

# The code of a line: without comments and strings; `open` tells whether a comment goes on.
function code_of(s,    out, at) {
	out = ""
	while (s != "") {
		if (open) {
			at = index(s, "*/")
			if (!at) {
				return out
			}
			s = substr(s, at + 2)
			open = 0
		} else if (match(s, /\/\*|\/\/|"([^"\\]|\\.)*"/)) {
			out = out substr(s, 1, RSTART - 1)
			at = substr(s, RSTART, 2)
			s = substr(s, RSTART + RLENGTH)
			if (at == "//") {
				return out
			} else if (at == "/*") {
				open = 1
			} else {
				out = out "\"\""
			}
		} else {
			return out s
		}
	}
	return out
}

function has_tag(s) {
	return s ~ /\[[A-Z][A-Z]+[0-9]+[a-z]?\]/
}

FNR == 1 {
	open = 0
	h1 = h2 = h3 = 0
}

{
	was_open = open
	code = code_of($0)
	comment = was_open || code != $0
	if (has_tag($0) && comment) {
		here = 1
	} else {
		# A tag counts for the rest of the comment that it stands in.
		here = was_open && h1
	}

	if (FILENAME != "src/base/atomic.h") {
		if (code ~ /ki_(load|store|xchg|add|sub|or|and|cas|casw)_(acq|rel|acq_rel|sc)[ \t]*\(/ && !(here || h1 || h2 || h3)) {
			fault("ordered atomic without a [TAG]")
		}
		if (code ~ /(^|[^a-z_])atomic_[a-z_]+[ \t]*\(|__atomic_|__sync_|memory_order/) {
			fault("atomics go through base/atomic.h")
		}
		if (code ~ /(^|[^a-z_])volatile([^a-z_]|$)/ && code !~ /sig_atomic_t|asm/) {
			fault("volatile is not for sharing")
		}
		# A pointer to such a field is a plain one.
		if (code ~ /^[ \t].*_Atomic[ (].*;/ && code !~ /_Atomic\([^()]*\) \*/ && code !~ /[ *]x[a-z0-9_]+(\[[^\]]*\])*;/) {
			fault("the name of a field that threads share starts with x")
		}
	}

	s = $0
	while (comment && match(s, /\[[A-Z][A-Z]+[0-9]+[a-z]?\]/)) {
		t = substr(s, RSTART, RLENGTH)
		sites[t]++
		at[t] = FILENAME ":" FNR
		s = substr(s, RSTART + RLENGTH)
	}
	h3 = h2
	h2 = h1
	h1 = here
}

END {
	for (t in sites) {
		if (sites[t] < 2) {
			print at[t] ": warning: " t " has a single site"
		}
	}
	exit bad
}
