/*
 * lua/lib_date.h: what of the module `time` needs a calendar or a layout: date, parse, and the
 * methods of Time that show it (SPEC 11.1 to 11.4).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: Time itself (lib_time.c), calendars and layouts (time/).
 */
#ifndef KI_LUA_LIB_DATE_H
#define KI_LUA_LIB_DATE_H

#include <lauxlib.h>

/* Of Time; ended by NULL. */
extern const luaL_Reg ki_date_methods[];

/* Adds functions and layouts to the module table on top of the stack. */
void ki_date_open(lua_State *L);

#endif
