# usage: awk -f test/lint/style.awk FILE...
# The form of a source file, as far as a script can see it.

function fault(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}

# A tab reaches to the next column that is a multiple of 8.
function columns(s,    n, at) {
	n = 0
	while ((at = index(s, "\t")) > 0) {
		n += at - 1
		n += 8 - n % 8
		s = substr(s, at + 1)
	}
	return n + length(s)
}

# What a file owns and who may call it stands in its header, and in a .c only when that has none.
function end_of_file(    n, i) {
	if (file !~ /^src\// || (file ~ /\.c$/ && (substr(file, 1, length(file) - 1) "h") in listed)) {
		return
	}
	n = split("Owns:,Threads:,Not here:", part, ",")
	for (i = 1; i <= n; i++) {
		if (index(head, part[i]) == 0) {
			print file ": the head comment does not say " part[i]
			bad = 1
		}
	}
}

BEGIN {
	for (i = 1; i < ARGC; i++) {
		listed[ARGV[i]] = 1
	}
}

FNR == 1 {
	end_of_file()
	file = FILENAME
	head = ""
	in_head = 1
	if (file ~ /^(src|include)\// && $0 !~ /^\/\*/) {
		fault("the file starts with a head comment")
		in_head = 0
	}
}

in_head {
	head = head $0
	if ($0 ~ /\*\//) {
		in_head = 0
	}
}

columns($0) > 100 { fault("longer than 100 columns") }
/[ \t]$/ { fault("blanks at the end of the line") }
/\r/ { fault("carriage return") }
/^    / { fault("indented by spaces") }
/ \t/ { fault("a tab after a space") }
/(TODO|FIXME|XXX)/ { fault("open a design note, or do it") }
/^[ \t]*typedef[^(]*\*[ \t]*[A-Za-z_]+;/ { fault("a typedef hides a pointer") }
/^[ \t]*typedef.*_t;/ { fault("_t is not ours") }
# Braces always, on the line of the condition when that is one line.
/^[ \t]*((\} )?(else )?if|for|while) \(/ || /^[ \t]*(\} )?else([ \t]|$)/ {
	s = $0
	sub(/[ \t]*\/\*.*/, "", s)
	rest = s
	if (s ~ /(if|for|while) \(/) {
		sub(/^[^(]*/, "", rest)
		depth = 0
		for (i = 1; i <= length(rest); i++) {
			c = substr(rest, i, 1)
			depth += (c == "(") - (c == ")")
			if (depth == 0) {
				break
			}
		}
		rest = depth == 0 ? substr(rest, i + 1) : "{"
	} else {
		sub(/^.*else/, "", rest)
	}
	if (rest !~ /\{/) {
		fault("braces always, on the same line")
	}
}

END {
	end_of_file()
	exit bad
}
