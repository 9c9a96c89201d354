/*
 * lua/lib_payload.h: Payload and Message objects and the global `payload` (SPEC 9.1, 9.2).
 *
 * Owns: the userdata; each holds its payload or message on lua->owned.
 * Threads: the worker that runs the process.
 * Not here: what the bytes mean (codec.c).
 */
#ifndef KI_LUA_LIB_PAYLOAD_H
#define KI_LUA_LIB_PAYLOAD_H

#include <lua.h>
#include <stdbool.h>

#include "mem/payload.h"
#include "process/signals.h"

/* Sets the global `payload`. */
void ki_open_payload(lua_State *L);

/*
 * Both take what they are given, also when they raise (Lua's memory error).
 * Pushes a Message; the signal is freed when it is collected, or at the process's end.
 */
void ki_message_push(lua_State *L, struct ki_message *message);
/* Pushes a Payload; of NULL, one whose data is nil. */
void ki_payload_push(lua_State *L, struct ki_payload *payload);

/* True when the value is a Payload; gives what it holds, borrowed; NULL there is a nil. Does not
 * raise. */
bool ki_payload_test(lua_State *L, int index, struct ki_payload **out);

#endif
