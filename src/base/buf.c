/*
 * buf.c: see buf.h. Grows by doubling from 64 bytes, so that n bytes cost O(n).
 */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

void ki_buf_init(struct ki_buf *buf) {
	*buf = (struct ki_buf){0};
}

void ki_buf_fini(struct ki_buf *buf) {
	ki_free(buf->ptr);
	ki_buf_init(buf);
}

void ki_buf_reset(struct ki_buf *buf) {
	buf->len = 0;
	buf->failed = false;
}

bool ki_buf_reserve(struct ki_buf *buf, size_t more) {
	if (buf->failed) {
		return false;
	}
	if (more <= buf->cap - buf->len) {
		return true;
	}
	if (more > SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return false;
	}
	size_t cap = buf->cap < 32 ? 64 : buf->cap * 2;
	if (cap < buf->len + more) {
		cap = buf->len + more;
	}
	char *ptr = ki_realloc(buf->ptr, cap);
	if (!ptr) {
		buf->failed = true;
		return false;
	}
	buf->ptr = ptr;
	buf->cap = cap;
	return true;
}

void ki_buf_put(struct ki_buf *buf, const void *ptr, size_t len) {
	if (len && ki_buf_reserve(buf, len)) {
		memcpy(buf->ptr + buf->len, ptr, len);
		buf->len += len;
	}
}

void ki_buf_puts(struct ki_buf *buf, const char *cstr) {
	ki_buf_put(buf, cstr, strlen(cstr));
}

void ki_buf_putv(struct ki_buf *buf, struct ki_strv str) {
	ki_buf_put(buf, str.ptr, str.len);
}

void ki_buf_putc(struct ki_buf *buf, char c) {
	if (ki_buf_reserve(buf, 1)) {
		buf->ptr[buf->len++] = c;
	}
}

void ki_buf_printf(struct ki_buf *buf, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	ki_buf_vprintf(buf, fmt, args);
	va_end(args);
}

/* Printed twice when the room at hand is too small; the first time gives the length. */
void ki_buf_vprintf(struct ki_buf *buf, const char *fmt, va_list args) {
	if (!ki_buf_reserve(buf, 1)) {
		return;
	}
	va_list again;
	va_copy(again, args);
	size_t room = buf->cap - buf->len;
	int len = vsnprintf(buf->ptr + buf->len, room, fmt, args);
	if (len < 0) {
		buf->failed = true;
	} else if ((size_t)len < room) {
		buf->len += (size_t)len;
	} else if (ki_buf_reserve(buf, (size_t)len + 1)) {
		vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

static void put_escape(struct ki_buf *out, unsigned char byte) {
	static const char plain[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *at = byte != '\0' ? strchr(plain, byte) : NULL;
	if (at) {
		ki_buf_putc(out, '\\');
		ki_buf_putc(out, names[at - plain]);
	} else {
		ki_buf_printf(out, "\\u%04x", byte);
	}
}

void ki_buf_put_json(struct ki_buf *out, struct ki_strv text) {
	ki_buf_putc(out, '"');
	size_t done = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		if (byte < 0x20 || byte == '"' || byte == '\\') {
			ki_buf_put(out, text.ptr + done, i - done);
			put_escape(out, byte);
			done = i + 1;
		}
	}
	if (done < text.len) {
		ki_buf_put(out, text.ptr + done, text.len - done);
	}
	ki_buf_putc(out, '"');
}

const char *ki_buf_cstr(struct ki_buf *buf) {
	if (!ki_buf_reserve(buf, 1)) {
		return "";
	}
	buf->ptr[buf->len] = '\0';
	return buf->ptr;
}

char *ki_buf_take(struct ki_buf *buf) {
	char *ptr = NULL;
	if (ki_buf_reserve(buf, 1)) {
		ptr = buf->ptr;
		ptr[buf->len] = '\0';
		ki_buf_init(buf);
	} else {
		ki_buf_fini(buf);
	}
	return ptr;
}
