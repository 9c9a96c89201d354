/*
 * lua/hook.c: where a running Lua process gives way, and where force reaches it.
 *
 * A hook gives way. It runs no Lua, so that nothing but a clock can tell;
 * the strand is put aside with whatever stands on it, and no other coroutine of the process runs
 * meanwhile (SPEC 10.4). While a chunk loads, the process whose strand and time it is is the
 * spawner.
 *
 * Where the scheduler tells of overruns (ki_sched_preempts) there is no hook until then: a count
 * hook, however rare, keeps Lua's VM on its slow path. The handler of the signal arms one on the
 * thread that runs, which lua_sethook allows; it fires at that thread's next instruction, and is
 * gone then. It may hit a thread that has just resumed another or returned: then it fires when that
 * one goes on, finds the slice young and does nothing, and the next signal finds the right one. A
 * thread made meanwhile inherits it, the same. Elsewhere a count hook on every thread asks.
 *
 * Owns: xrunning of struct ki_lua. Threads: the worker that runs the process; ki_lua_tell in its
 *	signal handler.
 * Invariants:
 *	HK1 xrunning is NULL or a live thread of the state, on the strand that the task runs.
 */
#include "lua/hook.h"

#include "sched/task.h"

/* Instructions between two looks: what one ki_task_tick stands for. */
#define INSTRUCTIONS 1000

/* The end of a full slice counts as a look into the mailbox (SPEC 6.5). */
static bool look_at_slice_end(struct ki_proc *self) {
	return self->program->ops != &ki_lua_ops || ki_proc_look(self);
}

void ki_lua_poll(lua_State *L) {
	(void)L;
	struct ki_proc *self = ki_proc_self();
	if (self == NULL) {
		return; /* a chunk loads in a thread outside of all hosts */
	}
	if (ki_proc_forced(self)) {
		ki_task_abandon();
	}
	if (!ki_task_tick()) {
		return;
	}
	if (!look_at_slice_end(self)) {
		ki_task_abandon();
	}
	ki_task_yield(true);
	if (ki_proc_forced(self)) {
		ki_task_abandon();
	}
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

void ki_lua_tell(struct ki_overrun *overrun) {
	struct ki_lua *lua = ki_container_of(overrun, struct ki_lua, overrun);
	lua_State *running = ki_load_rlx(&lua->xrunning); /* rlx: written by this thread */
	if (running != NULL) {
		lua_sethook(running, on_overrun, LUA_MASKCOUNT, 1);
	}
}

void ki_lua_hook(lua_State *L) {
	if (!ki_sched_preempts(ki_lua_of(L)->proc->system->sched)) {
		lua_sethook(L, on_count, LUA_MASKCOUNT, INSTRUCTIONS);
	}
}

void ki_lua_runs(struct ki_lua *lua, lua_State *L) {
	ki_store_rlx(&lua->xrunning, L); /* rlx: for a handler of this thread, which sees it in order */
}
