/*
 * lua/future.h: Future: what a call that nobody waits for right away will come to (SPEC 12.7).
 *
 *	pending --result--> done or failed
 *	pending --time ran out--> failed
 *	pending --cancel()--> canceled
 *
 * It changes when the end of its callee is routed, or by cancel(); its methods do not look into the
 * mailbox. A program may drop it: the call goes on, as it would in a program that holds it.
 *
 * Owns: the userdata of Futures, their channels, and an anchor in the registry while pending.
 * Threads: the worker that runs the process.
 * Not here: the call (call.h), how the callee is made (lib_funcs.c).
 */
#ifndef KI_LUA_FUTURE_H
#define KI_LUA_FUTURE_H

#include <lua.h>

#include <kith_types.h>
#include <stdint.h>

/* Sets up the type. */
void ki_future_open(lua_State *L);
/* Pushes the Future of a callee that was just spawned with KI_SPAWN_CALL; timeout_ns 0: none. Ends
 * the process when there is no memory. */
void ki_future_push(lua_State *L, kith_pid callee, int64_t timeout_ns);

#endif
