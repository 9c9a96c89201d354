/*
 * lua/codec.h: a Lua value as bytes that cross to another process, and back (SPEC 9.3, 9.4).
 *
 * Owns: nothing between calls.
 * Threads: the worker that runs the process.
 * Invariants:
 *	C1 tables are read raw: no metamethod runs while a value is copied.
 *	C2 while a value is encoded nothing raises and nothing parks: no C memory is lost.
 * Not here: the bytes (mem/value.h), Payload and Message (lib_payload.c).
 */
#ifndef KI_LUA_CODEC_H
#define KI_LUA_CODEC_H

#include <lua.h>
#include <stddef.h>

#include "mem/payload.h"

/*
 * Both refuse what is larger than the max_message of the process.
 * Copies the value at index out, for a message: 0, and *out is one reference, or NULL for nil; a
 * Payload is given itself; an Error gets the format ERROR. Errors: KITH_EINVAL with the text of
 * SPEC 9.4 pushed, KITH_EEXHAUSTED with a text pushed. `ordinal` is K of `#K`: 1 for the first
 * payload. May raise Lua's memory error, only when it fails (for the text). Takes no reference
 * then.
 */
int ki_codec_encode(lua_State *L, int index, int ordinal, struct ki_payload **out);
/* The same for an argument, a result or the like: a Payload is wrapped, and arrives as one. */
int ki_codec_encode_value(lua_State *L, int index, int ordinal, struct ki_payload **out);
/* The Error at index with `more` behind its trace; details that cannot be sent are left out. NULL:
 * no memory. Does not raise. */
struct ki_payload *ki_codec_encode_error(lua_State *L, int index, struct ki_strv more);
/* The value at index for somebody to read: tables without what cannot be sent; of a value that
 * cannot be sent itself, nil. NULL: no memory. Does not raise. */
struct ki_payload *ki_codec_encode_plain(lua_State *L, int index);

/* Pushes a fresh copy of what a payload of format LUA, ERROR or JSON holds, of STRING and BYTES the
 * string; NULL pushes nil. KITH_EINTERNAL with nil pushed: malformed, or another format. May raise
 * Lua's memory error. */
int ki_codec_decode(lua_State *L, const struct ki_payload *payload);

/* Pushes the value when the bytes, of format LUA, are those of a scalar: nil, a boolean, a number
 * or a string. False: they are not, nothing was pushed. May raise Lua's memory error. */
bool ki_codec_scalar(lua_State *L, const void *data, uint32_t size);

/* What a payload holds, wherever it lies; whoever has it keeps that. */
struct ki_codec_bytes {
	enum ki_format format;
	bool is_nil; /* no payload: nil */
	const void *data;
	uint32_t size, nr_refs;
	struct ki_payload *const *refs;
};
struct ki_codec_bytes ki_codec_bytes_of(const struct ki_payload *payload);
/* ki_codec_decode of such bytes. */
int ki_codec_decode_bytes(lua_State *L, const struct ki_codec_bytes *bytes);

#endif
