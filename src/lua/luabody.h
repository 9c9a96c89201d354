/*
 * lua/luabody.h: the Lua implementation of process/body.h.
 *
 * Owns: struct ki_lua as a whole, from start to destroy. Threads: as process/body.h says.
 */
#ifndef KI_LUA_LUABODY_H
#define KI_LUA_LUABODY_H

#include "lua/luaproc.h"
#include "process/body.h"

/* Of programs whose ki_program.data is a struct ki_lua_program. */
extern const struct ki_body_ops ki_lua_ops;

#endif
