/*
 * lua/codec.c: a Lua value as bytes that cross to another process, and back.
 *
 * Writing walks the value with calls of Lua's API that neither raise nor allocate in its heap, so
 * that writer and table of seen tables are plain C memory (C2), known to the process only while the
 * encoder gives way. Only once they are freed is the text of a refusal made, in the innermost call,
 * where the whole path is still known.
 *
 * Owns: nothing between calls. Threads: the worker that runs the process.
 */
#include "lua/codec.h"

#include <lauxlib.h>
#include <string.h>

#include "lua/immutable.h"
#include "lua/json.h"
#include "base/alloc.h"
#include "lua/lib_payload.h"
#include "lua/lib_location.h"
#include "lua/lib_time.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "lua/scratch.h"
#include "lua/seen.h"
#include "mem/value.h"

/* SPEC 9.4. */
#define DEPTH_MAX 200
#define TOO_LARGE "payload larger than %I bytes"
/* What one level of either direction needs of Lua's stack. */
#define STACK_SLOTS 8
/* What a scalar takes at most, a string's bytes apart. */
#define SCALAR_HEAD 16
/* Values of an array that are looked at between two polls. */
#define LOOK_AT 64

/* ---- writing ---- */

enum step_kind { STEP_POSITION, STEP_KEY, STEP_DETAILS };

/* One step of the path from the payload to the value at hand. */
struct step {
	const struct step *up;
	enum step_kind kind;
	lua_Integer position;
	int key; /* its index on the stack */
};

struct encoder {
	lua_State *L;
	struct ki_value_writer writer;
	struct ki_seen seen; /* tables and their numbers */
	size_t max_bytes;
	size_t embedded_bytes; /* of payloads in it */
	int ordinal;
	int depth;
	bool strip; /* leave out what cannot be sent */
	int status; /* of a refusal, whose text is on top of the stack */
};

static bool encode_value(struct encoder *e, int index, const struct step *at);

/* What a payload may come to (SPEC 9.4). */
static size_t max_bytes(lua_State *L) {
	const struct ki_proc *proc = ki_lua_of(L)->proc;
	uint64_t limit = proc != NULL ? proc->limits.max_message : KI_MAX_BYTES_DEFAULT;
	return limit != 0 && limit < UINT32_MAX ? (size_t)limit : UINT32_MAX; /* payload.h: size */
}

static void encoder_init(struct encoder *e, lua_State *L, int ordinal) {
	memset(e, 0, sizeof *e);
	e->L = L;
	e->max_bytes = max_bytes(L);
	e->ordinal = ordinal;
	ki_value_writer_init(&e->writer);
	ki_seen_init(&e->seen);
}

static void encoder_fini(struct encoder *e) {
	ki_value_writer_fini(&e->writer);
	ki_seen_fini(&e->seen);
}

/* ---- giving way ---- */

/* What an encoder holds: copies, for the process to let go of if the encoder never goes on. */
struct held {
	struct ki_owned owned;
	struct ki_value_writer writer;
	struct ki_seen seen;
};

static void held_drop(struct ki_owned *owned) {
	struct held *held = ki_container_of(owned, struct held, owned);
	ki_value_writer_fini(&held->writer);
	ki_seen_fini(&held->seen);
	ki_free(held);
}

/* Without memory for that, it goes on at once. */
static KI_NOINLINE void give_way(struct encoder *e) {
	struct held *held = ki_alloc(sizeof(*held));
	if (held == NULL) {
		return;
	}
	*held = (struct held){.owned.drop = held_drop, .writer = e->writer};
	if (e->seen.entries == e->seen.inline_entries) {
		ki_seen_init(&held->seen);
	} else {
		held->seen = e->seen;
	}
	ki_list_push_back(&ki_lua_of(e->L)->owned, &held->owned.node);
	ki_lua_give_way(e->L); /* may never return */
	ki_list_remove(&held->owned.node);
	ki_free(held);
}

static void poll(struct encoder *e, int steps) {
	if (ki_lua_spent(e->L, steps)) {
		give_way(e);
	}
}

/* ---- where it is ---- */

