/*
 * lua/pidtext.h: PIDs as the strings that Lua has of them.
 *
 * A conversation names the same few PIDs with every message, in both directions, so the last ones
 * are remembered: a PID's text never means another (SPEC 3.1).
 *
 * Owns: lua->pids.
 * Threads: the worker that runs the process.
 * Not here: the text itself (process/pid.h).
 */
#ifndef KI_LUA_PIDTEXT_H
#define KI_LUA_PIDTEXT_H

#include <lua.h>

#include "process/pid.h"

#define KI_PID_MEMO_TEXT 54 /* longer ones are not remembered */

struct ki_pid_memo {
	kith_pid pid; /* 0: none */
	uint8_t len;
	char text[KI_PID_MEMO_TEXT + 1];
};

/* Two: of one process that sends and one that is sent to. */
struct ki_pid_memos {
	struct ki_pid_memo memo[2];
	uint8_t next; /* the one to be forgotten */
};

/* Pushes the text; "" of 0. May raise Lua's memory error. */
void ki_pid_push(lua_State *L, kith_pid pid);
/* ki_pid_parse of that text. */
enum ki_pid_fault ki_pid_read(lua_State *L, struct ki_strv text, kith_pid *out);

#endif
