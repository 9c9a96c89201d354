/*
 * What we set of the macros that Lua's build leaves open. Forced in front of every source of Lua
 * and of src/lua (`-include`), so that both see the same layouts and the same calls;
 * KI_LUA_SOURCE_x is defined for Lua's own source x.c.
 *
 * Owns: struct ki_lua_polls.
 * Threads: the worker that runs the process.
 * Invariants:
 *	I1 no macro here changes a source of Lua.
 *	I2 LUAI_MAXCCALLS stays 200, Lua's own: the size of a stack is measured for it.
 *	I3 a poll stands where nothing but Lua's own heap holds what is in use: it may put the
 *	   strand by, and it may never return.
 * Not here: what the functions named here do (address.c, finalizer.c, frozen.c, hook.c,
 *	lib_base.c, result.c, state.c).
 *
 * Polls. A loop inside a library function runs no VM instruction, so no hook reaches it (SPEC 7.5).
 * DESIGN's lua_lock would make a poll of every call of the API, also of those between which C code
 * of ours holds memory because they cannot raise. So the loops are taken where they stand: Lua
 * declares its functions with the name in parentheses, which leaves each name open to a macro, and
 * in the matcher, where a step calls nothing, it is l_unlikely and the loop that poll.
 */
#ifndef KI_LUA_BUILD_H
#define KI_LUA_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#if defined(KI_LUA_SOURCE_lstrlib) || defined(KI_LUA_SOURCE_lutf8lib)
/* All that they include, before a keyword gets another meaning. */
#include <ctype.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#endif

#include "base/atomic.h"

struct lua_State;

/* The seed of the string hash: the run's, read through the allocator's user pointer, no global. */
unsigned int ki_lua_makeseed(struct lua_State *L);
#define luai_makeseed(L) ki_lua_makeseed(L)

/* ---- What follows from addresses ---- */

/*
 * A run repeats though the system loads the program elsewhere each time (lua/address.h). Keys of
 * tables in the program are hashed by their distance from here; objects lie in the heap.
 */
extern const char ki_lua_origin;
#if defined(KI_LUA_SOURCE_ltable)
#define LUA_CORE
#include <lprefix.h>
#include <llimits.h>
#undef point2uint
#define KI_LUA_ORIGIN(p)                                                                           \
	_Generic((p), struct GCObject *: (uintptr_t)0, default: (uintptr_t)&ki_lua_origin)
#define point2uint(p) ((unsigned int)((uintptr_t)(p)-KI_LUA_ORIGIN(p)))
#endif

/* ---- Strings ---- */

/* Who makes a short string is given the frozen one, where there is one (lua/frozen.c). */
#if defined(KI_LUA_SOURCE) && !defined(KI_LUA_SOURCE_lstring)
#define luaS_newlstr ki_lua_newlstr
#define luaS_new ki_lua_new
#else
struct TString *ki_lua_newlstr(struct lua_State *L, const char *str, size_t len);
struct TString *ki_lua_new(struct lua_State *L, const char *str);
#endif

#if defined(KI_LUA_SOURCE_lauxlib) || defined(KI_LUA_SOURCE_lstrlib)
const void *ki_lua_shown_address(struct lua_State *L, int index);
#define lua_topointer(L, index) ki_lua_shown_address(L, index)
#endif

/* Lua's sort would draw its pivots from the machine's clocks. */
unsigned int ki_lua_pivot(struct lua_State *L);
#define l_randomizePivot() ki_lua_pivot(L)

/* ---- Polls ---- */

/* Steps that C loops may still make before they look around. The first member of struct ki_lua, to
 * which the extra space in front of each thread points. */
struct ki_lua_polls {
	/* Written by its worker alone; atomic because a signal handler there may write too. */
	_Atomic(int) xleft;
};

/* No steps are left: judges force and the end of a slice. May not return. */
void ki_lua_give_way(struct lua_State *L);

/* A C loop has made `steps` steps, each about as long as a VM instruction. True: time to give
 * way. */
