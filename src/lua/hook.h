/*
 * lua/hook.h: where a running Lua process gives way, and where force reaches it.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: what a slice is (sched/task.h).
 */
#ifndef KI_LUA_HOOK_H
#define KI_LUA_HOOK_H

#include "lua/luaproc.h"

/* Sets the slice hook on a thread; threads made from it inherit it. */
void ki_lua_hook(lua_State *L);
/* Force or the end of a slice, judged now: for C code that loops. May not return. */
void ki_lua_poll(lua_State *L);

#endif
