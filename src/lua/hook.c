/*
 * lua/hook.c: where a running Lua process gives way, and where force reaches it.
 *
 * A hook in Lua, and polls in the loops of C code (lua_build.h). Neither runs Lua, so that nothing
 * but a clock can tell; the strand is put aside with whatever stands on it, and no other coroutine
 * of the process runs meanwhile (SPEC 10.4). While a chunk loads, the process whose strand and time
 * it is is the spawner.
 *
 * Where the scheduler tells of overruns (ki_sched_preempts) there is no hook until then: a count
 * hook, however rare, keeps Lua's VM on its slow path. The handler of the signal arms one on the
 * thread that runs, as lua_sethook may; it fires at that thread's next instruction, and is gone
 * then. It may hit a thread that has just resumed another or returned: then it fires when that
 * one goes on, finds the slice young and does nothing, and the next signal finds the right one. A
 * thread made meanwhile inherits it, the same. Elsewhere a count hook on every thread asks.
 *
 * Owns: struct ki_lua_polls; xrunning of struct ki_lua. Threads: the worker that runs the process;
 *	ki_lua_tell in its signal handler.
 * Invariants:
 *	HK1 xrunning is NULL or a live thread of the state, on the strand that the task runs.
 */
#include "lua/hook.h"

#include <lstate.h> /* behind Lua's API: see arm */
#include <string.h>

#include "lua/pure.h"
#include "process/native.h"
#include "sched/task.h"

/* VM instructions, or steps of a C loop, between two looks: what one ki_task_tick stands for. */
#define INSTRUCTIONS 1000

/* Source text that is compiled without a look, and what that takes. */
enum { PIECE_BYTES = 1024, PIECE_STEPS = INSTRUCTIONS / 2 };

/* Of a resume, with what it takes to make a thread. */
enum { RESUME_STEPS = 20 };

/* Of a thread, from the top: told that there is a hook. */
enum { ARMED_CALLS = 64 };

/* Bytes that memcmp compares in the time of one step. */
enum { STEP_BYTES = 256 };

static struct ki_lua *lua_of_proc(struct ki_proc *proc) {
	return proc->program->ops == &ki_lua_ops ? proc->body : NULL;
}

/*
 * The end of the first full slice after an arrival counts as a look into the mailbox (SPEC 6.5). Of
 * what arrives while a slice runs, its end does not judge: it may come at once, and between
 * spawn_linked and set_options. Other looks leave the mailbox empty, and the mark with it.
 */
static bool look_at_slice_end(struct ki_proc *self) {
	struct ki_lua *lua = lua_of_proc(self);
	return lua == NULL || !lua->full_slice || ki_proc_look(self);
}

static void slice_begins(struct ki_proc *self) {
	struct ki_lua *lua = lua_of_proc(self);
	if (lua != NULL) {
		lua->full_slice = ki_proc_unlooked(self);
	}
}

/* Nothing more runs here. A native body comes to its own return (process/native.h): what it waits
 * for, a chunk that loads, is left by a jump; any other strand is given up. */
static KI_NORETURN void leave(struct ki_proc *self) {
	struct ki_lua *child = self->loading != NULL ? lua_of_proc(self->loading) : NULL;
	if (self->program->ops == &ki_native_ops && child != NULL && child->forced != NULL) {
		longjmp(*child->forced, 1);
	}
	ki_task_abandon();
}

void ki_lua_poll(lua_State *L) {
	(void)L;
	struct ki_proc *self = ki_proc_self();
	if (self == NULL) {
		return; /* a chunk loads in a thread outside of all hosts */
	}
	if (ki_proc_forced(self)) {
		leave(self);
	}
	if (!ki_task_tick()) {
		return;
	}
	if (ki_task_over_budget()) {
		ki_proc_end_turn(self);
		leave(self);
	}
	if (!look_at_slice_end(self)) {
		leave(self);
	}
	ki_proc_show(self);
	ki_task_yield(true);
	if (ki_proc_forced(self)) {
		leave(self);
	}
	slice_begins(self);
}

static void on_count(lua_State *L, lua_Debug *ar) {
	(void)ar;
	ki_lua_poll(L);
}

