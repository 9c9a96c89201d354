/*
 * lua/luaerror.c: the Error object and the global `errors`.
 *
 * An Error is a userdata with its strings and its details as user values. Where it was made is kept
 * as a trace (mem/traceback.h), which becomes text when it is asked for: few ever are.
 *
 * Owns: see luaerror.h. Threads: the worker that runs the process.
 */
#include "lua/luaerror.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/pure.h"
#include "lua/refusal.h"
#include "lua/scratch.h"
#include "lua/usertype.h"
#include "mem/traceback.h"

/* Of a traceback that errors.new takes. */
#define FRAMES_MAX 32
/* Of that of an error that nobody caught: as many as luaL_traceback shows of a deep stack. */
#define FRAMES_FIRST 10
#define FRAMES_LAST 11
/* Of tables within details. */
#define DETAILS_DEPTH_MAX 200

/* User values. */
enum { KIND = 1, MESSAGE, TRACE, DETAILS, NR_VALUES = DETAILS };

struct error_head {
	enum ki_retryable retryable;
};

/* ---- argument errors ---- */

const char *ki_type_name(lua_State *L, int index) {
	if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
		return lua_tostring(L, -1);
	}
	return lua_type(L, index) == LUA_TLIGHTUSERDATA ? "light userdata"
							: luaL_typename(L, index);
}

int ki_arg_error(lua_State *L, int arg, const char *fn, const char *expected) {
	return luaL_error(L, "bad argument #%d to '%s' (%s expected, got %s)", arg, fn, expected,
		ki_type_name(L, arg));
}

struct ki_strv ki_arg_string(lua_State *L, int arg, const char *fn) {
	if (lua_type(L, arg) != LUA_TSTRING) {
		ki_arg_error(L, arg, fn, "string");
	}
	struct ki_strv text;
	text.ptr = lua_tolstring(L, arg, &text.len);
	return text;
}

/* ---- making and reading ---- */

bool ki_error_is(lua_State *L, int index) {
	return ki_usertype_test(L, index, KI_TYPE_ERROR) != NULL;
}

static struct ki_strv string_view(lua_State *L, int index) {
	size_t len;
	const char *text = lua_tolstring(L, index, &len);
	return ki_strv_n(text, len);
}

static struct ki_strv value_view(lua_State *L, int index, int which) {
	size_t len;
	lua_getiuservalue(L, index, which);
	const char *text = lua_tolstring(L, -1, &len); /* lives as long as the Error */
	lua_pop(L, 1);
	return ki_strv_n(text, len);
}

void ki_error_fields(lua_State *L, int index, struct ki_error_fields *out) {
	index = lua_absindex(L, index);
	const struct error_head *head = lua_touserdata(L, index);
	out->kind = value_view(L, index, KIND);
	out->message = value_view(L, index, MESSAGE);
	out->trace = value_view(L, index, TRACE);
	out->retryable = head->retryable;
	lua_getiuservalue(L, index, DETAILS);
}

void ki_error_push_message(lua_State *L, int index) {
	lua_getiuservalue(L, index, MESSAGE);
}

static void set_string(lua_State *L, int index, int which, struct ki_strv text) {
	lua_pushlstring(L, text.len > 0 ? text.ptr : "", text.len);
	lua_setiuservalue(L, index, which);
}

void ki_error_make(lua_State *L, const struct ki_error_fields *fields) {
	luaL_checkstack(L, 3, NULL);
	struct error_head *head = ki_usertype_new(L, KI_TYPE_ERROR, sizeof *head, NR_VALUES);
	int index = lua_gettop(L);
	head->retryable = fields->retryable;
	set_string(L, index, KIND, fields->kind);
	set_string(L, index, MESSAGE, fields->message);
	set_string(L, index, TRACE, fields->trace);
	lua_pushvalue(L, index - 1);
	lua_setiuservalue(L, index, DETAILS);
	lua_remove(L, index - 1);
}

/* ---- traces ---- */

static void add_record(luaL_Buffer *trace, const struct ki_trace_record *record) {
	char *at = luaL_prepbuffsize(trace, KI_TRACE_BYTES_MAX + record->source.len);
	luaL_addsize(trace, ki_trace_put(at, record));
}

static void add_text(luaL_Buffer *trace, struct ki_strv text) {
	add_record(trace, &(struct ki_trace_record){.what = KI_TRACE_TEXT, .source = text});
}

