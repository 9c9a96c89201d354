/*
 * lua/lib_spawner.h: process.with_context and process.with_options: spawners (SPEC 12.4).
 *
 * Owns: spawner userdata, which never change once a program sees them.
 * Threads: the worker that runs the process.
 * Not here: how a child is made (launch.h); what a context is read with (lib_ctx.h).
 */
#ifndef KI_LUA_LIB_SPAWNER_H
#define KI_LUA_LIB_SPAWNER_H

#include <lua.h>

/* Adds them to the module table on top of the stack. */
void ki_spawner_open(lua_State *L);

#endif
