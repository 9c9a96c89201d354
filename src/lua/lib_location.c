/*
 * lua/lib_location.c: Location, and the zones of the module `time`.
 *
 * Owns: see lib_location.h. Threads: the worker that runs the process.
 */
#include "lua/lib_location.h"

#include <kith_types.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "lua/frozen.h"
#include "lua/lib_time.h"
#include "lua/luaerror.h"
#include "lua/luaproc.h"
#include "lua/refusal.h"
#include "lua/shared.h"
#include "lua/usertype.h"

/* The userdata; cut off in front of `own` where the location lives as long as the runtime. */
struct location_object {
	const struct ki_location *location;
	struct ki_location own; /* a fixed zone, */
	char spelling[];        /* whose name is the end of this */
};

static struct ki_zones *zones_of(const struct ki_system *system) {
	const struct ki_lua_shared *shared = system->lua_shared;
	return shared ? shared->zones : NULL;
}

const struct ki_location *ki_location_local(lua_State *L) {
	const struct ki_system *system = ki_lua_of(L)->proc->system;
	struct ki_zones *zones = zones_of(system);
	bool utc = zones == NULL || ki_sched_simulated(system->sched); /* SPEC 22.1 */
	return utc ? &ki_location_local_utc : ki_zones_local(zones);
}

bool ki_location_is_held(const struct ki_location *location) {
	return location->fixed && location != &ki_location_utc;
}

/* Any Location is made after the module: a Time that arrives makes it first. */
void ki_location_push(lua_State *L, const struct ki_location *location) {
	luaL_checkstack(L, 2, NULL);
	struct location_object *object =
		ki_usertype_new(L, KI_TYPE_LOCATION, offsetof(struct location_object, own), 0);
	object->location = location;
}

void ki_location_push_fixed(lua_State *L, struct ki_strv name, int32_t offset_sec) {
	luaL_checkstack(L, 2, NULL);
	char offset[16];
	size_t offset_len = (size_t)snprintf(offset, sizeof(offset), "%+d ", (int)offset_sec);
	struct location_object *object = ki_usertype_new(
		L, KI_TYPE_LOCATION, sizeof(*object) + offset_len + name.len + 1, 0);
	char *text = object->spelling;
	memcpy(text, offset, offset_len);
	memcpy(text + offset_len, name.len ? name.ptr : "", name.len);
	text[offset_len + name.len] = '\0';
	ki_location_init_fixed(&object->own, text + offset_len, offset_sec);
	object->location = &object->own;
}

const struct ki_location *ki_location_test(lua_State *L, int index) {
	const struct location_object *object = ki_usertype_test(L, index, KI_TYPE_LOCATION);
	return object != NULL ? object->location : NULL;
}

const struct ki_location *ki_location_check(lua_State *L, int arg, const char *fn) {
	const struct ki_location *location = ki_location_test(L, arg);
	if (location == NULL) {
		ki_arg_error(L, arg, fn, "Location");
	}
	return location;
}

/* ---- between processes ---- */

struct ki_strv ki_location_spelling(const struct ki_location *location) {
	if (!ki_location_is_held(location)) {
		return ki_strv(location->name);
	}
	const struct location_object *object =
		ki_container_of(location, const struct location_object, own);
	return ki_strv(object->spelling);
}

/* `+7200 NAME` in parts. No name of a file has a blank in it. */
static bool read_fixed(struct ki_strv spelling, struct ki_strv *name, int32_t *offset_sec) {
	size_t blank = ki_strv_find(spelling, ' ');
	if (blank == SIZE_MAX || blank < 2 || blank > 11) {
		return false;
	}
	int64_t value = 0;
	for (size_t i = 1; i < blank; i++) {
		if (spelling.ptr[i] < '0' || spelling.ptr[i] > '9') {
			return false;
		}
		value = value * 10 + (spelling.ptr[i] - '0');
	}
	value = spelling.ptr[0] == '-' ? -value : value;
	if (value < INT32_MIN || value > INT32_MAX) {
		return false;
	}
	*offset_sec = (int32_t)value;
	*name = ki_strv_sub(spelling, blank + 1, spelling.len);
	return true;
}

/* KITH_ENOTFOUND, KITH_EEXHAUSTED. */
static int load(lua_State *L, struct ki_strv name, const struct ki_location **out) {
	if (ki_strv_eqz(name, "UTC") || ki_strv_eqz(name, "Local")) {
		*out = name.ptr[0] == 'U' ? &ki_location_utc : ki_location_local(L);
		return KITH_OK;
	}
	struct ki_zones *zones = zones_of(ki_lua_of(L)->proc->system);
	return zones ? ki_zones_load(zones, name, out) : KITH_ENOTFOUND;
}

const struct ki_location *ki_location_push_spelled(lua_State *L, struct ki_strv spelling) {
	struct ki_strv name;
	int32_t offset_sec;
	if (read_fixed(spelling, &name, &offset_sec)) {
		ki_location_push_fixed(L, name, offset_sec);
	} else {
		const struct ki_location *location = &ki_location_utc;
		load(L, spelling, &location);
		ki_location_push(L, location);
	}
	const struct location_object *object = lua_touserdata(L, -1);
	return object->location;
}

/* ---- the module ---- */

static int module_load_location(lua_State *L) {
	struct ki_strv name = ki_arg_string(L, 1, "load_location");
	if (name.len == 0) {
		return ki_time_fail(L, "empty location name");
	}
	const struct ki_location *location;
	int status = load(L, name, &location);
	if (status == KITH_OK) {
		ki_location_push(L, location);
		return 1;
	}
	if (status == KITH_EEXHAUSTED) {
		ki_lua_refuse_memory(L);
	}
	lua_pushnil(L);
	ki_error_push(L, "NotFound", KI_RETRYABLE_NO, "unknown time zone %s", name.ptr);
	return 2;
}

static int module_fixed_zone(lua_State *L) {
	struct ki_strv name = ki_arg_string(L, 1, "fixed_zone");
	lua_Integer offset_sec = ki_time_integer(L, 2, "fixed_zone");
	if (offset_sec < INT32_MIN || offset_sec > INT32_MAX) {
		return ki_time_fail(L, "time: zone offset out of range");
	}
	ki_location_push_fixed(L, ki_strv_n(name.ptr, strlen(name.ptr)), (int32_t)offset_sec);
	return 1;
}

static int location_string(lua_State *L) {
	lua_pushstring(L, ki_location_check(L, 1, "string")->name);
	return 1;
}

static int location_tostring(lua_State *L) {
	lua_pushstring(L, ki_location_check(L, 1, "tostring")->name);
	return 1;
}

static void make_metatable(lua_State *L) {
	static const luaL_Reg methods[] = {{"string", location_string}, {NULL, NULL}};
	static const luaL_Reg meta[] = {{"__tostring", location_tostring}, {NULL, NULL}};
	ki_usertype_push(L, "Location", methods, meta);
	ki_usertype_set(L, KI_TYPE_LOCATION);
}

void ki_location_open(lua_State *L) {
	static const luaL_Reg functions[] = {{"load_location", module_load_location},
		{"fixed_zone", module_fixed_zone}, {NULL, NULL}};
	make_metatable(L);
	luaL_setfuncs(L, functions, 0);
	ki_location_push(L, &ki_location_utc);
	ki_frozen_mark(L, -1);
	lua_setfield(L, -2, "utc");
	ki_location_push(L, ki_location_local(L));
	ki_frozen_mark(L, -1);
	lua_setfield(L, -2, "localtz");
}
