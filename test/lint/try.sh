#!/bin/sh
# Tries the lint scripts on a small tree of bad and good cases: each bad one must be named, and no
# good one. A check that has gone blind passes everything.
set -eu
lint=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p src/low src/mid src/top src/cli
printf 'low:\nmid: low\ntop: low mid\ncli:\n' >LAYERS
printf 'mid: low\nlow:\n' >CYCLE
bad=0

expect() { # OUTPUT-FILE TEXT...: one line for each text, and no more but warnings
	file=$1
	shift
	for text; do
		grep -qF -- "$text" "$file" || { echo "try.sh: not found: $text"; bad=1; }
	done
	[ "$(grep -vc warning: "$file")" = $# ] || { echo "try.sh: not $# faults:"; cat "$file"; bad=1; }
}

# --- layers
printf '#include "mid/b.h"\n#include "own.h"\n#include <lua.h>\n#include <mid/b.h>\n' >src/low/a.c
printf '#include "low/a.h"\n#include <pthread.h>\n#include <string.h>\n#include <kith.h>\n' >src/top/c.c
printf '#include <kith.h>\n#include <signal.h>\n#include <kith_types.h>\n' >src/cli/main.c
awk -f "$lint/layers.awk" LAYERS src/*/*.c >out && bad=1
expect out 'low/a.c:1: low may not use mid' 'low/a.c:2: write "module/file.h"' 'low/a.c:3: <lua.h>' \
	'low/a.c:4: write "mid/b.h"' 'top/c.c:2: <pthread.h>' 'top/c.c:4: <kith.h>'
awk -f "$lint/layers.awk" CYCLE >out && bad=1
expect out 'mid -> low: not on a line above'
[ "$(awk -f "$lint/closure.awk" LAYERS | sed -n 3p)" = "below_top := low mid top" ] || bad=1

# --- atomics
cat >src/mid/b.c <<'X'
/* a ki_load_acq() in a comment is none */
	ki_store_rel(&q->xhead, n);
	ki_store_rel(&q->xhead, n); /* rel: publishes n. [MB1] */
	/* acq: sees what the push
	 * published. [MB1] It goes
	 * on for some lines more
	 * than three, all of them
	 * in one comment. */
	n = ki_xchg_acq(&q->xhead, NULL);
	ki_load_rlx(&q->xhead);
	int x;
	int y;
	ki_cas_sc(&q->xhead, &n, m);
	atomic_load(&q->xhead);
	volatile int flag;
	static volatile sig_atomic_t stopped;
	_Atomic(int) head;
	_Atomic(struct s *) xhead; /* any */
	_Atomic(int) *next = &q->xhead;
	ki_add_acq_rel(&q->xrefs, 1); /* [RC1] */
X
awk -f "$lint/atomics.awk" src/mid/b.c >out && bad=1
expect out 'b.c:2: ordered' 'b.c:13: ordered' 'b.c:14: atomics go' 'b.c:15: volatile' 'b.c:17: the name'
grep -q 'warning: \[RC1\] has a single site' out || { echo "try.sh: no warning"; bad=1; }

# --- form
cat >src/low/a.c <<'X'
/*
 * a.c: Owns: nothing. Threads: any.
 */
int a;
    int b;
int c; 
	if (a)
		b = c;
	for (;;) b++;
	if (f(a) &&
		g(b)) {
	} else
		c = 1;
	do {
	} while (a);
	/* TODO */
typedef struct x *x;
X
printf '/* Owns: x. Threads: any. Not here: y. */\n%0101d\n\t\t\t\t\t\t\t\t\t\t\t\t12345\n' 0 >src/low/b.h
printf '/* see b.h */\n' >src/low/b.c
awk -f "$lint/style.awk" src/low/a.c src/low/b.h src/low/b.c >out && bad=1
expect out 'a.c: the head comment does not say Not here:' 'a.c:5: indented' 'a.c:6: blanks' 'a.c:7: braces' \
	'a.c:9: braces' 'a.c:12: braces' 'a.c:16: open a' 'a.c:17: a typedef' 'b.h:2: longer' 'b.h:3: longer'

# --- symbols, as nm and objdump print them
cat >nm <<'X'
o/obj/low/a.o: U ki_b
o/obj/low/a.o:00 T ki_a
o/obj/mid/b.o:00 T ki_b
o/obj/mid/b.o:00 T stray
o/obj/mid/b.o:00 T kith_b
o/obj/cli/main.o:00 T main
o/obj/top/c.o: U ki_a
o/obj/top/c.o: U malloc
X
awk -f "$lint/symbols.awk" LAYERS nm >out && bad=1
expect out 'low calls ki_b of mid' 'b.o: exports stray' 'b.o: exports kith_b'
cat >objdump <<'X'
o/obj/low/a.o:     file format elf64-x86-64
00 l     O .bss	04 count
00 l     O .data.rel.ro.local	04 names
00 l     O .rodata	04 table
00 l     F .text	04 f
00 l    d  .tbss	00 .tbss
00 l       .tbss	04 mine
o/obj/cli/main.o:     file format elf64-x86-64
00 l     O .bss	04 stopped
X
awk -f "$lint/data.awk" objdump >out && bad=1
expect out 'low/a.o: mutable global count in .bss' 'low/a.o: mutable global mine in .tbss'

printf '%s\n' src/low/a.h src/mid/a.h src/top/signal.h | awk -f "$lint/names.awk" >out && bad=1
expect out 'src/mid/a.h: the same base name' 'src/top/signal.h: a header of libc'

[ $bad = 0 ] || echo "try.sh: the lint scripts do not see what they should"
exit $bad
