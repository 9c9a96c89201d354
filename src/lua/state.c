/*
 * lua/state.c: making a process's Lua state, and compiling sources.
 *
 * Owns: the states it makes. Threads: see state.h.
 * Not here: what the globals do (lib_*.c).
 */
#include "lua/state.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "lua/lib_base.h"
#include "lua/lib_channel.h"
#include "lua/lib_coroutine.h"
#include "lua/lib_os.h"
#include "lua/lib_payload.h"
#include "lua/lib_process.h"
#include "lua/lib_string.h"
#include "lua/luaerror.h"
#include "lua/program.h"
#include "lua/scope.h"

/* What Lua keeps of a chunk's name in messages, its NUL included (LUA_IDSIZE). */
#define CHUNK_NAME_MAX LUA_IDSIZE

void *ki_lua_reallocate(void *user, void *ptr, size_t old_size, size_t new_size) {
	struct ki_lua *lua = user;
	void *block = ki_heap_realloc(&lua->heap, ptr, old_size, new_size);
	if (new_size > 0) {
		lua->refused = block == NULL;
	}
	return block;
}

/* Lua asks while it makes a state, before the extra space is set: so through the allocator. */
unsigned int ki_lua_makeseed(lua_State *L) {
	void *user;
	lua_getallocf(L, &user);
	const struct ki_lua *lua = user;
	uint64_t seed = lua->proc != NULL ? lua->proc->system->lua_seed : 0;
	return (unsigned int)(seed ^ seed >> 32);
}

static int panic(lua_State *L) {
	(void)L;
	ki_check(!"everything that may raise runs protected"); /* S1 */
	return 0;
}

static lua_State *new_state(struct ki_lua *lua, lua_Alloc allocate) {
	lua_State *L = lua_newstate(allocate, lua);
	if (L != NULL) {
		*(struct ki_lua **)lua_getextraspace(L) = lua; /* threads made from it copy this */
		lua_atpanic(L, panic);
	}
	return L;
}

static int open_libraries(lua_State *L) {
	ki_open_base(L);
	ki_open_string(L);
	ki_open_os(L);
	ki_open_errors(L);
	ki_open_payload(L);
	ki_open_coroutine(L);
	ki_open_channel(L);
	ki_open_process(L);
	ki_scope_open(L);
	return 0;
}

static int call(lua_State *L, lua_CFunction function) {
	lua_pushcfunction(L, function);
	int status = lua_pcall(L, 0, 0, 0);
	if (status != LUA_OK) {
		ki_check(status == LUA_ERRMEM); /* nothing else can go wrong in there */
		return KITH_EEXHAUSTED;
	}
	return 0;
}

void ki_lua_init(
	struct ki_lua *lua, struct ki_proc *proc, const struct ki_lua_program *program) {
	memset(lua, 0, sizeof *lua);
	lua->proc = proc;
	lua->program = program;
	ki_heap_init_in(&lua->heap, 0, proc->system->region);
	ki_list_init(&lua->ready);
	ki_list_init(&lua->cos);
	ki_list_init(&lua->owned);
	ki_list_init(&lua->subscriptions);
	ki_list_init(&lua->readers);
	ki_list_init(&lua->alarms_new);
	ki_list_init(&lua->alarms_fired);
	lua->roams = ki_sched_roaming(proc->system->sched);
}

int ki_lua_open_from(struct ki_lua *lua, lua_Alloc allocate) {
	lua->L = new_state(lua, allocate);
	return lua->L != NULL ? call(lua->L, open_libraries) : KITH_EEXHAUSTED;
}

int ki_lua_open(struct ki_lua *lua) {
	return ki_lua_open_from(lua, ki_lua_reallocate);
}

struct source {
	const char *ptr;
	size_t len;
};

static const char *read_source(lua_State *L, void *arg, size_t *size) {
	(void)L;
	struct source *source = arg;
	*size = source->len;
	source->len = 0;
	return *size > 0 ? source->ptr : NULL;
}

static int compile(lua_State *L, const char *text, size_t len, const char *chunk) {
	char name[CHUNK_NAME_MAX + 1]; /* more of it is never shown */
	snprintf(name, sizeof name, "=%s", chunk);
	struct source source = {text, len};
	int status = lua_load(L, read_source, &source, name, "t");
	if (status == LUA_OK) {
		return 0;
	}
	return status == LUA_ERRMEM ? KITH_EEXHAUSTED : KITH_EINVAL;
}

int ki_lua_compile_library(lua_State *L, const struct ki_lua_program *program) {
	return compile(L, program->source, program->source_len, program->id);
}

int ki_lua_compile(lua_State *L, const struct ki_lua_program *program) {
	int status = ki_lua_compile_library(L, program);
	if (status == 0 && ki_lua_of(L)->scoped) {
		ki_scope_enter(L);
	}
	return status;
}

/* Reads the `chunk:line: ` that Lua puts in front of a message; gives what follows it. */
static const char *split_position(const char *message, const char *chunk, int *line) {
	size_t len = strlen(chunk);
	if (len >= CHUNK_NAME_MAX) {
		len = CHUNK_NAME_MAX - 1;
	}
	*line = 1;
	int at = 0, number = 0;
	if (strncmp(message, chunk, len) == 0 && message[len] == ':' &&
		sscanf(message + len, ":%d: %n", &number, &at) == 1 && at > 0) {
		*line = number;
		return message + len + at;
	}
	return message;
}

int ki_lua_check(const char *source, size_t len, const char *chunk, char *text, size_t text_size,
	int *line) {
	struct ki_lua lua = {0};
	ki_heap_init(&lua.heap, 0);
	lua_State *L = new_state(&lua, ki_lua_reallocate);
	int status = KITH_EEXHAUSTED;
	if (L != NULL) {
		status = compile(L, source, len, chunk);
		if (status == KITH_EINVAL) {
			const char *message = lua_tostring(L, -1);
			snprintf(text, text_size, "%s", split_position(message, chunk, line));
		}
	}
	ki_heap_drop(&lua.heap);
	return status;
}

void ki_lua_release(struct ki_lua *lua) {
	while (!ki_list_empty(&lua->owned)) {
		struct ki_list *node = ki_list_pop_front(&lua->owned);
		struct ki_owned *owned = ki_list_entry(node, struct ki_owned, node);
		owned->drop(owned);
	}
	ki_payload_unref(lua->given);
	lua->given = NULL;
}
