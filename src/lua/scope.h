/*
 * lua/scope.h: the environments of chunks (SPEC 13.3).
 *
 * The process of a program without imports has one chunk, and what that declares lies among the
 * globals. Otherwise each chunk has an environment of its own: a table with what the chunk
 * declared, behind which the globals lie that all chunks share. An imported library is put there
 * when it is loaded; until the last one is, functions stand behind the table that look for their
 * names.
 *
 * Owns: the environments.
 * Threads: the worker that runs the process.
 * Invariants:
 *	SC1 the base functions that look at a table itself (next, rawget, setmetatable and so on)
 *	    take an environment and what lies behind it for one table.
 * Not here: `require` (lib_require.h), running libraries (library.h).
 */
#ifndef KI_LUA_SCOPE_H
#define KI_LUA_SCOPE_H

#include <lua.h>
#include <stdbool.h>

#include "lua/program.h"

/* After all libraries: what the process's own chunk declares. */
void ki_scope_open(lua_State *L);

/* Gives the function on top of the stack, a chunk, the environment of the process's own chunk. Does
 * not raise. */
void ki_scope_enter(lua_State *L);

/* Pushes a new environment for a chunk of `program`. */
void ki_scope_push(lua_State *L, const struct ki_lua_program *program);

/* The value on top of the stack, which stays, is what a library is: from now on it stands in the
 * environment of each chunk that imports it. */
void ki_scope_loaded(lua_State *L, const struct ki_lua_program *library);

/* True when the value is an environment; then the globals are pushed. */
bool ki_scope_is(lua_State *L, int index);
/* The same, and the key at index 2 is not one of its own. */
bool ki_scope_looks_behind(lua_State *L, int index);
/* As lua_next, with the environment at `env`, the globals at `globals` and the key on top. *behind
 * says where the key is from. */
bool ki_scope_next(lua_State *L, int env, int globals, bool *behind);

#endif
