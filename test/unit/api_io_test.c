/* Standard input and standard error of a runtime, and system.exit (SPEC 12.10, 12.11, 20.1). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

#include <unistd.h>

struct io_app {
	struct app app;
	int ends[2];
	struct ki_buf errors;
};

static void take_error(void *user, const char *text, size_t len) {
	struct io_app *io = user;
	ki_buf_put(&io->errors, text, len);
}

/* One process that declares all modules, and its input. */
static void io_init(struct io_app *io, bool simulate, const char *source) {
	app_init(&io->app);
	ki_buf_init(&io->errors);
	EQ_INT(pipe(io->ends), 0);
	io->app.options.simulate = simulate;
	io->app.options.input_fd = io->ends[0];
	io->app.options.error_output = take_error;
	folder_write(&io->app.folder, "src/main.lua", source);
	folder_write(&io->app.folder, "src/main.yaml",
		"namespace: app\nname: main\nkind: process.lua\nsource: file://main.lua\n"
		"modules: [io, system, time]\n");
}

static void io_fini(struct io_app *io) {
	app_fini(&io->app);
	close(io->ends[0]);
	close(io->ends[1]);
	ki_buf_fini(&io->errors);
}

static void feed(struct io_app *io, const char *text) {
	EQ_INT(write(io->ends[1], text, strlen(text)), (ssize_t)strlen(text));
}

static const char reader[] =
	"return function()\n"
	"  print(#io.args(), io.args()[1])\n"
	"  print(io.readline(), io.read(2), io.read(2), io.readline(), io.readline(), io.read())\n"
	"  io.eprint('bad')\n"
	"end";

static void read_all(bool simulate) {
	struct io_app io;
	io_init(&io, simulate, reader);
	feed(&io, "first\nabcdrest\nlast");
	close(io.ends[1]);
	io.ends[1] = dup(io.ends[0]);
	struct kith_outcome outcome = app_run(&io.app, 1, (const char *const[]){"word"});
	EQ_INT(outcome.exit_status, 0);
	EQ_STR(ki_buf_cstr(&io.app.output), "1\tword\nfirst\tab\tcd\trest\tlast\tnil\n");
	EQ_STR(ki_buf_cstr(&io.errors), "bad\n");
	io_fini(&io);
}

TEST(api_io, input_is_read_as_it_comes_on_threads) {
	read_all(false);
}

TEST(api_io, input_is_read_as_it_comes_in_a_simulation) {
	read_all(true);
}

static bool said(struct io_app *io, const char *text) {
	ki_mutex_lock(&io->app.mutex);
	bool found = strstr(ki_buf_cstr(&io->app.output), text) != NULL;
	ki_mutex_unlock(&io->app.mutex);
	return found;
}

/* While one waits the others run; a process that was ended while it waited loses no input. Each
 * step waits for the one before it, however long that takes. */
TEST(api_io, readers_are_served_in_turn) {
	struct io_app io;
	io_init(&io, false,
		"local function start_reader()\n"
		"  local pid = process.spawn_monitored('app:reader')\n"
		"  local waits\n"
		"  repeat\n"
		"    time.sleep('1ms')\n"
		"    for _, p in ipairs(system.hosts.processes('app:host')) do\n"
		"      waits = waits or p.pid == pid and p.waiting_in\n"
		"    end\n"
		"  until waits\n"
		"  return pid\n"
		"end\n"
		"return function()\n"
		"  local first = start_reader()\n"
		"  start_reader()\n"
		"  process.terminate(first)\n"
		"  local events = process.events()\n"
		"  print(events:receive().result.error)\n"
		"  local timer = time.after('50ms')\n"
		"  timer:receive()\n"
		"  print('go')\n"
		"  print(events:receive().result.value)\n"
		"end");
	folder_write(&io.app.folder, "src/reader.yaml",
		"namespace: app\nname: reader\nkind: process.lua\nmodules: [io]\n"
		"source: return function() return io.readline() end\n");
	app_load(&io.app);
	OK(kith_start_entry(io.app.runtime, "app:main", 0, NULL));
	do {
		STATUS(kith_run(io.app.runtime, INT64_C(20000000)), KITH_ETIMEOUT);
	} while (!said(&io, "go\n"));
	feed(&io, "mine\n");
	OK(kith_run(io.app.runtime, KITH_NO_TIMEOUT));
	EQ_STR(ki_buf_cstr(&io.app.output), "process terminated\ngo\nmine\n");
	io_fini(&io);
}

