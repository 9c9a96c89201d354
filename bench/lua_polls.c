/*
 * What the polls in the loops of Lua's libraries cost (lua/lua_build.h): processor time of ordinary
 * uses, to be compared with a build that has none:
 *
 *	make costs M=lua
 *	make costs M=lua B=/tmp/no-polls CFLAGS=-DKI_LUA_NO_POLLS
 *
 * The state belongs to no running process, so that a look finds nothing to do. Law: each use gives
 * what it should.
 */
#include "kith_bench.h"

#include <lauxlib.h>

#include "lua/luaproc.h"
#include "lua/shared.h"
#include "lua/state.h"

enum { SAMPLES = 31 };

#define SOURCE(...) "local want, text, words, list, sum = ... " #__VA_ARGS__

static const struct {
	const char *name, *source;
} uses[] = {
	{"find a word", SOURCE(
		for i = 1, 2000 do assert(words:find("needle", 1, true) == want) end)},
	{"find by a class", SOURCE(
		for i = 1, 500 do assert(words:find("%d%d") == 2006) end)},
	{"match captures", SOURCE(
		for i = 1, 20000 do
			assert(select("#", text:match("^(%a+)=(%d+);%s*(.-)$")) == 3)
		end)},
	{"gmatch of words", SOURCE(
		for i = 1, 100 do for w in words:gmatch("%a+") do sum = sum + #w end end)},
	{"gsub with a function", SOURCE(
		for i = 1, 50 do words:gsub("%a+", function(w) sum = sum + #w end) end)},
	{"gsub with a string", SOURCE(
		for i = 1, 100 do words:gsub("o", "0") end)},
	{"sort of numbers", SOURCE(
		for i = 1, 20 do
			local t = table.move(list, 1, #list, 1, {})
			table.sort(t)
			assert(t[1] == 1 and t[1000] == 1000)
		end)},
	{"sort with a function", SOURCE(
		for i = 1, 10 do
			local t = table.move(list, 1, #list, 1, {})
			table.sort(t, function(a, b) return a > b end)
			assert(t[1] == 1000)
		end)},
	{"insert and remove in front", SOURCE(
		for i = 1, 200 do table.insert(list, 1, 0) table.remove(list, 1) end)},
	{"concat", SOURCE(
		for i = 1, 200 do assert(#table.concat(list, ",") == 3892) end)},
	{"move", SOURCE(
		for i = 1, 300 do table.move(list, 1, 1000, 1, {}) end)},
	{"unpack", SOURCE(
		for i = 1, 500 do assert(select("#", table.unpack(list, 1, 200)) == 200) end)},
	{"utf8.len", SOURCE(
		for i = 1, 500 do assert(utf8.len(words) == #words) end)},
	{"coroutines", SOURCE(
		local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)
		for i = 1, 20000 do sum = sum + co() end)},
	{"load", SOURCE(
		for i = 1, 500 do assert(load("local a, b = ... return a + b")(1, 2) == 3) end)},
	{"payloads", SOURCE(
		for i = 1, 30 do assert(#payload.new(list):data() == 1000) end)},
};

/* The arguments of each use. */
static const char arguments[] =
	"local words = ('lorem ipsum dolor sit '):rep(91) .. 'so 42 needle'\n"
	"local list = {}\n"
	"for i = 1, 1000 do list[i] = i * 7 % 1000 + 1 end\n"
	"return words:find('needle', 1, true), 'name=123; the rest of it', words, list, 0\n";

struct place {
	struct ki_system system;
	struct ki_proc proc;
	struct ki_zones zones;
	struct ki_lua_shared shared;
	struct ki_lua_program program;
	struct ki_lua lua;
	struct ki_co co; /* that runs, as `yield` wants to know */
};

static void open_place(struct place *place) {
	memset(place, 0, sizeof *place);
	place->system.sched = ki_sched_new(&(struct ki_sched_options){.simulate = true});
	BENCH_CHECK(place->system.sched != NULL);
	ki_zones_init(&place->zones, NULL);
	place->shared.zones = &place->zones;
	place->system.lua_shared = &place->shared;
	place->proc.system = &place->system;
	place->program.id = "bench:lua";
	place->lua.proc = &place->proc;
	place->lua.program = &place->program;
	ki_list_init(&place->lua.ready);
	ki_list_init(&place->lua.cos);
	ki_list_init(&place->lua.owned);
	ki_heap_init(&place->lua.heap, 0);
	BENCH_CHECK(ki_lua_open(&place->lua) == KITH_OK);
	place->co.L = place->lua.L;
	place->lua.current = &place->co;
}

static void close_place(struct place *place) {
	ki_lua_release(&place->lua);
	ki_heap_drop(&place->lua.heap);
	ki_sched_free(place->system.sched);
	ki_zones_fini(&place->zones);
}

static void call(lua_State *L, int nr_args, int nr_results) {
	if (lua_pcall(L, nr_args, nr_results, 0) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		exit(1);
	}
}

static double sample_us(lua_State *L, const char *source) {
	BENCH_CHECK(luaL_loadstring(L, source) == LUA_OK);
	BENCH_CHECK(luaL_loadstring(L, arguments) == LUA_OK);
	call(L, 0, 5);
	lua_gc(L, LUA_GCCOLLECT);
	int64_t from_ns = bench_cpu_ns();
	call(L, 5, 0);
	return (double)(bench_cpu_ns() - from_ns) / 1e3;
}

int main(void) {
	struct place place;
	open_place(&place);
	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		double samples[SAMPLES];
		for (int n = 0; n < SAMPLES; n++) {
			samples[n] = sample_us(place.lua.L, uses[i].source);
		}
		bench_report("lua_polls", uses[i].name, "us", samples, SAMPLES);
	}
	close_place(&place);
	return 0;
}
