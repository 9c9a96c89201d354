# usage: awk -v out=DIR -f test/examples.awk DOCUMENT
# Takes the programs and the sessions out of a Markdown document.
#
# A line that begins with `PATH` and ends with a colon names the indented block after it: the file
# DIR/work/PATH. An indented block that begins with "$ " is a session: each command in it goes to
# DIR/N.command, and what it prints, up to the next one, to DIR/N.output.

function flush_blank() {
	for (; blank > 0; blank--) {
		print "" > target
	}
}

function leave() {
	if (target != "") {
		close(target)
	}
	target = ""
	blank = 0
	in_session = 0
}

# Lines indented by four blanks, and empty lines between such lines, are a block.
/^    / && !in_block {
	in_block = 1
	if (path != "") {
		target = out "/work/" path
		folder = target
		sub(/\/[^\/]*$/, "", folder)
		system("mkdir -p '" folder "'")
		printf "" > target
	} else if (/^    \$ /) {
		in_session = 1
	}
	path = ""
}

/^    \$ / && in_session {
	leave()
	in_session = 1
	nr++
	print substr($0, 7) > (out "/" nr ".command")
	close(out "/" nr ".command")
	target = out "/" nr ".output"
	printf "" > target
	next
}

/^    / {
	if (target != "") {
		flush_blank()
		print substr($0, 5) > target
	}
	next
}

/^$/ {
	blank += in_block
	next
}

{
	in_block = 0
	leave()
	path = ""
}

/^`[^`]+`.*:$/ {
	path = substr($0, 2)
	sub(/`.*/, "", path)
}
