/*
 * lua/lib_entries.c: the module `registry`.
 *
 * A filter is read once into rules, of which an entry has to meet each. What rules compile is C
 * memory, and so hangs on lua->owned (L2): looking through many entries gives way.
 *
 * Owns: the userdata of rules. Threads: the worker that runs the process.
 */
#include "lua/lib_entries.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "lua/codec.h"
#include "lua/immutable.h"
#include "lua/luaerror.h"
#include "lua/luaproc.h"

/* What looking at one entry takes, in VM instructions. */
enum { ENTRY_STEPS = 8 };

static struct ki_system *system_of(lua_State *L) {
	return ki_lua_of(L)->proc->system;
}

/* Errors of this module are final (SPEC 1.2). */
static int fail(lua_State *L, const char *kind, const char *text) {
	lua_pushnil(L);
	ki_error_push(L, kind, KI_RETRYABLE_NO, "%s", text);
	return 2;
}

/* ---- Entries ---- */

static void push_entry(lua_State *L, const struct ki_entry_view *entry) {
	lua_createtable(L, 0, 4);
	lua_pushstring(L, entry->id);
	lua_setfield(L, -2, "id");
	lua_pushstring(L, entry->kind);
	lua_setfield(L, -2, "kind");
	ki_codec_decode(L, entry->meta);
	lua_setfield(L, -2, "meta");
	ki_codec_decode(L, entry->data);
	lua_setfield(L, -2, "data");
}

static int lib_get(lua_State *L) {
	struct ki_strv id = ki_arg_string(L, 1, "get");
	const struct ki_entry_view *entry = ki_system_find_entry(system_of(L), id);
	if (entry == NULL) {
		return fail(L, "NotFound", lua_pushfstring(L, "entry not found: %s", id.ptr));
	}
	push_entry(L, entry);
	return 1;
}

static int lib_parse_id(lua_State *L) {
	struct ki_strv id = ki_arg_string(L, 1, "parse_id");
	size_t colon = ki_strv_find(id, ':');
	size_t ns_len = colon == SIZE_MAX ? 0 : colon;
	size_t name_at = colon == SIZE_MAX ? 0 : colon + 1;
	lua_createtable(L, 0, 2);
	lua_pushlstring(L, id.ptr, ns_len);
	lua_setfield(L, -2, "ns");
	lua_pushlstring(L, id.ptr + name_at, id.len - name_at);
	lua_setfield(L, -2, "name");
	return 1;
}

/* ---- Rules ---- */

enum { EQUALS = 0, MATCHES = '~', CONTAINS = '*', BEGINS = '^', ENDS = '$' };

enum field { ID, KIND, NS, NAME, META };

/* One key of a filter; its texts are the filter's. */
struct rule {
	char how;            /* EQUALS and so on */
	enum field field;
	struct ki_strv path; /* of META: in it */
	int value;           /* its index on the stack */
	struct ki_strv text; /* the value, but of EQUALS */
	regex_t regex;       /* of MATCHES */
};

struct rules {
	struct ki_owned owned;
	size_t nr; /* those that are read */
	bool of_meta;
	struct rule rules[];
};

static void drop(struct ki_owned *owned) {
	struct rules *rules = ki_container_of(owned, struct rules, owned);
	for (size_t i = 0; i < rules->nr; i++) {
		if (rules->rules[i].how == MATCHES) {
			regfree(&rules->rules[i].regex);
		}
	}
	rules->nr = 0;
}

static int collect(lua_State *L) {
	struct rules *rules = lua_touserdata(L, 1);
	ki_list_remove(&rules->owned.node);
	drop(&rules->owned);
	return 0;
}

static struct rules *push_rules(lua_State *L, size_t nr) {
	struct rules *rules =
		lua_newuserdatauv(L, sizeof(*rules) + nr * sizeof(rules->rules[0]), 0);
	*rules = (struct rules){.owned.drop = drop};
	if (luaL_newmetatable(L, "kith.rules")) {
		lua_pushcfunction(L, collect);
		lua_setfield(L, -2, "__gc");
	}
	ki_list_push_back(&ki_lua_of(L)->owned, &rules->owned.node);
	lua_setmetatable(L, -2);
	return rules;
}

