/*
 * lua/frozen.c: see frozen.h.
 *
 * Owns: see frozen.h. Threads: any.
 * Invariants:
 *	FZ1 a frozen object is neither white nor black, and in no list: no collector marks, frees or
 *	    passes over it, and no barrier is raised for it.
 *	FZ2 it refers to frozen objects alone: so it need not be marked for what it holds.
 *	FZ3 nothing writes to it. Lua does so to objects that only seem to be at rest: a metatable
 *	    remembers which metamethods it lacks, a long string its hash: both are there already.
 *	    The border of an array part moves when it is asked for: tables that have one are not
 *	    frozen.
 *	FZ4 a short string is one object: who makes one looks here first. All of Lua's sources do so
 *	    by macros on the two functions they use (lua_build.h); what lstring.c calls in itself is
 *	    while a state is made, which has no frozen strings.
 *	FZ5 its address is not used once the template is freed, which is after all its processes.
 *
 * Rejected: one frozen space for all programs of a runtime. It would save some 30 KB a program, and
 * would have to be added to while processes run. Nodes of the tables of Lua's own libraries, which
 * belong to the process (SPEC 13.3): an assignment to a field that is there goes into the node
 * without asking, so each way to assign would need a guard.
 */
#include "lua/frozen.h"

#include <lfunc.h>
#include <lgc.h>
#include <lobject.h>
#include <lstate.h>
#include <lstring.h>
#include <ltable.h>
#include <ltm.h>
#include <string.h>

#include "base/check.h"
#include "lua/luaproc.h"

/* Slots of a process's own string table at first. */
enum { STRINGS_MIN = 16 };

/* ---- Which ---- */

/* The collector leaves this bit alone. Set: it may be frozen; in the end: it is. */
#define MAY bitmask(TESTBIT)

void ki_frozen_mark(lua_State *L, int index) {
	const TValue *value = s2v(L->ci->func.p + lua_absindex(L, index));
	ki_assert(iscollectable(value));
	gcvalue(value)->marked |= MAY;
}

static bool may(const GCObject *object) {
	return object == NULL || object->marked & MAY;
}

static bool value_may(const TValue *value) {
	return !iscollectable(value) || may(gcvalue(value));
}

static bool node_may(const Node *node) {
	return isempty(gval(node)) || (value_may(gval(node)) && may(gckeyN(node)));
}

static bool table_may(Table *table) {
	if (luaH_realasize(table) > 0 || !may((GCObject *)table->metatable)) { /* FZ3 */
		return false;
	}
	for (int i = 0; i < sizenode(table); i++) {
		if (!node_may(gnode(table, i))) {
			return false;
		}
	}
	return true;
}

static bool closure_may(const CClosure *closure) {
	for (int i = 0; i < closure->nupvalues; i++) {
		if (!value_may(&closure->upvalue[i])) {
			return false;
		}
	}
	return true;
}

static bool userdata_may(const Udata *userdata) {
	for (int i = 0; i < userdata->nuvalue; i++) {
		if (!value_may(&userdata->uv[i].uv)) {
			return false;
		}
	}
	return !tofinalize(userdata) && may((GCObject *)userdata->metatable);
}

/* FZ2, of one that is said to be frozen. */
static bool holds_frozen(GCObject *object) {
	switch (object->tt) {
	case LUA_VSHRSTR:
	case LUA_VLNGSTR:
	case LUA_VPROTO:
		return true;
	case LUA_VTABLE:
		return table_may(gco2t(object));
	case LUA_VCCL:
		return closure_may(gco2ccl(object));
	case LUA_VUSERDATA:
		return userdata_may(gco2u(object));
	default:
		return false;
	}
}

static bool is_plain(const GCObject *object) {
	return object->tt == LUA_VSHRSTR || object->tt == LUA_VLNGSTR || object->tt == LUA_VPROTO;
}