static bool is_identifier(const char *text, size_t len) {
	if (len == 0 || (text[0] >= '0' && text[0] <= '9')) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_')) {
			return false;
		}
	}
	return true;
}

static void add_quoted(luaL_Buffer *text, const char *key, size_t len) {
	luaL_addstring(text, "[\"");
	for (size_t i = 0; i < len; i++) {
		if (key[i] == '"' || key[i] == '\\') {
			luaL_addchar(text, '\\');
		}
		luaL_addchar(text, key[i]);
	}
	luaL_addstring(text, "\"]");
}

static void add_key(lua_State *L, luaL_Buffer *text, int key) {
	switch (lua_type(L, key)) {
	case LUA_TSTRING: {
		size_t len;
		const char *name = lua_tolstring(L, key, &len);
		if (is_identifier(name, len)) {
			luaL_addchar(text, '.');
			luaL_addlstring(text, name, len);
		} else {
			add_quoted(text, name, len);
		}
		return;
	}
	case LUA_TNUMBER:
	case LUA_TBOOLEAN:
		luaL_addchar(text, '[');
		luaL_tolstring(L, key, NULL);
		luaL_addvalue(text);
		luaL_addchar(text, ']');
		return;
	default:
		luaL_addchar(text, '[');
		luaL_addstring(text, luaL_typename(L, key));
		luaL_addchar(text, ']');
	}
}

static void add_path(lua_State *L, luaL_Buffer *text, const struct step *at) {
	if (at == NULL) {
		return;
	}
	add_path(L, text, at->up);
	switch (at->kind) {
	case STEP_POSITION:
		lua_pushfstring(L, "[%I]", (LUAI_UACINT)at->position);
		luaL_addvalue(text);
		return;
	case STEP_KEY:
		add_key(L, text, at->key);
		return;
	case STEP_DETAILS:
		luaL_addstring(text, ".details");
		return;
	}
}

/* Pushes WHERE of SPEC 9.4; "" for the first payload itself. */
static const char *push_where(const struct encoder *e, const struct step *at) {
	luaL_Buffer text;
	luaL_buffinit(e->L, &text);
	if (e->ordinal > 1) {
		lua_pushfstring(e->L, "#%d", e->ordinal);
		luaL_addvalue(&text);
	}
	add_path(e->L, &text, at);
	luaL_pushresult(&text);
	return lua_tostring(e->L, -1);
}

static void refuse(struct encoder *e, int status) {
	encoder_fini(e); /* what follows may raise */
	e->status = status;
	luaL_checkstack(e->L, LUA_MINSTACK, NULL);
}

static bool refuse_memory(struct encoder *e) {
	if (!e->strip) { /* the one refusal that there is then, and nobody asks for its text */
		refuse(e, KITH_EEXHAUSTED);
		lua_pushliteral(e->L, "not enough memory");
	}
	return false;
}

static bool refuse_size(struct encoder *e) {
	refuse(e, KITH_EINVAL);
	lua_pushfstring(e->L, TOO_LARGE, (LUAI_UACINT)e->max_bytes);
	return false;
}

static bool refuse_depth(struct encoder *e) {
	refuse(e, KITH_EINVAL);
	lua_pushfstring(e->L, "payload nested deeper than %d", DEPTH_MAX);
	return false;
}

static const char *push_type_name(lua_State *L, int index) {
	switch (lua_type(L, index)) {
	case LUA_TTHREAD:
		return lua_pushliteral(L, "coroutine");
	case LUA_TUSERDATA:
		if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
			return lua_tostring(L, -1);
		}
		return lua_pushliteral(L, "userdata");
	default:
		return lua_pushstring(L, luaL_typename(L, index));
	}
}

static bool refuse_type(struct encoder *e, int index, const struct step *at) {
	refuse(e, KITH_EINVAL);
	const char *type = push_type_name(e->L, index);
	const char *where = push_where(e, at);
	if (*where != '\0') {
		lua_pushfstring(e->L, "cannot send a %s (at %s)", type, where);
	} else {
		lua_pushfstring(e->L, "cannot send a %s", type);
	}
	return false;
}

