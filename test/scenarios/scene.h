/* What one acceptance case is: a command line, and what it must print and return.
 *
 * Owns: nothing; the table is constant (cases.c), its runs belong to run.c.
 * Threads: one.
 * Not here: how a case is run (run.c), what it does (projects/). */

#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stddef.h>

enum scene_mode {
	ON_SIM = 1,     /* `kith run PROJECT --sim --seed N`, over many seeds */
	ON_THREADS = 2, /* `kith run PROJECT`, many times */
	ON_BOTH = ON_SIM | ON_THREADS,
	ON_PLAIN = 4, /* `kith VERB PROJECT`, once */
};

/* Expected output is made of streams, each a sequence of lines: stdout must be an interleaving of
 * them. In a line, {P} (any capital) stands for a PID: the same letter for the same, different
 * letters for different ones; {#} for a decimal number; at its end {25} for a line that comes 25
 * times and {*} for any number of times. */
struct scene {
	const char *name;
	const char *project; /* below test/scenarios/projects */
	unsigned on;         /* 0: ON_BOTH */
	const char *verb;    /* NULL: run */
	const char *options; /* before -x, separated by blanks */
	const char
		*entry; /* NULL: no -x. Its first argument is the slack in ms: 0 in the simulator */
	const char *args;
	const char *out[8];
	const char *err[6]; /* texts that stderr must contain, in this order */
	int status;
	unsigned share;        /* run for one in so many of the seeds and repeats; 0: all */
	bool once;             /* one seed, and once on threads */
	bool twice;            /* each seed runs twice and must print the same bytes, whatever */
	bool plain_only;       /* not in sanitizer builds: measures memory */
	const char *interrupt; /* SIGINT when this text is on stdout ... */
	bool sigterm;          /* ... or SIGTERM ... */
	bool asks;             /* ... or SIGUSR1 first, and then one of these ... */
	unsigned signals;      /* ... so many times (0: once) ... */
	int ends_from_ms;      /* the end comes this long after the last one, or the start, */
	int ends_until_ms;     /* at most (0: unchecked; grows with --scale) */
	bool unread; /* stderr is a full pipe that nobody reads */
	int threads; /* workers whose threads are counted at the signal; -1: CPUs online */
};

extern const struct scene scenes[];
extern const size_t nr_scenes;

#endif
