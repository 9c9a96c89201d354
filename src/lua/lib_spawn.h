/*
 * lua/lib_spawn.h: the spawn family of the library `process` (SPEC 5.1).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: how a child is made (launch.h), exec (lib_exec.h).
 */
#ifndef KI_LUA_LIB_SPAWN_H
#define KI_LUA_LIB_SPAWN_H

#include <lua.h>

struct ki_terms;

/* Adds them to the module table on top of the stack. */
void ki_spawn_open(lua_State *L);

/* The body of each, for spawners too: as in struct ki_launch. Gives the number of results. */
int ki_spawn_run(
	lua_State *L, const char *fn, unsigned relations, int base, const struct ki_terms *terms);

#endif
