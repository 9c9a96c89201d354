/* Limits of a process, from Lua (SPEC 15.6, 8.6). */
#include "lua_stage.h"

TEST(lua_limits, full_mailbox_refuses_until_lua_has_received) {
	PLAY("true\ttrue\tnil\tmailbox full\tRateLimited\ttrue\n"
	     "true\n",
		{"app:main", MAIN(
			local p = process.with_options{max_mailbox = 2}:spawn("app:slow")
			time.sleep("1ms")
			local a, b = process.send(p, "t"), process.send(p, "t")
			local c, err = process.send(p, "t")
			print(a, b, c, err, err:kind(), err:retryable())
			process.send(p, "go")
			process.cancel(p)
			time.sleep("20ms")
			print(process.send(p, "t")))},
		{"app:slow", MAIN(
			local inbox, events = process.inbox(), process.events()
			events:receive()
			inbox:receive() inbox:receive()
			time.sleep("1s"))});
}

TEST(lua_limits, kept_messages_count) {
	PLAY("true\tnil\n",
		{"app:main", MAIN(
			local p = process.with_options{max_mailbox = 1}:spawn("app:deaf")
			local a = process.send(p, "t")
			time.sleep("20ms")
			print(a, (process.send(p, "t"))))},
		{"app:deaf", MAIN(local l = process.listen("other") time.sleep("10ms")
			coroutine.yield() time.sleep("1s"))});
}

TEST(lua_limits, options_go_over_the_entry_and_are_not_inherited) {
	struct stage stage;
	const struct entry entries[] = {
		{"app:main", MAIN(
			local function room(spawner)
				local p = spawner:spawn("app:waits")
				local n = 0
				while process.send(p, "t") do n = n + 1 end
				process.cancel(p)
				return n
			end
			print(room(process.with_options{max_mailbox = 3}),
				room(process.with_options{}),
				process.with_options{max_mailbox = 2}:exec("app:middle")))},
		{"app:waits", MAIN(process.events():receive())},
		{"app:middle", MAIN(
			local p = process.spawn("app:waits")
			local n = 0
			while process.send(p, "t") do n = n + 1 end
			process.cancel(p)
			return n)}};
	stage_open(&stage, entries, 3, 1);
	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(stage.programs[i].id, "app:waits")) {
			ki_limits_set(&stage.programs[i].limits, KI_LIMIT_MAILBOX, 5);
		}
	}
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage, "3\t5\t5\tnil\n");
}

TEST(lua_limits, host_that_is_full_refuses_until_one_has_ended) {
	struct stage stage;
	const struct entry entries[] = {
		{"app:main", MAIN(
			local events = process.events()
			local p = process.spawn_monitored("app:waits")
			local q, err = process.spawn("app:waits")
			print(q, err, err:kind(), err:retryable())
			print(process.exec("app:waits"))
			process.cancel(p)
			events:receive()
			print(process.spawn("app:waits") ~= nil))},
		{"app:waits", MAIN(process.events():receive())}};
	stage_open(&stage, entries, 2, 1);
	stage.host->max_processes = 2;
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage,
		"nil\tmax processes limit exceeded\tResourceExhausted\ttrue\n"
		"nil\tmax processes limit exceeded\n"
		"true\n");
}

/* What the limits of SPEC 15.6 say of an entry. */
struct entry_limit {
	enum ki_limit which;
	int64_t value;
};

/* As PLAY, with limits for the last entry. */
static void play_last(const char *want, const struct entry *entries, size_t nr_entries,
	const struct entry_limit *limits, size_t nr_limits) {
	struct stage stage;
	stage_open(&stage, entries, nr_entries, 1);
	for (size_t i = 0; i < nr_entries; i++) {
		for (size_t k = 0; !strcmp(stage.programs[i].id, entries[nr_entries - 1].id) &&
				k < nr_limits; k++) {
			ki_limits_set(&stage.programs[i].limits, limits[k].which, limits[k].value);
		}
	}
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	stage_close(&stage, want);
}

