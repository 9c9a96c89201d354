/*
 * lua/pidtext.c: see pidtext.h.
 *
 * Owns: lua->pids. Threads: the worker that runs the process.
 */
#include "lua/pidtext.h"

#include <string.h>

#include "lua/luaproc.h"

static void remember(struct ki_pid_memos *memos, kith_pid pid, const char *text, size_t len) {
	struct ki_pid_memo *memo = &memos->memo[memos->next];
	memos->next ^= 1;
	memo->pid = pid;
	memo->len = (uint8_t)len;
	memcpy(memo->text, text, len);
	memo->text[len] = '\0';
}

void ki_pid_push(lua_State *L, kith_pid pid) {
	struct ki_lua *lua = ki_lua_of(L);
	for (int i = 0; i < 2 && pid != 0; i++) {
		if (lua->pids.memo[i].pid == pid) {
			/* By a C string at the same address, Lua finds it again without hashing. */
			lua_pushstring(L, lua->pids.memo[i].text);
			return;
		}
	}
	char text[KI_PID_TEXT_MAX];
	size_t len = ki_pid_format(lua->proc->system, pid, text);
	if (len > 0 && len <= KI_PID_MEMO_TEXT) {
		remember(&lua->pids, pid, text, len);
	}
	lua_pushlstring(L, text, len);
}

/* Of one that can be pushed too: other spellings of a PID are not remembered. */
enum ki_pid_fault ki_pid_read(lua_State *L, struct ki_strv text, kith_pid *out) {
	struct ki_lua *lua = ki_lua_of(L);
	for (int i = 0; i < 2; i++) {
		const struct ki_pid_memo *memo = &lua->pids.memo[i];
		if (memo->len == text.len && text.len > 0 &&
			memcmp(memo->text, text.ptr, text.len) == 0) {
			*out = memo->pid;
			return KI_PID_OK;
		}
	}
	enum ki_pid_fault fault = ki_pid_parse(lua->proc->system, text, out);
	char usual[KI_PID_TEXT_MAX];
	if (fault == KI_PID_OK && *out != 0 && text.len <= KI_PID_MEMO_TEXT &&
		ki_pid_format(lua->proc->system, *out, usual) == text.len &&
		memcmp(usual, text.ptr, text.len) == 0) {
		remember(&lua->pids, *out, text.ptr, text.len);
	}
	return fault;
}
