/* The module system (SPEC 12.10) and snapshots of processes. */
#include "lua_stage.h"

/* clang-format off */

static const char *const modules[] = {"system", "time"};

struct asked {
	struct stage stage;
	int status, nr;
};

static void asked_exit(void *user, int status) {
	struct asked *asked = user;
	asked->status = status;
	asked->nr++;
}

static void run(struct asked *asked, const struct entry *entries, size_t nr, const char *want) {
	*asked = (struct asked){0};
	stage_open(&asked->stage, entries, nr, 1);
	for (size_t i = 0; i < nr; i++) {
		asked->stage.lua[i].modules = modules;
		asked->stage.lua[i].nr_modules = 2;
	}
	asked->stage.system.hooks.exit = asked_exit;
	asked->stage.system.facts = (struct ki_system_facts){
		.nr_cpus = 3, .pid = 42, .hostname = "box", .cwd = "/here"};
	stage_start(&asked->stage, NULL, 0);
	stage_run(&asked->stage, INT64_C(3600000000000));
	stage_close(&asked->stage, want);
}

TEST(lua_system, exit_asks_for_the_stop_and_goes_on) {
	struct asked asked;
	const struct entry entry = {"app:main", MAIN(
		print(select(2, system.exit(-1)), select(2, system.exit(256)))
		print(select(2, pcall(system.exit, "1")))
		print(system.exit(9), system.exit()))};
	run(&asked, &entry, 1,
		"exit code must be from 0 to 255\texit code must be from 0 to 255\n"
		"bad argument #1 to 'exit' (integer expected, got string)\ntrue\ttrue\n");
	EQ_INT(asked.nr, 2);
	EQ_INT(asked.status, 0);
}

/* SPEC 21.3, 21.4: what the caller has counts at once. */
TEST(lua_system, hosts_count_and_processes_show_what_they_have) {
	struct asked asked;
	const struct entry entries[] = {{"app:main", MAIN(
		local function host() return system.hosts.list()[1] end
		local function show(pid)
			for _, p in ipairs(system.hosts.processes("app:processes")) do
				if p.pid == pid then return p end
			end
		end
		local before = host()
		assert(before.state == "running" and before.links == 0 and before.names == 0)
		local me = process.pid()
		local other = process.spawn_linked_monitored("app:other")
		process.spawn("app:nobody")
		process.spawn("app:other", nil, print)
		process.spawn("app:other", "app:nowhere")
		assert(host().spawn_refused == 2 and host().spawned == 2)
		process.registry.register("a")
		process.registry.register("b\0c")
		assert(host().links == 2 and host().monitors == 1 and host().names == 2)
		assert(host().spawned == 2 and host().heap_bytes > 5000)
		local mine = show(me)
		assert(mine.links == 1 and mine.monitors == 1 and mine.trap_links == false)
		table.sort(mine.names)
		assert(#mine.names == 2 and mine.names[1] == "a" and mine.names[2] == "b\0c")
		assert(mine.waiting_in == nil)
		process.send(other, "nobody asks for", 1)
		process.send(other, "go", 1)
		time.sleep("1ms")
		local its = show(other)
		assert(its.links == 1 and its.monitors == 0 and its.trap_links)
		assert(its.waiting_in == "select" and its.mailbox == 1)
		assert(host().mailbox_depth == 1 and host().mailbox_kept == 1)
		assert(host().messages_sent == 2 and host().messages_received == 1)
		process.set_options({trap_links = true})
		process.terminate(other)
		time.sleep("1ms")
		assert(host().links == 0 and host().monitors == 0))},
		{"app:other", MAIN(
			process.set_options({trap_links = true})
			local go, own = process.listen("go"), channel.new()
			go:receive()
			channel.select({own:case_receive()}))}};
	run(&asked, entries, 2, "! app:other Canceled: process terminated\n");
}

/* SPEC 11.5, 21.3: what is stopped is gone at once; what nothing refers to, with the collector. */
TEST(lua_system, timers_in_a_loop_are_bounded) {
	struct asked asked;
	const struct entry entry = {"app:main", MAIN(
		local function pending() return system.hosts.list()[1].timers end
		local most = 0
		for i = 1, 100000 do
			time.after("60s")
			if i % 100 == 0 then most = math.max(most, pending()) end
		end
		collectgarbage()
		print(most < 10000, pending())
		for i = 1, 1000 do time.timer("60s"):stop() end
		print(pending())
		local kept = {}
		for i = 1, 1000 do kept[i] = time.timer("60s") end
		print(pending())
		for i = 1, 1000 do kept[i]:stop() end
		print(pending()))};
	run(&asked, &entry, 1, "true\t0\n0\n1000\n0\n");
}

TEST(lua_system, hosts_and_processes_are_listed) {
	struct asked asked;
	const struct entry entries[] = {{"app:main", MAIN(
		local hosts = system.hosts.list()
		assert(#hosts == 1 and hosts[1].id == "app:processes" and hosts[1].workers == 2)
		assert(hosts[1].processes == 1 and hosts[1].executed >= 1 and hosts[1].stolen == 0)
		assert(hosts[1].queue_depth == 0)
		local idle, blocked = process.spawn("app:idle"), process.spawn("app:blocked")
		process.send(idle, "t", 1)
		time.sleep("10ms")
		process.send(idle, "u", 1)
		local by = {}
		for _, p in ipairs(system.hosts.processes("app:processes")) do by[p.pid] = p end
		local me = by[process.pid()]
		assert(me.state == "running" and me.parent == nil and me.source == "app:main")
		local i, b = by[idle], by[blocked]
		assert(i.state == "ready" and i.parent == process.pid())
		assert(i.host == "app:processes" and i.mailbox == 2)
		assert(i.stats.subscriptions == 1 and i.stats.threads == 2)
		assert(i.stats.channels == 2 and i.memory > 10000 and i.steps >= 1)
		assert(i.started_at == time.now():unix_nano() - 10000000)
		assert(b.state == "blocked" and b.stats.channels == 0 and b.stats.threads == 1)
		time.sleep("1ms")
		assert(system.hosts.processes("app:processes")[2].state == "idle")
		assert(system.memory.allocated() > 30000)
		local stats = system.memory.stats()
		assert(stats.processes == 3 and stats.messages == 2 and stats.allocated > 30000)
		local _, e = system.hosts.processes()
		assert(e:kind() == "Invalid" and e:message() == "host ID required")
		_, e = system.hosts.processes("kith:system")
		assert(e:kind() == "NotFound" and e:message() == "host not found")
		assert(not pcall(system.hosts.processes, 5))
		assert(not pcall(function() system.x = 1 end))
		assert(not pcall(function() system.hosts.x = 1 end))
		print(system.runtime.cpu_count(), system.process.pid(), system.process.hostname(),
			system.process.cwd()))},
		{"app:idle", MAIN(
			local box, own = process.listen("never"), channel.new()
			coroutine.spawn(function() own:receive() end)
			box:receive())},
		{"app:blocked", MAIN(time.sleep("1h"))}};
	run(&asked, entries, 3, "3\t42\tbox\t/here\n");
	EQ_INT(asked.nr, 0);
}