#define PLAY_LAST(want, which, value, ...)                                                         \
	play_last(want, (const struct entry[]){__VA_ARGS__},                                       \
		ki_countof(((const struct entry[]){__VA_ARGS__})),                                 \
		&(struct entry_limit){which, value}, 1)

TEST(lua_limits, mailbox_is_bounded_in_bytes_15_6) {
	PLAY_LAST("true\ttrue\tnil\tmailbox full\tRateLimited\ttrue\n"
		  "true\n" /* what is small still fits */
		  "true\n", /* one was received */
		KI_LIMIT_MAILBOX_BYTES, 1000,
		{"app:main", MAIN(
			local p = process.spawn("app:slow")
			local s = ("x"):rep(400)
			local a, b = process.send(p, "t", s), process.send(p, "t", s)
			local c, err = process.send(p, "t", s)
			print(a, b, c, err, err:kind(), err:retryable())
			print(process.send(p, "t", "small"))
			process.cancel(p)
			time.sleep("20ms")
			print(process.send(p, "t", s)))},
		{"app:slow", MAIN(
			local inbox, events = process.inbox(), process.events()
			events:receive()
			inbox:receive()
			time.sleep("1s"))});
}

TEST(lua_limits, kept_messages_and_forwarded_payloads_count_their_bytes_15_6_8_6) {
	PLAY_LAST("nil\tmailbox full\n"
		  "true\ttrue\tnil\n",
		KI_LIMIT_MAILBOX_BYTES, 1000,
		{"app:main", MAIN(
			local big = payload.new(("x"):rep(400))
			local p = process.spawn("app:deaf")
			print(process.send(p, "t", { big, big, big }))
			local a = process.send(p, "t", big)
			time.sleep("20ms")
			local b = process.send(p, "t", big, nil)
			print(a, b, (process.send(p, "t", big))))},
		{"app:deaf", MAIN(local l = process.listen("other") time.sleep("10ms")
			coroutine.yield() time.sleep("1s"))});
}

TEST(lua_limits, message_is_bounded_by_the_sender_15_6_9_4) {
	PLAY_LAST("nil\tpayload larger than 1000 bytes\tInvalid\tfalse\n"
		  "true\ttrue\tnil\n"
		  "nil\tpayload larger than 1000 bytes\n" /* one that another made */
		  "nil\tpayload larger than 1000 bytes\n"
		  "! app:sends Invalid: payload larger than 1000 bytes\n" /* a result */
		  "nil\tpayload larger than 1000 bytes\n",
		KI_LIMIT_MESSAGE, 1000,
		{"app:main", MAIN(
			local p = process.spawn("app:sends", nil, process.pid())
			process.send(p, "t", ("x"):rep(2000))
			time.sleep("1ms")
			print(process.exec("app:sends")))},
		{"app:sends", MAIN(
			local to = ...
			local s = ("x"):rep(2000)
			if not to then return s end
			local v, e = process.send(to, "t", s)
			print(v, e, e:kind(), e:retryable())
			local half = ("x"):rep(900)
			print((process.send(to, "t", half)), (process.send(to, "t", half, half)),
				(process.send(to, "t", { payload.new(half), payload.new(half) })))
			local m = process.inbox():receive()
			print(process.send(to, "t", m:payload()))
			print(process.spawn("app:sends", nil, s)))});
}

TEST(lua_limits, memory_is_bounded_by_the_option_and_pcall_does_not_see_it) {
	PLAY("! app:eats ResourceExhausted: memory limit exceeded (limit 300000 bytes)\n"
	     "nil\tmemory limit exceeded (limit 300000 bytes)\tResourceExhausted\ttrue\n"
	     "10000\tnil\n",
		{"app:main", MAIN(
			local s = process.with_options{max_memory = 300000}
			local v, err = s:exec("app:eats", nil, 10000)
			print(v, err, err:kind(), err:retryable())
			print(process.exec("app:eats", nil, 10000)))},
		{"app:eats", "return function(n) local t = {}\n"
			     "pcall(function() for i = 1, n do t[i] = {i} end end)\n"
			     "return #t end"});
}