static void read_key(struct rule *rule, struct ki_strv key) {
	static const struct {
		const char *key;
		enum field field;
	} fields[] = {{".id", ID}, {".kind", KIND}, {"kind", KIND}, {".ns", NS}, {".name", NAME}};
	rule->how = EQUALS;
	if (key.len > 0 && memchr("~*^$", *key.ptr, 4) != NULL) {
		rule->how = *key.ptr;
		key = ki_strv_n(key.ptr + 1, key.len - 1);
	}
	for (size_t i = 0; i < ki_countof(fields); i++) {
		if (ki_strv_eqz(key, fields[i].key)) {
			rule->field = fields[i].field;
			return;
		}
	}
	rule->field = META;
	size_t skip = ki_strv_starts(key, ki_strv("meta.")) ? strlen("meta.") : 0;
	rule->path = ki_strv_n(key.ptr + skip, key.len - skip);
}

/* Gives 0, or the number of results pushed; so do those below. */
static int compile(lua_State *L, struct rule *rule) {
	char why[128];
	int status = REG_BADPAT;
	snprintf(why, sizeof(why), "it holds a zero byte");
	if (strlen(rule->text.ptr) == rule->text.len) {
		status = regcomp(&rule->regex, rule->text.ptr, REG_EXTENDED | REG_NOSUB);
		if (status != 0) {
			regerror(status, &rule->regex, why, sizeof(why));
		}
	}
	if (status == 0) {
		return 0;
	}
	return fail(L, "Invalid",
		lua_pushfstring(L, "invalid pattern \"%s\": %s", rule->text.ptr, why));
}

/* From the key and its value on top of the stack, which stay there. */
static int read_rule(lua_State *L, struct rules *rules) {
	struct rule *rule = &rules->rules[rules->nr];
	struct ki_strv key;
	if (lua_type(L, -2) != LUA_TSTRING) {
		return fail(L, "Invalid", "filter keys must be strings");
	}
	key.ptr = lua_tolstring(L, -2, &key.len);
	*rule = (struct rule){.value = lua_gettop(L)};
	read_key(rule, key);
	rules->of_meta |= rule->field == META;
	if (rule->how != EQUALS) {
		if (lua_type(L, -1) != LUA_TSTRING) {
			return fail(L, "Invalid",
				lua_pushfstring(L, "filter %s must be a string", key.ptr));
		}
		rule->text.ptr = lua_tolstring(L, -1, &rule->text.len);
	}
	int failed = rule->how == MATCHES ? compile(L, rule) : 0;
	rules->nr += failed == 0;
	return failed;
}

/* Reads the filter at 1 and leaves its keys and values on the stack. */
static int read_rules(lua_State *L, struct rules *rules) {
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		ki_lua_spend(L, 1);
		luaL_checkstack(L, LUA_MINSTACK, "too many keys");
		int failed = read_rule(L, rules);
		if (failed != 0) {
			return failed;
		}
		lua_pushvalue(L, -2);
	}
	return 0;
}

/* ---- Matching ---- */

/* Of the tables at a and b; a is of a tree, and so is at an end some time. */
static bool is_equal(lua_State *L, int a, int b);

static bool tables_are_equal(lua_State *L, int a, int b) {
	int top = lua_gettop(L);
	lua_Integer nr = 0;
	bool equal = true;
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	lua_pushnil(L);
	while (equal && lua_next(L, a)) {
		lua_pushvalue(L, -2);
		lua_rawget(L, b);
		equal = is_equal(L, lua_gettop(L) - 1, lua_gettop(L));
		lua_pop(L, 2);
		nr++;
	}
	lua_settop(L, top);
	lua_pushnil(L);
	while (equal && lua_next(L, b)) {
		lua_pop(L, 1);
		equal = --nr >= 0;
	}
	lua_settop(L, top);
	return equal;
}

static bool is_equal(lua_State *L, int a, int b) {
	if (lua_istable(L, a) && lua_istable(L, b)) {
		return tables_are_equal(L, a, b);
	}
	return lua_rawequal(L, a, b);
}

/* Whether the list at index has the value of the rule. */
static bool list_contains(lua_State *L, int index, const struct rule *rule) {
	lua_Integer nr = (lua_Integer)lua_rawlen(L, index);
	bool found = false;
	for (lua_Integer i = 1; i <= nr && !found; i++) {
		lua_rawgeti(L, index, i);
		found = lua_rawequal(L, -1, rule->value);
		lua_pop(L, 1);
	}
	return found;
}

