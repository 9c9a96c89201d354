/*
 * lua/outgoing.h: values copied out of a process, on their way into a message or to a child.
 *
 * What is being put together hangs on lua->outgoing, so that nothing is lost when a copy raises, or
 * when force drops the strand in the middle (L2). There is one at a time: nothing of the process's
 * own Lua runs between begin and take or drop.
 *
 * Owns: lua->outgoing. Threads: the worker that runs the process.
 * Not here: the copying (codec.h), sending (process/proc.h).
 */
#ifndef KI_LUA_OUTGOING_H
#define KI_LUA_OUTGOING_H

#include "lua/luaproc.h"

/* Copies the values from `first` to the top into a message. KITH_EINVAL, with a text pushed. Ends
 * the process when there is no memory. Owner: lua->outgoing. */
int ki_outgoing_message(lua_State *L, struct ki_strv topic, int first);
/* The same as arguments for a child, in the payloads of a message; one more of them, NULL at first,
 * has room for the error of the spawn. */
int ki_outgoing_arguments(lua_State *L, int first);
/* Gives it to the caller. */
struct ki_message *ki_outgoing_take(struct ki_lua *lua);
/* Frees it. NULL is accepted. */
void ki_outgoing_drop(struct ki_lua *lua);

#endif
