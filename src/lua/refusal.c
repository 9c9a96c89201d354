/*
 * lua/refusal.c: see refusal.h.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/refusal.h"

#include "lua/luaerror.h"
#include "lua/luaproc.h"

void ki_lua_refuse_memory(lua_State *L) {
	ki_lua_of(L)->refused = true;
	ki_lua_out_of_memory(L);
	for (;;) { /* no process runs here */
		luaL_error(L, "not enough memory");
	}
}

int ki_send_failed(lua_State *L, int status) {
	switch (status) {
	case KITH_ENOTFOUND:
		return ki_fail(L, status, "process not found");
	case KITH_ERATELIMITED:
		return ki_fail(L, status, "mailbox full");
	default: /* of the runtime, which is no allocation of the sender's */
		return ki_fail(L, KITH_ERATELIMITED, "memory full");
	}
}
