/*
 * lua/co.c: process-level coroutines and how they wait.
 *
 * A coroutine that waits in its own thread, where Lua can yield, costs no stack. Anywhere else (in
 * a thread that the program resumed, in a sort comparator, in a handler called from C) its strand
 * is put by with all frames of Lua's interpreter on it, and the others go on in the step loop of a
 * fresh one; the frames of the step loop on the kept strand become the loop again when it is
 * resumed.
 *
 * Owns: see co.h. Threads: the worker that runs the process.
 * Invariants:
 *	C1 cos[co->ref] in the registry anchors a live coroutine's record, and the record its
 *	   thread. (A table by address would grow at other times in another run of a seed.)
 *	C2 a WAITING coroutine stands in a C function, so its stack takes what a waker pushes.
 */
#include "lua/co.h"

#include <lstate.h> /* behind Lua's API: see ki_co_find */
#include <string.h>

#include "base/check.h"
#include "lua/hook.h"
#include "lua/luaerror.h"
#include "lua/result.h"
#include "lua/route.h"
#include "sched/task.h"

static const char cos_key = 'c'; /* its address: the table of C1 */

/* Uservalues of a record. */
enum { CO_THREAD = 1, CO_TRACE = 2, CO_NR_VALUES = 2 };

static void push_cos(lua_State *L) {
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &cos_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &cos_key);
	}
}

/* Pushes the record of a live coroutine. */
static void push_record(lua_State *L, struct ki_co *co) {
	lua_rawgetp(L, LUA_REGISTRYINDEX, &cos_key);
	lua_rawgeti(L, -1, co->ref);
	lua_remove(L, -2);
}

/* ---- What runs in its thread ---- */

/* An error that nobody caught: its trace is put by, the value goes on. */
static int on_error(lua_State *L) {
	lua_settop(L, 1);
	push_record(L, ki_lua_of(L)->current);
	ki_error_push_trace(L, 1);
	lua_setiuservalue(L, -2, CO_TRACE);
	lua_settop(L, 1);
	return 1;
}

static int co_done(lua_State *L, int status, lua_KContext ctx) {
	(void)ctx;
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_co *co = lua->current;
	if (status != LUA_OK && status != LUA_YIELD) {
		push_record(L, co);
		lua_getiuservalue(L, -1, CO_TRACE);
		struct ki_strv trace;
		trace.ptr = lua_tolstring(L, -1, &trace.len);
		lua_pushvalue(L, -3);
		ki_lua_end_error(L, status, trace);
	} else if (co->is_main) {
		ki_lua_end_results(L, 2);
	}
	return 0;
}

/* Runs the function, its first argument. Protected, so that to-be-closed variables are closed,
 * waits and all, before the error ends the process (SPEC 4.7). */
static int co_run(lua_State *L) {
	lua_pushcfunction(L, on_error);
	lua_insert(L, 1);
	int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, co_done);
	return co_done(L, status, 0);
}

/* ---- Life ---- */

struct ki_co *ki_co_spawn(lua_State *L, bool is_main) {
	struct ki_lua *lua = ki_lua_of(L);
	luaL_checkstack(L, 8, NULL);
	int fn = lua_gettop(L);
	push_cos(L);
	struct ki_co *co = lua_newuserdatauv(L, sizeof(*co), CO_NR_VALUES);
	memset(co, 0, sizeof(*co));
	lua_State *thread = lua_newthread(L);
	lua_pushlightuserdata(L, co);
	lua_pushcclosure(L, co_run, 1); /* see ki_co_find */
	lua_pushvalue(L, fn);
	lua_xmove(L, thread, 2);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, fn + 2, CO_THREAD);
	lua_pushvalue(L, fn + 2);
	co->ref = luaL_ref(L, fn + 1); /* C1; nothing raises from here on */
	lua_replace(L, fn);
	lua_settop(L, fn);
	co->lua = lua;
	co->L = co->at = thread;
	co->state = KI_CO_WAITING;
	co->is_main = is_main;
	ki_list_init(&co->node);
	ki_list_push_back(&lua->cos, &co->all);
	lua->nr_cos++;
	return co;
}

void ki_co_disown(struct ki_co *co) {
	ki_list_remove(&co->all);
	ki_list_init(&co->all);
	co->lua->nr_cos--;
	co->lua = NULL;
}

