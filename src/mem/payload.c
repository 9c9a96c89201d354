/*
 * payload.c: see payload.h.
 */
#include "mem/payload.h"

#include "base/alloc.h"
#include "base/check.h"

static const char *const format_names[KI_NR_FORMATS] = {
#define FORMAT_NAME(name, text) text,
	KI_FORMAT_MAP(FORMAT_NAME)
#undef FORMAT_NAME
};

#define ALIGN_REFS(offset) (((offset) + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *))

/* Where the references lie: behind data, aligned. */
static struct ki_payload **refs_of(struct ki_payload *p) {
	size_t offset = ALIGN_REFS(offsetof(struct ki_payload, data) + p->size);
	return (struct ki_payload **)(void *)((char *)p + offset);
}

/* Only where there are references: behind them. */
static size_t *total_of(struct ki_payload *p) {
	return (size_t *)(void *)(refs_of(p) + p->nr_refs);
}

size_t ki_payload_bytes(const struct ki_payload *p) {
	return p->nr_refs ? *total_of((struct ki_payload *)p) : p->size;
}

/* Sharing doubles it at each level: it stops where a size_t does. */
static size_t sum_up(struct ki_payload *p) {
	size_t sum = p->size;
	for (uint32_t i = 0; i < p->nr_refs; i++) {
		size_t one = ki_payload_bytes(p->refs[i]);
		sum = one < SIZE_MAX - sum ? sum + one : SIZE_MAX;
	}
	return sum;
}

struct ki_payload *ki_payload_new(enum ki_format format, const void *data, size_t size,
				  struct ki_payload *const *refs, uint32_t nr_refs) {
	if (size > UINT32_MAX) {
		return NULL;
	}
	size_t end_of_data = ALIGN_REFS(offsetof(struct ki_payload, data) + size);
	size_t total = nr_refs ? sizeof(size_t) : 0;
	struct ki_payload *p = ki_alloc(end_of_data + nr_refs * sizeof *refs + total);
	if (!p) {
		return NULL;
	}
	ki_store_rlx(&p->xrefs, 1); /* rlx: nobody else knows it yet */
	p->format = (uint8_t)format;
	p->nr_refs = nr_refs;
	p->size = (uint32_t)size;
	p->refs = refs_of(p);
	if (data && size) {
		memcpy(p->data, data, size);
	}
	if (nr_refs) {
		memcpy(p->refs, refs, nr_refs * sizeof *refs);
		*total_of(p) = sum_up(p);
	}
	return p;
}

struct ki_payload *ki_payload_ref(struct ki_payload *p) {
	/* rlx: the caller has a reference, so the count cannot reach 0 meanwhile. */
	uint32_t before = ki_add_rlx(&p->xrefs, 1);
	ki_check(before > 0 && before < UINT32_MAX);
	return p;
}

/* True when that was the last one. */
static bool drop_one(struct ki_payload *p) {
	/* rel: our reads are done before it is freed. acq: so are those of all others. [PL1] */
	uint32_t before = ki_sub_acq_rel(&p->xrefs, 1);
	ki_check(before > 0);
	return before == 1;
}

/* Those that die with it wait on a list instead of the stack: chains may be a million long. */
void ki_payload_unref(struct ki_payload *p) {
	if (!p || !drop_one(p)) {
		return;
	}
	p->dead_next = NULL;
	struct ki_payload *dead = p;
	while (dead) {
		struct ki_payload *one = dead;
		dead = one->dead_next;
		struct ki_payload **refs = refs_of(one);
		for (uint32_t i = 0; i < one->nr_refs; i++) {
			if (drop_one(refs[i])) {
				refs[i]->dead_next = dead;
				dead = refs[i];
			}
		}
		ki_free(one);
	}
}

const char *ki_format_name(enum ki_format format) {
	return (unsigned)format < KI_NR_FORMATS ? format_names[format] : "";
}

bool ki_format_parse(struct ki_strv name, enum ki_format *out) {
	for (unsigned i = 0; i < KI_NR_FORMATS; i++) {
		if (ki_strv_eqz(name, format_names[i])) {
			*out = (enum ki_format)i;
			return true;
		}
	}
	return false;
}
