/*
 * lua/call.c: see call.h.
 *
 * Owns: the blocks. Threads: the worker that runs the process.
 */
#include "lua/call.h"

#include "lua/alarm.h"
#include "lua/refusal.h"
#include "process/calls.h"

static void free_block(struct ki_lua *lua, struct ki_call *call) {
	ki_heap_realloc(&lua->heap, call, sizeof(*call), 0);
}

static void release(struct ki_proc_timer *timer) {
	struct ki_alarm *alarm = ki_container_of(timer, struct ki_alarm, timer);
	struct ki_call *call = ki_container_of(alarm, struct ki_call, timeout);
	if (call->over) {
		free_block(timer->proc->body, call);
	} /* else it was stopped by the end of the process, and goes with the heap */
}

/* CL1 */
static void end(struct ki_lua *lua, struct ki_call *call) {
	bool busy;
	call->over = true;
	lua->nr_pending--;
	ki_alarm_stop(&call->timeout, &busy);
	if (!busy) {
		free_block(lua, call);
	}
}

void ki_call_cancel(struct ki_lua *lua, struct ki_call *call) {
	ki_proc_call_cancel(lua->proc, call->callee);
	end(lua, call);
}

static void timed_out(lua_State *L, struct ki_alarm *alarm) {
	struct ki_call *call = ki_container_of(alarm, struct ki_call, timeout);
	struct ki_lua *lua = ki_lua_of(L);
	ki_proc_call_cancel(lua->proc, call->callee);
	call->tell(L, call, NULL);
	end(lua, call);
}

/* Ends the process when there is no memory. */
static struct ki_call *new_block(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_call *call = ki_heap_realloc(&lua->heap, NULL, 0, sizeof(*call));
	if (call == NULL) {
		lua_gc(L, LUA_GCCOLLECT);
		call = ki_heap_realloc(&lua->heap, NULL, 0, sizeof(*call));
	}
	if (call == NULL) {
		ki_lua_refuse_memory(L);
	}
	return call;
}

struct ki_call *ki_call_begin(lua_State *L, kith_pid callee, int64_t timeout_ns,
	void (*tell)(lua_State *L, struct ki_call *call, const struct ki_result *result),
	void *user) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_call *call = new_block(L);
	*call = (struct ki_call){.callee = callee, .tell = tell, .user = user};
	ki_alarm_init(lua, &call->timeout, timed_out, release);
	ki_proc_call_bind(lua->proc, callee, call);
	lua->nr_pending++;
	if (timeout_ns > 0) {
		ki_alarm_arm(lua, &call->timeout, ki_alarm_deadline(lua, timeout_ns));
	}
	return call;
}

void ki_call_route(lua_State *L, struct ki_signal *signal) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_call *call = ki_proc_call_find(lua->proc, signal->from);
	if (call == NULL) {
		return; /* its time ran out, or it was given up */
	}
	void *user;
	call->tell(L, call, ki_signal_relation(signal)->result);
	ki_proc_call_take(lua->proc, signal->from, &user);
	end(lua, call);
}
