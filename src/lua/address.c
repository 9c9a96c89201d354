/*
 * lua/address.c: see address.h.
 *
 * Owns: nothing. Threads: any.
 */
#include "lua/address.h"

#include <stdbool.h>
#include <stdint.h>

#include "lua/pure.h"

_Alignas(16) const char ki_lua_origin = 0; /* as functions are */

/* Where the origin seems to be: so that no distance is negative, or looks like a heap's address. */
static const uintptr_t SHOWN_ORIGIN = 0x10000000;

/* Of a C function without upvalues, lua_topointer gives the function itself. */
static bool in_program(lua_State *L, int index, const void *at) {
	return at != NULL && (uintptr_t)lua_tocfunction(L, index) == (uintptr_t)at;
}

const void *ki_lua_shown_address(lua_State *L, int index) {
	ki_pure_differs(L);
	const void *at = lua_topointer(L, index);
	if (!in_program(L, index, at)) {
		return at;
	}
	uintptr_t distance = (uintptr_t)at - (uintptr_t)&ki_lua_origin;
	return (const void *)(SHOWN_ORIGIN + distance);
}
