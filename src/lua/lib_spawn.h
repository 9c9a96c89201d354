/*
 * lua/lib_spawn.h: the spawn family of the library `process` (SPEC 5.1).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: how a process is made (process/proc.h, luabody.c).
 */
#ifndef KI_LUA_LIB_SPAWN_H
#define KI_LUA_LIB_SPAWN_H

#include <lua.h>

/* Adds them to the module table on top of the stack. */
void ki_spawn_open(lua_State *L);

#endif
