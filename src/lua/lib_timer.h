/*
 * lua/lib_timer.h: what waits in the module `time` (SPEC 11.1): sleep, after, timer, ticker.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: Time and Duration (lib_time.h).
 */
#ifndef KI_LUA_LIB_TIMER_H
#define KI_LUA_LIB_TIMER_H

#include "lua/luaproc.h"

/* Adds them to the module table on top of the stack. */
void ki_timer_open(lua_State *L);

#endif