static bool refuse_key(struct encoder *e, int index, const struct step *at) {
	refuse(e, KITH_EINVAL);
	const char *type = push_type_name(e->L, index);
	const char *where = push_where(e, at);
	lua_pushfstring(e->L, "cannot send a %s (as a key of %s)", type,
		*where != '\0' ? where : "the payload");
	return false;
}

/* Of a value itself, not of what is in it. */
static bool can_send(const struct encoder *e, int index) {
	int64_t ns;
	switch (lua_type(e->L, index)) {
	case LUA_TNIL:
	case LUA_TBOOLEAN:
	case LUA_TNUMBER:
	case LUA_TSTRING:
		return true;
	case LUA_TTABLE:
		return e->depth < DEPTH_MAX || !e->strip;
	case LUA_TUSERDATA:
		return ki_error_is(e->L, index) || ki_payload_is(e->L, index) ||
			ki_duration_test(e->L, index, &ns) ||
			ki_time_test(e->L, index) != NULL;
	default:
		return false;
	}
}

/*
 * How many of the values 1.. go as an array. Lua's border keeps its holes as the sender saw them,
 * unless they are so many that a sparse table would become a huge one.
 */
static lua_Integer array_length(struct encoder *e, int table) {
	lua_State *L = e->L;
	lua_Integer border = (lua_Integer)lua_rawlen(L, table), dense = 0;
	while (dense < border && lua_rawgeti(L, table, dense + 1) != LUA_TNIL) {
		lua_pop(L, 1);
		if (++dense % LOOK_AT == 0) {
			poll(e, LOOK_AT / 4);
		}
	}
	if (dense == border) {
		return dense;
	}
	lua_pop(L, 1);
	return border <= 2 * dense + 16 ? border : dense;
}

static bool encode_array(struct encoder *e, int table, lua_Integer length, const struct step *up) {
	struct step at = {.up = up, .kind = STEP_POSITION};
	for (lua_Integer i = 1; i <= length; i++) {
		at.position = i;
		lua_rawgeti(e->L, table, i);
		if (e->strip && !can_send(e, lua_gettop(e->L))) {
			ki_value_nil(&e->writer);
		} else if (!encode_value(e, lua_gettop(e->L), &at)) {
			return false;
		}
		lua_pop(e->L, 1);
	}
	return true;
}

static bool encode_record(
	struct encoder *e, int table, lua_Integer length, const struct step *up, size_t *nr) {
	lua_State *L = e->L;
	*nr = 0;
	lua_pushnil(L);
	while (lua_next(L, table)) {
		int key = lua_gettop(L) - 1;
		bool done = lua_isinteger(L, key) && lua_tointeger(L, key) >= 1 &&
			lua_tointeger(L, key) <= length;
		bool skip = e->strip && (!can_send(e, key) || !can_send(e, key + 1));
		if (!done && !skip) {
			struct step at = {.up = up, .kind = STEP_KEY, .key = key};
			if (!can_send(e, key)) {
				return refuse_key(e, key, up);
			}
			if (!encode_value(e, key, &at) || !encode_value(e, key + 1, &at)) {
				return false;
			}
			++*nr;
		} else {
			poll(e, 1);
		}
		lua_pop(L, 1);
	}
	return true;
}

static bool encode_table(struct encoder *e, int table, const struct step *at) {
	if (e->depth == DEPTH_MAX) {
		return refuse_depth(e);
	}
	if (!ki_seen_put(&e->seen, lua_topointer(e->L, table), e->writer.nr_tables)) {
		return refuse_memory(e);
	}
	e->depth++;
	bool frozen = ki_table_frozen(e->L, table); /* what it has lies behind it */
	int fields = frozen ? lua_gettop(e->L) : table;
	lua_Integer length = array_length(e, fields);
	size_t mark = ki_value_table_begin(&e->writer), nr_pairs;
	if (!encode_array(e, fields, length, at) ||
		!encode_record(e, fields, length, at, &nr_pairs)) {
		return false;
	}
	ki_value_table_end(&e->writer, mark, (size_t)length, nr_pairs);
	lua_pop(e->L, frozen ? 1 : 0);
	e->depth--;
	return true;
}

