/*
 * sync/namemap.c: the sharded table of namemap.h.
 *
 * Owns: the entries.
 * Threads: any.
 */
#include "sync/namemap.h"

#include <string.h>

#include <kith_types.h>

#include "base/alloc.h"

#define FIRST_CHAINS 8

struct entry {
	struct ki_list by_name, by_holder;
	uint64_t hash; /* of the name */
	uint64_t holder, registrant;
	size_t len;
	char name[];
};

static uint64_t hash_name(struct ki_strv name) {
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, Fowler, Noll and Vo */
	for (size_t i = 0; i < name.len; i++) {
		hash = (hash ^ (unsigned char)name.ptr[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static uint64_t hash_holder(uint64_t holder) {
	return holder * UINT64_C(0x9E3779B97F4A7C15);
}

static struct ki_namemap_shard *shard(struct ki_namemap_shard *shards, uint64_t hash) {
	return &shards[hash >> 58];
}

static struct ki_list *chain(struct ki_namemap_shard *shard, uint64_t hash) {
	return &shard->chains[(hash >> 20) & (shard->nr_chains - 1)];
}

static struct entry *of_name(struct ki_list *node) {
	return ki_list_entry(node, struct entry, by_name);
}

static struct entry *of_holder(struct ki_list *node) {
	return ki_list_entry(node, struct entry, by_holder);
}

/* Room for one more: false only when there is no table at all. */
static bool make_room(struct ki_namemap_shard *shard, uint64_t (*hash_of)(struct ki_list *)) {
	if (shard->nr < shard->nr_chains) {
		return true;
	}
	size_t nr = shard->nr_chains ? shard->nr_chains * 2 : FIRST_CHAINS;
	struct ki_list *chains = ki_alloc(nr * sizeof(*chains));
	if (!chains) {
		return shard->nr_chains > 0; /* longer chains, no harm */
	}
	struct ki_namemap_shard grown = {.chains = chains, .nr_chains = nr};
	for (size_t i = 0; i < nr; i++) {
		ki_list_init(&chains[i]);
	}
	for (size_t i = 0; i < shard->nr_chains; i++) {
		struct ki_list *node;
		while ((node = ki_list_pop_front(&shard->chains[i]))) {
			ki_list_push_back(chain(&grown, hash_of(node)), node);
		}
	}
	ki_free(shard->chains);
	shard->chains = chains;
	shard->nr_chains = nr;
	return true;
}

static uint64_t name_hash_of(struct ki_list *node) {
	return of_name(node)->hash;
}

static uint64_t holder_hash_of(struct ki_list *node) {
	return hash_holder(of_holder(node)->holder);
}

/* The name's shard is locked. */
static struct entry *find(struct ki_namemap_shard *names, uint64_t hash, struct ki_strv name) {
	if (!names->nr_chains) {
		return NULL;
	}
	ki_list_for_each (at, chain(names, hash)) {
		struct entry *entry = of_name(at);
		if (entry->hash == hash && entry->len == name.len &&
			memcmp(entry->name, name.ptr, name.len) == 0) {
			return entry;
		}
	}
	return NULL;
}

static struct entry *new_entry(
	struct ki_strv name, uint64_t hash, uint64_t holder, uint64_t registrant) {
	struct entry *entry = ki_alloc(sizeof(*entry) + name.len + 1);
	if (entry) {
		entry->hash = hash;
		entry->holder = holder;
		entry->registrant = registrant;
		entry->len = name.len;
		memcpy(entry->name, name.ptr, name.len);
		entry->name[name.len] = '\0';
	}
	return entry;
}

/* Both shards are locked. */
static int insert(struct ki_namemap_shard *names, struct ki_namemap_shard *holders,
	struct entry *entry, struct ki_strv name) {
	struct entry *there = find(names, entry->hash, name);
	if (there) {
		return there->holder == entry->holder ? 1 : KITH_EEXIST;
	}
	if (!make_room(names, name_hash_of) || !make_room(holders, holder_hash_of)) {
		return KITH_EEXHAUSTED;
	}
	ki_list_push_back(chain(names, entry->hash), &entry->by_name);
	ki_list_push_back(chain(holders, hash_holder(entry->holder)), &entry->by_holder);
	names->nr++;
	holders->nr++;
	return KITH_OK; /* the table has it now */
}

int ki_namemap_add(struct ki_namemap *map, struct ki_strv name, uint64_t holder,
	uint64_t registrant, bool (*may)(void *arg, uint64_t holder), void *arg) {
	uint64_t hash = hash_name(name);
	struct ki_namemap_shard *names = shard(map->names, hash);
	struct ki_namemap_shard *holders = shard(map->holders, hash_holder(holder));
	struct entry *entry = new_entry(name, hash, holder, registrant);
	if (!entry) {
		return KITH_EEXHAUSTED;
	}
	ki_mutex_lock(&holders->mutex); /* NM2 */
	int status = KITH_ENOTFOUND;
	if (!may || may(arg, holder)) {
		ki_mutex_lock(&names->mutex);
		status = insert(names, holders, entry, name);
		ki_mutex_unlock(&names->mutex);
	}
	ki_mutex_unlock(&holders->mutex);
	if (status) {
		ki_free(entry);
	}
	return status;
}

uint64_t ki_namemap_find(struct ki_namemap *map, struct ki_strv name) {
	uint64_t hash = hash_name(name);
	struct ki_namemap_shard *names = shard(map->names, hash);
	ki_mutex_lock(&names->mutex);
	struct entry *entry = find(names, hash, name);
	uint64_t holder = entry ? entry->holder : 0;
	ki_mutex_unlock(&names->mutex);
	return holder;
}

/* Both shards are locked. */
static void take_out(
	struct ki_namemap_shard *names, struct ki_namemap_shard *holders, struct entry *entry) {
	ki_list_remove(&entry->by_name);
	ki_list_remove(&entry->by_holder);
	names->nr--;
	holders->nr--;
	ki_free(entry);
}

uint64_t ki_namemap_remove(struct ki_namemap *map, struct ki_strv name, uint64_t by) {
	uint64_t hash = hash_name(name);
	struct ki_namemap_shard *names = shard(map->names, hash);
	uint64_t holder;
	/* The holder is needed to know the first lock; if it changes meanwhile, all over again. */
	while ((holder = ki_namemap_find(map, name))) {
		struct ki_namemap_shard *holders = shard(map->holders, hash_holder(holder));
		ki_mutex_lock(&holders->mutex);
		ki_mutex_lock(&names->mutex);
		struct entry *entry = find(names, hash, name);
		bool same = entry && entry->holder == holder;
		bool allowed = same && (by == holder || by == entry->registrant);
		if (allowed) {
			take_out(names, holders, entry);
		}
		ki_mutex_unlock(&names->mutex);
		ki_mutex_unlock(&holders->mutex);
		if (same) {
			return allowed ? holder : 0;
		}
	}
	return 0;
}

void ki_namemap_each(struct ki_namemap *map, uint64_t holder,
	void (*visit)(void *arg, struct ki_strv name), void *arg) {
	uint64_t hash = hash_holder(holder);
	struct ki_namemap_shard *holders = shard(map->holders, hash);
	ki_mutex_lock(&holders->mutex);
	if (holders->nr) {
		ki_list_for_each (at, chain(holders, hash)) {
			struct entry *entry = of_holder(at);
			if (entry->holder == holder) { /* NM1: it changes under this lock */
				visit(arg, ki_strv_n(entry->name, entry->len));
			}
		}
	}
	ki_mutex_unlock(&holders->mutex);
}

size_t ki_namemap_drop(struct ki_namemap *map, uint64_t holder) {
	uint64_t hash = hash_holder(holder);
	struct ki_namemap_shard *holders = shard(map->holders, hash);
	size_t dropped = 0;
	ki_mutex_lock(&holders->mutex);
	if (holders->nr) {
		ki_list_for_each_safe (at, chain(holders, hash)) {
			struct entry *entry = of_holder(at);
			if (entry->holder != holder) {
				continue;
			}
			struct ki_namemap_shard *names = shard(map->names, entry->hash);
			ki_mutex_lock(&names->mutex);
			take_out(names, holders, entry);
			ki_mutex_unlock(&names->mutex);
			dropped++;
		}
	}
	ki_mutex_unlock(&holders->mutex);
	return dropped;
}

void ki_namemap_init(struct ki_namemap *map) {
	memset(map, 0, sizeof(*map));
	for (size_t i = 0; i < KI_NAMEMAP_SHARDS; i++) {
		ki_mutex_init(&map->names[i].mutex);
		ki_mutex_init(&map->holders[i].mutex);
	}
}

void ki_namemap_fini(struct ki_namemap *map) {
	for (size_t i = 0; i < KI_NAMEMAP_SHARDS; i++) {
		struct ki_namemap_shard *names = &map->names[i];
		for (size_t c = 0; c < names->nr_chains; c++) {
			struct ki_list *node;
			while ((node = ki_list_pop_front(&names->chains[c]))) {
				ki_free(of_name(node));
			}
		}
		ki_free(names->chains);
		ki_free(map->holders[i].chains);
		ki_mutex_fini(&names->mutex);
		ki_mutex_fini(&map->holders[i].mutex);
	}
}