static enum ki_trace_what what_is(const lua_Debug *frame) {
	return *frame->what == 'm' ? KI_TRACE_MAIN
		: *frame->what == 'C' ? KI_TRACE_C : KI_TRACE_LUA;
}

/* Pops a function; gives the name of the module that has it as this field, or NULL. */
static const char *library_with(lua_State *L, const char *field) {
	const char *library = NULL;
	int function = lua_gettop(L);
	lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushnil(L);
	while (library == NULL && lua_next(L, -2)) {
		if (lua_type(L, -1) == LUA_TTABLE && lua_type(L, -2) == LUA_TSTRING) {
			lua_pushstring(L, field);
			lua_rawget(L, -2);
			library = lua_rawequal(L, -1, function) ? lua_tostring(L, -3) : NULL;
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	lua_settop(L, function - 1);
	return library;
}

/*
 * Of a C function called as a field or method: `string.rep`, as Lua's own tracebacks name what lies
 * in its modules. Those compare it with all that is there; here the name that it was called by is
 * looked up in each.
 */
static bool library_name(lua_State *L, lua_State *of, lua_Debug *frame, char *name, size_t size) {
	bool field = *frame->what == 'C' && frame->name != NULL &&
		(strcmp(frame->namewhat, "field") == 0 || strcmp(frame->namewhat, "method") == 0);
	if (!field || !lua_checkstack(of, 1) || !lua_checkstack(L, LUA_MINSTACK)) {
		return false;
	}
	lua_getinfo(of, "f", frame);
	lua_xmove(of, L, 1);
	const char *library = library_with(L, frame->name);
	if (library == NULL) {
		return false;
	}
	bool base = strcmp(library, LUA_GNAME) == 0;
	snprintf(name, size, "%s%s%s", base ? "" : library, base ? "" : ".", frame->name);
	return true;
}

static void add_frame(lua_State *L, lua_State *of, luaL_Buffer *trace, lua_Debug *frame) {
	char name[KI_TRACE_BYTES_MAX];
	bool known = library_name(L, of, frame, name, sizeof name);
	struct ki_trace_record record = {
		.what = what_is(frame),
		.source = ki_strv(frame->short_src),
		.name = ki_strv(known ? name : frame->name),
		.kind = ki_strv(known ? "function" : frame->namewhat),
		.line = frame->currentline,
		.defined = frame->linedefined,
		.tail_call = frame->istailcall,
	};
	add_record(trace, &record);
}

/* A thread's frames from `level` on, `max` of them at most; gives the level behind them. The trace
 * is one of L's. */
static int add_frames(lua_State *L, lua_State *of, luaL_Buffer *trace, int level, int max) {
	lua_Debug frame;
	for (; max > 0 && lua_getstack(of, level, &frame); max--, level++) {
		lua_getinfo(of, "Slnt", &frame);
		add_frame(L, of, trace, &frame);
	}
	return level;
}

/* The number of calls: one more is doubled until it is too many, and then narrowed down. */
static int nr_levels(lua_State *L) {
	lua_Debug frame;
	int there = 0, not_there = 1;
	while (lua_getstack(L, not_there, &frame)) {
		there = not_there;
		not_there *= 2;
	}
	while (there + 1 < not_there) {
		int middle = there + (not_there - there) / 2;
		if (lua_getstack(L, middle, &frame)) {
			there = middle;
		} else {
			not_there = middle;
		}
	}
	return not_there;
}

static void add_heading(luaL_Buffer *trace) {
	add_text(trace, ki_strv("stack traceback:"));
}

/* Of an Error that is made, not thrown, by a C function that the thread runs: it may be one of
 * many. */
static void push_trace(lua_State *L, lua_State *of) {
	luaL_Buffer trace;
	luaL_buffinit(L, &trace);
	add_heading(&trace);
	add_frames(L, of, &trace, 1, FRAMES_MAX);
	luaL_pushresult(&trace);
}

void ki_error_push_trace(lua_State *L, int level) {
	luaL_Buffer trace;
	luaL_buffinit(L, &trace);
	add_heading(&trace);
	int nr = nr_levels(L);
	int skipped = nr - level - FRAMES_FIRST - FRAMES_LAST;
	if (skipped > 0) {
		char line[64];
		level = add_frames(L, L, &trace, level, FRAMES_FIRST) + skipped;
		snprintf(line, sizeof line, "\t...\t(skipping %d levels)", skipped);
		add_text(&trace, ki_strv(line));
	}
	add_frames(L, L, &trace, level, nr);
	luaL_pushresult(&trace);
}

/* ---- Errors that functions of ours make ---- */

/* Pushes the text of a format. */
static struct ki_strv push_formatted(lua_State *L, const char *fmt, va_list args) {
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	luaL_Buffer text;
	char *room = luaL_buffinitsize(L, &text, (size_t)len + 1);
	vsnprintf(room, (size_t)len + 1, fmt, args);
	luaL_pushresultsize(&text, (size_t)len);
	return ki_strv_n(lua_tostring(L, -1), (size_t)len);
}

/* Of the details on top of the stack, which are popped. It was made where the C function that
 * `from` runs was called; NULL: nowhere in Lua. */
static void push_error(lua_State *L, lua_State *from, const char *kind, enum ki_retryable retryable,
	const char *fmt, va_list args) {
	struct ki_error_fields fields = {.kind = ki_strv(kind), .retryable = retryable};
	int details = lua_gettop(L);
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	fields.message = push_formatted(L, fmt, args);
	if (from != NULL) {
		push_trace(L, from);
		fields.trace = string_view(L, -1);
	}
	lua_pushvalue(L, details);
	ki_error_make(L, &fields);
	lua_replace(L, details);
	lua_settop(L, details);
}

void ki_error_push(
	lua_State *L, const char *kind, enum ki_retryable retryable, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	luaL_checkstack(L, 1, NULL);
	lua_pushnil(L);
	push_error(L, L, kind, retryable, fmt, args);
	va_end(args);
}

static enum ki_retryable retryable_of_status(int status) {
	return ki_retryable_of_kind(ki_strv(ki_status_kind(status)));
}

int ki_fail(lua_State *L, int status, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	luaL_checkstack(L, 2, NULL);
	lua_pushnil(L);
	lua_pushnil(L);
	push_error(L, L, ki_status_kind(status), retryable_of_status(status), fmt, args);
	va_end(args);
	return 2;
}

int ki_fail_from(lua_State *L, lua_State *from, int status, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	luaL_checkstack(L, 2, NULL);
	lua_pushnil(L);
	lua_pushnil(L);
	push_error(L, from, ki_status_kind(status), retryable_of_status(status), fmt, args);
	va_end(args);
	return 2;
}

int ki_fail_detail(
	lua_State *L, int status, const char *key, const char *value, const char *fmt, ...) {
	va_list args;
	va_start(args, fmt);
	luaL_checkstack(L, 4, NULL);
	lua_pushnil(L);
	lua_createtable(L, 0, 1);
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
	push_error(L, L, ki_status_kind(status), retryable_of_status(status), fmt, args);
	va_end(args);
	return 2;
}

void ki_error_note_place(lua_State *L) {
	if (value_view(L, lua_gettop(L), TRACE).len == 0) {
		push_trace(L, L);
		lua_setiuservalue(L, -2, TRACE);
	}
}

int ki_fail_payload(lua_State *L, const struct ki_payload *error) {
	luaL_checkstack(L, 1, NULL);
	lua_pushnil(L);
	ki_error_push_payload(L, error);
	return 2;
}

void ki_error_push_payload(lua_State *L, const struct ki_payload *error) {
	if (error == NULL) {
		ki_error_push(L, "ResourceExhausted", KI_RETRYABLE_YES, "memory full");
		return;
	}
	ki_codec_decode(L, error);
	if (!ki_error_is(L, -1)) {
		lua_pop(L, 1);
		ki_error_push(L, "Internal", KI_RETRYABLE_NIL, "malformed error");
	}
}

/* ---- what leaves the process (SPEC 2.4, 4.5) ---- */

/* value -> the text that a table says of itself: of __tostring, else its field `message`; or nil.
 */
static int text_of_table(lua_State *L) {
	if (luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) {
			return 1;
		}
		lua_pop(L, 1);
	}
	if (lua_getfield(L, 1, "message") != LUA_TSTRING) {
		lua_pushnil(L);
	}
	return 1;
}

/* value -> its text, or nil */
static int text_of_value(lua_State *L) {
	switch (lua_type(L, 1)) {
	case LUA_TTABLE:
		return text_of_table(L);
	case LUA_TSTRING:
	case LUA_TNUMBER:
		lua_tostring(L, 1);
		return 1;
	default:
		lua_pushnil(L);
		return 1;
	}
}

static struct ki_payload *internal_error(struct ki_strv message, struct ki_strv trace) {
	return ki_error_payload(
		ki_strv("Internal"), message, KI_RETRYABLE_NIL, trace, NULL, 0);
}

struct ki_payload *ki_error_from_value(lua_State *L, int index, struct ki_strv trace) {
	index = lua_absindex(L, index);
	if (!lua_checkstack(L, 3)) {
		return NULL;
	}
	if (ki_error_is(L, index)) {
		return ki_codec_encode_error(L, index, trace);
	}
	char generic[64];
	int len = snprintf(
		generic, sizeof generic, "(error object is a %s value)", luaL_typename(L, index));
	struct ki_strv text = ki_strv_n(generic, (size_t)len);
	lua_pushcfunction(L, text_of_value);
	lua_pushvalue(L, index);
	if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) {
		text.ptr = lua_tolstring(L, -1, &text.len);
	}
	struct ki_payload *error = internal_error(text, trace);
	lua_pop(L, 1);
	return error;
}