/* ---- The memory of the whole runtime ---- */

/* The last of the idle ones had room to be made, and may find none to grow into (15.7). */
static void forget_idle_at_limit(struct ki_buf *output) {
	static const char start[] = "! app:idle ResourceExhausted: memory limit exceeded";
	struct ki_buf rest;
	ki_buf_init(&rest);
	for (const char *line = ki_buf_cstr(output), *end; *line != '\0'; line = end) {
		end = strchr(line, '\n') + 1;
		if (strncmp(line, start, sizeof(start) - 1) != 0) {
			ki_buf_put(&rest, line, (size_t)(end - line));
		}
	}
	ki_buf_fini(output);
	*output = rest;
}

/* As PLAY, with so much; stacks of the simulation count. */
static void play_memory(
	const char *want, uint64_t memory, const struct entry *entries, size_t nr_entries) {
	struct stage stage;
	struct stage_options how = {.nr_workers = 2, .memory = memory};
	stage_open_with(&stage, entries, nr_entries, 1, &how);
	stage_start(&stage, NULL, 0);
	stage_run(&stage, INT64_C(36000000000000));
	forget_idle_at_limit(&stage.output);
	stage_close(&stage, want);
}

#define PLAY_MEMORY(want, memory, ...)                                                             \
	play_memory(want, memory, (const struct entry[]){__VA_ARGS__},                             \
		ki_countof(((const struct entry[]){__VA_ARGS__})))

enum { ROOM = 16 << 20 };

TEST(lua_limits, memory_of_the_runtime_refuses_messages_15_6) {
	PLAY_MEMORY("memory full\tRateLimited\ttrue\n"
		    "true\n",
		ROOM,
		{"app:main", MAIN(
			local p = process.spawn("app:deaf")
			local big = payload.new(("x"):rep(1 << 20))
			collectgarbage()
			local ok, e
			repeat ok, e = process.send(p, "t", big) until not ok
			print(e, e:kind(), e:retryable())
			time.sleep("2s")
			print((process.send(process.pid(), "t", big))))},
		{"app:deaf", MAIN(time.sleep("1s"))});
}

TEST(lua_limits, memory_of_the_runtime_refuses_spawns_15_6) {
	PLAY_MEMORY("memory full\tResourceExhausted\ttrue\n"
		    "true\n",
		ROOM,
		{"app:main", MAIN(
			local pid, e
			repeat
				pid, e = process.spawn("app:idle")
				time.sleep("1us")
			until not pid
			print(e, e:kind(), e:retryable())
			time.sleep("2s")
			print(process.spawn("app:idle") ~= nil))},
		{"app:idle", MAIN(time.sleep("1s"))});
}

TEST(lua_limits, memory_of_the_runtime_is_a_limit_for_who_grows_15_6) {
	PLAY_MEMORY("! app:grows ResourceExhausted: "
		    "memory limit exceeded (limit 16777216 bytes)\n"
		    "memory limit exceeded (limit 16777216 bytes)\n"
		    "still here\n",
		ROOM,
		{"app:main", MAIN(
			print((select(2, process.exec("app:grows"))))
			print("still here"))},
		{"app:grows", MAIN(
			local t = {}
			pcall(function()
				while true do t[#t + 1] = ("x"):rep(1000) .. #t end
			end))});
}

TEST(lua_limits, garbage_is_collected_before_the_memory_of_the_runtime_is_full_15_6) {
	PLAY_MEMORY("on\n", ROOM, {"app:main", MAIN(
		for i = 1, 200 do local s = ("x"):rep(1 << 20) end
		for i = 1, 20000 do local t = table.create(100) end
		print("on"))});
}