static inline bool ki_lua_spent(struct lua_State *L, int steps) {
#if defined(KI_LUA_NO_POLLS) /* what they cost: bench/lua_polls.c */
	return false;
#endif
	struct ki_lua_polls *polls = *(struct ki_lua_polls **)((char *)L - sizeof(void *));
	int left = ki_load_rlx(&polls->xleft) - steps; /* rlx: of this thread */
	ki_store_rlx(&polls->xleft, left); /* rlx: a signal writes again */
	return __builtin_expect(left <= 0, 0);
}

static inline void ki_lua_spend(struct lua_State *L, int steps) {
	if (ki_lua_spent(L, steps)) {
		ki_lua_give_way(L);
	}
}

#if defined(KI_LUA_SOURCE_ltablib)
#define lua_geti(L, index, n) (ki_lua_spend(L, 1), (lua_geti)(L, index, n))
#endif

/* A loop over so many bytes polls once, or so. */
enum { KI_LUA_STRETCH_BYTES = 1024, KI_LUA_STRETCH_STEPS = 1000 };
/* ki_lua_spend of the running process, for loops with no L at hand. */
void ki_lua_spend_here(int steps);

/*
 * The matcher: a call of match, with what of a long pattern it may take to the end, and each step
 * of the loops that call nothing; and stretches of a set (`ec` is its end), or of a pattern that is
 * looked through for the end of one. Functions of the matcher are told by their parameters `ms` and
 * `s`, or `ec`; elsewhere these names are found, and nothing is done.
 */
#if defined(KI_LUA_SOURCE_lstrlib)
struct MatchState;
struct ki_no_match {
	struct lua_State *L;
	const char *p_end;
};
static const struct ki_no_match ki_no_match = {NULL, NULL}, *const ms = &ki_no_match,
				*const s = &ki_no_match;
static const char *const p = NULL;
static const struct ki_no_match *const ec = &ki_no_match;
#define KI_MATCH _Generic((ms), struct MatchState *: (ms), default: &ki_no_match)
/* No step is longer than 4 bytes: no stretch is passed over. */
#define KI_STRETCH                                                                                 \
	(__builtin_expect((p) != NULL && (uintptr_t)(p) % KI_LUA_STRETCH_BYTES < 4, 0)             \
			? ki_lua_spend_here(KI_LUA_STRETCH_STEPS / 4)                              \
			: (void)0)
#define KI_MATCH_STEP(steps)                                                                       \
	_Generic((s), const char *: KI_MATCH->L ? ki_lua_spend(KI_MATCH->L, steps) : (void)0,      \
		default: _Generic((ms), struct MatchState *: KI_STRETCH,                           \
			default: _Generic((ec), const char *: KI_STRETCH, default: (void)0)))
#define luai_likely(x) __builtin_expect((x) != 0, 1)
/* Of the pattern that is left; functions without a `p` of their own take nothing of it. */
#define KI_MATCH_LEFT ((p) != NULL ? (int)((KI_MATCH->p_end - (p)) / 64) : 0)
#define luai_unlikely(x) (KI_MATCH_STEP(1 + KI_MATCH_LEFT), __builtin_expect((x) != 0, 0))
#define while(...) while (KI_MATCH_STEP(1), (__VA_ARGS__))
#define memcmp(a, b, len) ki_lua_memcmp(a, b, len)
#endif

/* Loops over the bytes of a string, by its position: `posi`, or `n` in iter_aux. */
#if defined(KI_LUA_SOURCE_lutf8lib)
static const char posi = 0;
#define KI_UTF8_AT ((unsigned)_Generic((posi), const char: n, default: posi))
/* A character has at most 8 bytes: no stretch is passed over. */
#define KI_UTF8_STEP                                                                               \
	(__builtin_expect(KI_UTF8_AT % KI_LUA_STRETCH_BYTES < 8, 0)                                \
			? ki_lua_spend_here(KI_LUA_STRETCH_STEPS / 8)                              \
			: (void)0)
#define while(...) while (KI_UTF8_STEP, (__VA_ARGS__))
#endif
/* memcmp with a poll, for the plain search, which has no L at hand. */
int ki_lua_memcmp(const void *a, const void *b, size_t len);

