# usage: printf '%s\n' HEADER... | awk -f test/lint/names.awk
# Base names of headers are unique, and none is the name of a header of C or POSIX.

BEGIN {
	n = split("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal " \
		"stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath " \
		"threads time uchar wchar wctype aio cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp " \
		"iconv langinfo libgen monetary mqueue ndbm netdb nl_types poll pthread pwd regex " \
		"search semaphore spawn strings stropts syslog tar termios trace ulimit unistd utime " \
		"utmpx wordexp", w, " ")
	for (i = 1; i <= n; i++) {
		libc[w[i] ".h"] = 1
	}
}

{
	n = split($0, p, "/")
	name = p[n]
	if (name in libc) {
		print $0 ": a header of libc has this name"
		bad = 1
	}
	if (name in seen) {
		print $0 ": the same base name as " seen[name]
		bad = 1
	}
	seen[name] = $0
}

END { exit bad }
