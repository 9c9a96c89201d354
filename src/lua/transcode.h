/*
 * lua/transcode.h: payloads from one format to another (SPEC 9.2), without Lua.
 *
 * STRING, BYTES and JSON are bytes: from one to another they stay as they are, though what is to
 * be JSON has to be that. From LUA, JSON takes any value that it can say; STRING and BYTES take a
 * string as it is, and the text that it is in JSON of anything else. To LUA, JSON gives the value,
 * the others a string.
 *
 * Owns: nothing.
 * Threads: any.
 * Not here: JSON itself (json.h).
 */
#ifndef KI_LUA_TRANSCODE_H
#define KI_LUA_TRANSCODE_H

#include "base/buf.h"
#include "lua/json.h"
#include "mem/payload.h"

/* Gives one reference; `from` NULL is nil. `text` is for use meanwhile, as is the work. Errors:
 * KITH_EINVAL (it cannot be said in that format), KITH_EEXHAUSTED. */
int ki_transcode(struct ki_json_work *work, const struct ki_payload *from, enum ki_format to,
	struct ki_buf *text, struct ki_payload **out);

#endif
