/*
 * lua/luaproc.h: the Lua body of one process, as the files of this module share it.
 *
 * Owns: struct ki_lua and struct ki_co.
 * Threads: the worker that runs the process.
 * Invariants:
 *	L1 lua_getextraspace of every thread of the state holds the struct ki_lua.
 *	L2 no C resource is held across a call that may raise or park, unless it hangs on `owned`: a
 *	   forced end drops strand and heap whole and runs nothing.
 *	L3 a coroutine is in `ready` exactly while its state is KI_CO_READY; `current` is the one
 *	   whose Lua runs.
 * Not here: the step loop (luabody.c), waiting (co.c), the libraries (lib_*.c).
 */
#ifndef KI_LUA_LUAPROC_H
#define KI_LUA_LUAPROC_H

#include <lauxlib.h>
#include <lua.h>
#include <setjmp.h>
#include <stdbool.h>

#include "base/list.h"
#include "lua/pidtext.h"
#include "lua/program.h"
#include "lua/usertype.h"
#include "mem/heap.h"
#include "process/proc.h"
#include "sched/task.h"

struct ki_frozen;
struct ki_subscription;
struct ki_watch;

enum ki_co_state { KI_CO_READY, KI_CO_RUNNING, KI_CO_WAITING, KI_CO_ENDED };

struct ki_co;

/* A coroutine that waits on a channel: at its stack index `value` lies what it sends
 * (channel.c). */
struct ki_waiter {
	struct ki_list node;       /* in the channel's receivers or senders */
	struct ki_co *co;
	int index;                 /* of its case */
	int value;
	bool in_case;              /* at `value` lies a case, which holds it */
};

/* A timer of the process that tells Lua when it is routed (alarm.h). */
struct ki_alarm {
	struct ki_proc_timer timer;
	struct ki_list node;       /* in lua->alarms_new or lua->alarms_fired */
	const struct ki_signal *after; /* the arrival it came behind; for comparing alone */
	int64_t deadline_ns;
	void (*tell)(lua_State *L, struct ki_alarm *alarm);
};

/* Signals of one process, oldest first. */
struct ki_sigq {
	struct ki_signal *head, *tail;
};

/* A process-level coroutine: main, or one made by coroutine.spawn. */
struct ki_co {
	struct ki_list node;       /* in lua->ready while READY */
	struct ki_list all;        /* in lua->cos until it has ended */
	struct ki_lua *lua;
	lua_State *L;              /* its thread, anchored in the registry until it has ended */
	lua_State *at;             /* the thread inside it that waits: L, or one that it resumed */
	struct ki_strand *kept;    /* its stack, when it waits where Lua cannot yield */
	int nr_results;            /* values pushed on `at` by whoever made it ready */
	int ref;                   /* by which the registry anchors it until it has ended */
	uint8_t state;             /* enum ki_co_state */
	bool is_main, started;
	const char *waits_in;      /* while WAITING: the function, for snapshots */
	/* what it waits for (channel.c, lib_timer.c) */
	struct ki_waiter *waiters; /* one for each case: `few`, or a block on its stack */
	int nr_waiters;
	int hit;                   /* the index of the one that came about */
	bool hit_ok;               /* false: its channel was closed */
	struct ki_waiter few[4];
	struct ki_alarm sleep;
};

/* Something outside the heap that the process owns: let go when its owner is collected, or at the
 * end. */
struct ki_owned {
	struct ki_list node;       /* in lua->owned */
	void (*drop)(struct ki_owned *owned);
};

struct ki_lua {
	struct ki_lua_polls polls; /* first: lua_build.h */
	const struct ki_frozen *frozen; /* what it shares with others (frozen.h); or NULL */
	struct ki_proc *proc;
	const struct ki_lua_program *program;
	struct ki_heap heap;
	/* The state's main thread; runs the chunk, then nothing. NULL until the process runs, when
	 * the chunk ran in the template. */
	lua_State *L;
	const struct ki_lua_template *template; /* the one to copy, once looked for; or NULL */
	struct ki_payload **args;  /* of main, until it is ready: nr_args references */
	size_t nr_args;
	const void *types[KI_NR_TYPES]; /* addresses of metatables (usertype.c) */
	struct ki_list ready, cos, owned;
	struct ki_co *current;     /* NULL while the chunk loads */
	struct ki_co *main;        /* as it came from a template, until it starts; or NULL */
	/* The thread whose Lua runs, NULL: none; kept up to date by all that resumes one, and read
	 * by the worker's signal handler (hook.c). */
	_Atomic(lua_State *) xrunning;
	struct ki_overrun overrun;
	struct ki_watch *watch;    /* while its chunk runs for a template (pure.h) */
	struct ki_lua *builds;     /* while it starts: the state of a template that is made */
	jmp_buf *start;            /* while it starts: where to go when memory is refused */
	jmp_buf *forced;           /* likewise: where to go when force ends a native spawner */
	bool refused;              /* the heap refused the last block that was asked for */
	bool scoped;               /* each chunk has an environment of its own (scope.h) */
	bool loaded;               /* the chunk ran already, in a template */
	bool loading;              /* the chunk runs, on the spawner's strand */
	bool ended;                /* its end was decided: no more of its Lua runs */
	bool warns_off;            /* warn("@off") */
	bool roams;                /* a test's: see ki_co_block */
	bool full_slice;           /* something was in the mailbox when this slice began (hook.c) */
	unsigned nr_cos;           /* live process-level coroutines */
	unsigned nr_channel_waits; /* of coroutines, a channel each; for snapshots */
	unsigned nr_pending;       /* sleeps, live timers, calls: what may wake it (SPEC 10.8) */
	/* subscriptions (route.c) */
	struct ki_list subscriptions;
	unsigned nr_subscriptions;
	struct ki_subscription *inbox, *events;
	struct ki_sigq kept;       /* messages that fit no subscription yet */
	unsigned nr_kept;
	struct ki_sigq kept_events; /* before process.events() */
	int64_t nr_arrived;        /* messages routed so far: their number stands in signal.at_ns */
	struct ki_message *outgoing; /* what is being put together; a raise leaves it here (L2) */
	struct ki_payload *given;    /* what an object is made for; likewise */
	struct ki_list readers;      /* coroutines that wait for standard input (lib_io.c) */
	/* timers (alarm.c) */
	struct ki_list alarms_new;   /* made while the chunk loads, to be armed at the first step */
	struct ki_list alarms_fired; /* heard of and not yet told to Lua */
	struct ki_pid_memos pids;
	uint64_t random_seed;      /* of math.random (SPEC 13.8), */
	bool seeded;               /* which has it */
};

static inline struct ki_lua *ki_lua_of(lua_State *L) {
	return *(struct ki_lua **)lua_getextraspace(L);
}

#endif