/* Takes the mark from those that hold something else, until none does. */
static void decide(global_State *g) {
	for (GCObject *at = g->allgc; at != NULL; at = at->next) {
		at->marked |= is_plain(at) ? MAY : 0;
	}
	for (GCObject *at = g->fixedgc; at != NULL; at = at->next) {
		ki_check(is_plain(at)); /* names of metamethods, reserved words */
		at->marked |= MAY;
	}
	for (bool again = true; again;) {
		again = false;
		for (GCObject *at = g->allgc; at != NULL; at = at->next) {
			if (at->marked & MAY && !holds_frozen(at)) {
				resetbits(at->marked, MAY);
				again = true;
			}
		}
	}
}

/* ---- Making them so ---- */

/* What nil and booleans have for a value is left from before. */
static void clear_stale(TValue *value) {
	if (ttisnil(value) || ttisboolean(value)) {
		val_(value).gc = NULL;
	}
}

static void freeze_proto(Proto *proto, void (*freeze)(void *block)) {
	void *const arrays[] = {proto->k, proto->code, proto->p, proto->upvalues, proto->lineinfo,
		proto->abslineinfo, proto->locvars};
	for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
		if (arrays[i] != NULL) {
			freeze(arrays[i]);
		}
	}
	for (int i = 0; i < proto->sizek; i++) {
		clear_stale(&proto->k[i]);
	}
	proto->gclist = NULL;
}

static void freeze_closure(CClosure *closure) {
	closure->gclist = NULL;
	for (int i = 0; i < closure->nupvalues; i++) {
		clear_stale(&closure->upvalue[i]);
	}
}

static void freeze_userdata(Udata *userdata) {
	if (userdata->nuvalue > 0) { /* else there is no gclist either */
		userdata->gclist = NULL;
	}
	for (int i = 0; i < userdata->nuvalue; i++) {
		clear_stale(&userdata->uv[i].uv);
	}
}

static void freeze_table(global_State *g, Table *table, void (*freeze)(void *block)) {
	for (int event = 0; event <= TM_EQ; event++) {
		luaT_gettm(table, (TMS)event, g->tmname[event]); /* FZ3 */
	}
	table->gclist = NULL;
	if (table->lastfree == NULL) {
		return; /* it has Lua's dummy for a node */
	}
	for (int i = 0; i < sizenode(table); i++) {
		Node *node = gnode(table, i);
		clear_stale(gval(node));
		if (isempty(gval(node))) { /* FZ2: the key may be one that died */
			setnilkey(node);
			keyval(node).gc = NULL;
		}
	}
	freeze(table->node);
}

static void freeze_object(global_State *g, GCObject *object, void (*freeze)(void *block)) {
	object->next = NULL;
	object->marked = 0; /* FZ1 */
	freeze(object);
	switch (object->tt) {
	case LUA_VSHRSTR:
		gco2ts(object)->u.hnext = NULL;
		break;
	case LUA_VLNGSTR:
		luaS_hashlongstr(gco2ts(object)); /* FZ3 */
		break;
	case LUA_VPROTO:
		freeze_proto(gco2p(object), freeze);
		break;
	case LUA_VTABLE:
		freeze_table(g, gco2t(object), freeze);
		break;
	case LUA_VCCL:
		freeze_closure(gco2ccl(object));
		break;
	case LUA_VUSERDATA:
		freeze_userdata(gco2u(object));
		break;
	default:
		ki_check(!"decided above");
	}
}

/* All of a list that are frozen leave it. */
static void sift(global_State *g, GCObject **list, void (*freeze)(void *block)) {
	while (*list != NULL) {
		GCObject *object = *list;
		if (object->marked & MAY) {
			*list = object->next;
			freeze_object(g, object, freeze);
		} else {
			list = &object->next;
		}
	}
}

/* ---- Strings ---- */

static void add_string(struct ki_frozen *frozen, TString *string) {
	size_t at = string->hash & frozen->mask;
	while (frozen->slots[at] != NULL) {
		at = (at + 1) & frozen->mask;
	}
	frozen->slots[at] = string;
}

/* All strings there are leave the state's own table, which is left small. */
static void move_strings(lua_State *L, struct ki_frozen *frozen) {
	stringtable *own = &G(L)->strt;
	for (int i = 0; i < own->size; i++) {
		for (TString *at = own->hash[i]; at != NULL; at = at->u.hnext) {
			add_string(frozen, at);
		}
		own->hash[i] = NULL;
	}
	own->nuse = 0;
	luaS_resize(L, STRINGS_MIN);
}