/* Source text comes in small pieces, with a poll before each. */
#if !defined(KI_LUA_SOURCE_lapi)
int ki_lua_load(struct lua_State *L,
	const char *(*reader)(struct lua_State *L, void *data, size_t *size), void *data,
	const char *name, const char *mode);
#define lua_load(L, reader, data, name, mode) ki_lua_load(L, reader, data, name, mode)
#endif

/* A new thread has a count of its own, and may end before its hook is called. */
#if !defined(KI_LUA_SOURCE_ldo)
int ki_lua_resume(struct lua_State *L, struct lua_State *from, int nr_args, int *nr_results);
#define lua_resume(L, from, nr_args, nr_results) ki_lua_resume(L, from, nr_args, nr_results)
#endif

/* ---- Methods ---- */

/*
 * message:payload() and the like: of all that the interpreter gets by luaV_fastget, only OP_SELF
 * looks with luaH_getstr, and it only reads. There a userdata whose metatable has a table as
 * __index, which all of ours have, is searched at once, without the general way through
 * luaV_finishget. The result is the same; what is not found goes that way.
 */
#if defined(KI_LUA_SOURCE_lvm)
#define lvm_c
#define LUA_CORE
#include <lprefix.h>

#include <lua.h>

#include <lgc.h>
#include <lobject.h>
#include <lstate.h>
#include <ltable.h>
#include <ltm.h>
#include <lvm.h>

static inline bool ki_method(
	struct lua_State *L, const TValue *object, TString *key, const TValue **slot) {
	if (ttisfulluserdata(object) && uvalue(object)->metatable != NULL) {
		const TValue *methods =
			luaH_getshortstr(uvalue(object)->metatable, G(L)->tmname[TM_INDEX]);
		if (ttistable(methods)) {
			*slot = luaH_getstr(hvalue(methods), key);
			if (!isempty(*slot)) {
				return true;
			}
		}
	}
	*slot = NULL;
	return false;
}

#undef luaV_fastget
#define luaV_fastget(L, t, k, slot, f)                                                             \
	(ttistable(t) ? ((slot) = f(hvalue(t), k), !isempty(slot))                                 \
		      : KI_GET_##f(L, t, k, &(slot)))
#define KI_GET_luaH_getstr(L, t, k, slot) ki_method(L, t, k, slot)
#define KI_GET_luaH_getshortstr(L, t, k, slot) (*(slot) = NULL, false)
#define KI_GET_luaH_get(L, t, k, slot) (*(slot) = NULL, false)
#endif

/* ---- Finalizers ---- */

/* Called by the collector alone; declared by Lua's own header under this name, too. */
#if defined(KI_LUA_SOURCE_lgc)
#define luaD_callnoyield ki_lua_finalize
#endif

/* ---- Memory ---- */

/* Lua throws its memory error. When memory was refused, and not merely its text raised by a
 * program, the process ends here (SPEC 15.6): does not return then. */
void ki_lua_out_of_memory(struct lua_State *L);

#if defined(KI_LUA_SOURCE_ldo)
#define LUAI_THROW(L, c)                                                                           \
	((c)->status == LUA_ERRMEM ? ki_lua_out_of_memory(L) : (void)0, _longjmp((c)->b, 1))
#define LUAI_TRY(L, c, a)                                                                          \
	if (_setjmp((c)->b) == 0) {                                                                \
		a                                                                                  \
	}
#define luai_jmpbuf jmp_buf
#endif

/* Only memory that was refused makes a stack shorter than Lua allows: no error for pcall. */
int ki_lua_checkstack(struct lua_State *L, int n);
#if defined(KI_LUA_SOURCE) && !defined(KI_LUA_SOURCE_lapi)
#define lua_checkstack(L, n) ki_lua_checkstack(L, n)
#endif

/* Memory of a luaL_Buffer: as all other, with a full collection before it is refused. */
void *ki_lua_reallocate_box(void *L, void *ptr, size_t old_size, size_t new_size);
#if defined(KI_LUA_SOURCE_lauxlib)
#define lua_getallocf(L, user) (*(user) = (L), ki_lua_reallocate_box)
#endif

#endif