/* Input outstanding is no end of the run (SPEC 20.4), and no hindrance to a stop. */
TEST(api_io, a_run_that_waits_for_input_goes_on_until_it_is_stopped) {
	struct io_app io;
	io_init(&io, false, "return function() print(io.read()) end");
	app_load(&io.app);
	OK(kith_start_entry(io.app.runtime, "app:main", 0, NULL));
	STATUS(kith_run(io.app.runtime, INT64_C(500000000)), KITH_ETIMEOUT);
	OK(kith_stop(io.app.runtime, 0));
	OK(kith_run(io.app.runtime, KITH_NO_TIMEOUT));
	EQ_STR(ki_buf_cstr(&io.app.output), "");
	io_fini(&io);
}

/* Nobody waits for what was asked by one that has ended, or goes on as another program. */
TEST(api_io, spec_20_4_a_question_of_nobody_keeps_no_run) {
	static const char *const ends[] = {"process.terminate(pid)", "process.send(pid, 'turn')"};
	for (size_t i = 0; i < ki_countof(ends); i++) {
		struct io_app io;
		char source[512];
		snprintf(source, sizeof(source),
			"return function()\n"
			"  local pid = process.spawn('app:reader')\n"
			"  time.sleep('20ms')\n"
			"  %s\n"
			"  process.inbox():receive()\n"
			"end", ends[i]);
		io_init(&io, false, source);
		folder_write(&io.app.folder, "src/reader.yaml",
			"namespace: app\nentries:\n"
			"  - name: deaf\n    kind: process.lua\n"
			"    source: return function() process.inbox():receive() end\n"
			"  - name: reader\n    kind: process.lua\n    modules: [io]\n"
			"    source: |\n"
			"      return function()\n"
			"        coroutine.spawn(function() io.readline() end)\n"
			"        process.listen('turn'):receive()\n"
			"        process.upgrade('app:deaf')\n"
			"      end\n");
		app_load(&io.app);
		OK(kith_start_entry(io.app.runtime, "app:main", 0, NULL));
		OK(kith_run(io.app.runtime, KITH_NO_TIMEOUT));
		ki_mutex_lock(&io.app.mutex);
		HAS_STR(ki_buf_cstr(&io.app.log), "nothing left to run");
		ki_mutex_unlock(&io.app.mutex);
		io_fini(&io);
	}
}

TEST(api_io, exit_stops_in_order_with_its_status) {
	for (int simulate = 0; simulate < 2; simulate++) {
		struct io_app io;
		io_init(&io, simulate,
			"return function()\n"
			"  local events = process.events()\n"
			"  system.exit(7) system.exit(8)\n"
			"  print(events:receive().kind)\n"
			"  return 3\n"
			"end");
		struct kith_outcome outcome = app_run(&io.app, 0, NULL);
		EQ_INT(outcome.exit_status, 7);
		EQ_STR(ki_buf_cstr(&io.app.output), "pid.cancel\n");
		io_fini(&io);
	}
}

TEST(api_io, services_show_their_states) {
	struct io_app io;
	io_init(&io, true,
		"return function()\n"
		"  local s = system.supervisor.state('app:host')\n"
		"  print(s.id, s.status, s.desired, #system.supervisor.states() >= 1)\n"
		"  print(system.supervisor.state('app:no'))\n"
		"  print(system.supervisor.state())\n"
		"end");
	struct kith_outcome outcome = app_run(&io.app, 0, NULL);
	EQ_INT(outcome.exit_status, 0);
	EQ_STR(ki_buf_cstr(&io.app.output),
		"app:host\trunning\trunning\ttrue\nnil\tservice not found\n"
		"nil\tservice ID required\n");
	io_fini(&io);
}
