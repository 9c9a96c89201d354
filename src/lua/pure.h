/*
 * lua/pure.h: whether a chunk that runs once, in a template, seems to have run in each process
 * (SPEC 4.2, step 7).
 *
 * It does when all that it calls gives the same for the same, and does nothing outside of the
 * state. A function of C is taken to be impure unless it is told to be pure: one of Lua's by its
 * name (pure.c), one of ours by an array of the file that has it. The hook sees each call of a
 * function of C, whoever makes it, before it is made: so nothing of what it does comes about.
 *
 *	ki_pure_watch(&watch, L);
 *	if (setjmp(watch.out) == 0) { ...the chunk... ki_pure_leave(L); } else { ...impure... }
 *
 * Owns: struct ki_watch, lua->watch. Threads: the one that builds.
 * Not here: what becomes of it (template.c).
 */
#ifndef KI_LUA_PURE_H
#define KI_LUA_PURE_H

#include <lua.h>
#include <setjmp.h>

enum { KI_PURE_MAX = 192 };

struct ki_pure_function {
	lua_CFunction function;
	lua_CFunction original; /* of one of Lua's that `function` has for its upvalue, or NULL */
};

struct ki_watch {
	jmp_buf out; /* where a chunk that is impure leaves to, and its state is of no use then */
	lua_CFunction next; /* Lua's own, behind pairs and next */
	int nr;
	struct ki_pure_function pure[KI_PURE_MAX];
};

/* From now on all that L calls is watched. Raises memory errors only. */
void ki_pure_watch(struct ki_watch *watch, lua_State *L);
void ki_pure_leave(lua_State *L);

/* C code is about to give what is not the same in each process, or cannot be bounded: leaves when L
 * is watched. */
void ki_pure_differs(lua_State *L);

/* Of kith's own functions, by file; each array ends with NULL. */
extern const lua_CFunction ki_channel_pure[], ki_errors_pure[], ki_immutable_pure[],
	ki_library_pure[], ki_require_pure[], ki_scope_pure[], ki_time_pure[];

#endif
