/*
 * tzif.c: see tzif.h. A file has a block with 32-bit times; from version 2 on a second one with
 * 64-bit times and then a line with a POSIX TZ string, and the first is skipped.
 *
 * A location is one piece of memory: struct whole, the changes, the kinds, the name.
 */
#include "time/tzif.h"

#include <kith_types.h>

#include "base/alloc.h"

#define HEAD_SIZE 44
#define TYPE_SIZE 6
/* Those of a file below 1 MiB cannot come near it; keeps products inside of 64 bits. */
#define MAX_COUNT 0xffffff

/* What is in front of the arrays. */
struct whole {
	struct ki_location location; /* first: freed through it */
	struct ki_tzrule rule;
};

struct block {
	size_t nr_ut, nr_std, nr_leap, nr_changes, nr_kinds, nr_chars;
	size_t time_size; /* 4 or 8 */
	const unsigned char *times, *indexes, *kinds, *chars;
};

static uint32_t big32(const unsigned char *at) {
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t big_time(const unsigned char *at, size_t size) {
	if (size == 4) {
		return (int32_t)big32(at);
	}
	return (int64_t)((uint64_t)big32(at) << 32 | big32(at + 4));
}

static const unsigned char *take(struct ki_strv *rest, size_t size) {
	if (rest->len < size) {
		return NULL;
	}
	const unsigned char *at = (const unsigned char *)rest->ptr;
	*rest = ki_strv_sub(*rest, size, rest->len);
	return at;
}

/* A head and the block behind it. */
static bool take_block(struct ki_strv *rest, size_t time_size, struct block *out) {
	const unsigned char *head = take(rest, HEAD_SIZE);
	if (!head || memcmp(head, "TZif", 4) != 0) {
		return false;
	}
	size_t count[6];
	for (int i = 0; i < 6; i++) {
		count[i] = big32(head + 20 + 4 * i);
		if (count[i] > MAX_COUNT) {
			return false;
		}
	}
	*out = (struct block){
		count[0], count[1], count[2], count[3], count[4], count[5], .time_size = time_size};
	out->times = take(rest, out->nr_changes * time_size);
	out->indexes = out->times ? take(rest, out->nr_changes) : NULL;
	out->kinds = out->indexes ? take(rest, out->nr_kinds * TYPE_SIZE) : NULL;
	out->chars = out->kinds ? take(rest, out->nr_chars) : NULL;
	return out->chars && take(rest, out->nr_leap * (time_size + 4) + out->nr_std + out->nr_ut);
}

static bool read_kind(const struct block *block, size_t index, struct ki_zone_kind *out) {
	const unsigned char *at = block->kinds + index * TYPE_SIZE;
	size_t from = at[5];
	out->offset_sec = (int32_t)big32(at);
	out->dst = at[4] != 0;
	/* RFC 9636 bounds an offset so; and sums with it stay small. */
	if (from >= block->nr_chars || out->offset_sec < -90000 || out->offset_sec > 93600) {
		return false;
	}
	size_t len = 0;
	while (from + len < block->nr_chars && block->chars[from + len] != '\0' &&
		len < KI_ZONE_ABBREV_MAX - 1) {
		out->abbrev[len] = (char)block->chars[from + len];
		len++;
	}
	out->abbrev[len] = '\0';
	return true;
}

/*
 * The kind before the first change: the file's first unless a change leads to that; else the
 * standard time before a first change to summer time, else the first standard time (as Go does).
 */
static size_t kind_before(const struct ki_location *location) {
	bool used = false;
	for (size_t i = 0; i < location->nr_changes; i++) {
		used = used || location->changes[i].kind == 0;
	}
	if (!used) {
		return 0;
	}
	size_t next = location->changes[0].kind;
	if (location->kinds[next].dst) {
		for (size_t i = next; i-- > 0;) {
			if (!location->kinds[i].dst) {
				return i;
			}
		}
	}
	for (size_t i = 0; i < location->nr_kinds; i++) {
		if (!location->kinds[i].dst) {
			return i;
		}
	}
	return 0;
}

static struct ki_zone_change *changes_of(struct whole *whole) {
	return (struct ki_zone_change *)(void *)(whole + 1);
}

static struct ki_zone_kind *kinds_of(struct whole *whole) {
	return (struct ki_zone_kind *)(void *)(changes_of(whole) + whole->location.nr_changes);
}

/* A zeroed location with room for so many changes and kinds, and its name. */
static struct whole *allocate(struct ki_strv name, size_t nr_changes, size_t nr_kinds) {
	size_t arrays = nr_changes * sizeof(struct ki_zone_change) +
		nr_kinds * sizeof(struct ki_zone_kind);
	struct whole *whole = ki_zalloc(sizeof(*whole) + arrays + name.len + 1);
	if (whole) {
		struct ki_location *location = &whole->location;
		location->nr_changes = nr_changes;
		location->nr_kinds = nr_kinds;
		location->changes = changes_of(whole);
		location->kinds = kinds_of(whole);
		char *text = (char *)(kinds_of(whole) + nr_kinds);
		location->name = text;
		if (name.len > 0) {
			memcpy(text, name.ptr, name.len);
		}
	}
	return whole;
}

static bool fill(struct whole *whole, const struct block *block) {
	struct ki_zone_change *changes = changes_of(whole);
	struct ki_zone_kind *kinds = kinds_of(whole);
	for (size_t i = 0; i < block->nr_kinds; i++) {
		if (!read_kind(block, i, &kinds[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < block->nr_changes; i++) {
		changes[i].when = big_time(block->times + i * block->time_size, block->time_size);
		changes[i].kind = block->indexes[i];
		if (changes[i].kind >= block->nr_kinds ||
			(i > 0 && changes[i].when <= changes[i - 1].when)) {
			return false;
		}
	}
	whole->location.first = kinds[kind_before(&whole->location)];
	return true;
}

/* The line "\nTZ\n" behind the second block; one that is malformed counts as empty. */
static void read_footer(struct whole *whole, struct ki_strv rest) {
	if (rest.len > 0 && *rest.ptr == '\n') {
		rest = ki_strv_sub(rest, 1, rest.len);
		size_t end = ki_strv_find(rest, '\n');
		if (end != SIZE_MAX &&
			ki_tzrule_read(ki_strv_sub(rest, 0, end), &whole->rule) == KITH_OK) {
			whole->location.rule = &whole->rule;
		}
	}
}

int ki_tzif_read(struct ki_strv name, struct ki_strv bytes, const struct ki_location **out) {
	struct ki_strv rest = bytes;
	struct block block;
	if (!take_block(&rest, 4, &block)) {
		return KITH_EINVAL;
	}
	bool wide = bytes.ptr[4] >= '2';
	if ((wide && !take_block(&rest, 8, &block)) || block.nr_kinds == 0) {
		return KITH_EINVAL;
	}
	struct whole *whole = allocate(name, block.nr_changes, block.nr_kinds);
	if (!whole) {
		return KITH_EEXHAUSTED;
	}
	if (!fill(whole, &block)) {
		ki_location_free(&whole->location);
		return KITH_EINVAL;
	}
	if (wide) {
		read_footer(whole, rest);
	}
	*out = &whole->location;
	return KITH_OK;
}

int ki_location_of_rule(struct ki_strv name, struct ki_strv text, const struct ki_location **out) {
	struct ki_tzrule rule;
	if (ki_tzrule_read(text, &rule) != KITH_OK) {
		return KITH_EINVAL;
	}
	struct whole *whole = allocate(name, 0, rule.has_summer ? 2 : 1);
	if (!whole) {
		return KITH_EEXHAUSTED;
	}
	kinds_of(whole)[0] = rule.standard;
	if (rule.has_summer) {
		kinds_of(whole)[1] = rule.summer;
	}
	whole->rule = rule;
	whole->location.rule = &whole->rule;
	whole->location.first = rule.standard;
	*out = &whole->location;
	return KITH_OK;
}

void ki_location_free(const struct ki_location *location) {
	ki_free((void *)location);
}
