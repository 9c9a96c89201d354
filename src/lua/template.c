/*
 * lua/template.c: making templates and copying them. With frozen.c it is what knows Lua's insides.
 *
 * The same state is built twice, in two arenas. A word that differs by exactly the distance of
 * their bases is a pointer into the arena; no other may differ. The live blocks are then laid out
 * anew. Those of frozen objects (frozen.h) lie in memory of the template's, where all copies refer
 * to them. The others are laid out as a heap would have them, with each pointer to one another as
 * an offset from the first: a copy is one memcpy and an addition for each of these.
 *
 * Owns: struct ki_lua_template. Threads: see template.h.
 * Invariants:
 *	TP1 nothing in the image depends on the process: what does (the allocator's user pointer,
 *	    the extra space of each thread) is set after each copy, and nothing that is
 *	    built hangs on the lists of its struct ki_lua.
 *	TP2 every word of the image is its pointer's offset, or the same in both builds and in every
 *	    copy. So arenas
 *	    are zeroed, and none of their memory is used twice.
 *	TP3 no key of a table hashes by an address in the arena: a copy would not find it.
 *	TP4 pointers to dead blocks are zero. They are left where Lua never follows them (dead keys,
 *	    old gray lists).
 *	TP5 an arena leaves room behind each block: a pointer one past its end (Table.lastfree) is
 *	    not one to the next.
 *	TP6 while it is built nothing gives way: the strand is the spawner's and holds the arenas.
 *	    So a chunk that takes long is not run here.
 *	TP7 a chunk that is not pure, or not done in time or in the arena, has done nothing outside
 *	    of its state, which is dropped as it is (pure.h).
 *	TP8 nothing frozen points to what is copied.
 * Tags: [TM1] cache->xtemplate: publishes the template to the processes that copy it.
 * Not here: what the state has in it (state.c), where copies lie (mem/heap.h).
 *
 * Rejected: walking the objects and knowing each one's pointers (every field of Lua's structures
 * would be known here; so only those are that hold something stale).
 */
#include "lua/template.h"

#include <lfunc.h>
#include <lgc.h>
#include <limits.h>
#include <lmem.h>
#include <lobject.h>
#include <lstate.h>
#include <ltable.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "lua/chunk.h"
#include "lua/co.h"
#include "lua/frozen.h"
#include "lua/library.h"
#include "lua/pure.h"
#include "lua/state.h"

/* Room for the libraries and for each byte of source. Larger programs are compiled where a poll
 * lets others run. */
enum { ARENA_BYTES = 1024 * 1024, ARENA_PER_BYTE = 64, SOURCE_MAX_BYTES = 128 * 1024 };

/* Low bits of the distance of two bases: so that a pointer of which a byte was overwritten does not
 * look like one. */
enum { SKEW = 0x958, SKEW_MASK = 0xfff };

struct ki_lua_template {
	size_t bytes;
	size_t used_bytes;  /* the sum of the blocks' sizes */
	size_t peak_bytes;  /* what a process needs at least to run the chunk itself */
	size_t state;       /* where the state's main thread is */
	size_t main;        /* where the coroutine main is, if loaded */
	bool scoped, loaded;
	char *image;
	struct ki_region *region;  /* where the frozen objects lie */
	char *frozen_memory;       /* of `frozen` */
	struct ki_frozen frozen;
	size_t nr_pointers;
	uint32_t *pointers; /* where they are, in words */
};

/* Tried, and there is none. */
static const struct ki_lua_template no_template;

/* ---- Words ---- */

#define WORD sizeof(uintptr_t)