static bool text_meets(struct ki_strv text, const struct rule *rule) {
	struct ki_strv part = rule->text;
	bool fits = part.len <= text.len;
	switch (rule->how) {
	case MATCHES:
		return regexec(&rule->regex, text.ptr, 0, NULL, 0) == 0;
	case BEGINS:
		return ki_strv_starts(text, part);
	case ENDS:
		return fits && memcmp(text.ptr + text.len - part.len, part.ptr, part.len) == 0;
	default:
		for (size_t at = 0; fits && at <= text.len - part.len; at++) {
			if (memcmp(text.ptr + at, part.ptr, part.len) == 0) {
				return true;
			}
		}
		return false;
	}
}

/* Whether the value on top of the stack, which goes, meets the rule. */
static bool value_meets(lua_State *L, const struct rule *rule) {
	int top = lua_gettop(L);
	bool meets = false;
	if (rule->how == EQUALS) {
		meets = is_equal(L, top, rule->value);
	} else if (lua_istable(L, top)) {
		meets = rule->how == CONTAINS && list_contains(L, top, rule);
	} else if (!lua_isnil(L, top)) {
		struct ki_strv text;
		text.ptr = luaL_tolstring(L, top, &text.len);
		meets = text_meets(text, rule);
	}
	lua_settop(L, top - 1);
	return meets;
}

/* Pushes what stands under a path in the table at index: under the whole of it, else by its
 * dots. */
static void push_at_path(lua_State *L, int index, struct ki_strv path) {
	lua_pushlstring(L, path.ptr, path.len);
	lua_rawget(L, index);
	size_t dot = ki_strv_find(path, '.');
	if (!lua_isnil(L, -1) || dot == SIZE_MAX) {
		return;
	}
	lua_pushlstring(L, path.ptr, dot);
	lua_rawget(L, index);
	if (lua_istable(L, -1)) {
		luaL_checkstack(L, LUA_MINSTACK, NULL);
		push_at_path(L, lua_gettop(L),
			ki_strv_n(path.ptr + dot + 1, path.len - dot - 1));
	} else {
		lua_pushnil(L);
	}
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* Whether the entry, whose meta is at `meta`, meets the rule. */
static bool entry_meets(
	lua_State *L, const struct ki_entry_view *entry, int meta, const struct rule *rule) {
	switch (rule->field) {
	case ID:
		lua_pushstring(L, entry->id);
		break;
	case KIND:
		lua_pushstring(L, entry->kind);
		break;
	case NS:
		lua_pushstring(L, entry->ns);
		break;
	case NAME:
		lua_pushstring(L, entry->name);
		break;
	case META:
		push_at_path(L, meta, rule->path);
		break;
	}
	return value_meets(L, rule);
}

static bool meets_all(
	lua_State *L, const struct ki_entry_view *entry, const struct rules *rules) {
	int meta = lua_gettop(L) + 1;
	bool meets = true;
	if (rules->of_meta) {
		ki_codec_decode(L, entry->meta);
	}
	for (size_t i = 0; i < rules->nr && meets; i++) {
		meets = entry_meets(L, entry, meta, &rules->rules[i]);
	}
	lua_settop(L, meta - 1);
	return meets;
}

static size_t count_keys(lua_State *L, int index) {
	size_t nr = 0;
	lua_pushnil(L);
	while (lua_next(L, index)) {
		ki_lua_spend(L, 1);
		lua_pop(L, 1);
		nr++;
	}
	return nr;
}

static int lib_find(lua_State *L) {
	const struct ki_system *system = system_of(L);
	lua_Integer nr = 0;
	if (lua_type(L, 1) != LUA_TTABLE) {
		return ki_arg_error(L, 1, "find", "table");
	}
	lua_settop(L, 1);
	struct rules *rules = push_rules(L, count_keys(L, 1));
	int failed = read_rules(L, rules);
	if (failed != 0) {
		return failed;
	}
	lua_newtable(L);
	int found = lua_gettop(L);
	for (size_t i = 0; i < system->nr_entries; i++) {
		ki_lua_spend(L, ENTRY_STEPS);
		if (meets_all(L, &system->entries[i], rules)) {
			push_entry(L, &system->entries[i]);
			lua_rawseti(L, found, ++nr);
		}
	}
	drop(&rules->owned);
	return 1;
}

void ki_entries_open(lua_State *L) {
	static const luaL_Reg own[] = {
		{"get", lib_get}, {"find", lib_find}, {"parse_id", lib_parse_id}, {NULL, NULL}};
	luaL_newlib(L, own);
	ki_table_freeze(L, -1);
}
