/*
 * lua/immutable.h: tables that programs can read but not change (SPEC 13.3).
 *
 * Owns: nothing.
 * Threads: the worker that runs the process.
 * Not here: which tables those are.
 */
#ifndef KI_LUA_IMMUTABLE_H
#define KI_LUA_IMMUTABLE_H

#include <lua.h>
#include <stdbool.h>

/*
 * Makes the table at index, whose metatable it becomes, read-only in place: reads, pairs, next and
 * rawget find its fields, a write raises "attempt to modify Immutable table". It has no array part.
 */
void ki_table_freeze(lua_State *L, int index);
/* True when the table at index is frozen; its fields, which no program may see, are pushed. */
bool ki_table_frozen(lua_State *L, int index);
/* Raises "attempt to modify Immutable table". */
int ki_table_refuse(lua_State *L);

#endif
