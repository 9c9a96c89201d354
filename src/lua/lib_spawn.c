/*
 * lua/lib_spawn.c: the spawn family of the library `process` (SPEC 5.1).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/lib_spawn.h"

#include "lua/event.h"
#include "lua/launch.h"

int ki_spawn_run(
	lua_State *L, const char *fn, unsigned relations, int base, const struct ki_terms *terms) {
	kith_pid pid;
	struct ki_launch launch = {
		.fn = fn, .base = base, .relations = relations, .terms = terms};
	int failed = ki_launch(L, &launch, &pid);
	if (failed != 0) {
		return failed;
	}
	ki_pid_push(L, pid);
	return 1;
}

static int lib_spawn(lua_State *L) {
	return ki_spawn_run(L, "spawn", 0, 0, NULL);
}

static int lib_spawn_monitored(lua_State *L) {
	return ki_spawn_run(L, "spawn_monitored", KI_SPAWN_MONITOR, 0, NULL);
}

static int lib_spawn_linked(lua_State *L) {
	return ki_spawn_run(L, "spawn_linked", KI_SPAWN_LINK, 0, NULL);
}

static int lib_spawn_linked_monitored(lua_State *L) {
	return ki_spawn_run(L, "spawn_linked_monitored", KI_SPAWN_MONITOR | KI_SPAWN_LINK, 0, NULL);
}

void ki_spawn_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"spawn", lib_spawn},
		{"spawn_monitored", lib_spawn_monitored},
		{"spawn_linked", lib_spawn_linked},
		{"spawn_linked_monitored", lib_spawn_linked_monitored},
		{NULL, NULL},
	};
	luaL_setfuncs(L, functions, 0);
}
