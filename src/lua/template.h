/*
 * lua/template.h: the state of a program's processes, made once and copied for each (DESIGN, 'Lua
 * states'). Where the chunk is pure it has run already; else it is compiled and not more.
 *
 * Owns: struct ki_lua_template; cache->xtemplate.
 * Threads: any. A template is immutable.
 * Not here: making a state anew (state.h).
 */
#ifndef KI_LUA_TEMPLATE_H
#define KI_LUA_TEMPLATE_H

#include "lua/luaproc.h"

/* Looks for a template of its program, which is built when nobody has yet: lua->template and
 * lua->loaded are set when there is one. Does not raise or park. */
void ki_template_find(struct ki_lua *lua);

/*
 * Makes the state of `lua` from that template, looked for here if nobody has:
 * with all that ki_lua_open does, and on its stack the chunk's function; or with lua->main, which
 * has the body that it returned (lua->loaded). Does not raise or park.
 * Errors: KITH_ENOTFOUND, no template: `lua` is as it was; KITH_EEXHAUSTED.
 */
int ki_template_clone(struct ki_lua *lua);

/* What a copy takes of a heap, its own room left out. */
size_t ki_template_bytes(const struct ki_lua_template *template);

/*
 * Builds a template for the processes of `program` in `system`, with at most this much memory for
 * the states it is taken from (0: what the program may need); `asker` (or NULL) is the process that
 * is being made. NULL: the chunk does not compile, there is no memory, or what the states hold
 * cannot be copied; *temporary: it might be another time. Freed with ki_template_free.
 */
const struct ki_lua_template *ki_template_new(struct ki_system *system,
	const struct ki_lua_program *program, size_t memory_bytes, struct ki_lua *asker,
	bool *temporary);
/* What its copies share. */
const struct ki_frozen *ki_template_frozen(const struct ki_lua_template *template);
void ki_template_free(const struct ki_lua_template *template); /* NULL does nothing */

#endif
