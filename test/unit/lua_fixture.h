/*
 * A Lua state as a process has it, without a scheduler that runs: for what waits for nothing.
 *
 *	struct lua_fixture f;
 *	lua_fixture_open(&f);
 *	lua_fixture_run(&f, "assert(1 + 1 == 2)");
 *	lua_fixture_close(&f);
 */
#ifndef LUA_FIXTURE_H
#define LUA_FIXTURE_H

#include <lauxlib.h>

#include "base/buf.h"
#include "lua/lib_base.h"
#include "lua/luaproc.h"
#include "lua/program.h"
#include "lua/shared.h"
#include "lua/state.h"

#include "kith_test.h"

struct lua_fixture {
	struct ki_system system;
	struct ki_proc proc;
	struct ki_zones zones; /* the local one is UTC */
	struct ki_lua_shared shared;
	struct ki_lua_program program;
	struct ki_lua lua;
	struct ki_buf output; /* what print wrote */
	int nr_outputs;
};

static inline void lua_fixture_output(void *user, const char *text, size_t len) {
	struct lua_fixture *f = user;
	ki_buf_put(&f->output, text, len);
	f->nr_outputs++;
}

/* All but the state itself: so that a test may change what its program declares. */
static inline void lua_fixture_prepare(
	struct lua_fixture *f, bool simulate, uint64_t seed, size_t limit) {
	static const char *const modules[] = {"time", "string"};
	memset(f, 0, sizeof *f);
	f->system.sched =
		ki_sched_new(&(struct ki_sched_options){.simulate = simulate, .seed = seed});
	f->system.started_ns = ki_sched_now(f->system.sched);
	f->system.hooks = (struct ki_system_hooks){.user = f, .output = lua_fixture_output};
	ki_zones_init(&f->zones, NULL);
	f->shared.zones = &f->zones;
	f->system.lua_shared = &f->shared;
	f->proc.system = &f->system;
	f->proc.limits = ki_limits_default();
	f->program = (struct ki_lua_program){.id = "app:test", .modules = modules, .nr_modules = 2};
	f->lua.proc = &f->proc;
	f->lua.program = &f->program;
	f->lua.random_seed = seed;
	ki_list_init(&f->lua.ready);
	ki_list_init(&f->lua.cos);
	ki_list_init(&f->lua.owned);
	ki_list_init(&f->lua.readers);
	ki_heap_init(&f->lua.heap, limit);
}

static inline int lua_fixture_make(
	struct lua_fixture *f, bool simulate, uint64_t seed, size_t limit) {
	lua_fixture_prepare(f, simulate, seed, limit);
	return ki_lua_open(&f->lua);
}

/* Not simulated, in this local zone. */
static inline void lua_fixture_open_in(struct lua_fixture *f, const char *local) {
	lua_fixture_prepare(f, false, 1, 0);
	OK(ki_zones_set_local(&f->zones, ki_strv(local)));
	OK(ki_lua_open(&f->lua));
}

/* With this memory limit; gives what ki_lua_open gave. */
static inline int lua_fixture_try(struct lua_fixture *f, uint64_t seed, size_t limit) {
	return lua_fixture_make(f, true, seed, limit);
}

static inline void lua_fixture_open(struct lua_fixture *f) {
	OK(lua_fixture_try(f, 1, 0));
}

static inline void lua_fixture_close(struct lua_fixture *f) {
	ki_lua_release(&f->lua);
	ki_heap_drop(&f->lua.heap);
	ki_buf_fini(&f->output);
	ki_sched_free(f->system.sched);
	ki_zones_fini(&f->zones);
}

/* Compiles and runs a chunk with arguments that are on the stack; its results are left there. */
static inline int lua_fixture_call(struct lua_fixture *f, const char *source, int nr_args) {
	struct ki_lua_program program = f->program;
	lua_State *L = f->lua.L;
	program.source = source;
	program.source_len = strlen(source);
	int status = ki_lua_compile(L, &program);
	if (status != 0) {
		return status;
	}
	lua_insert(L, -1 - nr_args);
	return lua_pcall(L, nr_args, LUA_MULTRET, 0);
}

/* Runs a chunk that must not fail. */
static inline void lua_fixture_run(struct lua_fixture *f, const char *source) {
	if (lua_fixture_call(f, source, 0) != 0) {
		FAIL("%s", luaL_tolstring(f->lua.L, -1, NULL));
	}
	lua_settop(f->lua.L, 0);
}

/* A whole test of one chunk. */
static inline void lua_fixture_once(const char *source) {
	struct lua_fixture f;
	lua_fixture_open(&f);
	lua_fixture_run(&f, source);
	lua_fixture_close(&f);
}

#endif
