/*
 * buf.h: growable bytes.
 *
 * Owns: struct ki_buf.
 * Threads: one owner at a time.
 * Invariants:
 *   I1 len <= cap; ptr is NULL only when cap is 0.
 *   I2 once `failed` (no memory) the contents do not change any more, until reset.
 *      So a caller writes everything and looks at `failed` once.
 * Not here: views (base/strv.h).
 */
#ifndef KI_BASE_BUF_H
#define KI_BASE_BUF_H

#include "base/compiler.h"
#include "base/strv.h"

#include <stdarg.h>

struct ki_buf {
	char *ptr;
	size_t len;
	size_t cap;
	bool failed;
};

void ki_buf_init(struct ki_buf *buf);
/* Accepts a zeroed buf; leaves an empty one. */
void ki_buf_fini(struct ki_buf *buf);
/* Empties it and forgets a failure; keeps the memory. */
void ki_buf_reset(struct ki_buf *buf);
/* Room for `more` bytes behind len; false (and `failed`) when there is no memory. */
bool ki_buf_reserve(struct ki_buf *buf, size_t more);
void ki_buf_put(struct ki_buf *buf, const void *ptr, size_t len);
void ki_buf_puts(struct ki_buf *buf, const char *cstr);
void ki_buf_putv(struct ki_buf *buf, struct ki_strv str);
void ki_buf_putc(struct ki_buf *buf, char c);
void ki_buf_printf(struct ki_buf *buf, const char *fmt, ...) KI_PRINTF(2, 3);
void ki_buf_vprintf(struct ki_buf *buf, const char *fmt, va_list args) KI_PRINTF(2, 0);
/* A JSON string, quotes included (RFC 8259); bytes that are no UTF-8 pass. */
void ki_buf_put_json(struct ki_buf *buf, struct ki_strv str);
/* The contents with a NUL behind them (not counted in len); "" after a failure. */
const char *ki_buf_cstr(struct ki_buf *buf);
/* Gives the memory as a NUL-terminated string (free with ki_free), NULL after a failure; the buf is
 * empty afterwards. */
char *ki_buf_take(struct ki_buf *buf);

static inline struct ki_strv ki_buf_view(const struct ki_buf *buf) {
	return ki_strv_n(buf->ptr, buf->len);
}

#endif
