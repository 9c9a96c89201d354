/*
 * lua/lib_logger.h: the module `logger` (SPEC 12.9).
 *
 * Owns: the userdata.
 * Threads: the worker that runs the process.
 * Not here: lines and where they go (observe/log.h).
 */
#ifndef KI_LUA_LIB_LOGGER_H
#define KI_LUA_LIB_LOGGER_H

#include <lua.h>

/* Pushes the logger that programs begin with. */
void ki_logger_open(lua_State *L);

/* The base function `warn`, which every program has: a line of level warn. "@off" and "@on" as in
 * Lua; it begins on. */
int ki_logger_warn(lua_State *L);

#endif
