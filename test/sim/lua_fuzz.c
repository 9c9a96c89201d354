/*
 * Random Lua programs: three of a seed play together in the simulator, and call whatever there is
 * with whatever they have. Each has eight values, which a statement replaces by what a call gave;
 * every call is under pcall, so that most of what is refused goes on.
 *
 * Laws: nothing crashes (a sanitizer's build sees more); the counters agree in the end, and all
 * memory is back; the same seed gives the same output. What the programs come to is nobody's
 * concern.
 */
#include "kith_stress.h"

#include "../unit/lua_stage.h"

#include "base/alloc.h"
#include "base/rng.h"

enum { PROGRAMS = 3, STATEMENTS = 40, DEPTH = 3 };

struct fuzz {
	struct ki_rng rng;
	struct ki_buf out;
};

static size_t pick(struct fuzz *fuzz, size_t n) {
	return (size_t)ki_rng_below(&fuzz->rng, n);
}

static const char *const functions[] = {"process.spawn", "process.spawn_monitored",
	"process.spawn_linked", "process.spawn_linked_monitored", "process.exec", "process.send",
	"process.monitor", "process.unmonitor", "process.link", "process.unlink", "process.cancel",
	"process.terminate", "process.inbox", "process.events", "process.listen",
	"process.unlisten", "process.set_options", "process.get_options", "process.pid",
	"process.with_options", "process.with_context", "process.registry.register",
	"process.registry.lookup",
	"process.registry.unregister", "channel.new",
	"channel.select", "coroutine.spawn", "coroutine.create", "coroutine.wrap",
	"coroutine.resume", "coroutine.yield", "coroutine.close", "coroutine.status",
	"time.sleep", "time.after", "time.timer", "time.ticker", "time.now", "time.parse_duration",
	"time.parse", "time.date", "time.unix", "json.encode", "json.decode", "payload.new",
	"errors.new", "errors.wrap", "errors.is", "errors.call_stack", "string.rep", "string.find",
	"string.gsub", "string.gmatch", "string.format", "string.pack", "string.unpack",
	"string.byte", "table.concat", "table.insert", "table.remove", "table.sort", "table.move",
	"table.unpack", "table.pack", "table.create", "utf8.len", "utf8.char", "utf8.codepoint",
	"load", "pcall", "xpcall", "error", "select", "tostring", "tonumber", "rawset", "rawget",
	"next", "pairs", "ipairs", "setmetatable", "getmetatable", "collectgarbage", "require",
	"os.date", "os.time", "math.random", "debug.traceback", "funcs.call", "funcs.async",
	"funcs.new", "ctx.get", "ctx.all", "assert", "type", "print", "warn"};

static const char *const methods[] = {"send", "receive", "close", "case_send", "case_receive",
	"data", "unmarshal", "transcode", "get_format", "topic", "from", "payload", "kind",
	"message", "details", "stack", "retryable", "spawn", "spawn_linked", "spawn_monitored",
	"exec", "with_name", "with_message", "with_options", "with_context", "response", "channel",
	"stop", "reset", "result", "cancel", "is_complete", "format", "add", "sub", "call",
	"async", "rep", "gsub"};

static const char *const literals[] = {"nil", "true", "false", "0", "1", "-1", "3.5", "1e308",
	"0/0", "math.huge", "math.mininteger", "1 << 40", "''", "'x'", "'app:a'", "'app:b'",
	"'app:c'", "'1ms'", "'5us'", "'name'", "'topic'", "'@x'", "'%a+'", "'(a*)%1'", "'[1,{}]'",
	"'{app:processes|0x00101}'", "'return 1'", "'\\u{10ffff}\\0'", "('x'):rep(70000)",
	"('a,'):rep(2000)", "{}", "{1, 2, 3}", "{ trap_links = true }", "{ timeout = 1 }",
	"{ message = 'm', kind = 'Invalid', details = { a = { 1 } } }", "{ max_mailbox = 2 }",
	"setmetatable({}, meta)", "process.pid()", "print", "function(...) return ... end",
	"function() time.sleep(1000) return 1 end", "function() error('e') end",
	"function(a, b) return tostring(a) < tostring(b) end", "process.inbox()",
	"process.events()", "channel.new(1)", "errors.new('e')", "payload.new({ 1, { 2 } })",
	"coroutine.create(function() coroutine.yield(1) end)", "time.after('1ms')"};

