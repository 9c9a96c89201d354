/*
 * lua/hook.h: where a running Lua process gives way, and where force reaches it.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: what a slice is (sched/task.h).
 */
#ifndef KI_LUA_HOOK_H
#define KI_LUA_HOOK_H

#include "lua/luaproc.h"

/* Sets the slice hook, where there is one, on a state's first thread; the others inherit it. */
void ki_lua_hook(lua_State *L);
/* From here on the Lua of thread L runs (NULL: none). To be said by whoever resumes a thread, and
 * again when that gives control back; a thread that ends or yields cannot. */
void ki_lua_runs(struct ki_lua *lua, lua_State *L);
/* `tell` of a process's ki_overrun: the running thread gives way soon. */
void ki_lua_tell(struct ki_overrun *overrun);
/* Force or the end of a slice, judged now: for C code that loops. May not return. */
void ki_lua_poll(lua_State *L);

#endif
