/*
 * lua/result.h: what a process's Lua comes to (SPEC 4.5).
 *
 * Each decides the end and sets lua->ended: no more of its Lua is to run.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: how errors become payloads (luaerror.h), the telling of the end (process/exit.h).
 */
#ifndef KI_LUA_RESULT_H
#define KI_LUA_RESULT_H

#include "lua/luaproc.h"

/* main returned what lies on L's stack from `first` on. May raise Lua's memory error. */
void ki_lua_end_results(lua_State *L, int first);
/* The error value on top of L's stack was not caught; `status` is Lua's, `trace` may be empty. */
void ki_lua_end_error(lua_State *L, int status, struct ki_strv trace);
/* Memory was refused. */
void ki_lua_end_memory(struct ki_lua *lua);
/* The error's text. */
enum { KI_LUA_MEMORY_TEXT_MAX = 80 };
void ki_lua_memory_text(const struct ki_lua *lua, char *text, size_t size);
/* Nothing could ever wake it (10.8). */
void ki_lua_end_deadlock(struct ki_lua *lua);

#endif