/* The details go as a table of their own even if another Error shares them, as the format asks. */
static bool encode_error(
	struct encoder *e, int index, struct ki_strv more, const struct step *up) {
	struct ki_error_fields fields;
	ki_error_fields(e->L, index, &fields);
	struct ki_buf trace;
	ki_buf_init(&trace);
	if (more.len > 0) {
		ki_buf_putv(&trace, fields.trace);
		ki_buf_putv(&trace, more);
		if (!trace.failed) {
			fields.trace = ki_buf_view(&trace);
		}
	}
	ki_value_error(&e->writer, fields.kind, fields.message, fields.retryable, fields.trace);
	ki_buf_fini(&trace);
	struct step at = {.up = up, .kind = STEP_DETAILS};
	int details = lua_gettop(e->L);
	bool has = lua_istable(e->L, details) && can_send(e, details);
	if (!has) {
		ki_value_nil(&e->writer);
	} else if (!encode_table(e, details, &at)) {
		return false;
	}
	lua_pop(e->L, 1);
	return true;
}

static bool encode_payload(struct encoder *e, int index) {
	struct ki_payload *held;
	if (ki_payload_share(e->L, index, &held) != KITH_OK ||
		(held == NULL && (held = ki_value_payload_nil()) == NULL)) {
		return refuse_memory(e);
	}
	ki_value_payload(&e->writer, held);
	size_t bytes = ki_payload_bytes(held);
	ki_payload_unref(held);
	if (e->strip) {
		return true; /* nothing is too large for those who ask so */
	}
	if (bytes > e->max_bytes - e->embedded_bytes) {
		return refuse_size(e);
	}
	e->embedded_bytes += bytes;
	return true;
}

static bool encode_userdata(struct encoder *e, int index, const struct step *at) {
	int64_t number;
	if (ki_error_is(e->L, index)) {
		return encode_error(e, index, ki_strv(""), at);
	}
	if (ki_payload_is(e->L, index)) {
		return encode_payload(e, index);
	}
	if (ki_duration_test(e->L, index, &number)) {
		ki_value_duration(&e->writer, number);
		return true;
	}
	const struct ki_time *time = ki_time_test(e->L, index);
	if (time != NULL) {
		ki_value_time(&e->writer, time->at.unix_sec, (uint32_t)time->at.nsec,
			ki_location_spelling(time->location));
		return true;
	}
	return refuse_type(e, index, at);
}

static bool encode_string(struct encoder *e, int index) {
	struct ki_strv text;
	text.ptr = lua_tolstring(e->L, index, &text.len);
	if (text.len > e->max_bytes) {
		return refuse_size(e); /* before it is copied */
	}
	ki_value_str(&e->writer, text);
	return true;
}

static bool encode_number(struct encoder *e, int index) {
	if (lua_isinteger(e->L, index)) {
		ki_value_int(&e->writer, lua_tointeger(e->L, index));
	} else {
		ki_value_float(&e->writer, lua_tonumber(e->L, index));
	}
	return true;
}

static bool encode_any(struct encoder *e, int index, const struct step *at) {
	uint32_t number;
	switch (lua_type(e->L, index)) {
	case LUA_TNIL:
		ki_value_nil(&e->writer);
		return true;
	case LUA_TBOOLEAN:
		ki_value_bool(&e->writer, lua_toboolean(e->L, index));
		return true;
	case LUA_TNUMBER:
		return encode_number(e, index);
	case LUA_TSTRING:
		return encode_string(e, index);
	case LUA_TTABLE:
		if (ki_seen_get(&e->seen, lua_topointer(e->L, index), &number)) {
			ki_value_backref(&e->writer, number);
			return true;
		}
		return encode_table(e, index, at);
	case LUA_TUSERDATA:
		return encode_userdata(e, index, at);
	default:
		return refuse_type(e, index, at);
	}
}

/* False: refused, the text is on top of the stack. Leaves the stack as it was else. */
static bool encode_value(struct encoder *e, int index, const struct step *at) {
	poll(e, 1);
	if (!lua_checkstack(e->L, STACK_SLOTS)) {
		return refuse_memory(e);
	}
	if (!encode_any(e, index, at)) {
		return false;
	}
	if (e->writer.buf.len > e->max_bytes - e->embedded_bytes) {
		return refuse_size(e);
	}
	return true;
}

