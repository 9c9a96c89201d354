/*
 * lua/chunk.h: from a program's compiled chunk to the function that is its body (SPEC 4.2 steps 7
 * and 8, 4.3).
 *
 * Owns: nothing. Threads: the worker that runs the process, or whoever builds a template.
 * Not here: compiling (state.c), what runs the body (luabody.c).
 */
#ifndef KI_LUA_CHUNK_H
#define KI_LUA_CHUNK_H

#include <lua.h>
#include <stdbool.h>

/* Runs the chunk on top of the stack, with the caller's frame right below its own; what replaces
 * it is the body, or else something that is no function. Raises what the chunk raises. */
void ki_chunk_run(lua_State *L, const char *method);

#endif
