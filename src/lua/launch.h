/*
 * lua/launch.h: from the arguments of a spawning function to a child (SPEC 4.2, 5, 12.4).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: steps 6 to 8 and what follows them (process/spawn.c, luabody.c); the functions that
 *	programs call (lib_spawn.c, lib_exec.c, lib_spawner.c).
 */
#ifndef KI_LUA_LAUNCH_H
#define KI_LUA_LAUNCH_H

#include "lua/luaproc.h"

/* What a spawner gives beyond the arguments (SPEC 12.4). */
struct ki_terms {
	struct ki_payload *context; /* NULL: the caller's */
	struct ki_limits limits;
	int64_t timeout_ns;         /* of exec; 0: none */
	struct ki_strv name;        /* empty: none */
	struct ki_message **messages;
	size_t nr_messages;
};

struct ki_launch {
	const char *fn;
	int base; /* the arguments are at base + 1 and what follows to the top: id, host, ... */
	unsigned relations;           /* KI_SPAWN_ */
	const struct ki_terms *terms; /* of a spawner, where unusable arguments raise; or NULL */
};

/* Makes the child, or finds who bears the name: 0 and the PID. Else the number of results pushed,
 * which say why not. */
int ki_launch(lua_State *L, const struct ki_launch *launch, kith_pid *pid);

#endif