/* Ends an encoding that began with `top` values on the stack. */
static int finish(
	struct encoder *e, bool ok, int top, enum ki_format format, struct ki_payload **out) {
	struct ki_payload *payload = ok ? ki_value_finish(&e->writer, format) : NULL;
	if (ok && payload == NULL) {
		refuse_memory(e);
		ok = false;
	}
	if (!ok) {
		lua_copy(e->L, -1, top + 1);
		lua_settop(e->L, top + 1);
		return e->status;
	}
	encoder_fini(e);
	*out = payload;
	return 0;
}

/* Most of what is sent is one: it needs no encoder. False: it is none, is refused, or there is no
 * memory. */
static bool encode_scalar(lua_State *L, int index, struct ki_payload **out) {
	struct ki_strv text;
	size_t max = max_bytes(L);
	if (max < SCALAR_HEAD) {
		return false;
	}
	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN:
		*out = ki_value_payload_bool(lua_toboolean(L, index));
		break;
	case LUA_TNUMBER:
		*out = lua_isinteger(L, index) ? ki_value_payload_int(lua_tointeger(L, index))
					       : ki_value_payload_float(lua_tonumber(L, index));
		break;
	case LUA_TSTRING:
		text.ptr = lua_tolstring(L, index, &text.len);
		*out = text.len <= max - SCALAR_HEAD ? ki_value_payload_str(text) : NULL;
		break;
	default:
		return false;
	}
	return *out != NULL;
}

int ki_codec_encode_value(lua_State *L, int index, int ordinal, struct ki_payload **out) {
	if (lua_isnoneornil(L, index)) {
		*out = NULL;
		return 0;
	}
	if (encode_scalar(L, index, out)) {
		return 0;
	}
	struct encoder e;
	encoder_init(&e, L, ordinal);
	int top = lua_gettop(L);
	bool ok = encode_value(&e, lua_absindex(L, index), NULL);
	bool is_error = ok && ki_error_is(L, index);
	return finish(&e, ok, top, is_error ? KI_FORMAT_ERROR : KI_FORMAT_LUA, out);
}

/* A Payload as it is. */
static int encode_shared(lua_State *L, int index, struct ki_payload **out) {
	struct ki_payload *payload;
	int status = ki_payload_share(L, index, &payload);
	if (status != KITH_OK) {
		lua_pushliteral(L, "not enough memory");
		return status;
	}
	if (payload != NULL && ki_payload_bytes(payload) > max_bytes(L)) {
		ki_payload_unref(payload);
		lua_pushfstring(L, TOO_LARGE, (LUAI_UACINT)max_bytes(L));
		return KITH_EINVAL;
	}
	*out = payload;
	return KITH_OK;
}

int ki_codec_encode(lua_State *L, int index, int ordinal, struct ki_payload **out) {
	if (lua_type(L, index) == LUA_TUSERDATA && lua_checkstack(L, STACK_SLOTS) &&
		ki_payload_is(L, index)) {
		return encode_shared(L, index, out);
	}
	return ki_codec_encode_value(L, index, ordinal, out);
}

struct ki_payload *ki_codec_encode_error(lua_State *L, int index, struct ki_strv more) {
	if (!lua_checkstack(L, STACK_SLOTS)) {
		return NULL;
	}
	struct encoder e;
	encoder_init(&e, L, 1);
	e.strip = true;
	e.max_bytes = SIZE_MAX; /* nothing is refused, so nothing raises */
	int top = lua_gettop(L);
	struct ki_payload *payload = NULL;
	if (encode_error(&e, lua_absindex(L, index), more, NULL)) {
		payload = ki_value_finish(&e.writer, KI_FORMAT_ERROR);
	}
	lua_settop(L, top);
	encoder_fini(&e);
	return payload;
}