/* Calls that are likely to succeed; $ is an expression. */
static const char *const sensible[] = {"meet(process.spawn('app:a', nil, peer(), $))",
	"meet(process.spawn_linked('app:b', nil, peer(), $))",
	"meet(process.spawn_monitored('app:c', nil, peer(), process.pid()))",
	"meet(process.spawn_linked_monitored('app:a', nil, process.pid()))",
	"process.send(peer(), 'topic', $, $)",
	"process.send(peer(), 't', { $, $ }, payload.new($))",
	"process.send(process.pid(), 'topic', $)", "process.link(peer())",
	"process.unlink(peer())", "process.monitor(peer())", "process.unmonitor(peer())",
	"process.cancel(peer(), '100us', 'fuzz')", "process.set_options { trap_links = true }",
	"channel.select { process.inbox():case_receive(), process.events():case_receive(), "
	"time.after('50us'):case_receive() }",
	"channel.select({ process.listen('topic'):case_receive() }, true)",
	"process.exec('app:b', nil, $)", "funcs.call('app:c', $)",
	"funcs.async('app:a', $):channel():receive()",
	"process.with_options { timeout = 1 }:exec('app:c')",
	"meet(process.with_context { k = $ }:with_name('n'):with_message('t', $):spawn('app:b'))",
	"process.registry.register('name' .. #pids, peer())", "process.unlisten(process.inbox())",
	"coroutine.wrap(function() coroutine.yield(time.sleep(1)) return $ end)()",
	"table.sort({ 3, 1, 2 }, function(a, b) time.sleep(1) return a < b end)",
	"tostring(setmetatable({}, meta))", "json.decode(json.encode($))", "payload.new($):data()",
	"payload.new($):transcode(payload.format.JSON)", "pcall(deep)", "pcall(nest, 'x')",
	"string.rep($, 100000)", "time.ticker('20us'):channel():receive()"};

static void put_expression(struct fuzz *fuzz, int depth) {
	if (pick(fuzz, 3) == 0) {
		ki_buf_puts(&fuzz->out, literals[pick(fuzz, ki_countof(literals))]);
	} else if (depth > 0 && pick(fuzz, 6) == 0) {
		ki_buf_puts(&fuzz->out, "{ ");
		put_expression(fuzz, depth - 1);
		ki_buf_puts(&fuzz->out, ", k = ");
		put_expression(fuzz, depth - 1);
		ki_buf_puts(&fuzz->out, " }");
	} else {
		ki_buf_printf(&fuzz->out, "v[%zu]", 1 + pick(fuzz, 8));
	}
}

static void put_arguments(struct fuzz *fuzz) {
	for (size_t n = pick(fuzz, 4); n > 0; n--) {
		ki_buf_puts(&fuzz->out, ", ");
		put_expression(fuzz, 1);
	}
}

static void put_block(struct fuzz *fuzz, int depth, size_t nr);

static void put_sensible(struct fuzz *fuzz) {
	ki_buf_printf(&fuzz->out, "v[%zu] = select(2, pcall(function() return ", 1 + pick(fuzz, 8));
	for (const char *at = sensible[pick(fuzz, ki_countof(sensible))]; *at; at++) {
		if (*at == '$') {
			put_expression(fuzz, 1);
		} else {
			ki_buf_putc(&fuzz->out, *at);
		}
	}
	ki_buf_puts(&fuzz->out, " end))\n");
}

static void put_call(struct fuzz *fuzz) {
	size_t at = 1 + pick(fuzz, 8);
	ki_buf_printf(&fuzz->out, "v[%zu], v[%zu] = select(2, pcall(", at, 1 + pick(fuzz, 8));
	if (pick(fuzz, 3) == 0) {
		ki_buf_printf(&fuzz->out, "call, v[%zu], '%s'", 1 + pick(fuzz, 8),
			methods[pick(fuzz, ki_countof(methods))]);
	} else {
		ki_buf_puts(&fuzz->out, functions[pick(fuzz, ki_countof(functions))]);
	}
	put_arguments(fuzz);
	ki_buf_puts(&fuzz->out, "))\n");
}

static void put_statement(struct fuzz *fuzz, int depth) {
	switch (depth > 0 ? pick(fuzz, 16) : 5) {
	case 0:
		ki_buf_printf(&fuzz->out, "for i = 1, %zu do\n", 1 + pick(fuzz, 20));
		put_block(fuzz, depth - 1, 3);
		ki_buf_puts(&fuzz->out, "end\n");
		break;
	case 1:
		ki_buf_puts(&fuzz->out, "pcall(function()\n");
		put_block(fuzz, depth - 1, 4);
		ki_buf_puts(&fuzz->out, "error(v[1]) end)\n");
		break;
	case 2:
		ki_buf_puts(&fuzz->out, "coroutine.spawn(function()\n");
		put_block(fuzz, depth - 1, 4);
		ki_buf_puts(&fuzz->out, "end)\n");
		break;
	case 3:
		ki_buf_puts(&fuzz->out, "do local c <close> = setmetatable({}, meta)\n");
		put_block(fuzz, depth - 1, 3);
		ki_buf_puts(&fuzz->out, "end\n");
		break;
	case 4:
		ki_buf_puts(&fuzz->out, "pcall(string.gsub, 'ab', '.', function()\n");
		put_block(fuzz, depth - 1, 3);
		ki_buf_puts(&fuzz->out, "end)\n");
		break;
	default:
		if (pick(fuzz, 2)) {
			put_sensible(fuzz);
		} else {
			put_call(fuzz);
		}
	}
}

