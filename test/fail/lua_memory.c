/*
 * Each allocation refused in turn, while a small application runs (SPEC 15.7): the process whose
 * allocation it was ends as if at its limit, or what it spawned is not made; the runtime goes on.
 *
 * Run n refuses the n-th call of the allocator, or that and the next, NR_IN_A_ROW in all; the last
 * run is the one that has fewer. After each, the laws of counters hold, nothing is left, nothing
 * hangs, and no program has seen an error that says that there was no memory, but from a spawn.
 *
 *	lua_memory [FIRST [LAST]]	these runs alone, with what they print
 */
#define KITH_TEST_PROGRAM

#include <unistd.h>

#include "fail/fault.h"
#include "unit/lua_stage.h"

enum { NR_IN_A_ROW = 30, SECONDS = 240 };

/* ---- The application ---- */

/* What a program may hear of: `spawned` of a spawn, `may` of anything else. */
#define HEARS " " LUA(                                                                             \
	local function spawned(v, e)                                                               \
		if not v and tostring(e) ~= "memory full" and not tostring(e):find(                \
			"failed to execute script: memory limit exceeded", 1, true) then           \
			print("spawn: " .. tostring(e))                                            \
		end                                                                                \
		return v                                                                           \
	end                                                                                        \
	local function may(v, e)                                                                   \
		if not v and e:kind() ~= "NotFound" then print("heard: " .. tostring(e)) end       \
		return v                                                                           \
	end)

static const struct entry entries[] = {
	{"app:main", "return function() local json = require('json') " HEARS " " LUA(
		local inbox, events = process.inbox(), process.events()
		process.set_options({ trap_links = true })
		local function patience(channel)
			local r = channel.select({ channel:case_receive(),
				time.after("1s"):case_receive() })
			return r.channel == channel and r.value or nil
		end
		for round = 1, 2 do
			local echo = spawned(process.spawn_linked("app:echo", nil, process.pid()))
			local dies = spawned(process.spawn_monitored("app:dies", nil, round))
			local impure = spawned(process.spawn("app:impure"))
			if echo then
				may(process.monitor(echo))
				may(process.registry.register("echo", echo))
				may(process.registry.lookup("echo"))
				local t = { round, { "deep", { 1, 2, 3 } }, ("x"):rep(5000) }
				may(process.send(echo, "t", t, errors.new("x"), payload.new(t)))
				may(process.send("echo", "json", json.encode(t)))
				local r = channel.select({ inbox:case_receive(),
					time.after("1s"):case_receive() })
				if r.channel == inbox then
					local p = r.value:payload()
					p = type(p) == "table" and p[1] or p
					assert(p == nil or p:data() ~= nil)
				end
				may(process.cancel(echo, "5ms", "enough"))
			end
			if dies then may(process.unmonitor(dies)) end
			local s = process.with_context({ a = { 1 } })
				:with_options({ max_mailbox = 5, timeout = "1s" })
				:with_message("first", { 1 })
			local v, e = s:exec("app:child", nil, round)
			if not v and not tostring(e):find("memory", 1, true) then
				print("exec: " .. tostring(e))
			end
			local named = spawned(process.with_options({}):with_name("only")
				:with_message("m", 1):spawn_linked_monitored("app:named"))
			local again = spawned(process.with_options({}):with_name("only")
				:with_message("m", 2):spawn("app:named"))
			may(process.cancel("only"))
			local timer = time.timer("5ms")
			timer:reset("1ms")
			timer:channel():receive()
			local ticks = time.ticker("1ms")
			ticks:channel():receive()
			ticks:stop()
			local c = channel.new(2)
			coroutine.spawn(function() c:send(json.decode("[1,2,{}]")) end)
			coroutine.spawn(function() time.sleep("1ms") c:send(1) end)
			c:receive()
			c:receive()
			table.sort({ 3, 1, 2 }, function(a, b) time.sleep("1us") return a < b end)
			pcall(error, errors.wrap(errors.new("a"), "b"))
			local p = payload.new({ 1 }):transcode(payload.format.JSON)
			assert(p:transcode(payload.format.STRING):data() == "[1]")
			time.sleep("10ms")
		end
		print("done")) " end"},
	{"app:echo", "return function(...) " HEARS " " LUA(
		local to = ...
		local events, inbox = process.events(), process.inbox()
		while true do
			local r = channel.select({ events:case_receive(), inbox:case_receive() })
			if r.channel == events then return "cancelled" end
			may(process.send(to, "back", r.value:payload()))
		end) " end"},
	{"app:dies", MAIN(
		local n = ...
		error(errors.new({ message = "dies", details = { n = n } })))},
	{"app:child", "local ctx = require('ctx') return function(n)" LUA(
		local m = process.inbox():receive()
		assert(ctx.get("a")[1] == 1 and m:payload():data()[1] == 1)
		return { n, m:topic() }) " end"},
	{"app:named", MAIN(
		local got = process.listen("m")
		process.events():receive()
		return got:receive())},
	{"app:impure", LUA(
		local pid = process.pid()
		return function() time.sleep("1ms") return pid end)},
};

/* ---- Runs ---- */

/* What a run may print, besides `done`. */
static bool is_expected(const char *line) {
	static const char *const ends[] = {"ResourceExhausted: memory limit exceeded (limit ",
		"ResourceExhausted: memory full", "Internal: linked process failed",
		"Canceled: cancel deadline exceeded", "dies", "(no memory)",
		"Internal: failed to execute script: memory limit exceeded (limit "};
	for (size_t i = 0; i < ki_countof(ends); i++) {
		if (strstr(line, ends[i])) {
			return true;
		}
	}
	return strcmp(line, "done") == 0;
}

static void check_output(char *output) {
	for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n")) {
		if (!is_expected(line)) {
			FAIL("call %zu to %zu refused: %s", fault.first, fault.last, line);
		}
	}
}

/* True when there were calls to refuse. */
static bool run(size_t first, size_t in_a_row, bool show) {
	struct stage stage;
	fault_set(first, in_a_row);
	stage_open(&stage, entries, ki_countof(entries), 1);
	fault.armed = true;
	stage_start(&stage, NULL, 0);
	stage_run(&stage, ki_sched_now(stage.sched) + INT64_C(3600000000000));
	fault.armed = false;
	bool hit = fault_hit();
	if (show) {
		printf("%zu: %s", first, ki_buf_cstr(&stage.output));
	}
	if (!hit && !strstr(ki_buf_cstr(&stage.output), "done\n")) {
		FAIL("nothing refused: %s", ki_buf_cstr(&stage.output));
	}
	char *output = strdup(ki_buf_cstr(&stage.output));
	check_output(output);
	free(output);
	ki_buf_reset(&stage.output);
	stage_close(&stage, "");
	return hit;
}

static void run_all(size_t first, size_t last, size_t in_a_row, size_t step, bool show) {
	size_t n = first;
	while (n <= last && run(n, in_a_row, show)) {
		n += step;
	}
	printf("lua_memory: %zu calls of the allocator, %zu in a row: held\n", n, in_a_row);
}

int main(int argc, char **argv) {
	size_t first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	size_t last = argc > 2 ? strtoul(argv[2], NULL, 10) : argc > 1 ? first : SIZE_MAX;
	snprintf(test_replay(), 256, "%s CALL", argv[0]);
	alarm(SECONDS * TEST_SCALE); /* a hang ends it */
	run_all(first, last, 1, 1, argc > 1);
	run_all(first, last, NR_IN_A_ROW, 7, argc > 1);
	return 0;
}