struct ki_payload *ki_codec_encode_plain(lua_State *L, int index) {
	if (!lua_checkstack(L, STACK_SLOTS)) {
		return NULL;
	}
	struct encoder e;
	encoder_init(&e, L, 1);
	e.strip = true;
	e.max_bytes = SIZE_MAX;
	int top = lua_gettop(L);
	struct ki_payload *payload = NULL;
	index = lua_absindex(L, index);
	if (!can_send(&e, index)) {
		ki_value_nil(&e.writer);
		payload = ki_value_finish(&e.writer, KI_FORMAT_LUA);
	} else if (encode_value(&e, index, NULL)) {
		payload = ki_value_finish(&e.writer, KI_FORMAT_LUA);
	}
	lua_settop(L, top);
	encoder_fini(&e);
	return payload;
}

/* ---- reading ---- */

/* What reading one value gives; RESTART: it shares tables, which must be kept track of from the
 * start. */
enum { READ_OK, READ_MALFORMED, READ_RESTART };

struct decoder {
	lua_State *L;
	struct ki_value_reader reader;
	const struct ki_codec_bytes *bytes;
	int tables; /* index of the list of tables by number, or 0: not kept */
	int depth;
};

static int decode_value(struct decoder *d);

static bool valid_key(lua_State *L) {
	if (lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1)) {
		return lua_tonumber(L, -1) == lua_tonumber(L, -1);
	}
	return !lua_isnil(L, -1);
}

static int decode_table(struct decoder *d, uint32_t number, uint32_t narr, uint32_t nrec) {
	lua_State *L = d->L;
	if (++d->depth > DEPTH_MAX) {
		return READ_MALFORMED;
	}
	lua_createtable(L, (int)narr, (int)nrec);
	if (d->tables != 0) {
		lua_pushvalue(L, -1);
		lua_rawseti(L, d->tables, (lua_Integer)number + 1);
	}
	int status;
	for (uint32_t i = 1; i <= narr; i++) {
		if ((status = decode_value(d)) != READ_OK) {
			return status;
		}
		lua_rawseti(L, -2, i);
	}
	for (uint32_t i = 0; i < nrec; i++) {
		if ((status = decode_value(d)) != READ_OK) {
			return status;
		}
		if (!valid_key(L)) {
			return READ_MALFORMED;
		}
		if ((status = decode_value(d)) != READ_OK) {
			return status;
		}
		lua_rawset(L, -3);
	}
	d->depth--;
	return READ_OK;
}

static int decode_error(struct decoder *d, const struct ki_value_token *token) {
	struct ki_error_fields fields = {token->error.kind, token->error.message,
		token->error.trace, token->error.retryable};
	int status = decode_value(d);
	if (status != READ_OK) {
		return status;
	}
	if (!lua_isnil(d->L, -1) && !lua_istable(d->L, -1)) {
		return READ_MALFORMED;
	}
	ki_error_make(d->L, &fields);
	return READ_OK;
}

static int decode_backref(struct decoder *d, uint32_t number) {
	if (d->tables == 0) {
		return READ_RESTART;
	}
	return lua_rawgeti(d->L, d->tables, (lua_Integer)number + 1) == LUA_TTABLE ? READ_OK
										   : READ_MALFORMED;
}

static bool push_scalar(lua_State *L, const struct ki_value_token *token) {
	switch (token->tag) {
	case KI_VALUE_NIL:
		lua_pushnil(L);
		return true;
	case KI_VALUE_FALSE:
	case KI_VALUE_TRUE:
		lua_pushboolean(L, token->tag == KI_VALUE_TRUE);
		return true;
	case KI_VALUE_INT:
		lua_pushinteger(L, token->i);
		return true;
	case KI_VALUE_FLOAT:
		lua_pushnumber(L, token->f);
		return true;
	case KI_VALUE_STR:
		lua_pushlstring(L, token->str.ptr, token->str.len);
		return true;
	default:
		return false;
	}
}

bool ki_codec_scalar(lua_State *L, const void *data, uint32_t size) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	ki_value_reader_init(&reader, data, size, 0);
	return ki_value_next(&reader, &token) == KITH_OK && ki_value_at_end(&reader) &&
		push_scalar(L, &token);
}

