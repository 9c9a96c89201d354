/*
 * lua/event.h: EXIT, LINK_DOWN and CANCEL as the tables that a program receives (SPEC 8.7).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: when they are received (route.c).
 */
#ifndef KI_LUA_EVENT_H
#define KI_LUA_EVENT_H

#include "lua/luaproc.h"

/* Pushes the table of an event (borrowed). May raise Lua's memory error. */
void ki_event_push(lua_State *L, struct ki_signal *signal);
/* Pushes the constants of process.event. */
void ki_event_push_kinds(lua_State *L);

#endif
