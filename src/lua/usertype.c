/*
 * lua/usertype.c: see usertype.h.
 *
 * Owns: see usertype.h. Threads: the worker that runs the process.
 * Invariants:
 *	UT1 lua->types[t] is NULL or the address of the metatable at &keys[t] in the registry, which
 *	    is set once and never moves.
 */
#include "lua/usertype.h"

#include <lgc.h> /* behind Lua's API: what a test and a new object cost through it was measured */
#include <lstate.h>
#include <stddef.h>

#include "lua/frozen.h"
#include "lua/luaproc.h"

static const char keys[KI_NR_TYPES]; /* their addresses */

void ki_usertype_push(
	lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta) {
	lua_newtable(L);
	if (meta != NULL) {
		luaL_setfuncs(L, meta, 0);
	}
	if (methods != NULL) {
		lua_newtable(L);
		luaL_setfuncs(L, methods, 0);
		ki_frozen_mark(L, -1);
		lua_setfield(L, -2, "__index");
	}
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	ki_frozen_mark(L, -1);
}

void ki_usertype_set(lua_State *L, enum ki_usertype type) {
	lua_rawsetp(L, LUA_REGISTRYINDEX, &keys[type]);
}

static const void *find(lua_State *L, enum ki_usertype type) {
	struct ki_lua *lua = ki_lua_of(L);
	if (lua->types[type] == NULL) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[type]);
		lua->types[type] = lua_topointer(L, -1); /* UT1; of nil it is NULL */
		lua_pop(L, 1);
	}
	return lua->types[type];
}

bool ki_usertype_known(lua_State *L, enum ki_usertype type) {
	return find(L, type) != NULL;
}

static bool has_finalizer(enum ki_usertype type) {
	return type == KI_TYPE_PAYLOAD_HELD || type == KI_TYPE_MESSAGE_HELD ||
		type == KI_TYPE_TIMER || type == KI_TYPE_TICKER;
}

void *ki_usertype_new(lua_State *L, enum ki_usertype type, size_t size, int nr_values) {
	void *block = lua_newuserdatauv(L, size, nr_values);
	if (has_finalizer(type)) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[type]);
		lua_setmetatable(L, -2); /* puts it among those with a finalizer */
		return block;
	}
	Udata *object = uvalue(s2v(L->top.p - 1));
	object->metatable = (Table *)find(L, type);
	luaC_objbarrier(L, object, object->metatable); /* a collection may have seen it already */
	return block;
}

void *ki_usertype_test(lua_State *L, int index, enum ki_usertype type) {
	StkId at = index > 0 ? L->ci->func.p + index : L->top.p + index;
	if (at >= L->top.p || !ttisfulluserdata(s2v(at))) {
		return NULL;
	}
	Udata *object = uvalue(s2v(at));
	return object->metatable != NULL && object->metatable == find(L, type) ? getudatamem(object)
									       : NULL;
}
