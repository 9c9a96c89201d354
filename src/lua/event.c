/*
 * lua/event.c: EXIT, LINK_DOWN and CANCEL as the tables that a program receives.
 *
 * Owns: nothing. Threads: the worker that runs the process.
 */
#include "lua/event.h"

#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "time/duration.h"

static const char *kind_text(uint8_t kind) {
	switch (kind) {
	case KI_SIGNAL_EXIT:
		return "pid.exit";
	case KI_SIGNAL_LINK_DOWN:
		return "pid.link.down";
	default:
		return "pid.cancel";
	}
}

/* A fresh copy for this watcher (SPEC 4.5). */
static void push_result(lua_State *L, const struct ki_result *result) {
	lua_createtable(L, 0, 1);
	if (result->value != NULL) {
		ki_codec_decode(L, result->value);
		lua_setfield(L, -2, "value");
	}
	if (ki_result_failed(result)) {
		ki_error_push_payload(L, result->error);
		lua_setfield(L, -2, "error");
	}
}

static void set_cancel(lua_State *L, const struct ki_cancel *cancel) {
	lua_pushlstring(L, cancel->reason, cancel->reason_len);
	lua_setfield(L, -2, "reason");
	if (cancel->deadline_wall_ns != 0) {
		lua_pushinteger(L, cancel->deadline_wall_ns / KI_NS_PER_MS);
		lua_setfield(L, -2, "deadline");
	}
}

void ki_event_push(lua_State *L, struct ki_signal *signal) {
	luaL_checkstack(L, 6, NULL);
	lua_createtable(L, 0, 5);
	lua_pushstring(L, kind_text(signal->kind));
	lua_setfield(L, -2, "kind");
	lua_pushinteger(L, signal->at_ns / KI_NS_PER_SEC);
	lua_setfield(L, -2, "at");
	ki_pid_push(L, signal->from);
	lua_setfield(L, -2, "from");
	if (signal->kind == KI_SIGNAL_CANCEL) {
		set_cancel(L, ki_signal_cancel(signal));
	} else {
		push_result(L, ki_signal_relation(signal)->result);
		lua_setfield(L, -2, "result");
	}
}

void ki_event_push_kinds(lua_State *L) {
	lua_createtable(L, 0, 3);
	lua_pushstring(L, kind_text(KI_SIGNAL_CANCEL));
	lua_setfield(L, -2, "CANCEL");
	lua_pushstring(L, kind_text(KI_SIGNAL_EXIT));
	lua_setfield(L, -2, "EXIT");
	lua_pushstring(L, kind_text(KI_SIGNAL_LINK_DOWN));
	lua_setfield(L, -2, "LINK_DOWN");
	ki_table_freeze(L, -1);
}
