/*
 * lua/scratch.h: C memory that is held across calls that may raise (L2).
 *
 * Owns: struct ki_scratch: a userdata, and what it holds.
 * Threads: the worker that runs the process.
 * Not here: Payload objects (lib_payload.h).
 */
#ifndef KI_LUA_SCRATCH_H
#define KI_LUA_SCRATCH_H

#include "base/buf.h"
#include "lua/json.h"
#include "lua/luaproc.h"
#include "mem/payload.h"

struct ki_scratch {
	struct ki_owned owned;
	struct ki_buf text;
	struct ki_payload *payload; /* one reference, or NULL */
	struct ki_json_work json;   /* gives way as a C loop of that thread */
};

/* Pushes an empty one: what is put in goes when it is collected, or at the end of the process. */
struct ki_scratch *ki_scratch_push(lua_State *L);
/* Lets go of what it holds now. */
void ki_scratch_clear(struct ki_scratch *scratch);

#endif