static void on_overrun(lua_State *L, lua_Debug *ar) {
	(void)ar;
	lua_sethook(L, NULL, 0, 0);
	ki_lua_poll(L);
}

/*
 * What lua_sethook does, but for calls far down the thread: it marks all that stand there, which in
 * a deep recursion takes longer than it is until the next signal. One that is returned to unmarked
 * is not told; the next signal finds it.
 */
static void arm(lua_State *L) {
	L->hook = on_overrun;
	L->basehookcount = 1;
	L->hookcount = 1;
	L->hookmask = LUA_MASKCOUNT;
	CallInfo *call = L->ci;
	for (int i = 0; call != NULL && i < ARMED_CALLS; i++, call = call->previous) {
		if (isLua(call)) {
			call->u.l.trap = 1;
		}
	}
}

void ki_lua_tell(struct ki_overrun *overrun) {
	struct ki_lua *lua = ki_container_of(overrun, struct ki_lua, overrun);
	lua_State *running = ki_load_rlx(&lua->xrunning); /* rlx: written by this thread */
	ki_store_rlx(&lua->polls.xleft, 0); /* rlx: the same */
	if (running != NULL) {
		arm(running);
	}
}

void ki_lua_hook(lua_State *L) {
	if (!ki_sched_preempts(ki_lua_of(L)->proc->system->sched)) {
		lua_sethook(L, on_count, LUA_MASKCOUNT, INSTRUCTIONS);
	}
}

void ki_lua_runs(struct ki_lua *lua, lua_State *L) {
	ki_store_rlx(&lua->xrunning, L); /* rlx: for a handler of this thread */
}

/* ---- Loops in C ---- */

void ki_lua_give_way(lua_State *L) {
	ki_pure_differs(L); /* a build takes too long, and gives way to nobody */
	ki_store_rlx(&ki_lua_of(L)->polls.xleft, INSTRUCTIONS); /* rlx: see lua_build.h */
	ki_lua_poll(L);
}

/* Whose time it is: of the state of a template that is made, or of a process; NULL when a native
 * body or nobody waits for a chunk. */
static struct ki_lua *at_work(struct ki_proc *self) {
	if (self == NULL) {
		return NULL;
	}
	/* The one that is made: a child, or itself after an upgrade. */
	struct ki_lua *made = lua_of_proc(self->loading != NULL ? self->loading : self);
	return made != NULL && made->builds != NULL ? made->builds : lua_of_proc(self);
}

void ki_lua_spend_here(int steps) {
	struct ki_lua *lua = at_work(ki_proc_self());
	if (lua != NULL) {
		ki_lua_spend(lua->L, steps);
	} else {
		ki_lua_poll(NULL);
	}
}

int ki_lua_memcmp(const void *a, const void *b, size_t len) {
	size_t steps = 1 + len / STEP_BYTES;
	ki_lua_spend_here(steps < INSTRUCTIONS ? (int)steps : INSTRUCTIONS);
	return memcmp(a, b, len);
}

int ki_lua_resume(lua_State *L, lua_State *from, int nr_args, int *nr_results) {
	ki_lua_spend(L, RESUME_STEPS);
	return (lua_resume)(L, from, nr_args, nr_results);
}

struct pieces {
	lua_Reader reader;
	void *data;
	const char *at;
	size_t left;
};

static const char *read_piece(lua_State *L, void *data, size_t *size) {
	struct pieces *pieces = data;
	if (pieces->left == 0) {
		pieces->at = pieces->reader(L, pieces->data, &pieces->left);
		if (pieces->at == NULL || pieces->left == 0) {
			return NULL;
		}
	}
	ki_lua_spend(L, PIECE_STEPS);
	const char *piece = pieces->at;
	*size = pieces->left < PIECE_BYTES ? pieces->left : PIECE_BYTES;
	pieces->at += *size;
	pieces->left -= *size;
	return piece;
}

int ki_lua_load(
	lua_State *L, lua_Reader reader, void *data, const char *name, const char *mode) {
	struct pieces pieces = {.reader = reader, .data = data};
	return (lua_load)(L, read_piece, &pieces, name, mode);
}
