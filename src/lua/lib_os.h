/*
 * lua/lib_os.h: the library `os`: the calendar and the clocks of the runtime (SPEC 13.5).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: Time and Duration (lib_time.c).
 */
#ifndef KI_LUA_LIB_OS_H
#define KI_LUA_LIB_OS_H

#include <lua.h>
#include <stdint.h>

/* Sets the global `os`. */
void ki_open_os(lua_State *L);

/* The process's clocks in ns: Unix time, and since the runtime started; virtual in a simulation. */
int64_t ki_lua_wall(lua_State *L);
int64_t ki_lua_uptime(lua_State *L);

#endif