static bool make_slots(global_State *g, struct ki_frozen *out) {
	size_t nr = 2;
	while (nr < 2 * (size_t)g->strt.nuse + 1) {
		nr *= 2;
	}
	size_t bytes = nr * sizeof *out->slots;
	out->slots = g->frealloc(g->ud, NULL, 0, bytes);
	out->mask = nr - 1;
	if (out->slots != NULL) {
		memset(out->slots, 0, bytes);
	}
	return out->slots != NULL;
}

bool ki_frozen_separate(lua_State *L, void (*freeze)(void *block), struct ki_frozen *out) {
	global_State *g = G(L);
	if (!make_slots(g, out)) {
		return false;
	}
	freeze(out->slots);
	decide(g);
	move_strings(L, out);
	sift(g, &g->allgc, freeze);
	sift(g, &g->fixedgc, freeze);
	return true;
}

static TString *find(const struct ki_frozen *frozen, const char *str, size_t len, unsigned hash) {
	for (size_t at = hash & frozen->mask;; at = (at + 1) & frozen->mask) {
		TString *string = frozen->slots[at];
		if (string == NULL || (string->hash == hash && string->shrlen == len &&
					      memcmp(getshrstr(string), str, len) == 0)) {
			return string;
		}
	}
}

/* Of the process's own. One that is dead and not collected yet lives again. */
static TString *find_own(global_State *g, const char *str, size_t len, unsigned hash) {
	TString *string = g->strt.hash[lmod(hash, g->strt.size)];
	for (; string != NULL; string = string->u.hnext) {
		if (string->shrlen == len && memcmp(getshrstr(string), str, len) == 0) {
			if (isdead(g, string)) {
				changewhite(string);
			}
			break;
		}
	}
	return string;
}

/* As lstring.c does it, where the table has room: there it would be hashed and looked for again. */
static TString *make_own(lua_State *L, const char *str, size_t len, unsigned hash) {
	stringtable *own = &G(L)->strt;
	TString *string = gco2ts(luaC_newobj(L, LUA_VSHRSTR, sizelstring(len)));
	string->hash = hash;
	string->extra = 0;
	string->shrlen = cast_byte(len);
	memcpy(getshrstr(string), str, len);
	getshrstr(string)[len] = '\0';
	TString **list = &own->hash[lmod(hash, own->size)]; /* a collection may have run */
	string->u.hnext = *list;
	*list = string;
	own->nuse++;
	return string;
}

/* FZ4. By the allocator's user pointer: a state that is being made has no extra space yet. */
TString *ki_lua_newlstr(lua_State *L, const char *str, size_t len) {
	global_State *g = G(L);
	const struct ki_frozen *frozen = ((const struct ki_lua *)g->ud)->frozen;
	if (frozen == NULL || len > LUAI_MAXSHORTLEN) {
		return luaS_newlstr(L, str, len);
	}
	unsigned hash = luaS_hash(str, len, g->seed);
	TString *found = find(frozen, str, len, hash);
	if (found == NULL) {
		found = find_own(g, str, len, hash);
	}
	if (found != NULL) {
		return found;
	}
	return g->strt.nuse < g->strt.size ? make_own(L, str, len, hash)
					   : luaS_newlstr(L, str, len);
}

/* As luaS_new: what C code gives the same constant for is found by its address. Short strings
 * alone: two long ones would be one or two objects as addresses fall (lua/address.h). */
TString *ki_lua_new(lua_State *L, const char *str) {
	TString **cache = G(L)->strcache[point2uint(str) % STRCACHE_N];
	for (int i = 0; i < STRCACHE_M; i++) {
		if (cache[i]->tt == LUA_VSHRSTR && strcmp(str, getstr(cache[i])) == 0) {
			return cache[i];
		}
	}
	TString *string = ki_lua_newlstr(L, str, strlen(str));
	memmove(cache + 1, cache, (STRCACHE_M - 1) * sizeof *cache);
	return cache[0] = string;
}
