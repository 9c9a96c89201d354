/*
 * lua/lib_io.h: the module `io` (SPEC 12.11).
 *
 * Owns: lua->readers: the coroutines that wait for input, in the order in which they asked.
 * Threads: the worker that runs the process.
 * Not here: who reads standard input (hooks.input), the questions (process/input.h).
 */
#ifndef KI_LUA_LIB_IO_H
#define KI_LUA_LIB_IO_H

#include "lua/luaproc.h"

/* Pushes the module, frozen. */
void ki_io_open(lua_State *L);

/* The arrived signal is an answer: gives it to who asked first, and takes it from what has arrived.
 * May raise Lua's memory error; it has still arrived then. */
void ki_io_route(lua_State *L, struct ki_signal *signal);

#endif
