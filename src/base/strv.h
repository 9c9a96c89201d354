/*
 * strv.h: a view of bytes that somebody else owns.
 *
 * Owns: struct ki_strv. It need not be NUL-terminated and may hold NUL bytes; `ptr` may be NULL
 *   when `len` is 0.
 * Threads: any; values only.
 * Not here: growable bytes (base/buf.h).
 */
#ifndef KI_BASE_STRV_H
#define KI_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ki_strv {
	const char *ptr;
	size_t len;
};

#define KI_STRV_FMT "%.*s"
#define KI_STRV_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct ki_strv ki_strv_n(const char *ptr, size_t len) {
	return (struct ki_strv){ptr, len};
}

/* NULL gives the empty view. */
static inline struct ki_strv ki_strv(const char *cstr) {
	return (struct ki_strv){cstr, cstr ? strlen(cstr) : 0};
}

static inline bool ki_strv_eq(struct ki_strv a, struct ki_strv b) {
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool ki_strv_eqz(struct ki_strv a, const char *cstr) {
	return ki_strv_eq(a, ki_strv(cstr));
}

static inline bool ki_strv_starts(struct ki_strv a, struct ki_strv prefix) {
	return a.len >= prefix.len && ki_strv_eq(ki_strv_n(a.ptr, prefix.len), prefix);
}

/* Index of the first `c`, or SIZE_MAX. */
static inline size_t ki_strv_find(struct ki_strv a, char c) {
	const char *at = a.len ? (const char *)memchr(a.ptr, c, a.len) : NULL;
	return at ? (size_t)(at - a.ptr) : SIZE_MAX;
}

/* From byte `from` on, at most `len` bytes; clipped to what is there. */
static inline struct ki_strv ki_strv_sub(struct ki_strv a, size_t from, size_t len) {
	if (from > a.len) {
		from = a.len;
	}
	size_t rest = a.len - from;
	return ki_strv_n(a.ptr ? a.ptr + from : NULL, len < rest ? len : rest);
}

#endif
