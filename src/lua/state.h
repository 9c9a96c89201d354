/*
 * lua/state.h: making a process's Lua state, and compiling sources.
 *
 * Owns: the states it makes, until their heap is dropped.
 * Threads: the worker that runs the process.
 * Invariants:
 *	S1 nothing here raises out of the state: what may raise runs protected.
 *	S2 a state is never closed: its heap is dropped whole, what it owns outside of that hangs on
 *	   lua->owned.
 * Not here: ki_lua_check (program.h), what the globals do (lib_*.c), running the chunk (luabody.c).
 */
#ifndef KI_LUA_STATE_H
#define KI_LUA_STATE_H

#include "lua/luaproc.h"

/* All but the state, without a memory limit. */
void ki_lua_init(
	struct ki_lua *lua, struct ki_proc *proc, const struct ki_lua_program *program);

/* Makes the state, with the libraries and globals of SPEC 13, in lua->heap; lua->L is set. Errors:
 * KITH_EEXHAUSTED; the caller drops the heap in any case. */
int ki_lua_open(struct ki_lua *lua);
/* The same from this allocator, whose user pointer is `lua`; with nothing in it of the process. */
int ki_lua_open_from(struct ki_lua *lua, lua_Alloc allocate);

/* Compiles the source of `program` as a text chunk and pushes its function, with the environment of
 * the process's own chunk. Errors: KITH_EINVAL, or KITH_EEXHAUSTED, each with Lua's message pushed
 * instead. Does not raise. */
int ki_lua_compile(lua_State *L, const struct ki_lua_program *program);
/* The same for a library, which has the globals for its environment until it gets another. */
int ki_lua_compile_library(lua_State *L, const struct ki_lua_program *program);

/* The allocator of a state; `lua` is its struct ki_lua. */
void *ki_lua_reallocate(void *lua, void *ptr, size_t old_size, size_t new_size);

/* Lets go of everything on lua->owned: before the heap is dropped. */
void ki_lua_release(struct ki_lua *lua);

#endif
