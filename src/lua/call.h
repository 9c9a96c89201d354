/*
 * lua/call.h: calls: work that another process does while somebody here waits (SPEC 5.2).
 *
 * A call is told once: with the callee's result when it is routed, in its place among the arrivals,
 * or without one when its time ran out, which cancels the callee. The process's end cancels those
 * that are outstanding (process/calls.h).
 *
 * Owns: struct ki_call, in the process's heap outside of Lua; lua->nr_pending counts those begun.
 * Threads: the worker that runs the process.
 * Invariants:
 *	CL1 a block goes when it is over and its alarm is at rest, or with the heap.
 * Not here: how the callee is made (launch.h), who waits (lib_exec.c, future.c).
 */
#ifndef KI_LUA_CALL_H
#define KI_LUA_CALL_H

#include "lua/luaproc.h"

struct ki_call {
	struct ki_alarm timeout;
	kith_pid callee;
	/* What came of it; NULL: its time ran out. May raise Lua's memory error as long as it has
	 * changed nothing. */
	void (*tell)(lua_State *L, struct ki_call *call, const struct ki_result *result);
	void *user; /* of tell */
	bool over;  /* told, or given up */
};

/* Gives the call of a callee that was just spawned with KI_SPAWN_CALL; timeout_ns 0: none. Ends the
 * process when there is no memory. */
struct ki_call *ki_call_begin(lua_State *L, kith_pid callee, int64_t timeout_ns,
	void (*tell)(lua_State *L, struct ki_call *call, const struct ki_result *result),
	void *user);

/* Gives up an outstanding call: cancels the callee, tells nobody. Does not raise. */
void ki_call_cancel(struct ki_lua *lua, struct ki_call *call);

/* For route.c: tells the call that the arrived RESULT belongs to, if there is one still. May raise
 * Lua's memory error, having changed nothing. */
void ki_call_route(lua_State *L, struct ki_signal *signal);

#endif
