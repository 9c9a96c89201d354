/*
 * lua/lib_supervisor.h: the module `supervisor` (SPEC 19.5).
 *
 * A supervisor is a program of its own, which this module knows by struct ki_system alone; so is
 * a request to one, which is a call like any other.
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: supervisors (supervise/), waiting for a call (lib_exec.c).
 */
#ifndef KI_LUA_LIB_SUPERVISOR_H
#define KI_LUA_LIB_SUPERVISOR_H

#include <lua.h>

/* Pushes the module, frozen. */
void ki_supervisor_open(lua_State *L);

#endif
