/*
 * lua/terms.h: what a spawner or an executor gives a child beyond its arguments (SPEC 12.4, 12.6).
 *
 * Owns: struct ki_terms; the userdata that holds it, on lua->owned (L2).
 * Threads: the worker that runs the process.
 * Not here: the methods that programs see (lib_spawner.c, lib_funcs.c), making the child
 *	(launch.h).
 */
#ifndef KI_LUA_TERMS_H
#define KI_LUA_TERMS_H

#include "lua/luaproc.h"

struct ki_terms {
	struct ki_payload *context; /* NULL: the caller's */
	struct ki_limits limits;
	int64_t timeout_ns;         /* of a call; 0: none */
	struct ki_strv name;        /* empty: none */
	struct ki_message **messages;
	size_t nr_messages;
};

/* Makes the type of userdata of this name, with these methods; each holds terms. */
void ki_terms_open(lua_State *L, const char *type, const luaL_Reg *methods);
/* Pushes one with room for `nr_values` user values; its terms are empty. */
struct ki_terms *ki_terms_push(lua_State *L, const char *type, int nr_values);
/* Those of the one at 1, `method` of which is called; raises when it is of another type. */
struct ki_terms *ki_terms_check(lua_State *L, const char *type, const char *method);
/* Sets the context to what it is, or the caller's, overlaid by the table at `given`. Raises on what
 * cannot be in a context. */
void ki_terms_set_context(lua_State *L, struct ki_terms *terms, int given);
/* The value of the option `key` on top, which may be popped: milliseconds or a duration, in ns.
 * Raises on anything else. */
int64_t ki_terms_read_ms(lua_State *L, const char *key);
/* The table at stack index `index`, which is argument `arg` of `fn`; raises when it is none. */
int ki_terms_check_table(lua_State *L, int index, int arg, const char *fn);

#endif