/* Pushes the next value. What else it leaves there on failure is the caller's to remove. */
static int decode_value(struct decoder *d) {
	lua_State *L = d->L;
	struct ki_value_token token;
	ki_lua_spend(L, 1);
	luaL_checkstack(L, STACK_SLOTS, NULL);
	if (ki_value_next(&d->reader, &token) != 0) {
		return READ_MALFORMED;
	}
	if (push_scalar(L, &token)) {
		return READ_OK;
	}
	switch (token.tag) {
	case KI_VALUE_TABLE:
		return decode_table(d, token.table.number, token.table.narr, token.table.nrec);
	case KI_VALUE_BACKREF:
		return decode_backref(d, token.backref);
	case KI_VALUE_ERROR:
		return decode_error(d, &token);
	case KI_VALUE_TIME:
		ki_time_push_spelled(L,
			(struct ki_moment){token.time.unix_s, (int32_t)token.time.nsec},
			token.time.zone);
		return READ_OK;
	case KI_VALUE_DURATION:
		ki_duration_push(L, token.i);
		return READ_OK;
	case KI_VALUE_PAYLOAD:
		if (token.payload >= d->bytes->nr_refs) {
			return READ_MALFORMED;
		}
		ki_payload_push(L, d->bytes->refs[token.payload]);
		return READ_OK;
	default:
		return READ_MALFORMED;
	}
}

static int decode_whole(lua_State *L, const struct ki_codec_bytes *bytes, int tables) {
	struct decoder d = {.L = L, .bytes = bytes, .tables = tables};
	ki_value_reader_init(&d.reader, bytes->data, bytes->size, bytes->nr_refs);
	int status = decode_value(&d);
	return status == READ_OK && !ki_value_at_end(&d.reader) ? READ_MALFORMED : status;
}

/* Most values share no tables: only for those that do is a list kept, in a second reading. */
static int decode(lua_State *L, const struct ki_codec_bytes *bytes) {
	int top = lua_gettop(L);
	int status = decode_whole(L, bytes, 0);
	if (status == READ_RESTART) {
		lua_settop(L, top);
		lua_newtable(L);
		status = decode_whole(L, bytes, top + 1);
		if (status == READ_OK) {
			lua_remove(L, top + 1);
		}
	}
	if (status != READ_OK) {
		lua_settop(L, top);
		lua_pushnil(L);
		return KITH_EINTERNAL;
	}
	return 0;
}

static int decode_json(lua_State *L, const struct ki_codec_bytes *bytes) {
	struct ki_scratch *scratch = ki_scratch_push(L);
	struct ki_json_fault fault;
	struct ki_strv text = ki_strv_n(bytes->data, bytes->size);
	int status = ki_json_decode(&scratch->json, text, &scratch->payload, &fault);
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	}
	if (status == KITH_OK) {
		struct ki_codec_bytes read = ki_codec_bytes_of(scratch->payload);
		status = decode(L, &read);
		ki_scratch_clear(scratch);
	} else {
		lua_pushnil(L);
		status = KITH_EINTERNAL;
	}
	lua_remove(L, -2);
	return status;
}

struct ki_codec_bytes ki_codec_bytes_of(const struct ki_payload *payload) {
	if (payload == NULL) {
		return (struct ki_codec_bytes){.format = KI_FORMAT_LUA, .is_nil = true};
	}
	return (struct ki_codec_bytes){
		.format = payload->format,
		.data = payload->data,
		.size = payload->size,
		.refs = payload->refs,
		.nr_refs = payload->nr_refs,
	};
}

int ki_codec_decode(lua_State *L, const struct ki_payload *payload) {
	struct ki_codec_bytes bytes = ki_codec_bytes_of(payload);
	return ki_codec_decode_bytes(L, &bytes);
}

int ki_codec_decode_bytes(lua_State *L, const struct ki_codec_bytes *bytes) {
	luaL_checkstack(L, STACK_SLOTS, NULL);
	if (bytes->is_nil) {
		lua_pushnil(L);
		return 0;
	}
	switch (bytes->format) {
	case KI_FORMAT_LUA:
	case KI_FORMAT_ERROR:
		return decode(L, bytes);
	case KI_FORMAT_JSON:
		return decode_json(L, bytes);
	case KI_FORMAT_STRING:
	case KI_FORMAT_BYTES:
		lua_pushlstring(L, bytes->data, bytes->size);
		return 0;
	default:
		lua_pushnil(L);
		return KITH_EINTERNAL;
	}
}
