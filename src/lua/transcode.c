/*
 * lua/transcode.c: payloads from one format to another.
 *
 * Owns: nothing. Threads: any.
 */
#include "lua/transcode.h"

#include "lua/json.h"
#include "mem/value.h"

static int give(struct ki_payload *payload, struct ki_payload **out) {
	if (payload == NULL) {
		return KITH_EEXHAUSTED;
	}
	*out = payload;
	return KITH_OK;
}

static int give_bytes(enum ki_format format, struct ki_strv bytes, struct ki_payload **out) {
	return give(ki_payload_new(format, bytes.ptr, bytes.len, NULL, 0), out);
}

/* Of a value: `text` gets a string as it is, of others what JSON says. */
static int put_plain(
	struct ki_json_work *work, struct ki_buf *text, const struct ki_payload *from) {
	struct ki_value_token token = {.tag = KI_VALUE_NIL};
	if (from != NULL && ki_json_scalar(text, from, &token) != KITH_OK) {
		return KITH_EINVAL;
	}
	switch (token.tag) {
	case KI_VALUE_STR:
	case KI_VALUE_INT:
	case KI_VALUE_FLOAT:
	case KI_VALUE_FALSE:
	case KI_VALUE_TRUE:
		return text->failed ? KITH_EEXHAUSTED : KITH_OK;
	default:
		ki_buf_reset(text);
		return ki_json_encode(work, text, from, KI_JSON_STRICT, NULL);
	}
}

static int from_value(struct ki_json_work *work, const struct ki_payload *from, enum ki_format to,
	struct ki_buf *text, struct ki_payload **out) {
	int status = to == KI_FORMAT_JSON ? ki_json_encode(work, text, from, KI_JSON_STRICT, NULL)
					  : put_plain(work, text, from);
	return status ? status : give_bytes(to, ki_buf_view(text), out);
}

static int from_bytes(struct ki_json_work *work, const struct ki_payload *from, enum ki_format to,
	struct ki_payload **out) {
	struct ki_strv bytes = ki_strv_n((const char *)from->data, from->size);
	struct ki_json_fault fault;
	if (to == KI_FORMAT_LUA) {
		return from->format == KI_FORMAT_JSON ? ki_json_decode(work, bytes, out, &fault)
						      : give(ki_value_payload_str(bytes), out);
	}
	if (to == KI_FORMAT_JSON) {
		struct ki_payload *value;
		int status = ki_json_decode(work, bytes, &value, &fault);
		if (status) {
			return status;
		}
		ki_payload_unref(value);
	}
	return give_bytes(to, bytes, out);
}

static bool is_bytes(enum ki_format format) {
	return format == KI_FORMAT_STRING || format == KI_FORMAT_BYTES || format == KI_FORMAT_JSON;
}

int ki_transcode(struct ki_json_work *work, const struct ki_payload *from, enum ki_format to,
	struct ki_buf *text, struct ki_payload **out) {
	enum ki_format format = from != NULL ? (enum ki_format)from->format : KI_FORMAT_LUA;
	if (format == KI_FORMAT_LUA && is_bytes(to)) {
		return from_value(work, from, to, text, out);
	}
	if (is_bytes(format) && (to == KI_FORMAT_LUA || is_bytes(to))) {
		return from_bytes(work, from, to, out);
	}
	return KITH_EINVAL;
}
