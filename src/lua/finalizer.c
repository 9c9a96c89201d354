/*
 * lua/finalizer.c: how the collector calls a finalizer.
 *
 * Lua calls it as any function: at the end of the C stack or of its own that raises an error, which
 * it only warns of, and frees the object all the same. Ours let go of what hangs on the process: an
 * object that is freed without leaves its node in a list. A program has no finalizers (SPEC 13.1),
 * so each is a C function of ours or of Lua's library, which reads its one argument, pushes nothing
 * and raises nothing: it needs no room on either stack, and runs in the frame that is there.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: the finalizers, beside the objects that have one (scratch.c, lib_payload.c and others).
 */
#include "lua/luaproc.h"

#include <ldo.h>
#include <lobject.h>

#include "base/check.h"

void ki_lua_finalize(lua_State *L, StkId func, int nr_results);

/* In place of luaD_callnoyield in the collector; gives no result. */
void ki_lua_finalize(lua_State *L, StkId func, int nr_results) {
	StkId frame = L->ci->func.p;
	ki_check(ttislcf(s2v(func)) && nr_results == 0);
	L->ci->func.p = func;
	fvalue(s2v(func))(L);
	L->ci->func.p = frame;
	L->top.p = func;
}
