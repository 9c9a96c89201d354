/*
 * lua/refusal.c: see refusal.h.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/refusal.h"

#include "lua/luaproc.h"
#include "lua/result.h"

void ki_lua_refuse_memory(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	if (lua->loading) {
		luaL_error(L, "not enough memory"); /* the strand is the spawner's */
	}
	ki_lua_end_memory(lua);
	ki_task_abandon();
}
