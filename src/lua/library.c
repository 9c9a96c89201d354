/*
 * lua/library.c: running the chunk of a library at its first use.
 *
 * Owns: see library.h. Threads: the worker that runs the process.
 * Invariants:
 *	LY1 a coroutine that waits for a library is in its `waiters` until the record, a
 *	    to-be-closed value of the call that loads it, is closed: so none is forgotten,
 *	    whatever the chunk does.
 *	LY2 the user value of a record is: while UNUSED its chunk's function, or nil when it is not
 *	    compiled yet; from LOADED on what the chunk returned, or raised.
 */
#include "lua/library.h"

#include <lauxlib.h>

#include "lua/co.h"
#include "lua/pure.h"
#include "lua/scope.h"
#include "lua/state.h"

/* Its address is the key of the records, by ID of the program. */
static const char libraries_key = 'l';
static const char record_type[] = "kith.library";

enum { UNUSED, LOADING, LOADED, FAILED };

/* User value: LY2. */
struct library {
	const struct ki_lua_program *program;
	struct ki_co *loader;   /* while LOADING; NULL: the process's own chunk */
	struct ki_list waiters; /* struct ki_co, by its node */
	uint8_t state;
};

/* ---- Records ---- */

/* The call that loads it is over: with nil, or with what the chunk raised. */
static int record_close(lua_State *L) {
	struct library *library = lua_touserdata(L, 1);
	if (library->state == LOADING) {
		library->state = FAILED;
		lua_settop(L, 2);
		if (lua_isnil(L, 2)) { /* its coroutine was closed */
			lua_pushfstring(L, "the chunk of %s was given up", library->program->id);
			lua_replace(L, 2);
		}
		lua_setiuservalue(L, 1, 1);
	}
	struct ki_list *node;
	while ((node = ki_list_pop_front(&library->waiters)) != NULL) {
		ki_co_ready(ki_list_entry(node, struct ki_co, node), 0);
	}
	return 0;
}

static struct library *find_record(lua_State *L, const struct ki_lua_program *program) {
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &libraries_key) == LUA_TNIL) {
		return NULL;
	}
	lua_pushstring(L, program->id);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	return lua_touserdata(L, -1);
}

static void make_record(lua_State *L, const struct ki_lua_program *program) {
	struct library *library = lua_newuserdatauv(L, sizeof(*library), 1);
	*library = (struct library){.program = program};
	ki_list_init(&library->waiters);
	if (luaL_newmetatable(L, record_type)) {
		lua_pushcfunction(L, record_close);
		lua_setfield(L, -2, "__close");
	}
	lua_setmetatable(L, -2);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &libraries_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &libraries_key);
	}
	lua_pushstring(L, program->id);
	lua_pushvalue(L, -3);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

/* Pushes the record, made if there is none. */
static struct library *push_record(lua_State *L, const struct ki_lua_program *program) {
	if (find_record(L, program) == NULL) {
		lua_pop(L, 1);
		make_record(L, program);
	}
	return lua_touserdata(L, -1);
}

/* ---- Use ---- */

/* What came of it, with the record at ctx. */
static int settle(lua_State *L, int status, lua_KContext ctx) {
	(void)status;
	const struct library *library = lua_touserdata(L, (int)ctx);
	lua_getiuservalue(L, (int)ctx, 1);
	return library->state == LOADED ? 1 : lua_error(L);
}

static int wait_for(lua_State *L, struct library *library, int record) {
	struct ki_lua *lua = ki_lua_of(L);
	if (lua->current == library->loader) {
		return luaL_error(L, "%s is used while its chunk runs", library->program->id);
	}
	ki_list_push_back(&library->waiters, &ki_co_waiter(L, "require")->node); /* LY1 */
	return ki_co_block(L, record, settle);
}

/* The chunk's one result is on top. */
static int chunk_returned(lua_State *L, int status, lua_KContext ctx) {
	struct library *library = lua_touserdata(L, (int)ctx);
	ki_scope_loaded(L, library->program);
	lua_setiuservalue(L, (int)ctx, 1);
	library->state = LOADED;
	return settle(L, status, ctx);
}

static void push_chunk(lua_State *L, struct library *library, int record) {
	if (lua_getiuservalue(L, record, 1) != LUA_TNIL) {
		lua_pushnil(L);
		lua_setiuservalue(L, record, 1);
		return;
	}
	lua_pop(L, 1);
	if (ki_lua_compile_library(L, library->program) != KITH_OK) {
		lua_error(L);
	}
}

static int load(lua_State *L, struct library *library, int record) {
	library->loader = ki_lua_of(L)->current;
	library->state = LOADING;
	lua_toclose(L, record);
	push_chunk(L, library, record);
	ki_scope_push(L, library->program);
	lua_setupvalue(L, -2, 1); /* a chunk's first is its _ENV */
	lua_callk(L, 0, 1, record, chunk_returned);
	return chunk_returned(L, LUA_OK, record);
}

/* The compiled chunk goes to the record on top, which is popped. */
static void compile(lua_State *L, const struct ki_lua_program *program) {
	int status = ki_lua_compile_library(L, program);
	if (status == KITH_EEXHAUSTED) {
		lua_error(L);
	}
	if (status == KITH_OK) {
		lua_setiuservalue(L, -2, 1);
	} else {
		lua_pop(L, 1); /* it is raised where the library is used */
	}
	lua_pop(L, 1);
}

void ki_library_compile_imports(lua_State *L, const struct ki_lua_program *program) {
	for (size_t i = 0; i < program->nr_imports; i++) {
		const struct ki_lua_program *library = program->imports[i].library;
		if (find_record(L, library) != NULL) {
			lua_pop(L, 1);
			continue;
		}
		lua_pop(L, 1);
		make_record(L, library);
		compile(L, library);
		ki_library_compile_imports(L, library);
	}
}

int ki_library_use(lua_State *L, const struct ki_lua_program *program) {
	struct library *library = push_record(L, program);
	int record = lua_gettop(L);
	switch (library->state) {
	case UNUSED:
		return load(L, library, record);
	case LOADING:
		return wait_for(L, library, record);
	default:
		return settle(L, LUA_OK, record);
	}
}

bool ki_library_loaded(lua_State *L, const struct ki_lua_program *program) {
	const struct library *library = find_record(L, program);
	if (library == NULL || library->state != LOADED) {
		lua_pop(L, 1);
		return false;
	}
	lua_getiuservalue(L, -1, 1);
	lua_remove(L, -2);
	return true;
}

const lua_CFunction ki_library_pure[] = {record_close, NULL};
