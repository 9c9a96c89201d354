/*
 * lua/refusal.c: see refusal.h.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/refusal.h"

#include "lua/luaproc.h"

void ki_lua_refuse_memory(lua_State *L) {
	ki_lua_of(L)->refused = true;
	ki_lua_out_of_memory(L);
	for (;;) { /* no process runs here */
		luaL_error(L, "not enough memory");
	}
}
