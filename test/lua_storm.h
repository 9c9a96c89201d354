/*
 * A storm of Lua processes that spawn, link, monitor, send, call, cancel, terminate, upgrade, wait
 * in odd places and fail, as a seed decides, for test/sim/lua_storm.c and test/stress/lua_storm.c.
 *
 * Laws: what one process sends another arrives in order; each monitor fires once, each Future comes
 * to one thing; nothing else is ever printed; in the end every spawn has one end, every message was
 * received or dropped, no timer is left (and a sanitizer finds no byte lost).
 */
#ifndef LUA_STORM_H
#define LUA_STORM_H

#include <signal.h>

#include "kith_stress.h"
#include "kith_laws.h"

#include "lua/program.h"
#include "mem/value.h"
#include "process/proc.h"

/* One body: the programs differ by their arguments alone. Breaks of law are printed. */
static const char storm_source[] =
	"local me, acts = process.pid(), nil\n"
	"local function law(ok, text) if not ok then print('LAW ' .. text .. ' ' .. me) end end\n"
	"local peers, sent, seen, watching, futures = {}, {}, {}, {}, {}\n"
	"local function meet(pid) if #peers < 40 then peers[#peers + 1] = pid end end\n"
	"local function peer() return peers[math.random(#peers)] end\n"
	"local function send(pid)\n"
	"	local n = (sent[pid] or 0) + 1\n"
	"	local v = { n = n, about = peer(), pad = { {}, 'x' } }\n"
	"	local ok, err = process.send(pid, 'n', v)\n"
	"	if ok then sent[pid] = n else law(err:kind() == 'NotFound', tostring(err)) end\n"
	"end\n"
	"local function got(m)\n"
	"	if m:topic() == 'hello' then return law(m:from() == '', 'hello') end\n"
	"	local v = m:payload():data()\n"
	"	local from = m:from()\n"
	"	law(v.n == (seen[from] or 0) + 1, 'order')\n"
	"	seen[from] = v.n\n"
	"	meet(from) meet(v.about)\n"
	"end\n"
	"local function event(e)\n"
	"	if e.kind == process.event.EXIT then\n"
	"		law(watching[e.from], 'exit without monitor')\n"
	"		watching[e.from] = nil\n"
	"		law(e.result.error == nil or e.result.value == nil, 'two results')\n"
	"	elseif e.kind == process.event.CANCEL then\n"
	"		return math.random(5) == 1\n"
	"	end\n"
	"end\n"
	"local function turn(patience)\n"
	"	local inbox, events = process.inbox(), process.events()\n"
	"	local r = channel.select { events:case_receive(), inbox:case_receive(),\n"
	"		time.after(patience):case_receive() }\n"
	"	if r.channel == inbox then got(r.value)\n"
	"	elseif r.channel == events then return event(r.value) end\n"
	"end\n"
	"local kinds = { 'spawn', 'spawn_monitored', 'spawn_linked', 'spawn_linked_monitored' }\n"
	"local act = {\n"
	"	function(depth)\n"
	"		if depth == 0 then return end\n"
	"		local kind = kinds[math.random(4)]\n"
	"		local pid = process[kind]('app:storm', nil, depth - 1, acts * 3 // 4, me)\n"
	"		meet(pid)\n"
	"		if kind:find('monitored') then watching[pid] = true end\n"
	"	end,\n"
	"	function() send(peer()) end,\n"
	"	function() for i = 1, 5 do send(peer()) end end,\n"
	"	function()\n"
	"		local p = peer()\n"
	"		if p ~= me and process.monitor(p) then watching[p] = true end\n"
	"	end,\n"
	"	function() process.link(peer()) end,\n"
	"	function() process.unlink(peer()) end,\n"
	"	function()\n"
	"		process.cancel(peer(), math.random(8) == 1 and '2ms' or 0)\n"
	"	end,\n"
	"	function()\n"
	"		if math.random(25) == 1 then process.terminate(peer()) end\n"
	"	end,\n"
	"	function()\n"
	"		table.sort({ 3, 1, 2 }, function(a, b)\n"
	"			time.sleep('100us')\n"
	"			return a < b\n"
	"		end)\n"
	"	end,\n"
	"	function()\n"
	"		local ch = channel.new()\n"
	"		coroutine.spawn(function() time.sleep('50us') ch:send('x') end)\n"
	"		local got = string.gsub('a', '.', function() return (ch:receive()) end)\n"
	"		law(got == 'x', 'gsub')\n"
	"	end,\n"
	"	function() for i = 1, math.random(30000) do end end,\n"
	"	function()\n"
	"		local meta = { __close = function() time.sleep(1000) end }\n"
	"		local c <close> = setmetatable({}, meta)\n"
	"	end,\n"
	"	function() process.set_options { trap_links = math.random(5) > 1 } end,\n"
	"	function() process.unlisten(process.inbox()) end,\n"
	"	function()\n"
	"		local t = time.ticker('20us')\n"
	"		t:channel():receive()\n"
	"		if math.random(2) == 1 then t:stop() end\n"
	"	end,\n"
	"	function()\n"
	"		local co = coroutine.wrap(function()\n"
	"			coroutine.yield(1) time.sleep('30us') coroutine.yield(2)\n"
	"		end)\n"
	"		law(co() + co() == 3, 'wrap')\n"
	"	end,\n"
	"	function() if math.random(40) == 1 then error('x') end end,\n"
	"	function() collectgarbage('step') end,\n"
	"	function()\n"
	"		local v, err = process.exec('app:storm', nil, 0, acts // 16, me)\n"
	"		law((v == nil or v == 'cancelled' or v[2] == acts // 16), 'value')\n"
	"		law(v == nil or err == nil, 'value and error')\n"
	"	end,\n"
	"	function()\n"
	"		local s = process.with_options { timeout = '300us', max_mailbox = 50 }\n"
	"		coroutine.spawn(function()\n"
	"			local v, err = s:exec('app:storm', nil, 0, acts // 16, me)\n"
	"			law((v == nil) ~= (err == nil), 'one of both')\n"
	"		end)\n"
	"	end,\n"
	"	function()\n"
	"		if acts < 30 then return end\n"
	"		if #futures < math.random(3) then\n"
	"			local t = math.random(0, 2) * 0.2\n"
	"			local e = funcs.new():with_options { timeout = t }\n"
	"			local f, err = e:async('app:storm', 0, acts // 32, me)\n"
	"			law(f, err)\n"
	"			futures[#futures + 1] = f\n"
	"			return\n"
	"		end\n"
	"		local f = table.remove(futures)\n"
	"		local early = not f:is_complete()\n"
	"		if math.random(2) == 1 then\n"
	"			law(f:cancel() and f:is_canceled() == early, 'cancel')\n"
	"		end\n"
	"		local got, ok = f:channel():receive()\n"
	"		law(ok and f:channel():receive() == nil, 'once')\n"
	"		local v, err = f:result()\n"
	"		law((v or err) == got and (v == nil or err == nil), 'result')\n"
	"		law(f:error() == err and f:is_complete(), 'error')\n"
	"	end,\n"
	"	function(depth)\n"
	"		if depth == 0 then return end\n"
	"		local kind = kinds[math.random(4)]\n"
	"		local s = process.with_context { me = me }:with_message('hello')\n"
	"		s = s:with_name('n' .. math.random(3))\n"
	"		local pid, err = s[kind](s, 'app:storm', nil, depth - 1, acts // 2, me)\n"
	"		law(pid or err:kind() == 'RateLimited', 'name')\n"
	"		if pid then meet(pid) end\n"
	"		if pid and pid ~= me and kind:find('monitored') then\n"
	"			watching[pid] = true\n"
	"		end\n"
	"	end,\n"
	"}\n"
	"local done = 0\n"
	"act[#act + 1] = function(depth)\n"
	"	if math.random(10) > 1 then return end\n"
	"	local function up()\n"
	"		process.upgrade(nil, depth, acts, nil, done, peers, sent, seen, watching)\n"
	"	end\n"
	"	if math.random(2) == 1 then table.sort({ 2, 1 }, up) else pcall(up) end\n"
	"end\n"
	"return function(depth, n, parent, at, ...)\n"
	"	acts = n\n"
	"	if at then\n"
	"		done = at\n"
	"		peers, sent, seen, watching = ...\n"
	"	end\n"
	"	process.set_options { trap_links = math.random(5) > 1 }\n"
	"	meet(me)\n"
	"	if parent then meet(parent) end\n"
	"	while done < acts do\n"
	"		done = done + 1\n"
	"		act[math.random(#act)](depth)\n"
	"		if turn(math.random(1, 20) * 1000) then return 'cancelled' end\n"
	"	end\n"
	"	if math.random(4) == 1 then\n"
	"		coroutine.spawn(function() channel.select {} end)\n"
	"		turn('1h')\n"
	"	end\n"
	"	return { me, acts }\n"
	"end\n";

