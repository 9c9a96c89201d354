/*
 * lua/scratch.c: C memory that is held across calls that may raise.
 *
 * Owns: see scratch.h. Threads: the worker that runs the process.
 */
#include "lua/scratch.h"

#include <lauxlib.h>

void ki_scratch_clear(struct ki_scratch *scratch) {
	ki_buf_fini(&scratch->text);
	ki_json_work_clear(&scratch->json);
	ki_payload_unref(scratch->payload);
	scratch->payload = NULL;
}

static void drop(struct ki_owned *owned) {
	ki_scratch_clear(ki_container_of(owned, struct ki_scratch, owned));
}

static int collect(lua_State *L) {
	struct ki_scratch *scratch = lua_touserdata(L, 1);
	ki_list_remove(&scratch->owned.node);
	ki_scratch_clear(scratch);
	return 0;
}

static void give_way(void *L, int steps) {
	ki_lua_spend(L, steps);
}

struct ki_scratch *ki_scratch_push(lua_State *L) {
	luaL_checkstack(L, 3, NULL);
	struct ki_scratch *scratch = lua_newuserdatauv(L, sizeof(*scratch), 0);
	*scratch = (struct ki_scratch){.owned.drop = drop};
	ki_buf_init(&scratch->text);
	ki_json_work_init(&scratch->json, give_way, L);
	if (luaL_newmetatable(L, "kith.scratch")) {
		lua_pushcfunction(L, collect);
		lua_setfield(L, -2, "__gc");
	}
	ki_list_push_back(&ki_lua_of(L)->owned, &scratch->owned.node);
	lua_setmetatable(L, -2);
	return scratch;
}
