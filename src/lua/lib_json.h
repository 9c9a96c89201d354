/*
 * lua/lib_json.h: the module `json` (SPEC 12.13).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: the text (json.h).
 */
#ifndef KI_LUA_LIB_JSON_H
#define KI_LUA_LIB_JSON_H

#include <lua.h>

#include "lua/scratch.h"

/* Pushes the module, frozen. */
void ki_json_open(lua_State *L);

/*
 * Puts the JSON text of the value at index into the scratch, whatever the value is: what cannot be
 * sent is left out, what JSON cannot say written as near as can be.
 */
void ki_json_describe(lua_State *L, int index, struct ki_scratch *scratch);

#endif
