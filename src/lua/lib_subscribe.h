/*
 * lua/lib_subscribe.h: what of the library `process` receives: events, inbox, listen, unlisten
 * (SPEC 8.3).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: subscriptions (route.h), receiving (lib_channel.h).
 */
#ifndef KI_LUA_LIB_SUBSCRIBE_H
#define KI_LUA_LIB_SUBSCRIBE_H

#include <lua.h>

/* Adds them to the module table on top of the stack. */
void ki_subscribe_open(lua_State *L);

#endif