void ki_co_adopt(struct ki_lua *lua, struct ki_co *co) {
	co->lua = lua;
	*(struct ki_lua **)lua_getextraspace(co->L) = lua; /* L1 */
	ki_list_push_back(&lua->cos, &co->all);
	lua->nr_cos++;
}

static void co_ended(struct ki_co *co) {
	struct ki_lua *lua = co->lua;
	co->state = KI_CO_ENDED;
	ki_list_remove(&co->all);
	lua->nr_cos--;
	lua_State *L = lua->L;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &cos_key);
	luaL_unref(L, -1, co->ref); /* the keys are there: nothing is allocated, nothing raised */
	lua_pop(L, 1);
}

/* By the function that the thread stands on: it is there from the start to the end. */
struct ki_co *ki_co_find(lua_State *thread) {
	StkId first = thread->stack.p + 1;
	if (thread->top.p <= first || !ttisCclosure(s2v(first))) {
		return NULL;
	}
	const CClosure *closure = clCvalue(s2v(first));
	return closure->f == co_run ? pvalue(&closure->upvalue[0]) : NULL;
}

void ki_co_resume(struct ki_co *co) {
	struct ki_lua *lua = co->lua;
	ki_list_remove(&co->node);
	co->state = KI_CO_RUNNING;
	lua->current = co;
	if (co->kept != NULL) {
		struct ki_strand *strand = co->kept;
		co->kept = NULL;
		ki_task_resume(strand); /* into ki_co_block; this strand is gone */
	}
	int nr_results;
	int nr_args = co->nr_results + (co->started ? 0 : 1); /* at first also the function */
	co->started = true;
	ki_lua_runs(lua, co->L);
	int status = lua_resume(co->L, NULL, nr_args, &nr_results);
	ki_lua_runs(lua, NULL);
	lua->current = NULL;
	if (status == LUA_YIELD || lua->ended) {
		return;
	}
	if (status == LUA_OK) {
		co_ended(co);
	} else {
		ki_lua_end_error(co->L, status, ki_strv("")); /* memory ran out in co_run itself */
	}
}

/* ---- Waiting ---- */

void ki_lua_require_running(lua_State *L, const char *fn) {
	if (ki_lua_of(L)->loading) {
		luaL_error(L, "cannot call %s while the chunk is loading", fn);
	}
}

struct ki_co *ki_co_waiter(lua_State *L, const char *fn) {
	struct ki_co *co = ki_lua_of(L)->current;
	ki_check(co != NULL && co->state == KI_CO_RUNNING); /* L3 */
	co->at = L;
	co->waits_in = fn;
	co->state = KI_CO_WAITING;
	ki_task_waited(&co->lua->proc->task);
	return co;
}

/* A test has it keep its stack, as it would where Lua cannot yield. */
static bool keeps_anyway(struct ki_lua *lua) {
	return lua->roams && ki_sched_roams(lua->proc->system->sched);
}

int ki_co_block(lua_State *L, lua_KContext ctx, lua_KFunction k) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_co *co = lua->current;
	if (L == co->L && lua_isyieldable(L) && !keeps_anyway(lua)) {
		return lua_yieldk(L, 0, ctx, k);
	}
	lua->current = NULL;
	if (ki_task_detach(&co->kept) != KITH_OK) {
		ki_lua_end_memory(lua);
		ki_task_abandon();
	}
	ki_task_on_overrun(&lua->overrun); /* resumed: the step loop on the other strand is gone */
	ki_lua_runs(lua, L);
	return k(L, LUA_YIELD, ctx);
}

static void make_ready(struct ki_co *co, int nr_results) {
	ki_assert(co->state == KI_CO_WAITING); /* L3 */
	co->nr_results = nr_results;
	co->state = KI_CO_READY;
}

void ki_co_ready(struct ki_co *co, int nr_results) {
	make_ready(co, nr_results);
	ki_list_push_back(&co->lua->ready, &co->node);
}

void ki_co_ready_first(struct ki_co *co, int nr_results) {
	make_ready(co, nr_results);
	ki_list_push_front(&co->lua->ready, &co->node);
}

static int yielded(lua_State *L, int status, lua_KContext ctx) {
	(void)L, (void)status, (void)ctx;
	return 0;
}

int ki_co_yield(lua_State *L, const char *fn) {
	ki_lua_require_running(L, fn);
	ki_lua_look(L);
	if (ki_list_empty(&ki_lua_of(L)->ready)) {
		return 0;
	}
	ki_co_ready(ki_co_waiter(L, fn), 0);
	return ki_co_block(L, 0, yielded);
}
