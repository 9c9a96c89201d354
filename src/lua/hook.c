/*
 * lua/hook.c: where a running Lua process gives way, and where force reaches it.
 *
 * A count hook on every thread of the state. It runs no Lua, so that nothing but a clock can tell;
 * the strand is put aside with whatever stands on it, and no other coroutine of the process runs
 * meanwhile (SPEC 10.4). While a chunk loads, the process whose strand and time it is is the
 * spawner.
 *
 * Owns: nothing. Threads: the worker that runs the process.
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

void ki_lua_hook(lua_State *L) {
	lua_sethook(L, on_count, LUA_MASKCOUNT, INSTRUCTIONS);
}