static uintptr_t get_word(const char *at) {
	uintptr_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static void set_word(char *at, uintptr_t word) {
	memcpy(at, &word, sizeof word);
}

static size_t round_up(size_t size) {
	return (size + WORD - 1) & ~(WORD - 1);
}

/* ---- Arenas ---- */

struct block {
	size_t room; /* a multiple of 8 */
	size_t size; /* 0: dead */
	size_t frozen;
};

struct arena {
	char *memory, *base;
	size_t bytes, used;
	size_t live_bytes, peak_bytes;
};

static bool arena_init(struct arena *arena, size_t bytes) {
	*arena = (struct arena){.memory = ki_zalloc(bytes + SKEW_MASK), .bytes = bytes};
	return arena->memory != NULL;
}

static void arena_fini(struct arena *arena) {
	ki_free(arena->memory);
}

static void set_bases(struct arena *a, struct arena *b) {
	a->base = a->memory;
	uintptr_t distance = (uintptr_t)b->memory - (uintptr_t)a->base;
	b->base = b->memory + ((SKEW - distance) & SKEW_MASK);
}

/* All of it is as at first. */
static void arena_reset(struct arena *arena) {
	memset(arena->base, 0, arena->used);
	arena->used = arena->live_bytes = arena->peak_bytes = 0;
}

static void count(struct arena *arena, size_t old_size, size_t new_size) {
	arena->live_bytes += new_size - old_size;
	if (arena->live_bytes > arena->peak_bytes) {
		arena->peak_bytes = arena->live_bytes;
	}
}

static void *new_block(struct arena *arena, size_t size) {
	size_t room = round_up(size);
	size_t left = arena->bytes - arena->used;
	if (left < sizeof(struct block) || room > left - sizeof(struct block)) {
		return NULL;
	}
	struct block *block = (struct block *)(void *)(arena->base + arena->used);
	*block = (struct block){.room = room, .size = size};
	arena->used += sizeof *block + room;
	count(arena, 0, size);
	return block + 1;
}

static void *reallocate(struct arena *arena, void *ptr, size_t size) {
	if (ptr == NULL) {
		return size > 0 ? new_block(arena, size) : NULL;
	}
	struct block *block = (struct block *)ptr - 1;
	if (size <= block->size) {
		memset((char *)ptr + size, 0, block->size - size);
		count(arena, block->size, size);
		block->size = size;
		return size > 0 ? ptr : NULL;
	}
	void *moved = new_block(arena, size);
	if (moved != NULL) {
		memcpy(moved, ptr, block->size);
		count(arena, block->size, 0);
		block->size = 0;
	}
	return moved;
}

static void freeze_block(void *ptr) {
	((struct block *)ptr - 1)->frozen = true;
}

static struct block *first_block(const struct arena *arena) {
	return (struct block *)(void *)arena->base;
}

static struct block *next_block(const struct block *block) {
	return (struct block *)(void *)((char *)(block + 1) + block->room);
}

static bool is_block(const struct arena *arena, const struct block *block) {
	return (const char *)block < arena->base + arena->used;
}

/* ---- Building ---- */

struct builder {
	struct ki_lua lua; /* at one place for both builds */
	struct ki_proc proc;
	struct arena *arena;
	struct ki_watch watch;
	bool run; /* the chunk too */
};

/* What was built in one arena. */
struct built {
	lua_State *L;
	struct ki_co *main; /* NULL: the chunk has not run */
	struct ki_frozen frozen;
};

static void *allocate(void *user, void *ptr, size_t old_size, size_t new_size) {
	(void)old_size;
	struct builder *builder = ki_container_of(user, struct builder, lua);
	void *block = reallocate(builder->arena, ptr, new_size);
	if (block == NULL && new_size > 0 && builder->lua.watch != NULL) {
		ki_pure_differs(builder->lua.L); /* the chunk must not get to know */
	}
	return block;
}

static int compile_imports(lua_State *L) {
	ki_library_compile_imports(L, ki_lua_of(L)->program);
	return 0;
}

/* KITH_EEXHAUSTED, KITH_EINVAL. */
static int compile(struct builder *b, struct ki_system *system,
	const struct ki_lua_program *program) {
	b->proc.system = system;
	ki_lua_init(&b->lua, &b->proc, program);
	ki_heap_set_limit(&b->lua.heap, b->arena->bytes); /* of luaL_Buffers */
	ki_store_rlx(&b->lua.polls.xleft, INT_MAX); /* rlx: TP6; of this thread */
	if (ki_lua_open_from(&b->lua, allocate) != KITH_OK) {
		return KITH_EEXHAUSTED;
	}
	lua_pushcfunction(b->lua.L, compile_imports);
	if (lua_pcall(b->lua.L, 0, 0, 0) != LUA_OK) {
		return KITH_EEXHAUSTED;
	}
	return ki_lua_compile(b->lua.L, program);
}

struct run {
	struct builder *builder;
	struct ki_co *main;
};

/* run, chunk: makes main of the body. Its frame is that of a spawn, for who looks at the stack. */
static int run_chunk(lua_State *L) {
	struct run *run = lua_touserdata(L, 1);
	struct builder *b = run->builder;
	ki_pure_watch(&b->watch, L);
	b->arena->peak_bytes = b->arena->live_bytes;
	ki_chunk_run(L, b->lua.program->method);
	ki_pure_leave(L);
	if (lua_isfunction(L, -1)) {
		run->main = ki_co_spawn(L, true);
		ki_co_disown(run->main);
	}
	return 0;
}

/* The coroutine main, whose body the chunk at the top of the stack gave; which is popped. NULL: not
 * by a chunk that runs here. */
static struct ki_co *run(struct builder *b) {
	lua_State *L = b->lua.L;
	struct run run = {.builder = b};
	if (setjmp(b->watch.out) != 0) {
		return NULL; /* TP7 */
	}
	lua_pushcfunction(L, run_chunk);
	lua_insert(L, 1);
	lua_pushlightuserdata(L, &run);
	lua_insert(L, 2);
	return lua_pcall(L, 2, 0, 0) == LUA_OK ? run.main : NULL;
}

/* TP1 */
static bool is_common(const struct ki_lua *lua) {
	return ki_list_empty(&lua->ready) && ki_list_empty(&lua->cos) &&
		ki_list_empty(&lua->owned) && ki_list_empty(&lua->subscriptions) &&
		ki_list_empty(&lua->readers) && ki_list_empty(&lua->alarms_new) &&
		lua->nr_pending == 0 && lua->outgoing == NULL && lua->heap.used_bytes == 0;
}

/* ---- What is stale in a state ---- */

static void clear_after_tag(TValue *value) {
	char *tag = (char *)&value->tt_;
	memset(tag + 1, 0, (size_t)((char *)(value + 1) - tag) - 1);
}

static void clear_stack(lua_State *L) {
	for (StkId at = L->stack.p; at < L->top.p; at++) {
		clear_after_tag(s2v(at));
	}
	char *end = (char *)(L->stack_last.p + EXTRA_STACK);
	memset((char *)L->top.p, 0, (size_t)(end - (char *)L->top.p)); /* nil */
}

static void free_calls(lua_State *L) {
	CallInfo *next = L->ci->next;
	L->ci->next = NULL;
	for (CallInfo *call; (call = next) != NULL; L->nci--) {
		next = call->next;
		luaM_free(L, call);
	}
}

static void forget_strings(global_State *g) {
	for (int i = 0; i < STRCACHE_N; i++) {
		for (int j = 0; j < STRCACHE_M; j++) {
			g->strcache[i][j] = g->memerrmsg;
		}
	}
}

/* A closed upvalue's tag lies where the address was that it had when it was open. */
static void clear_upvalues(GCObject *list) {
	for (; list != NULL; list = list->next) {
		if (list->tt == LUA_VUPVAL && !upisopen(gco2upv(list))) {
			clear_after_tag(&gco2upv(list)->u.value);
		}
	}
}

static void tidy(const struct built *built) {
	lua_State *L = built->L;
	lua_gc(L, LUA_GCCOLLECT); /* no finalizer is there that might raise */
	lua_gc(L, LUA_GCCOLLECT); /* what had one */
	clear_stack(L);
	if (built->main != NULL) {
		clear_stack(built->main->L);
	}
	free_calls(L);
	forget_strings(G(L));
	clear_upvalues(G(L)->allgc);
}

/* ---- What cannot be copied ---- */

static bool in_arena(const struct arena *arena, const void *ptr) {
	return (uintptr_t)ptr - (uintptr_t)arena->base < arena->used;
}

static bool hashes_by_address(const Node *node, const struct arena *arena) {
	if (isempty(gval(node))) {
		return false;
	}
	switch (keytt(node) & 0x3f) {
	case LUA_VLIGHTUSERDATA:
		return in_arena(arena, pvalueraw(keyval(node)));
	case LUA_VSHRSTR:
	case LUA_VLNGSTR:
		return false;
	default:
		return keyiscollectable(node);
	}
}

/* TP3 */
static bool is_findable(const Table *table, const struct arena *arena) {
	for (int i = 0; i < sizenode(table); i++) {
		if (hashes_by_address(gnode(table, i), arena)) {
			return false;
		}
	}
	return true;
}

static bool is_copyable(lua_State *L, const struct arena *arena) {
	for (GCObject *at = G(L)->allgc; at != NULL; at = at->next) {
		if (at->tt == LUA_VTABLE && !is_findable(gco2t(at), arena)) {
			return false;
		}
	}
	return G(L)->finobj == NULL && G(L)->tobefnz == NULL && G(L)->gcstate == GCSpause;
}

/* ---- From two arenas to an image ---- */

/* A live block, and where it is in the image. */
struct place {
	size_t from, size, to;
	bool frozen;
};

struct layout {
	const struct arena *a, *b;
	struct place *places; /* by `from` */
	size_t nr;
	size_t bytes, used_bytes; /* of what is copied */
	size_t frozen_bytes;
	struct ki_lua_template *out;
};

static size_t count_live(const struct arena *arena) {
	size_t nr = 0;
	for (struct block *at = first_block(arena); is_block(arena, at); at = next_block(at)) {
		nr += at->size > 0;
	}
	return nr;
}

static void lay_out(struct layout *layout) {
	const struct arena *arena = layout->a;
	for (struct block *at = first_block(arena); is_block(arena, at); at = next_block(at)) {
		if (at->size == 0) {
			continue;
		}
		size_t from = (size_t)((char *)(at + 1) - arena->base);
		size_t *end = at->frozen ? &layout->frozen_bytes : &layout->bytes;
		layout->places[layout->nr++] = (struct place){from, at->size, *end, at->frozen};
		*end += at->frozen ? round_up(at->size) : ki_heap_block_bytes(at->size);
		layout->used_bytes += at->frozen ? 0 : at->size;
	}
}

static bool same_blocks(const struct arena *a, const struct arena *b) {
	if (a->used != b->used) {
		return false;
	}
	struct block *in_b = first_block(b);
	for (struct block *at = first_block(a); is_block(a, at); at = next_block(at)) {
		if (at->room != in_b->room || at->size != in_b->size ||
			at->frozen != in_b->frozen) {
			return false;
		}
		in_b = next_block(in_b);
	}
	return true;
}

/* The block that holds this offset, its end included (TP5), or NULL. */
static const struct place *find_place(const struct layout *layout, size_t offset) {
	size_t low = 0, high = layout->nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (layout->places[middle].from <= offset) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == 0 || offset - layout->places[low - 1].from > layout->places[low - 1].size) {
		return NULL;
	}
	return &layout->places[low - 1];
}

