/*
 * lua/chunk.c: see chunk.h.
 *
 * Owns: nothing. Threads: see chunk.h.
 */
#include "lua/chunk.h"

void ki_chunk_run(lua_State *L, const char *method) {
	lua_call(L, 0, 1);
	if (lua_istable(L, -1)) {
		lua_pushstring(L, method);
		lua_rawget(L, -2);
		lua_remove(L, -2);
	}
}
