/*
 * lua/lib_exec.c: process.exec: a spawn whose end one coroutine waits for.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_exec.h"

#include "lua/call.h"
#include "lua/co.h"
#include "lua/codec.h"
#include "lua/launch.h"
#include "lua/luaerror.h"
#include "lua/route.h"

/* The results are made on the stack of whoever routes, where what is raised is caught. */
static void tell(lua_State *L, struct ki_call *call, const struct ki_result *result) {
	struct ki_co *co = call->user;
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	if (result == NULL) {
		ki_fail_from(L, co->at, KITH_ETIMEOUT, "call timed out");
	} else if (ki_result_failed(result)) {
		ki_fail_payload(L, result->error);
	} else {
		ki_codec_decode(L, result->value);
		lua_pushnil(L);
	}
	lua_xmove(L, co->at, 2);
	ki_co_ready(co, 2);
}

static int told(lua_State *L, int status, lua_KContext ctx) {
	(void)L, (void)status, (void)ctx;
	return 2;
}

int ki_exec_wait(lua_State *L, const char *fn, kith_pid callee, int64_t timeout_ns) {
	ki_call_begin(L, callee, timeout_ns, tell, ki_lua_of(L)->current);
	lua_settop(L, 0);
	ki_co_waiter(L, fn);
	return ki_co_block(L, 0, told);
}

int ki_exec_run(lua_State *L, int base, const struct ki_terms *terms) {
	kith_pid pid;
	ki_lua_require_running(L, "exec");
	ki_lua_look(L);
	struct ki_launch launch = {
		.fn = "exec", .base = base, .relations = KI_SPAWN_CALL, .terms = terms};
	int failed = ki_launch(L, &launch, &pid);
	if (failed != 0) {
		return failed;
	}
	return ki_exec_wait(L, "exec", pid, terms != NULL ? terms->timeout_ns : 0);
}

static int lib_exec(lua_State *L) {
	return ki_exec_run(L, 0, NULL);
}

void ki_exec_open(lua_State *L) {
	lua_pushcfunction(L, lib_exec);
	lua_setfield(L, -2, "exec");
}