static char *memory_of(const struct layout *layout, const struct place *place) {
	return (place->frozen ? layout->out->frozen_memory : layout->out->image) + place->to;
}

/* Where it is now what `ptr` points to in the first arena. */
static void *moved(const struct layout *layout, const void *ptr) {
	size_t offset = (size_t)((const char *)ptr - layout->a->base);
	const struct place *place = find_place(layout, offset);
	ki_check(place != NULL);
	return memory_of(layout, place) + (offset - place->from);
}

/* The word at this offset of `place` points to one of `target`. */
static bool copy_pointer(struct layout *layout, const struct place *place, size_t at,
	const struct place *target, size_t into) {
	if (target->frozen) {
		set_word(memory_of(layout, place) + at,
			(uintptr_t)layout->out->frozen_memory + target->to + into);
		return true;
	}
	if (place->frozen) {
		return false; /* TP8 */
	}
	set_word(memory_of(layout, place) + at, target->to + into);
	layout->out->pointers[layout->out->nr_pointers++] = (uint32_t)((place->to + at) / WORD);
	return true;
}

/* False when the word can be neither a pointer nor what it is in every process. */
static bool copy_word(struct layout *layout, const struct place *place, size_t at) {
	uintptr_t a = get_word(layout->a->base + place->from + at);
	uintptr_t b = get_word(layout->b->base + place->from + at);
	if (a == b) {
		set_word(memory_of(layout, place) + at, a);
		return true;
	}
	size_t offset = a - (uintptr_t)layout->a->base;
	if (offset != b - (uintptr_t)layout->b->base || offset > layout->a->used) {
		return false;
	}
	const struct place *target = find_place(layout, offset);
	return target == NULL || /* TP4 */
		copy_pointer(layout, place, at, target, offset - target->from);
}

