/*
 * lua/lib_payload.h: Payload and Message objects and the global `payload` (SPEC 9.1, 9.2).
 *
 * Owns: the userdata: small contents lie in them, the others hang on lua->owned.
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
 * Pushes a Message. True: it holds the signal, which is freed when it is collected or at the
 * process's end; false: it has a copy of what is in it, and the signal is still the caller's. When
 * it raises (Lua's memory error) it has taken nothing.
 */
bool ki_message_push(lua_State *L, struct ki_message *message);
/* Pushes a Payload with a copy or a reference of its own; of NULL, one whose data is nil. */
void ki_payload_push(lua_State *L, struct ki_payload *payload);
/* The same with the caller's reference, which is taken also when it raises. */
void ki_payload_give(lua_State *L, struct ki_payload *payload);

/* Neither raises; both need two free slots. */
bool ki_payload_is(lua_State *L, int index);
/* Gives a reference to what a Payload holds, NULL of a nil. Errors: KITH_EEXHAUSTED. */
int ki_payload_share(lua_State *L, int index, struct ki_payload **out);

#endif