struct ki_payload *ki_error_from_second(lua_State *L, int index, bool *is_error) {
	*is_error = true;
	if (lua_type(L, index) == LUA_TSTRING) {
		size_t len;
		const char *text = lua_tolstring(L, index, &len);
		return internal_error(ki_strv_n(text, len), ki_strv(""));
	}
	if (lua_type(L, index) == LUA_TUSERDATA && lua_checkstack(L, 2) && ki_error_is(L, index)) {
		return ki_codec_encode_error(L, index, ki_strv(""));
	}
	*is_error = false;
	return NULL;
}

/* ---- errors.call_stack ---- */

static void set_view(lua_State *L, const char *key, struct ki_strv text) {
	lua_pushlstring(L, text.ptr, text.len);
	lua_setfield(L, -2, key);
}

static void push_frame(lua_State *L, int level, const struct ki_trace_record *record) {
	static const char *const types[] = {
		[KI_TRACE_LUA] = "Lua", [KI_TRACE_MAIN] = "main", [KI_TRACE_C] = "C"};
	lua_createtable(L, 0, 5);
	lua_pushinteger(L, level);
	lua_setfield(L, -2, "level");
	lua_pushinteger(L, record->line > 0 ? record->line : -1);
	lua_setfield(L, -2, "line");
	set_view(L, "source", record->source);
	if (record->name.len > 0) {
		set_view(L, "name", record->name);
	}
	lua_pushstring(L, types[record->what]);
	lua_setfield(L, -2, "type");
}

