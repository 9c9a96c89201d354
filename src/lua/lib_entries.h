/*
 * lua/lib_entries.h: the module `registry`: the entries of the application, to read (SPEC 12.8).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: process.registry (lib_registry.c); where the entries come from (api/entries.c).
 */
#ifndef KI_LUA_LIB_ENTRIES_H
#define KI_LUA_LIB_ENTRIES_H

#include <lua.h>

/* Pushes the module. */
void ki_entries_open(lua_State *L);

#endif