static bool copy_blocks(struct layout *layout) {
	for (size_t i = 0; i < layout->nr; i++) {
		const struct place *place = &layout->places[i];
		for (size_t at = 0; at < place->size; at += WORD) {
			if (!copy_word(layout, place, at)) {
				return false;
			}
		}
	}
	return true;
}

/* What Lua counts of its memory is what it has of it in a process; as after a full collection. */
static void set_counts(global_State *g, size_t used_bytes) {
	g->GCestimate = used_bytes;
	g->GCdebt = -(l_mem)used_bytes;
	g->totalbytes = 2 * (l_mem)used_bytes;
}

/* `built` in the first arena. */
static bool copy_state(struct layout *layout, const struct built *built) {
	if (!copy_blocks(layout)) {
		return false;
	}
	struct ki_lua_template *out = layout->out;
	out->state = (size_t)((char *)moved(layout, built->L) - out->image);
	if (built->main != NULL) {
		out->main = (size_t)((char *)moved(layout, built->main) - out->image);
	}
	out->frozen = (struct ki_frozen){moved(layout, built->frozen.slots), built->frozen.mask,
		out->frozen_memory, layout->frozen_bytes};
	set_counts(moved(layout, G(built->L)), layout->used_bytes);
	return true;
}

static struct ki_lua_template *new_template(const struct layout *layout, const struct builder *b) {
	struct ki_lua_template *template = ki_zalloc(sizeof *template);
	if (template == NULL) {
		return NULL;
	}
	template->bytes = layout->bytes;
	template->used_bytes = layout->used_bytes;
	template->scoped = b->lua.scoped;
	template->loaded = b->run;
	template->peak_bytes = b->run ? layout->a->peak_bytes - layout->frozen_bytes : 0;
	template->region = b->proc.system->region;
	template->image = ki_zalloc(layout->bytes);
	template->frozen_memory = ki_region_alloc(template->region, layout->frozen_bytes);
	template->pointers = ki_alloc(layout->bytes / WORD * sizeof *template->pointers);
	if (template->image == NULL || template->pointers == NULL ||
		template->frozen_memory == NULL) {
		ki_template_free(template);
		return NULL;
	}
	return template;
}