/* Pushes an array of the frames of a trace; gives their number. */
static int push_frames(lua_State *L, struct ki_strv trace) {
	lua_newtable(L);
	int nr = 0;
	struct ki_trace_record record;
	while (ki_trace_next(&trace, &record)) {
		if (record.what != KI_TRACE_TEXT) {
			push_frame(L, nr, &record);
			lua_rawseti(L, -2, ++nr);
		}
	}
	return nr;
}

static int errors_call_stack(lua_State *L) {
	lua_settop(L, 1);
	lua_createtable(L, 0, 2);
	int nr;
	if (lua_isnil(L, 1)) {
		push_trace(L, L);
		nr = push_frames(L, string_view(L, -1));
		lua_setfield(L, 2, "frames");
		lua_pushthread(L);
		luaL_tolstring(L, -1, NULL);
		lua_setfield(L, 2, "thread");
	} else if (ki_error_is(L, 1)) {
		nr = push_frames(L, value_view(L, 1, TRACE));
		lua_setfield(L, 2, "frames");
		lua_pushliteral(L, "");
		lua_setfield(L, 2, "thread");
	} else {
		nr = 0;
	}
	lua_settop(L, 2);
	if (nr == 0) {
		lua_pushnil(L);
	}
	return 1;
}

/* ---- details ---- */

/* Pushes a deep copy, without metatables, of the table at index; `seen` maps tables to their
 * copies. */
static void copy_table(lua_State *L, int index, int seen, int depth) {
	if (depth == DETAILS_DEPTH_MAX) {
		luaL_error(L, "details nested deeper than %d", DETAILS_DEPTH_MAX);
	}
	luaL_checkstack(L, 5, NULL);
	lua_newtable(L);
	int copy = lua_gettop(L);
	lua_pushvalue(L, index);
	lua_pushvalue(L, copy);
	lua_rawset(L, seen);
	lua_pushnil(L);
	while (lua_next(L, index)) {
		int value = lua_gettop(L);
		lua_pushvalue(L, value - 1);
		lua_pushvalue(L, value);
		if (lua_istable(L, value)) {
			if (lua_rawget(L, seen) == LUA_TNIL) {
				lua_pop(L, 1);
				copy_table(L, value, seen, depth + 1);
			}
		}
		lua_rawset(L, copy);
		lua_pop(L, 1);
	}
}

