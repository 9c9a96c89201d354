/*
 * lua/frozen.h: objects of Lua that exist once for all processes of a program.
 *
 * A template keeps apart from what each process has a copy of what never changes: strings,
 * prototypes with their arrays, the tables of kith's modules and userdata types, and Lua's own
 * functions where we wrap them. Processes refer to them where they lie.
 *
 * Owns: struct ki_frozen; how Lua makes short strings.
 * Threads: any; nothing that is frozen is written to.
 * Invariants: FZ1 to FZ5, in frozen.c.
 * Not here: where they lie, who lets go of them (template.c).
 */
#ifndef KI_LUA_FROZEN_H
#define KI_LUA_FROZEN_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct TString;

struct ki_frozen {
	/* The short strings, by hash: open addressing, with free slots. */
	struct TString **slots;
	size_t mask;        /* their number less 1 */
	const void *memory; /* in which all lies */
	size_t bytes;
};

/* The table, C function with upvalues, or userdata at the index will never be changed, and programs
 * cannot change it. To be said before any of them runs; what else it holds may be anything. */
void ki_frozen_mark(lua_State *L, int index);

/*
 * In a state from which a template is made, at rest: takes what can be frozen off all lists of the
 * collector and of the string table, and tells `freeze` of each block that belongs to it. From then
 * on the state is good for being copied alone. Gives slots and mask. False: no memory, nothing is
 * changed.
 */
bool ki_frozen_separate(lua_State *L, void (*freeze)(void *block), struct ki_frozen *out);

#endif
