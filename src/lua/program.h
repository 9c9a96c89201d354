/*
 * lua/program.h: what the layers above know of Lua, without Lua's own headers.
 *
 * Owns: struct ki_lua_program, struct ki_lua_import, struct ki_lua_cache.
 * Threads: a program is immutable; a cache belongs to any, but for fini; ki_lua_check any.
 * Not here: states and processes (luaproc.h, luabody.c), templates (template.h).
 */
#ifndef KI_LUA_PROGRAM_H
#define KI_LUA_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "process/body.h"

struct ki_lua_program;
struct ki_lua_template;

/* What the processes of one program have in common; zeroed at first. */
struct ki_lua_cache {
	/* NULL: not made yet. Set once. [TM1] */
	_Atomic(const struct ki_lua_template *) xtemplate;
	_Atomic(uint64_t) xnr_plain; /* states made without it; a counter */
};

/* A library under the name that a chunk gives it (SPEC 13.2). */
struct ki_lua_import {
	const char *alias;
	const struct ki_lua_program *library;
};

/* What an entry with a Lua source says; made once by api. Of a process, ki_program.data points to
 * it; a library has no method. No library imports itself, by way of others neither. */
struct ki_lua_program {
	const char *id;            /* entry ID: chunk name, process.id() */
	const char *source;
	size_t source_len;
	const char *method;        /* "main" */
	const char *const *modules;
	size_t nr_modules;
	const struct ki_lua_import *imports;
	size_t nr_imports;
	struct ki_lua_cache *cache; /* NULL: each process makes its state anew */
};

/* Of programs whose ki_program.data is a struct ki_lua_program. */
extern const struct ki_body_ops ki_lua_ops;

/* No process of the program is left, and none will be. */
void ki_lua_cache_fini(struct ki_lua_cache *cache);

/*
 * Checks the syntax of a source without a process. Errors: KITH_EINVAL with the message, without
 * its `chunk:line:` prefix, in `text` (cut to fit) and its line in *line; KITH_EEXHAUSTED.
 */
int ki_lua_check(const char *source, size_t len, const char *chunk, char *text, size_t text_size,
	int *line);

#endif