static void push_copy(lua_State *L, int index) {
	lua_newtable(L);
	copy_table(L, index, lua_gettop(L), 0);
	lua_remove(L, -2);
}

/* Takes what is not under a string key out of the table on top; nil in its place when nothing is
 * left. */
static void keep_string_keys(lua_State *L) {
	bool empty = true;
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) == LUA_TSTRING) {
			empty = false;
			continue;
		}
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, -4);
	}
	if (empty) {
		lua_pop(L, 1);
		lua_pushnil(L);
	}
}

/* ---- methods ---- */

static void check_self(lua_State *L, const char *method) {
	if (!ki_error_is(L, 1)) {
		ki_arg_error(L, 1, method, "Error");
	}
}

static int error_kind(lua_State *L) {
	check_self(L, "kind");
	lua_getiuservalue(L, 1, KIND);
	return 1;
}

static int error_message(lua_State *L) {
	check_self(L, "message");
	lua_getiuservalue(L, 1, MESSAGE);
	return 1;
}

static int error_retryable(lua_State *L) {
	check_self(L, "retryable");
	const struct error_head *head = lua_touserdata(L, 1);
	if (head->retryable == KI_RETRYABLE_NIL) {
		lua_pushnil(L);
	} else {
		lua_pushboolean(L, head->retryable == KI_RETRYABLE_YES);
	}
	return 1;
}

static int error_details(lua_State *L) {
	check_self(L, "details");
	lua_settop(L, 1);
	if (lua_getiuservalue(L, 1, DETAILS) == LUA_TTABLE) {
		push_copy(L, 2);
	}
	return 1;
}

static int error_stack(lua_State *L) {
	check_self(L, "stack");
	struct ki_scratch *scratch = ki_scratch_push(L);
	ki_trace_format(&scratch->text, value_view(L, 1, TRACE));
	if (scratch->text.failed) {
		ki_lua_refuse_memory(L);
	}
	struct ki_strv text = ki_buf_view(&scratch->text);
	lua_pushlstring(L, text.len > 0 ? text.ptr : "", text.len);
	ki_scratch_clear(scratch);
	return 1;
}

static int error_concat(lua_State *L) {
	for (int i = 1; i <= 2; i++) {
		if (ki_error_is(L, i)) {
			ki_error_push_message(L, i);
			lua_replace(L, i);
		} else if (!lua_isstring(L, i) &&
			luaL_getmetafield(L, i, "__concat") == LUA_TNIL) {
			return luaL_error(
				L, "attempt to concatenate a %s value", ki_type_name(L, i));
		}
	}
	lua_settop(L, 2);
	lua_concat(L, 2);
	return 1;
}

/* ---- the global ---- */

static void check_field(lua_State *L, const char *key, int type, const char *complaint) {
	int got = lua_getfield(L, 1, key);
	if (got != LUA_TNIL && got != type) {
		luaL_error(L, "%s", complaint);
	}
}

/* {message=, kind=, retryable=, details=} */
static int new_from_table(lua_State *L) {
	enum { ARG = 1, ARG_MESSAGE, ARG_KIND, ARG_RETRYABLE, ARG_DETAILS };
	check_field(L, "message", LUA_TSTRING, "message must be a string");
	if (lua_isnil(L, ARG_MESSAGE)) {
		return luaL_error(L, "message field is required");
	}
	check_field(L, "kind", LUA_TSTRING, "kind must be a string");
	check_field(L, "retryable", LUA_TBOOLEAN, "retryable must be a boolean");
	check_field(L, "details", LUA_TTABLE, "details must be a table");
	push_trace(L, L);
	struct ki_error_fields fields = {
		.kind = string_view(L, ARG_KIND),
		.message = string_view(L, ARG_MESSAGE),
		.trace = string_view(L, -1),
		.retryable = lua_isnil(L, ARG_RETRYABLE)  ? KI_RETRYABLE_NIL
			: lua_toboolean(L, ARG_RETRYABLE) ? KI_RETRYABLE_YES
							  : KI_RETRYABLE_NO,
	};
	if (lua_isnil(L, ARG_DETAILS)) {
		lua_pushnil(L);
	} else {
		push_copy(L, ARG_DETAILS);
		keep_string_keys(L);
	}
	ki_error_make(L, &fields);
	return 1;
}

