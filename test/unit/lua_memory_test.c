/*
 * Memory of a process (SPEC 15.6 max_memory, 15.7): at its limit it ends, whatever it is doing, and
 * nobody else.
 */
#include "lua_stage.h"

#include <sys/resource.h>

#include "base/check.h"
#include "base/compiler.h"

enum { LIMIT = 400000 };

static struct ki_spawn limited(struct stage *stage, size_t limit) {
	struct ki_spawn spawn = {.program = &stage->programs[0], .host = stage->host};
	ki_limits_set(&spawn.limits, KI_LIMIT_MEMORY, (int64_t)limit);
	return spawn;
}

/* As play_all, with a limit for the first entry. */
static void play_limited(
	const char *want, size_t limit, const struct entry *entries, size_t nr_entries) {
	struct stage stage;
	stage_open(&stage, entries, nr_entries, 1);
	stage_spawn_as(&stage, limited(&stage, limit));
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage, want);
}

#define AT_LIMIT "! app:main ResourceExhausted: memory limit exceeded (limit 400000 bytes)\n"

static void ends_at_limit(const char *source) {
	play_limited(AT_LIMIT, LIMIT, &(struct entry){"app:main", source}, 1);
}

#define GROW "local t = {} while true do t[#t + 1] = {} end "

TEST(lua_memory, a_process_ends_at_its_limit_15_6) {
	ends_at_limit(MAIN(local t = {} while true do t[#t + 1] = {} end));
	ends_at_limit(MAIN(local s = "x" while true do s = s .. s end));
	ends_at_limit(MAIN(string.rep("x", 1000000)));
	ends_at_limit(MAIN(table.create(100000)));
	ends_at_limit(MAIN(local function f() return 1 + f() end f()));
	ends_at_limit(MAIN(return table.unpack({}, 1, 100000)));
	ends_at_limit(MAIN(load("local t = {" .. ("{},"):rep(20000) .. "}")));
	ends_at_limit(MAIN(local t = {} for i = 1, 10000 do t[i] = coroutine.create(main) end));
	ends_at_limit(MAIN(while true do coroutine.spawn(function() time.sleep(1) end) end));
	ends_at_limit(MAIN(local c = channel.new(1000000) while true do c:send({}) end));
}

TEST(lua_memory, no_handler_sees_the_limit_15_6) {
	ends_at_limit("return function() pcall(function() " GROW "end) print('on') end");
	ends_at_limit("return function() xpcall(function() " GROW "end, print) print('on') end");
	ends_at_limit("return function() coroutine.wrap(function() " GROW "end)() end");
	ends_at_limit("return function() print(coroutine.resume(coroutine.create(function() " GROW
		      "end))) end");
	ends_at_limit("return function() table.sort({ 2, 1 }, function() " GROW "end) end");
	ends_at_limit("return function() local c <close> = setmetatable({}, "
		      "{ __close = print }) " GROW "end");
	ends_at_limit("return function() local c <close> = setmetatable({}, "
		      "{ __close = function() pcall(function() " GROW "end) end }) end");
	ends_at_limit("return function() coroutine.spawn(function() " GROW "end) "
		      "time.sleep('1h') end");
	ends_at_limit("return function() xpcall(error, function() " GROW "end) end");
}

TEST(lua_memory, what_is_garbage_does_not_count_15_6) {
	play_limited("on\n", LIMIT, &(struct entry){"app:main", MAIN(
		for i = 1, 10000 do local t = table.create(1000) end
		for i = 1, 100 do string.rep("x", 100000) end
		local s = ""
		for i = 1, 2000 do s = s .. "0123456789" end
		print("on"))}, 1);
}

TEST(lua_memory, the_text_of_lua_is_an_error_like_others_15_6) {
	play_limited("false\tnot enough memory\n", LIMIT, &(struct entry){"app:main", MAIN(
		print(pcall(error, "not enough memory", 0)))}, 1);
}

TEST(lua_memory, a_chunk_at_its_limit_is_an_error_of_the_spawn_4_2) {
	play_limited("Internal: failed to execute script: "
		     "memory limit exceeded (limit 400000 bytes)\n",
		LIMIT, &(struct entry){"app:main", LUA(
			pcall(function() local t = {} while true do t[#t + 1] = {} end end)
			return print)}, 1);
	play_limited("Internal: failed to execute script: "
		     "memory limit exceeded (limit 400000 bytes)\n",
		LIMIT, &(struct entry){"app:main", LUA(
			local c = coroutine.wrap(function()
				local t = {} while true do t[#t + 1] = {} end
			end)
			table.sort({ 2, 1 }, function() return c() end)
			return print)}, 1);
	play_limited("Internal: failed to execute script: "
		     "memory limit exceeded (limit 1000 bytes)\n",
		1000, &(struct entry){"app:main", LUA(return print)}, 1);
}

TEST(lua_memory, only_the_child_ends_15_6) {
	PLAY("nil\tfailed to execute script: memory limit exceeded (limit 300000 bytes)\n"
	     "! app:child ResourceExhausted: memory limit exceeded (limit 300000 bytes)\n"
	     "ResourceExhausted\tmemory limit exceeded (limit 300000 bytes)\n",
		{"app:main", MAIN(
			local options = { max_memory = 300000 }
			print(process.with_options(options):spawn("app:chunk"))
			local pid = process.with_options(options):spawn_monitored("app:child")
			local e = process.events():receive()
			print(e.result.error:kind(), e.result.error:message()))},
		{"app:chunk", LUA(local t = {} while true do t[#t + 1] = {} end)},
		{"app:child", MAIN(local t = {} while true do t[#t + 1] = {} end)});
}

TEST(lua_memory, links_hear_of_a_process_at_its_limit_15_6) {
	PLAY("! app:child ResourceExhausted: memory limit exceeded (limit 300000 bytes)\n"
	     "! app:main Internal: linked process failed\n",
		{"app:main", MAIN(
			process.with_options({ max_memory = 300000 }):spawn_linked("app:child")
			time.sleep("1h"))},
		{"app:child", MAIN(local t = {} while true do t[#t + 1] = {} end)});
}

#if !KI_ASAN && !KI_TSAN /* whose shadows are larger than any machine */
/* The system refuses: as if at a limit, which nobody set. The others go on. */
TEST(lua_memory, a_refusal_of_the_system_is_a_limit_15_7) {
	struct stage stage;
	struct entry entries[] = {
		{"app:main", MAIN(
			process.spawn("app:ticker")
			local t = {} while true do t[#t + 1] = {} end)},
		{"app:ticker", MAIN(
			for i = 1, 1000 do time.sleep("1ms") end)},
	};
	stage_open(&stage, entries, 2, 1);
	struct rlimit space = {200 << 20, 200 << 20};
	ki_check(setrlimit(RLIMIT_AS, &space) == 0);
	stage_start(&stage, NULL, 0);
	stage_run(&stage, -1);
	HAS_STR(ki_buf_cstr(&stage.output),
		"! app:main ResourceExhausted: memory limit exceeded (limit ");
	ki_buf_reset(&stage.output);
	stage_close(&stage, "");
}
#endif

/* ---- Each allocation refused in turn ---- */

static const char busy[] = MAIN(
	local function tree(depth)
		return depth > 0 and { tree(depth - 1), tree(depth - 1) } or ("leaf" .. depth)
	end
	local inbox = process.inbox()
	local events = process.events()
	local topic = process.listen("topic")
	for round = 1, 3 do
		local co = coroutine.wrap(function(a) coroutine.yield(a) error("end") end)
		pcall(co, tree(3))
		pcall(co)
		string.gsub(("word "):rep(20), "%a+", function(w) return w .. round end)
		local t = {}
		for i = 1, 50 do t[i] = tostring(i) end
		table.sort(t, function(a, b) time.sleep(1) return a < b end)
		process.send(process.pid(), "topic", t, tree(3))
		topic:receive()
		local bad = errors.new("Invalid", "x", { details = { t } })
		process.send(process.pid(), "other", bad)
		inbox:receive():payload():data()
		local c = channel.new()
		coroutine.spawn(function() c:send(table.concat(t, ",")) end)
		channel.select({ c:case_receive(), time.after("1s"):case_receive() })
		process.spawn_monitored("app:short", nil, t, tree(2))
		events:receive()
		load("return function(...) local a <close> = nil return ... end")()(t)
		local ok, err = pcall(function()
			local meta = { __close = function() time.sleep(1) end }
			local c <close> = setmetatable({}, meta)
			error({ tree(2) })
		end)
		json.decode(json.encode(t))
		local e = funcs.new():with_context({ round = tree(1) })
		local f = e:with_options({ timeout = "1s" }):async("app:short", tree(2))
		local g = funcs.async("app:short", t)
		f:channel():receive():data()
		g:cancel()
		funcs.call("app:short", t)
		xpcall(error, debug.traceback, "x")
	end
	print("done"));

static const struct entry busy_entries[] = {
	{"app:main", busy},
	{"app:short", MAIN(return ...)},
};

/* True when it came to its end; else it ended at its limit, or was never made. */
static bool run_busy(size_t limit) {
	struct stage stage;
	stage_open(&stage, busy_entries, 2, 1);
	stage_spawn_as(&stage, limited(&stage, limit));
	stage_run(&stage, INT64_C(36000000000000));
	const char *output = ki_buf_cstr(&stage.output);
	bool done = strcmp(output, "done\n") == 0;
	if (!done) {
		char want[160], refused[160];
		snprintf(want, sizeof want,
			"! app:main ResourceExhausted: memory limit exceeded (limit %zu bytes)\n",
			limit);
		snprintf(refused, sizeof refused,
			"Internal: failed to execute script: "
			"memory limit exceeded (limit %zu bytes)\n",
			limit);
		if (strcmp(output, want) != 0 && strcmp(output, refused) != 0) {
			FAIL("limit %zu: %s", limit, output);
		}
	}
	ki_buf_reset(&stage.output);
	stage_close(&stage, "");
	return done;
}

/* Each limit refuses another block first; the stage has all the laws, ASan what is lost. */
static void run_limits(size_t first) {
	size_t limit = 500 + first, runs = 0;
	while (!run_busy(limit)) {
		limit += TEST_SCALE > 1 ? 401 : 163;
		runs++;
	}
	GT_UINT(runs, 20);
}

TEST(lua_memory, each_allocation_may_be_refused_15_6_a) {
	run_limits(0);
}

TEST(lua_memory, each_allocation_may_be_refused_15_6_b) {
	run_limits(40);
}

TEST(lua_memory, each_allocation_may_be_refused_15_6_c) {
	run_limits(80);
}
