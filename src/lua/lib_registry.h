/*
 * lua/lib_registry.h: process.registry (SPEC 12.1).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: the names (process/names.h); names as destinations (lib_process.c).
 */
#ifndef KI_LUA_LIB_REGISTRY_H
#define KI_LUA_LIB_REGISTRY_H

#include <lua.h>

/* Pushes the table, frozen. */
void ki_registry_push(lua_State *L);

#endif