static int errors_new(lua_State *L) {
	lua_settop(L, 1);
	if (lua_istable(L, 1)) {
		return new_from_table(L);
	}
	if (lua_type(L, 1) != LUA_TSTRING) {
		return luaL_error(L, "expected string or table");
	}
	push_trace(L, L);
	struct ki_error_fields fields = {.message = string_view(L, 1),
		.trace = string_view(L, 2),
		.retryable = KI_RETRYABLE_NIL};
	lua_pushnil(L);
	ki_error_make(L, &fields);
	return 1;
}

static int errors_wrap(lua_State *L) {
	lua_settop(L, 2);
	for (int i = 1; i <= 2; i++) {
		if (!ki_error_is(L, i) && lua_type(L, i) != LUA_TSTRING) {
			return ki_arg_error(L, i, "wrap", "string or Error");
		}
	}
	if (ki_error_is(L, 2)) {
		ki_error_push_message(L, 2);
		lua_replace(L, 2);
	}
	struct ki_error_fields fields = {.retryable = KI_RETRYABLE_NIL};
	luaL_Buffer trace; /* the context, then where the parent was made */
	luaL_buffinit(L, &trace);
	add_text(&trace, string_view(L, 2));
	if (ki_error_is(L, 1)) {
		struct ki_strv parents = value_view(L, 1, TRACE);
		luaL_addlstring(&trace, parents.ptr, parents.len);
	} else {
		add_heading(&trace);
		add_frames(L, L, &trace, 1, FRAMES_MAX);
	}
	luaL_pushresult(&trace);
	if (ki_error_is(L, 1)) {
		ki_error_fields(L, 1, &fields);
	} else {
		fields.message = string_view(L, 1);
		lua_pushnil(L);
	}
	fields.trace = string_view(L, 3);
	ki_error_make(L, &fields);
	return 1;
}

static int errors_is(lua_State *L) {
	lua_settop(L, 2);
	bool is = false;
	if (ki_error_is(L, 1)) {
		lua_getiuservalue(L, 1, KIND);
		is = lua_rawequal(L, 2, 3);
	}
	lua_pushboolean(L, is);
	return 1;
}

static void make_metatable(lua_State *L) {
	static const luaL_Reg methods[] = {{"kind", error_kind}, {"message", error_message},
		{"retryable", error_retryable}, {"details", error_details}, {"stack", error_stack},
		{NULL, NULL}};
	static const luaL_Reg meta[] = {
		{"__tostring", error_message}, {"__concat", error_concat}, {NULL, NULL}};
	ki_usertype_push(L, "Error", methods, meta);
	ki_usertype_set(L, KI_TYPE_ERROR);
}

void ki_open_errors(lua_State *L) {
	static const luaL_Reg functions[] = {{"new", errors_new}, {"wrap", errors_wrap},
		{"is", errors_is}, {"call_stack", errors_call_stack}, {NULL, NULL}};
	static const char *const constants[][2] = {{"NOT_FOUND", "NotFound"},
		{"ALREADY_EXISTS", "AlreadyExists"}, {"INVALID", "Invalid"},
		{"PERMISSION_DENIED", "PermissionDenied"}, {"UNAVAILABLE", "Unavailable"},
		{"INTERNAL", "Internal"}, {"CANCELED", "Canceled"}, {"CONFLICT", "Conflict"},
		{"TIMEOUT", "Timeout"}, {"RATE_LIMITED", "RateLimited"},
		{"RESOURCE_EXHAUSTED", "ResourceExhausted"}, {"UNKNOWN", ""}};
	make_metatable(L);
	luaL_newlib(L, functions);
	for (size_t i = 0; i < ki_countof(constants); i++) {
		lua_pushstring(L, constants[i][1]);
		lua_setfield(L, -2, constants[i][0]);
	}
	ki_table_freeze(L, -1);
	lua_setglobal(L, "errors");
}

const lua_CFunction ki_errors_pure[] = {error_kind, error_message, error_retryable, error_details,
	error_concat, errors_new, errors_wrap, errors_is, errors_call_stack, NULL};
