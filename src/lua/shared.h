/*
 * lua/shared.h: what the Lua processes of one runtime share, given by api in system->lua_shared.
 *
 * Owns: struct ki_lua_shared.
 * Threads: set before the first process; then any.
 * Not here: what one entry says (program.h).
 */
#ifndef KI_LUA_SHARED_H
#define KI_LUA_SHARED_H

#include "time/zones.h"

struct ki_lua_shared {
	struct ki_zones *zones; /* NULL: there are none but UTC, which is the local one too */
};

#endif
