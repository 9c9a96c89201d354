/*
 * lua/lib_time.h: Time and Duration, and the module `time` but for what waits (SPEC 11).
 *
 * Owns: their userdata, which are plain values.
 * Threads: the worker that runs the process.
 * Not here: sleep, after, timer, ticker (lib_timer.c); what calendars and layouts show of a Time
 *	(lib_date.c); Location (lib_location.c); durations as text (time/duration.h).
 */
#ifndef KI_LUA_LIB_TIME_H
#define KI_LUA_LIB_TIME_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "time/location.h"
#include "time/moment.h"

/* Pushes the module table, whole and frozen; made at the first call. */
void ki_open_time(lua_State *L);

/* What a Time is: a moment, and the place whose clocks and calendars show it. */
struct ki_time {
	struct ki_moment at;
	const struct ki_location *location;
};

/* Pushes a Time. holder: the stack index of the Location that holds a location which lives only as
 * long as it (ki_location_is_held); else not looked at. */
void ki_time_push(
	lua_State *L, struct ki_moment at, const struct ki_location *location, int holder);
/* Pushes a Time shown in the same place as the Time at index. */
void ki_time_push_like(lua_State *L, int index, struct ki_moment at);
/* Pushes a Time that came from another process (ki_location_spelling). */
void ki_time_push_spelled(lua_State *L, struct ki_moment at, struct ki_strv location);
/* Pushes the Location of the Time at index. */
void ki_time_push_location(lua_State *L, int index);
/* A Unix time in ns as a Time in the local zone. */
void ki_time_push_unix_ns(lua_State *L, int64_t unix_ns);
/* Pushes the present as the process's clock has it, as time.now() gives it. */
void ki_time_push_now(lua_State *L);
/* NULL when the value is no Time; ki_time_check then raises. */
const struct ki_time *ki_time_test(lua_State *L, int index);
const struct ki_time *ki_time_check(lua_State *L, int arg, const char *fn);

void ki_duration_push(lua_State *L, int64_t ns);
bool ki_duration_test(lua_State *L, int index, int64_t *ns);
/* Raises when the value is no Duration. */
int64_t ki_duration_check(lua_State *L, int arg, const char *fn);
/* Reads a duration argument (SPEC 11.1): nanoseconds, a string or a Duration; fractions of a ns are
 * cut off. 0, or KITH_EINVAL with the message pushed. */
int ki_duration_read(lua_State *L, int index, int64_t *ns);
/* Pushes nil and an Error(Invalid, text, retryable false), as all of this module, and gives 2. */
int ki_time_fail(lua_State *L, const char *text);
/* The number at `arg`, without its fraction; raises when it is none, or beyond 64 bits. */
lua_Integer ki_time_integer(lua_State *L, int arg, const char *fn);

#endif