/* Most words are no pointers. */
static void trim(struct ki_lua_template *template) {
	uint32_t *less = ki_realloc(
		template->pointers, template->nr_pointers * sizeof *template->pointers);
	if (less != NULL) {
		template->pointers = less;
	}
}

/* `built` is what is in the first arena; `b` has built both. */
static struct ki_lua_template *distil(const struct arena *arena_a, const struct arena *arena_b,
	const struct built *built, const struct builder *b, bool *temporary) {
	struct layout layout = {.a = arena_a, .b = arena_b};
	if (!same_blocks(arena_a, arena_b) || count_live(arena_a) == 0) {
		return NULL;
	}
	layout.places = ki_alloc(count_live(arena_a) * sizeof *layout.places);
	*temporary = true;
	if (layout.places == NULL) {
		return NULL;
	}
	lay_out(&layout);
	layout.out = new_template(&layout, b);
	if (layout.out != NULL) {
		*temporary = false;
		if (copy_state(&layout, built)) {
			trim(layout.out);
		} else {
			ki_template_free(layout.out);
			layout.out = NULL;
		}
	}
	ki_free(layout.places);
	return layout.out;
}

/* Builds in one arena; false: there can be no template of it. */
static bool build(struct builder *b, struct arena *arena, struct ki_system *system,
	const struct ki_lua_program *program, struct built *built, bool *temporary) {
	b->arena = arena;
	int status = compile(b, system, program);
	*built = (struct built){.L = b->lua.L};
	bool good = false;
	if (status == KITH_OK) {
		built->main = b->run ? run(b) : NULL;
		good = b->run == (built->main != NULL);
	}
	if (good) {
		tidy(built);
		good = is_common(&b->lua) && is_copyable(built->L, arena);
	}
	if (good && !ki_frozen_separate(built->L, freeze_block, &built->frozen)) {
		status = KITH_EEXHAUSTED;
	}
	*temporary = status == KITH_EEXHAUSTED;
	arena->peak_bytes += b->lua.heap.peak_bytes;
	ki_lua_release(&b->lua);
	ki_heap_drop(&b->lua.heap);
	return good && status == KITH_OK;
}

