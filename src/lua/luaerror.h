/*
 * lua/luaerror.h: the Error object and the global `errors` (SPEC 2).
 *
 * Owns: Error userdata; their fields are Lua values in the process's heap.
 * Threads: the worker that runs the process.
 * Invariants: E1 an Error never changes once Lua code can see it.
 * Not here: errors as bytes (mem/value.h), status codes (base/status.h).
 */
#ifndef KI_LUA_LUAERROR_H
#define KI_LUA_LUAERROR_H

#include <lua.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "mem/payload.h"
#include "mem/value.h"

/* Sets the global `errors`. */
void ki_open_errors(lua_State *L);

/* True when the value is an Error. */
bool ki_error_is(lua_State *L, int index);

/* What the codec needs of an Error: views that last as long as the Error. */
struct ki_error_fields {
	struct ki_strv kind, message, trace;
	enum ki_retryable retryable;
};

/* Reads the Error at index and pushes its details, the table itself or nil. Does not raise. */
void ki_error_fields(lua_State *L, int index, struct ki_error_fields *out);
/* Pushes an Error with these fields; the details (nil or a table that it takes over) are on top of
 * the stack and are popped. */
void ki_error_make(lua_State *L, const struct ki_error_fields *fields);

/* Pushes the message of the Error at index. */
void ki_error_push_message(lua_State *L, int index);

/* Pushes an Error. */
void ki_error_push(lua_State *L, const char *kind, enum ki_retryable retryable, const char *fmt,
	...) KI_PRINTF(4, 5);

/* Pushes nil and an Error of the kind of `status`, retryable as SPEC 1.2 says, and gives 2: `return
 * ki_fail(...)`. */
int ki_fail(lua_State *L, int status, const char *fmt, ...) KI_PRINTF(3, 4);
/* The same, made where the C function that another thread waits in was called; NULL: nowhere. */
int ki_fail_from(lua_State *L, lua_State *from, int status, const char *fmt, ...) KI_PRINTF(4, 5);
/* The same as ki_fail with details {key = value}. */
int ki_fail_detail(lua_State *L, int status, const char *key, const char *value, const char *fmt,
	...) KI_PRINTF(5, 6);
/* Pushes nil and the Error of an error payload (borrowed; NULL: there was no memory); gives 2. */
int ki_fail_payload(lua_State *L, const struct ki_payload *error);

/* The Error on top, which no Lua code has seen yet: if it does not say where it was made, that is
 * where the running C function was called. */
void ki_error_note_place(lua_State *L);

/* Pushes the Error of an error payload (borrowed; NULL: there was no memory for it). */
void ki_error_push_payload(lua_State *L, const struct ki_payload *error);

/* Pushes the trace of the calls from `level` on, a string of bytes: of many the first and the last
 * ones. Not luaL_traceback, which walks all loaded modules for each level. */
void ki_error_push_trace(lua_State *L, int level);

/* What the uncaught error value at index becomes (SPEC 2.4), with a trace behind its own. Gives one
 * reference; NULL: no memory. Does not raise; a __tostring is called protected. */
struct ki_payload *ki_error_from_value(lua_State *L, int index, struct ki_strv trace);
/* What the second value that main returned says (SPEC 4.5). An Error or a string: *is_error, and
 * one reference is given (NULL: no memory); anything else is no error and gives NULL. Does not
 * raise. */
struct ki_payload *ki_error_from_second(lua_State *L, int index, bool *is_error);

/* How messages call the type of a value: its metatable's __name, else Lua's own. May push. */
const char *ki_type_name(lua_State *L, int index);

/* Raises "bad argument #ARG to 'FN' (EXPECTED expected, got TYPE)" (SPEC 1.2). */
int ki_arg_error(lua_State *L, int arg, const char *fn, const char *expected);
/* The argument, which must be a string and no number; raises by ki_arg_error. */
struct ki_strv ki_arg_string(lua_State *L, int arg, const char *fn);

#endif
