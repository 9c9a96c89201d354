/*
 * lua/lib_system.h: the module `system` (SPEC 12.10).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process. What it shows are snapshots, not locks.
 * Not here: where the numbers come from (process/snapshot.h, sched/sched.h).
 */
#ifndef KI_LUA_LIB_SYSTEM_H
#define KI_LUA_LIB_SYSTEM_H

#include <lua.h>

/* Pushes the module, frozen. */
void ki_system_open(lua_State *L);

#endif