/* ---- Life ---- */

static size_t source_bytes(const struct ki_lua_program *program) {
	size_t sum = program->source_len;
	for (size_t i = 0; i < program->nr_imports && sum <= SOURCE_MAX_BYTES; i++) {
		sum += source_bytes(program->imports[i].library);
	}
	return sum;
}

/* In two arenas, as at first. */
static struct ki_lua_template *build_twice(struct builder *builder, struct arena *a,
	struct arena *b, struct ki_system *system, const struct ki_lua_program *program,
	bool *temporary) {
	struct built first, second;
	return build(builder, a, system, program, &first, temporary) &&
			build(builder, b, system, program, &second, temporary)
		? distil(a, b, &first, builder, temporary)
		: NULL;
}

/* With the chunk run, if that can be; else only compiled. */
static struct ki_lua_template *try(struct builder *builder, struct arena *a, struct arena *b,
	struct ki_system *system, const struct ki_lua_program *program, bool *temporary) {
	builder->run = true;
	struct ki_lua_template *template =
		build_twice(builder, a, b, system, program, temporary);
	if (template == NULL) {
		arena_reset(a);
		arena_reset(b);
		builder->run = false;
		template = build_twice(builder, a, b, system, program, temporary);
	}
	return template;
}

const struct ki_lua_template *ki_template_new(struct ki_system *system,
	const struct ki_lua_program *program, size_t memory_bytes, struct ki_lua *asker,
	bool *temporary) {
	size_t source = source_bytes(program);
	*temporary = false;
	if (source > SOURCE_MAX_BYTES) {
		return NULL;
	}
	if (memory_bytes == 0) {
		memory_bytes = ARENA_BYTES + source * ARENA_PER_BYTE;
	}
	struct arena a = {0}, b = {0};
	struct builder *builder = ki_zalloc(sizeof *builder);
	struct ki_lua_template *template = NULL;
	*temporary = true;
	if (builder != NULL && arena_init(&a, memory_bytes) && arena_init(&b, memory_bytes)) {
		set_bases(&a, &b);
		if (asker != NULL) {
			asker->builds = &builder->lua;
		}
		template = try(builder, &a, &b, system, program, temporary);
		if (asker != NULL) {
			asker->builds = NULL;
		}
	}
	arena_fini(&a);
	arena_fini(&b);
	ki_free(builder);
	return template;
}

