/*
 * lua/co.h: process-level coroutines and how they wait.
 *
 * Owns: the states of struct ki_co, lua->ready and lua->cos; struct ki_co itself is in luaproc.h.
 * Threads: the worker that runs the process.
 * Not here: the loop that runs them (luabody.c); what they wait for (lib_*.c).
 */
#ifndef KI_LUA_CO_H
#define KI_LUA_CO_H

#include "lua/luaproc.h"

/*
 * The running coroutine waits; somebody calls ki_co_ready on it later, after pushing `nr_results`
 * values on co->at. Used as `return ki_co_block(L, ctx, k)`: k goes on with those values on top of
 * the stack. Where Lua can yield, it yields; elsewhere the strand is kept (SPEC 10.6). Nothing but
 * Lua's memory error is raised; the caller has called ki_lua_require_running before it changed
 * anything.
 */
int ki_co_block(lua_State *L, lua_KContext ctx, lua_KFunction k);
/* The process-level coroutine whose Lua runs now, marked as one that waits in L, in `fn` (of static
 * life): what wakes it is set up next, and nothing may raise between this and ki_co_block. */
struct ki_co *ki_co_waiter(lua_State *L, const char *fn);
/* Makes a waiting coroutine ready, behind the others that are. */
void ki_co_ready(struct ki_co *co, int nr_results);
/* The same, in front of the others. */
void ki_co_ready_first(struct ki_co *co, int nr_results);
/*
 * Makes a new process-level coroutine of the function on top of L's stack, which its thread
 * replaces. It is WAITING: what is pushed on co->L are its arguments, and ki_co_ready with the
 * number of them starts it.
 */
struct ki_co *ki_co_spawn(lua_State *L, bool is_main);
/* For a template: a coroutine that was just made belongs to nobody; and the copy of one that does
 * belongs to `lua`. */
void ki_co_disown(struct ki_co *co);
void ki_co_adopt(struct ki_lua *lua, struct ki_co *co);
/* The process-level coroutine that owns `thread`, or NULL. */
struct ki_co *ki_co_find(lua_State *thread);
/* Goes on with a READY coroutine until it waits or has ended. */
void ki_co_resume(struct ki_co *co);
/* Lets the others run once: looks into the mailbox, goes behind those that are ready. Gives no
 * results. */
int ki_co_yield(lua_State *L, const char *fn);
/* Raises "cannot call FN while the chunk is loading" when it is (SPEC 4.2). */
void ki_lua_require_running(lua_State *L, const char *fn);

#endif
