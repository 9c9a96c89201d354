/*
 * lua/lib_io.c: the module `io`.
 *
 * Owns: see lib_io.h. Threads: the worker that runs the process.
 */
#include "lua/lib_io.h"

#include "lua/co.h"
#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/lib_base.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "lua/route.h"
#include "process/input.h"

#define READ_BYTES 1024

static const struct ki_system_hooks *hooks_of(lua_State *L) {
	return &ki_lua_of(L)->proc->system->hooks;
}

static int succeed(lua_State *L) {
	lua_pushboolean(L, 1);
	return 1;
}

/* ---- Writing ---- */

/* Writes the text on top of the stack as one unit. */
static int put(lua_State *L, void (*output)(void *user, const char *text, size_t len)) {
	size_t len;
	const char *text = lua_tolstring(L, -1, &len);
	if (output != NULL && len > 0) {
		output(hooks_of(L)->user, text, len);
	}
	return succeed(L);
}

static int lib_write(lua_State *L) {
	ki_base_push_line(L, "", "");
	return put(L, hooks_of(L)->output);
}

static int lib_print(lua_State *L) {
	ki_base_push_line(L, "\t", "\n");
	return put(L, hooks_of(L)->output);
}

static int lib_eprint(lua_State *L) {
	ki_base_push_line(L, "\t", "\n");
	return put(L, hooks_of(L)->error_output);
}

/* Nothing is held back. */
static int lib_flush(lua_State *L) {
	return succeed(L);
}

/* ---- Reading ---- */

static int answered(lua_State *L, int status, lua_KContext ctx) {
	(void)L, (void)status, (void)ctx;
	return 1;
}

static int ask(lua_State *L, size_t max, bool line) {
	struct ki_lua *lua = ki_lua_of(L);
	const struct ki_system_hooks *hooks = hooks_of(L);
	ki_lua_look(L);
	if (hooks->input == NULL) {
		lua_pushnil(L);
		return 1;
	}
	struct ki_input *input = ki_input_new(lua->proc, max, line);
	if (input == NULL) {
		ki_lua_refuse_memory(L);
	}
	lua->nr_pending++;
	ki_list_push_back(&lua->readers, &ki_co_waiter(L, "read")->node);
	hooks->input(hooks->user, input);
	return ki_co_block(L, 0, answered);
}

static int lib_read(lua_State *L) {
	ki_lua_require_running(L, "read");
	lua_Integer max = READ_BYTES;
	if (!lua_isnoneornil(L, 1)) {
		if (!lua_isinteger(L, 1)) {
			return ki_arg_error(L, 1, "read", "integer");
		}
		max = lua_tointeger(L, 1);
		if (max < 1) {
			return ki_fail(L, KITH_EINVAL, "number of bytes must be greater than 0");
		}
	}
	return ask(L, (size_t)max, false);
}

static int lib_readline(lua_State *L) {
	ki_lua_require_running(L, "readline");
	return ask(L, SIZE_MAX, true);
}

void ki_io_route(lua_State *L, struct ki_signal *signal) {
	struct ki_lua *lua = ki_lua_of(L);
	const struct ki_payload *payload = ki_signal_input(signal)->payload;
	struct ki_co *co = ki_list_entry(lua->readers.next, struct ki_co, node);
	if (payload != NULL) {
		lua_pushlstring(co->at, (const char *)payload->data, payload->size);
	} else {
		lua_pushnil(co->at);
	}
	ki_signal_free(ki_proc_take(lua->proc));
	ki_list_remove(&co->node);
	lua->nr_pending--;
	ki_co_ready(co, 1);
}

/* ---- Arguments ---- */

/* A fresh array at each call. */
static int lib_args(lua_State *L) {
	const struct ki_proc *proc = ki_lua_of(L)->proc;
	const struct ki_system *system = proc->system;
	size_t nr = proc->command ? system->nr_command_args : 0;
	lua_settop(L, 0);
	lua_createtable(L, (int)nr, 0);
	for (size_t i = 0; i < nr; i++) {
		ki_codec_decode(L, system->command_args[i]);
		lua_rawseti(L, 1, (lua_Integer)i + 1);
	}
	return 1;
}

void ki_io_open(lua_State *L) {
	static const luaL_Reg functions[] = {
		{"write", lib_write},
		{"print", lib_print},
		{"eprint", lib_eprint},
		{"flush", lib_flush},
		{"read", lib_read},
		{"readline", lib_readline},
		{"args", lib_args},
		{NULL, NULL},
	};
	luaL_newlib(L, functions);
	ki_table_freeze(L, -1);
}
