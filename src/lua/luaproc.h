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
#include "mem/payload.h"
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

/* ---- state.c ---- */

/* Makes the state with all libraries and globals of SPEC 13 in lua->heap; lua->L is set. KITH_EEXHAUSTED. */
int ki_lua_open(struct ki_lua *lua);
/* Compiles lua->program's source as a text chunk onto L's stack. 0, or KITH_EINVAL with Lua's message there. */
int ki_lua_compile(lua_State *L, const struct ki_lua_program *program);
/* Checks the syntax of a source without a process: 0, or KITH_EINVAL with the message (without its
 * `chunk:line:` prefix) in `text` and the line in *line; KITH_EEXHAUSTED. Any thread. */
int ki_lua_check(const char *source, size_t len, const char *chunk, char *text, size_t text_size, int *line);

/* ---- errors: luaerror.c ---- */

/* Pushes an Error. kind e.g. "NotFound"; retryable -1 nil, 0, 1; message by format. */
void ki_error_push(lua_State *L, const char *kind, int retryable, const char *fmt, ...) KI_PRINTF(4, 5);
/* Pushes nil and an Error made from status (its kind; SPEC 1.2's retryable) and gives 2: `return ki_fail(...)`. */
int ki_fail(lua_State *L, int status, const char *fmt, ...) KI_PRINTF(3, 4);
/* The same with `details` {key = value}. */
int ki_fail_detail(lua_State *L, int status, const char *key, const char *value, const char *fmt, ...)
	KI_PRINTF(5, 6);
/* nil and the Error in an error payload (borrowed; NULL: no memory); gives 2. */
int ki_fail_payload(lua_State *L, const struct ki_payload *error);
/* Pushes the Error of an error payload. */
void ki_error_push_payload(lua_State *L, const struct ki_payload *error);
/* What an uncaught error value becomes (SPEC 2.4); `traceback` may be NULL. NULL: no memory. Does not raise. */
struct ki_payload *ki_error_from_value(lua_State *L, int index, const char *traceback);
/* What a second return value says (SPEC 4.5): an Error or a string gives its payload; else NULL and *is_error false. */
struct ki_payload *ki_error_from_second(lua_State *L, int index, bool *is_error);
/* True when the value is an Error. */
bool ki_error_is(lua_State *L, int index);

/* ---- codec.c ---- */

/* Copies the value at index out (SPEC 9.3). 0; or KITH_EINVAL with the message "cannot send a ..." (9.4) pushed
 * on the stack; KITH_EEXHAUSTED with its message pushed. `ordinal`: K of `#K` (1 for the first payload). A
 * Payload at the top level is given itself. *out is NULL for nil. */
int ki_codec_encode(lua_State *L, int index, int ordinal, struct ki_payload **out);
/* Pushes a fresh copy; NULL pushes nil. Raises only Lua's memory error; a malformed one pushes nil and gives KITH_EINTERNAL. */
int ki_codec_decode(lua_State *L, const struct ki_payload *payload);

/* ---- lib_payload.c ---- */

/* Pushes a Message for a message signal (taken: freed when collected or at the process's end). */
void ki_message_push(lua_State *L, struct ki_message *message);
/* Pushes a Payload (the reference is taken). */
void ki_payload_push(lua_State *L, struct ki_payload *payload);
/* The payload of a Payload userdata, borrowed, or NULL. */
struct ki_payload *ki_payload_test(lua_State *L, int index);

/* ---- lib_time.c (values) and lib_timer.c (what waits) ---- */

void ki_time_push(lua_State *L, int64_t unix_sec, int32_t nsec, bool utc);
void ki_duration_push(lua_State *L, int64_t ns);
/* A Time userdata? Gives its moment. */
bool ki_time_test(lua_State *L, int index, int64_t *unix_sec, int32_t *nsec, bool *utc);
bool ki_duration_test(lua_State *L, int index, int64_t *ns);
/* Reads a duration argument (SPEC 11.1): number of ns, string or Duration. 0, or KITH_EINVAL with the message
 * pushed on the stack. */
int ki_duration_read(lua_State *L, int index, int64_t *ns);

/* Each opens one library: pushes nothing, sets globals or registers the module for require. */
void ki_open_base(lua_State *L);      /* lib_base.c: sandboxed base, string, table, math, utf8, os, debug, print, require */
void ki_open_errors(lua_State *L);    /* luaerror.c */
void ki_open_payload(lua_State *L);   /* lib_payload.c */
int ki_open_time(lua_State *L);       /* lib_time.c: pushes the module table `time` (made on first need) */

/* Makes the table at index read-only: writes raise "attempt to modify Immutable table" (13.3). */
void ki_table_freeze(lua_State *L, int index);
/* Raises "bad argument #N to 'FN' (X expected, got Y)" (SPEC 1.2). */
int ki_arg_error(lua_State *L, int arg, const char *fn, const char *expected);

#endif
