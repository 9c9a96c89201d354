/*
 * payload.h: an immutable, reference-counted value that crosses between processes.
 *
 * Owns: struct ki_payload, enum ki_format.
 * Threads: any; contents never change after ki_payload_new's caller has filled them in and shared
 *   it, the count is atomic.
 * Invariants:
 *   I1 xrefs >= 1 while anybody may touch it.
 *   I2 it holds one reference to each payload in refs[]; there are no cycles, since a payload
 *      can only embed ones that were finished before.
 * Tags:
 *   [PL1] unref (release) -> the unref that reaches 0 (acquire): whoever frees it sees that all
 *         others are done reading.
 * Not here: what the bytes of a lua/any payload mean (mem/value.h).
 *
 * data: KI_FORMAT_LUA and KI_FORMAT_ERROR hold one encoded value (mem/value.h); the others hold the
 * text or bytes themselves.
 */
#ifndef KI_MEM_PAYLOAD_H
#define KI_MEM_PAYLOAD_H

#include "base/atomic.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stdint.h>

/* Row: name, the text a program sees (SPEC 9.2). */
#define KI_FORMAT_MAP(X)                                                                           \
	X(LUA, "lua/any")                                                                          \
	X(STRING, "text/plain")                                                                    \
	X(BYTES, "application/octet-stream")                                                       \
	X(JSON, "json/plain")                                                                      \
	X(YAML, "yaml/plain")                                                                      \
	X(GOLANG, "golang/any")                                                                    \
	X(MSGPACK, "application/msgpack")                                                          \
	X(ERROR, "golang/error")

enum ki_format {
#define KI_FORMAT_ENUM(name, text) KI_FORMAT_##name,
	KI_FORMAT_MAP(KI_FORMAT_ENUM)
#undef KI_FORMAT_ENUM
	KI_NR_FORMATS,
};

struct ki_payload {
	_Atomic(uint32_t) xrefs;
	uint8_t format;   /* enum ki_format */
	uint32_t nr_refs;
	uint32_t size;    /* bytes of data */
	union {
		/* nr_refs of them, in the same block behind data; then a size_t: of all below */
		struct ki_payload **refs;
		struct ki_payload *dead_next; /* only once xrefs is 0 */
	};
	unsigned char data[];
};

/*
 * One reference, for the caller, who fills data before sharing it. Takes one reference of each of
 * refs[0..nr_refs) on success only. `data` NULL leaves the bytes to the caller. NULL when there is
 * no memory or the size is beyond 32 bits.
 */
struct ki_payload *ki_payload_new(enum ki_format format, const void *data, size_t size,
				  struct ki_payload *const *refs, uint32_t nr_refs);
/* Bytes of data, of those embedded in it as well, each as often as it is embedded. */
size_t ki_payload_bytes(const struct ki_payload *p);
/* Shares: gives `p` back. */
struct ki_payload *ki_payload_ref(struct ki_payload *p);
/* Accepts NULL. Freeing a long chain of embedded payloads uses no stack. */
void ki_payload_unref(struct ki_payload *p);

/* "lua/any"; "" for no format. */
const char *ki_format_name(enum ki_format format);
/* The format of that name; false when there is none. */
bool ki_format_parse(struct ki_strv name, enum ki_format *out);

#endif