struct storm {
	struct ki_sched *sched;
	struct ki_log log;
	struct ki_system system;
	struct ki_proc_host *host;
	struct ki_lua_program lua;
	struct ki_lua_cache cache;
	struct ki_program program;
	const struct ki_program *programs[1];
	struct ki_function function;
	_Atomic(uint64_t) xdigest; /* of all that was printed and of every crash, in no order */
};

/* Nothing may be printed: a line is a law that was broken. */
static void storm_output(void *user, const char *text, size_t len) {
	(void)user;
	FAIL("%.*s", (int)len, text);
}

static void storm_crash(void *user, const struct ki_crash *crash) {
	struct storm *storm = user;
	uint64_t digest = crash->pid ^ (uint64_t)crash->uptime_ns << 20;
	digest *= UINT64_C(0x9e3779b97f4a7c15);
	ki_add_rlx(&storm->xdigest, digest ^ crash->result->cause); /* a sum */
}

static void storm_open(struct storm *storm, bool simulate, int nr_workers, uint64_t seed) {
	static const char *const modules[] = {"time", "funcs"};
	/* Slices end by signals, at any place in C, or by a count of instructions. */
	bool signals = !simulate && seed % 3 != 0;
	int64_t slice_ns = signals ? 100000 : 0;
	struct ki_sched_options options = {
		.simulate = simulate, .seed = seed, .preempt_signal = signals ? SIGURG : 0};
	if (seed % 2 == 1) { /* stacks and workers change, and slices end, at random */
		options.roam = true;
		options.slice_instructions = 3000;
	}
	struct ki_system_hooks hooks = {
		.user = storm, .output = storm_output, .crash = storm_crash};
	struct ki_host *host;
	memset(storm, 0, sizeof *storm);
	NOT_NULL(storm->sched = ki_sched_new(&options));
	ki_log_init(&storm->log, KI_LOG_OFF, NULL, NULL, NULL, NULL);
	OK(ki_system_init(&storm->system, storm->sched, &storm->log, &hooks));
	storm->lua = (struct ki_lua_program){.id = "app:storm",
		.source = storm_source,
		.source_len = sizeof storm_source - 1,
		.method = "main",
		.modules = modules,
		.nr_modules = ki_countof(modules),
		.cache = &storm->cache};
	storm->program = (struct ki_program){
		.id = "app:storm", .ops = &ki_lua_ops, .data = &storm->lua};
	storm->programs[0] = &storm->program;
	ki_system_set_programs(&storm->system, storm->programs, 1);
	storm->function = (struct ki_function){.program = &storm->program};
	ki_system_set_functions(&storm->system, &storm->function, 1);
	NOT_NULL(host = ki_host_new(storm->sched, "app:processes", nr_workers, slice_ns));
	OK(ki_system_add_host(&storm->system, host, &storm->host));
	OK(ki_host_start(host));
	ki_proc_host_set_state(storm->host, KI_PROC_HOST_RUNNING);
}

/* Lets a few begin: each spawns down to depth 3. */
static void storm_begin(struct storm *storm, int nr) {
	for (int i = 0; i < nr; i++) {
		struct ki_payload *args[] = {ki_value_payload_int(3), ki_value_payload_int(60)};
		struct ki_spawn spawn = {.program = &storm->program,
			.host = storm->host,
			.args = args,
			.nr_args = 2};
		struct ki_payload *error = NULL;
		kith_pid pid;
		OK(ki_proc_spawn(&storm->system, &spawn, &pid, &error));
		ki_payload_unref(args[0]);
		ki_payload_unref(args[1]);
	}
}

static void storm_kill_one(void *arg, kith_pid pid) {
	ki_force(arg, pid, KI_CAUSE_HOST_STOP);
}

static void storm_kill(struct storm *storm) {
	ki_procs_each(&storm->system, storm->host, storm_kill_one, &storm->system);
}

/* When all have ended. */
static void storm_close(struct storm *storm) {
	ki_host_stop(storm->host->host);
	ki_lua_cache_fini(&storm->cache);
	laws_hold_at_end(&storm->system);
	ki_system_fini(&storm->system);
	ki_sched_free(storm->sched);
}

#endif