static void put_block(struct fuzz *fuzz, int depth, size_t nr) {
	for (; nr > 0; nr--) {
		put_statement(fuzz, depth);
	}
}

/* Stack overflows of both kinds (SPEC 13.7), and metamethods that wait. */
static const char prelude[] =
	"local v = { 1, 'app:a', 'app:b', {}, 'x', process.pid(), true, 0.5 }\n"
	"local pids = { process.pid() }\n"
	"local function meet(pid) if pid then pids[#pids % 20 + 1] = pid end return pid end\n"
	"local function peer() return pids[math.random(#pids)] end\n"
	"local function call(o, name, ...) return o[name](o, ...) end\n"
	"local function deep() return 1 + deep() end\n"
	"local function nest(s) return (string.gsub(s, '.', nest)) end\n"
	"local meta = { __close = function() time.sleep(1) end,\n"
	"	__index = function(t, k) time.sleep(1) return k end,\n"
	"	__lt = function() coroutine.yield() return true end,\n"
	"	__tostring = function() time.sleep(1) return 'meta' end,\n"
	"	__len = function() return 5 end, __call = function(...) return ... end }\n";

static char *new_source(struct fuzz *fuzz) {
	ki_buf_init(&fuzz->out);
	ki_buf_puts(&fuzz->out, prelude);
	if (pick(fuzz, 8) == 0) {
		put_block(fuzz, 1, 3); /* while it loads */
	}
	/* A millisecond for each generation: those that spawn their like come to an end. */
	ki_buf_puts(&fuzz->out, "return function(one, two)\n"
		"meet(one) meet(two) time.sleep('1ms')\n");
	put_block(fuzz, DEPTH, STATEMENTS);
	ki_buf_puts(&fuzz->out, "return v[1], v[2]\nend\n");
	char *source = ki_buf_take(&fuzz->out);
	NOT_NULL(source);
	return source;
}

static uint64_t digest(struct ki_buf *out) {
	uint64_t sum = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < out->len; i++) {
		sum = (sum ^ (unsigned char)out->ptr[i]) * UINT64_C(1099511628211);
	}
	return sum;
}

static uint64_t play_seed(uint64_t seed) {
	static const char *const ids[PROGRAMS] = {"app:a", "app:b", "app:c"};
	struct fuzz fuzz;
	struct entry entries[PROGRAMS];
	struct stage stage;
	ki_rng_seed(&fuzz.rng, seed);
	for (int i = 0; i < PROGRAMS; i++) {
		entries[i] = (struct entry){ids[i], new_source(&fuzz)};
	}
	if (getenv("KITH_VERBOSE")) {
		fprintf(stderr, "%s\n--\n%s\n--\n%s\n", entries[0].source, entries[1].source,
			entries[2].source);
	}
	stage_open(&stage, entries, PROGRAMS, seed);
	stage.host->max_processes = 50;
	ki_limits_set(&stage.host->limits, KI_LIMIT_MEMORY, (int64_t)(1 + seed % 8) << 23);
	for (size_t i = 0; i < PROGRAMS; i++) {
		stage_spawn(&stage, i);
	}
	stage_run(&stage, INT64_C(10000000));
	uint64_t sum = digest(&stage.output);
	/* Those that are spawned while the others end are ended as well. */
	while (ki_proc_host_live(stage.host) > 0) {
		ki_procs_each(&stage.system, stage.host, stage_kill, &stage.system);
		stage_run(&stage, ki_sched_now(stage.sched) + 1000000);
	}
	stage_run(&stage, -1);
	stage_leave(&stage);
	for (int i = 0; i < PROGRAMS; i++) {
		ki_free((char *)entries[i].source);
	}
	return sum;
}

/* Each fourth seed, for the time it takes. What shows addresses repeats where heaps have their own:
 * not under a sanitizer. */
static void run(uint64_t seed) {
	if (seed % 4 != 0) {
		return;
	}
	uint64_t sum = play_seed(seed);
	if (TEST_SCALE == 1) {
		EQ_UINT(play_seed(seed), sum);
	}
}

SIM_MAIN("any program ends without harm, a seed is a run", run)
