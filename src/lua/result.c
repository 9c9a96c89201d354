/*
 * lua/result.c: what a process's Lua comes to (SPEC 4.5).
 *
 * Memory. Lua's memory error ends the process where it is thrown, so that no pcall sees it. While
 * the process starts, on the spawner's strand, it leads out of the state, which is then dropped
 * whole. Where no process runs (a check of a source) it is an error like others.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: force and linked failures (process/exit.c).
 */
#include "lua/result.h"

#include <inttypes.h>
#include <stdio.h>

#include "lua/codec.h"
#include "lua/luaerror.h"
#include "lua/pure.h"
#include "lua/state.h"
#include "mem/value.h"

/* ---- Memory ---- */

static uint64_t limit_of(const struct ki_lua *lua) {
	return ki_proc_memory_limit(lua->proc, lua->heap.used_bytes);
}

void ki_lua_memory_text(const struct ki_lua *lua, char *text, size_t size) {
	snprintf(text, size, "memory limit exceeded (limit %" PRIu64 " bytes)", limit_of(lua));
}

void ki_lua_end_memory(struct ki_lua *lua) {
	ki_proc_end_memory(lua->proc, limit_of(lua));
	lua->ended = true;
}

/* Of the state itself: a thread of it may be half made. */
static struct ki_lua *lua_of_allocator(lua_State *L) {
	void *user;
	lua_getallocf(L, &user);
	return user;
}

void ki_lua_out_of_memory(lua_State *L) {
	struct ki_lua *lua = lua_of_allocator(L);
	if (!lua->refused) {
		return;
	}
	if (lua->start != NULL) {
		longjmp(*lua->start, 1);
	}
	if (lua->proc != NULL && lua->proc == ki_proc_self()) {
		ki_lua_end_memory(lua);
		ki_task_abandon();
	}
}

void *ki_lua_reallocate_box(void *L, void *ptr, size_t old_size, size_t new_size) {
	struct ki_lua *lua = lua_of_allocator(L);
	void *block = ki_lua_reallocate(lua, ptr, old_size, new_size);
	if (block == NULL && new_size > 0) {
		ki_pure_differs(L); /* a template is made */
		lua_gc(L, LUA_GCCOLLECT);
		block = ki_lua_reallocate(lua, ptr, old_size, new_size);
		if (block == NULL) {
			ki_lua_out_of_memory(L);
		}
	}
	return block;
}

int ki_lua_checkstack(lua_State *L, int n) {
	struct ki_lua *lua = lua_of_allocator(L);
	lua->refused = false;
	int enough = (lua_checkstack)(L, n);
	if (!enough) {
		ki_lua_out_of_memory(L);
	}
	return enough;
}

/* ---- The rest ---- */

void ki_lua_end_deadlock(struct ki_lua *lua) {
	char text[120];
	snprintf(text, sizeof text,
		"deadlock: all coroutines blocked with no pending operations (threads=%u)",
		lua->nr_cos);
	ki_proc_end_cause(lua->proc, KI_CAUSE_DEADLOCK,
		ki_error_payload_status(KITH_EINTERNAL, ki_strv(text)));
	lua->ended = true;
}

void ki_lua_end_error(lua_State *L, int status, struct ki_strv trace) {
	struct ki_lua *lua = ki_lua_of(L);
	if (status == LUA_ERRMEM) {
		ki_lua_end_memory(lua);
		return;
	}
	struct ki_payload *error = ki_error_from_value(L, -1, trace);
	ki_proc_end_error(lua->proc, error);
	lua->ended = true;
}

static void end_value(lua_State *L, int index) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_payload *value = NULL;
	int status = ki_codec_encode_value(L, index, 1, &value);
	if (status == KITH_OK) {
		ki_proc_end_return(lua->proc, value);
		lua->ended = true;
	} else if (status == KITH_EINVAL) {
		struct ki_strv text;
		text.ptr = lua_tolstring(L, -1, &text.len);
		ki_proc_end_error(lua->proc, ki_error_payload_status(status, text));
		lua->ended = true;
	} else {
		ki_lua_end_memory(lua);
	}
}

void ki_lua_end_results(lua_State *L, int first) {
	struct ki_lua *lua = ki_lua_of(L);
	bool is_error = false;
	if (lua_gettop(L) > first) {
		struct ki_payload *error = ki_error_from_second(L, first + 1, &is_error);
		if (is_error) {
			ki_proc_end_error(lua->proc, error);
			lua->ended = true;
			return;
		}
	}
	if (lua_gettop(L) < first) {
		lua_pushnil(L);
	}
	lua->proc->result->has_second = !lua_isnoneornil(L, first + 1);
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	end_value(L, first);
}
