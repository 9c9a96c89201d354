/*
 * lua/lib_time.h: Time and Duration, and the module `time` but for what waits (SPEC 11).
 *
 * Owns: their userdata, which are plain values.
 * Threads: the worker that runs the process.
 * Not here: sleep, after, timer, ticker (lib_timer.c); durations as text (time/duration.h).
 */
#ifndef KI_LUA_LIB_TIME_H
#define KI_LUA_LIB_TIME_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

/* Pushes the module table, whole and frozen; made at the first call. */
void ki_open_time(lua_State *L);

/* Pushes a Time; shown in UTC, or else in the local zone. */
void ki_time_push(lua_State *L, int64_t unix_sec, int32_t nsec, bool utc);
/* Pushes the present as the process's clock has it, as time.now() gives it. */
void ki_time_push_now(lua_State *L);
/* True when the value is a Time; gives its moment. */
bool ki_time_test(lua_State *L, int index, int64_t *unix_sec, int32_t *nsec, bool *utc);

void ki_duration_push(lua_State *L, int64_t ns);
bool ki_duration_test(lua_State *L, int index, int64_t *ns);
/* Reads a duration argument (SPEC 11.1): nanoseconds, a string or a Duration; fractions of a ns are
 * cut off. 0, or KITH_EINVAL with the message pushed. */
int ki_duration_read(lua_State *L, int index, int64_t *ns);
/* Pushes nil and an Error(Invalid, text, retryable false), as all of this module, and gives 2. */
int ki_time_fail(lua_State *L, const char *text);

#endif
