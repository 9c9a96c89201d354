/*
 * lua/launch.h: from the arguments of a spawning function to a child (SPEC 4.2, 5, 12.4).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: steps 6 to 8 and what follows them (process/spawn.c, luabody.c); the functions that
 *	programs call (lib_spawn.c, lib_exec.c, lib_spawner.c, lib_funcs.c).
 */
#ifndef KI_LUA_LAUNCH_H
#define KI_LUA_LAUNCH_H

#include "lua/terms.h"

struct ki_launch {
	const char *fn;
	int base; /* the arguments are at base + 1 and what follows to the top: id, host, ... */
	unsigned relations;           /* KI_SPAWN_ */
	const struct ki_terms *terms; /* of a spawner, where unusable arguments raise; or NULL */
};

/* Makes the child, or finds who bears the name: 0 and the PID. Else the number of results pushed,
 * which say why not. */
int ki_launch(lua_State *L, const struct ki_launch *launch, kith_pid *pid);

/* Step 2 for those that know their host: 0, or the number of results pushed. */
int ki_launch_check_host(lua_State *L, struct ki_proc_host *host);
/* From step 5 on: makes a child of the caller with the values from `first` to the top as its
 * arguments. As ki_proc_spawn, but *results says how many were pushed that say why not; 0 also with
 * KITH_EEXIST. */
int ki_launch_child(
	lua_State *L, struct ki_spawn *spawn, int first, kith_pid *pid, int *results);

#endif
