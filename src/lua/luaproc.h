/*
 * lua/luaproc.h: the Lua body of one process, as the files of this module share it.
 *
 * Owns: struct ki_lua and struct ki_co.
 * Threads: the worker that runs the process.
 * Invariants:
 *	L1 lua_getextraspace of every thread of the state holds the struct ki_lua.
 *	L2 no C resource is held across a call that may raise or park, unless it hangs on `owned`: a forced
 *	   end drops strand and heap whole and runs nothing.
 *	L3 a coroutine is in `ready` exactly while its state is KI_CO_READY; `current` is the one whose Lua
 *	   runs.
 * Not here: the step loop (luabody.c), waiting (co.c), the libraries (lib_*.c).
 */
#ifndef KI_LUA_LUAPROC_H
#define KI_LUA_LUAPROC_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "base/list.h"
#include "mem/heap.h"
#include "process/proc.h"

/* What the entry of kind process.lua says; made once by api, immutable. ki_program.data points to it. */
struct ki_lua_program {
	const char *id;            /* entry ID: chunk name, process.id() */
	const char *source;
	size_t source_len;
	const char *method;        /* "main" */
	const char *const *modules;
	size_t nr_modules;
};

enum ki_co_state { KI_CO_READY, KI_CO_RUNNING, KI_CO_WAITING, KI_CO_ENDED };

/* A process-level coroutine: main, or one made by coroutine.spawn. */
struct ki_co {
	struct ki_list node;       /* in lua->ready while READY */
	struct ki_list all;        /* in lua->cos until it has ended */
	struct ki_lua *lua;
	lua_State *L;              /* its thread, anchored in the registry until it has ended */
	lua_State *at;             /* the thread inside it that waits: L, or one that it resumed */
	struct ki_strand *kept;    /* its stack, when it waits where Lua cannot yield */
	int nr_results;            /* values pushed on `at` by whoever made it ready */
	uint8_t state;             /* enum ki_co_state */
	bool is_main, started;
	void *wait;                /* what it waits on: owned by the library that made it wait */
};

/* Something outside the heap that the process owns: let go when its owner is collected, or at the end. */
struct ki_owned {
	struct ki_list node;       /* in lua->owned */
	void (*drop)(struct ki_owned *owned);
};

struct ki_lua {
	struct ki_proc *proc;
	const struct ki_lua_program *program;
	struct ki_heap heap;
	lua_State *L;              /* the state's main thread; runs the chunk, then nothing */
	struct ki_list ready, cos, owned;
	struct ki_co *current;     /* NULL while the chunk loads */
	bool loading;              /* the chunk runs, on the spawner's strand */
	unsigned nr_cos;           /* live process-level coroutines */
	unsigned nr_pending;       /* sleeps, live timers, calls: what may yet wake the process (SPEC 10.8) */
	/* subscriptions (lib_process.c) */
	unsigned nr_subscriptions;
	struct ki_signal *kept_head, *kept_tail; /* messages that fit no subscription yet */
	struct ki_signal *events_head, *events_tail; /* before process.events() */
	uint64_t random_seed;      /* of math.random (SPEC 13.8) */
};

static inline struct ki_lua *ki_lua_of(lua_State *L) {
	return *(struct ki_lua **)lua_getextraspace(L);
}

#endif
