/*
 * lua/lib_location.h: Location, and the zones of the module `time` (SPEC 11.1, 11.6).
 *
 * Owns: its userdata. A location lives as long as the runtime, or, if it is a fixed zone, as long
 *	as the Location that holds it.
 * Threads: the worker that runs the process.
 * Not here: reading zones (time/zones.h), Time (lib_time.c).
 */
#ifndef KI_LUA_LIB_LOCATION_H
#define KI_LUA_LIB_LOCATION_H

#include <lua.h>

#include "time/location.h"

/* Makes the metatable and adds functions and constants to the module table on top of the stack. */
void ki_location_open(lua_State *L);

/* The local zone of the process's runtime; in a simulation it is UTC, called Local. */
const struct ki_location *ki_location_local(lua_State *L);

/* Pushes a Location of one that lives as long as the runtime, or a new one that is a fixed zone. */
void ki_location_push(lua_State *L, const struct ki_location *location);
void ki_location_push_fixed(lua_State *L, struct ki_strv name, int32_t offset_sec);

/* NULL when the value is no Location; ki_location_check then raises. */
const struct ki_location *ki_location_test(lua_State *L, int index);
const struct ki_location *ki_location_check(lua_State *L, int arg, const char *fn);

/* True when it lives only as long as the Location that holds it. */
bool ki_location_is_held(const struct ki_location *location);

/*
 * A location as other processes of the runtime know it: its name, or `+7200 NAME` for a fixed zone
 * (east of UTC in seconds). The second pushes the Location of such a text, UTC for one that means
 * nothing.
 */
struct ki_strv ki_location_spelling(const struct ki_location *location);
const struct ki_location *ki_location_push_spelled(lua_State *L, struct ki_strv spelling);

#endif