void ki_template_free(const struct ki_lua_template *template) {
	if (template != NULL && template != &no_template) {
		ki_free(template->image);
		ki_region_release(template->region, template->frozen_memory);
		ki_free(template->pointers);
		ki_free((void *)template);
	}
}

const struct ki_frozen *ki_template_frozen(const struct ki_lua_template *template) {
	return &template->frozen;
}

void ki_lua_cache_fini(struct ki_lua_cache *cache) {
	ki_template_free(ki_load_acq(&cache->xtemplate)); /* acq: as in get [TM1] */
	ki_store_rlx(&cache->xtemplate, NULL); /* rlx: nobody else is left */
}

/* Two may build it at once: the first one's counts. */
static const struct ki_lua_template *get(struct ki_lua *lua) {
	struct ki_lua_cache *cache = lua->program->cache;
	if (cache == NULL) {
		return NULL;
	}
	/* acq: the template's contents; pairs with the exchange below [TM1] */
	const struct ki_lua_template *template = ki_load_acq(&cache->xtemplate);
	if (template != NULL) {
		return template;
	}
	bool temporary;
	template = ki_template_new(lua->proc->system, lua->program, 0, lua, &temporary);
	if (template == NULL) {
		if (temporary) {
			return NULL;
		}
		template = &no_template;
	}
	const struct ki_lua_template *other = NULL;
	/* acq_rel: publishes the contents, or takes those of another's [TM1] */
	if (!ki_cas_acq_rel(&cache->xtemplate, &other, template)) {
		ki_template_free(template);
		return other;
	}
	return template;
}

/* ---- Copying ---- */

static void relocate(const struct ki_lua_template *template, char *base) {
	for (size_t i = 0; i < template->nr_pointers; i++) {
		char *at = base + template->pointers[i] * WORD;
		set_word(at, get_word(at) + (uintptr_t)base);
	}
}

/* Whether it does what a state made anew would: at a limit that the chunk would have reached it
 * does not. */
static bool serves(const struct ki_lua_template *template, const struct ki_lua *lua) {
	return template != NULL && template != &no_template &&
		(lua->heap.limit_bytes == 0 || template->peak_bytes <= lua->heap.limit_bytes);
}

void ki_template_find(struct ki_lua *lua) {
	const struct ki_lua_template *template = get(lua);
	if (serves(template, lua)) {
		lua->template = template;
		lua->loaded = template->loaded;
	} else if (lua->program->cache != NULL) {
		ki_add_rlx(&lua->program->cache->xnr_plain, 1); /* rlx: a counter */
	}
}

size_t ki_template_bytes(const struct ki_lua_template *template) {
	return template->bytes;
}

int ki_template_clone(struct ki_lua *lua) {
	if (lua->template == NULL) {
		ki_template_find(lua);
	}
	const struct ki_lua_template *template = lua->template;
	if (template == NULL) {
		return KITH_ENOTFOUND;
	}
	char *base = ki_heap_adopt(&lua->heap, template->bytes, template->used_bytes);
	if (base == NULL) {
		return KITH_EEXHAUSTED;
	}
	memcpy(base, template->image, template->bytes);
	relocate(template, base);
	lua->L = (lua_State *)(void *)(base + template->state);
	lua->scoped = template->scoped;
	lua->frozen = &template->frozen;
	*(struct ki_lua **)lua_getextraspace(lua->L) = lua; /* TP1 */
	lua_setallocf(lua->L, ki_lua_reallocate, lua);
	if (template->loaded) {
		lua->main = (struct ki_co *)(void *)(base + template->main);
		ki_co_adopt(lua, lua->main);
	}
	return KITH_OK;
}
