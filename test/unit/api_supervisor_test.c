/* Supervisors and services as a project has them, and the module `supervisor` (SPEC 18, 19), in
 * virtual time. */
#define _XOPEN_SOURCE 700
#include "api_fixture.h"

#include "base/compiler.h"

#define SHOW                                                                                       \
	"local function show(...)\n"                                                               \
	"  local t = table.pack(...)\n"                                                            \
	"  for i = 1, t.n do\n"                                                                    \
	"    if type(t[i]) == 'userdata' then t[i] = t[i]:kind() .. ': ' .. t[i]:message() end\n"  \
	"  end\n"                                                                                  \
	"  print(table.unpack(t, 1, t.n))\n"                                                       \
	"end\n"

/* Says what becomes of it; fails when it is sent anything, or returns "done" on topic "end". */
static void worker(struct app *app)
{
	app_process(app, "worker",
		"return function(name, loud)\n"
		"  if loud then print('start ' .. name) end\n"
		"  local events, inbox = process.events(), process.inbox()\n"
		"  local r = channel.select{events:case_receive(), inbox:case_receive()}\n"
		"  if r.channel == events then print('stop ' .. name, r.value.reason) return end\n"
		"  if r.value:topic() == 'end' then return 'done' end\n"
		"  error(r.value:topic())\n"
		"end\n", "");
}

/* `body` of app:main, and YAML of more entries; gives what was printed. */
static const char *run(struct app *app, const char *body, const char *entries)
{
	char text[8192];
	snprintf(text, sizeof(text), SHOW "return function()\n%s\nend\n", body);
	folder_write(&app->folder, "src/main.lua", text);
	snprintf(text, sizeof(text),
		"namespace: app\nentries:\n  - name: main\n    kind: process.lua\n"
		"    source: file://main.lua\n    modules: [time, supervisor, system]\n%s",
		entries);
	folder_write(&app->folder, "src/main.yaml", text);
	worker(app);
	app_run(app, 0, NULL);
	return ki_buf_cstr(&app->output);
}

TEST(supervisor_module, spec_19_5_start_children_and_the_rest)
{
	struct app app;
	app_init(&app);
	EQ_STR(run(&app,
		"local sup = supervisor.start{name = 'boss', strategy = 'rest_for_one',\n"
		"  children = {\n"
		"  {name = 'a', process = 'app:worker', input = {'a'}},\n"
		"  {name = 'b', process = 'app:worker', input = {'b'}, restart = 'transient'},\n"
		"}}\n"
		"show(process.registry.lookup('boss') == sup)\n"
		"local list = supervisor.children('boss')\n"
		"show(#list, list[1].name, list[1].process, list[1].restart, list[1].state,\n"
		"  list[1].restarts, list[2].restart)\n"
		"process.send(list[1].pid, 'oops')\n"
		"time.sleep('1ms')\n"
		"list = supervisor.children(sup)\n"
		"show(list[1].state, list[1].restarts, list[2].restarts)\n"
		"process.send(list[2].pid, 'end')\n"
		"time.sleep('1ms')\n"
		"show(supervisor.children(sup)[2].state, supervisor.children(sup)[2].pid)\n"
		"show(supervisor.start_child(sup, {name = 'a', process = 'app:worker'}))\n"
		"show(supervisor.terminate_child(sup, 'a'))\n"
		"show(supervisor.restart_child(sup, 'c'))\n"
		"local pid = supervisor.restart_child(sup, 'a')\n"
		"time.sleep('1ms')\n"
		"show(supervisor.restart_child(sup, 'a'))\n"
		"local n = supervisor.count(sup)\n"
		"show(n.specs, n.active, n.supervisors, n.workers)\n"
		"show(supervisor.count(pid))\n"
		"show(supervisor.terminate_child(sup, 'a'))\n",
		""),
		"true\n"
		"2\ta\tapp:worker\tpermanent\trunning\t0\ttransient\n"
		"stop b\tsupervisor stopping\n"
		"running\t1\t1\n"
		"stopped\tnil\n"
		"nil\tAlreadyExists: child already exists: a\n"
		"stop a\tsupervisor stopping\n"
		"true\tnil\n"
		"nil\tNotFound: child not found: c\n"
		"nil\tConflict: child is running: a\n"
		"2\t1\t0\t2\n"
		"nil\tInvalid: not a supervisor\n"
		"stop a\tsupervisor stopping\n"
		"true\tnil\n");
	app_fini(&app);
}

/* To its supervisor a child that upgrades is the same one; a restart is of what the spec says. */
TEST(supervisor_module, spec_12_3_a_child_upgrades_and_is_restarted_as_it_was)
{
	struct app app;
	app_init(&app);
	app_process(&app, "grows",
		"return function(n)\n"
		"  print('grows', process.id(), n)\n"
		"  process.inbox():receive()\n"
		"  process.upgrade('app:worker', 'grown', true)\n"
		"end\n", "");
	EQ_STR(run(&app,
		"local sup = supervisor.start{children = {\n"
		"  {name = 'a', process = 'app:grows', input = {7}}}}\n"
		"local pid = supervisor.children(sup)[1].pid\n"
		"process.send(pid, 'up')\n"
		"time.sleep('1ms')\n"
		"local child = supervisor.children(sup)[1]\n"
		"show(child.pid == pid, child.state, child.restarts)\n"
		"for _, p in ipairs(system.hosts.processes('app:host')) do\n"
		"  if p.pid == pid then show(p.source) end\n"
		"end\n"
		"process.send(pid, 'oops')\n"
		"time.sleep('1ms')\n"
		"child = supervisor.children(sup)[1]\n"
		"show(child.pid ~= pid, child.state, child.restarts)\n"
		"process.send(child.pid, 'up')\n"
		"time.sleep('1ms')\n"
		"show(supervisor.terminate_child(sup, 'a'))\n",
		""),
		"grows\tapp:grows\t7\n"
		"start grown\n"
		"true\trunning\t0\n"
		"app:worker\n"
		"grows\tapp:grows\t7\n"
		"true\trunning\t1\n"
		"start grown\n"
		"stop grown\tsupervisor stopping\n"
		"true\tnil\n");
	app_fini(&app);
}

TEST(supervisor_module, spec_12_3_a_service_upgrades_also_to_a_supervisor)
{
	struct app app;
	app_init(&app);
	app_process(&app, "first",
		"return function()\n"
		"  process.inbox():receive() process.upgrade('app:second')\n"
		"end\n", "");
	app_process(&app, "second",
		"return function()\n"
		"  process.inbox():receive() process.upgrade('app:boss')\n"
		"end\n", "");
	EQ_STR(run(&app,
		"local s = system.supervisor.state('app:serves')\n"
		"local pid\n"
		"for _, p in ipairs(system.hosts.processes('app:host')) do\n"
		"  if p.source == 'app:first' then pid = p.pid end\n"
		"end\n"
		"for i = 1, 2 do process.send(pid, 'up') time.sleep('1ms') end\n"
		"show(s.status, system.supervisor.state('app:serves').status,\n"
		"  system.supervisor.state('app:serves').retry_count)\n"
		"local list = supervisor.children(pid)\n"
		"show(#list, list[1].name, list[1].state)\n"
		"system.exit(0)\n"
		"time.sleep('1s')\n",
		"  - name: boss\n"
		"    kind: process.supervisor\n"
		"    strategy: one_for_one\n"
		"    children:\n"
		"      - {name: a, process: worker, input: [a]}\n"
		"  - name: serves\n"
		"    kind: process.service\n"
		"    process: first\n"
		"    host: host\n"
		"    lifecycle: {auto_start: true}\n"),
		"running\trunning\t0\n"
		"1\ta\trunning\n"
		"stop a\tsupervisor stopping\n");
	app_fini(&app);
}

TEST(supervisor_module, spec_19_5_what_is_wrong_with_a_spec)
{
	struct app app;
	app_init(&app);
	EQ_STR(run(&app,
		"local w = 'app:worker'\n"
		"show(supervisor.start())\n"
		"show(supervisor.start{strategy = 'all'})\n"
		"show(supervisor.start{strateg = 'one_for_all'})\n"
		"show(supervisor.start{max_restarts = 'x'})\n"
		"show(supervisor.start{within = 'soon'})\n"
		"show(supervisor.start{host = 'app:none'})\n"
		"show(supervisor.start{host = 'kith:system'})\n"
		"show(supervisor.start{name = ''})\n"
		"show(supervisor.start{children = 5})\n"
		"show(supervisor.start{children = {5}})\n"
		"show(supervisor.start{children = {{process = w}}})\n"
		"show(supervisor.start{children = {{name = 'a', process = 'app:none'}}})\n"
		"local function one(t) show(supervisor.start{children = {t}}) end\n"
		"local a = {name = 'a', process = w}\n"
		"show(supervisor.start{children = {a, a}})\n"
		"show(supervisor.start{children = {{name = 'a', process = w, count = 0}}})\n"
		"one{name = 'a', process = w, restart = 'always'}\n"
		"show(supervisor.start{children = {{name = 'a', process = w, shutdown = 'x'}}})\n"
		"show(supervisor.start{children = {{name = 'a', process = w, input = {x = 1}}}})\n"
		"one{name = 'a', process = w, backoff = {jitter = 2}}\n"
		"show(supervisor.start{children = {{name = 'a', process = w, input = {print}}}})\n"
		"show(supervisor.start{lifecycle = {}})\n"
		"show(supervisor.start_child(process.pid(), {name = 'a', process = w}))\n"
		"show(supervisor.count('nobody'))\n"
		"show(pcall(supervisor.count, 5))\n",
		""),
		"nil\tInvalid: spec must be a table\n"
		"nil\tInvalid: strategy must be one_for_one, one_for_all or rest_for_one\n"
		"nil\tInvalid: strateg is no field\n"
		"nil\tInvalid: max_restarts must be an integer of at least 0\n"
		"nil\tInvalid: within must be a duration\n"
		"nil\tInvalid: host must be the ID of a host\n"
		"nil\tInvalid: host must be the ID of a host\n"
		"nil\tInvalid: name cannot be empty\n"
		"nil\tInvalid: children must be a table\n"
		"nil\tInvalid: children[1] must be a table\n"
		"nil\tInvalid: children[1].name is required\n"
		"nil\tInvalid: children[1].process must be the ID of a process\n"
		"nil\tInvalid: children[2].name is there twice\n"
		"nil\tInvalid: children[1].count must be an integer of at least 1\n"
		"nil\tInvalid: children[1].restart must be permanent, transient or temporary\n"
		"nil\tInvalid: children[1].shutdown must be a duration\n"
		"nil\tInvalid: children[1].input must be a list\n"
		"nil\tInvalid: children[1].jitter must be a number from 0 to 1\n"
		"nil\tInvalid: cannot send a function\n"
		"nil\tInvalid: lifecycle is no field\n"
		"nil\tInvalid: not a supervisor\n"
		"nil\tNotFound: could not resolve 'nobody' as PID or registered name\n"
		"false\tbad argument #1 to 'count' (string expected, got number)\n");
	app_fini(&app);
}

TEST(supervisor_module, spec_19_5_inputs_arrive_as_they_were)
{
	struct app app;
	app_init(&app);
	app_process(&app, "shows",
		"return function(a, b, c, d)\n"
		"  print(a, b and b.self == b, c, d and d:data().x)\n"
		"  process.events():receive()\n"
		"end\n", "");
	EQ_STR(run(&app,
		"local t = {}\n"
		"t.self = t\n"
		"local function one(input)\n"
		"  local sup = supervisor.start{children = {\n"
		"    {name = 'a', process = 'app:shows', input = input}}}\n"
		"  time.sleep('1ms')\n"
		"  return sup\n"
		"end\n"
		"local sup = one{1, t, '$index', payload.new{x = 3}}\n"
		"one{nil, t}\n"
		"one()\n"
		"process.terminate(supervisor.children(sup)[1].pid)\n"
		"time.sleep('1ms')\n",
		""),
		"1\ttrue\t1\t3\nnil\ttrue\tnil\tnil\nnil\tnil\tnil\tnil\n1\ttrue\t1\t3\n");
	app_fini(&app);
}

TEST(supervisor_module, spec_19_5_a_supervisor_ends_with_its_caller)
{
	struct app app;
	app_init(&app);
	app_process(&app, "owner",
		"local supervisor = require('supervisor')\n"
		"return function(how)\n"
		"  supervisor.start{children = {\n"
		"    {name = 'a', process = 'app:worker', input = {how, true}}}}\n"
		"  time.sleep('1ms')\n"
		"  if how == 'fails' then error('x') end\n"
		"  if how == 'lives' then time.sleep('1h') end\n"
		"end\n", "    modules: [time, supervisor]\n");
	/* modules is there twice: the fixture has its own */
	folder_write(&app.folder, "src/owner.yaml",
		"namespace: app\nentries:\n  - name: owner\n    kind: process.lua\n"
		"    source: file://owner.lua\n    modules: [time, supervisor]\n");
	EQ_STR(run(&app,
		"for _, how in ipairs{'ends', 'fails', 'lives'} do\n"
		"  local pid = process.spawn('app:owner', 'app:host', how)\n"
		"  time.sleep('2ms')\n"
		"  if how == 'lives' then process.terminate(pid) time.sleep('1ms') end\n"
		"  print(system.hosts.list()[1].processes)\n"
		"end\n",
		""),
		"start ends\nstop ends\tsupervisor stopping\n1\n"
		"start fails\nstop fails\tsupervisor stopping\n1\n"
		"start lives\nstop lives\tsupervisor stopping\n1\n");
	app_fini(&app);
}

TEST(supervisor_module, spec_4_2_nobody_spawns_the_runtimes_own_programs)
{
	struct app app;
	app_init(&app);
	EQ_STR(run(&app,
		"show(process.spawn('kith:supervisor', 'app:host', {}))\n"
		"show(process.spawn('kith:request', 'app:host', 1, 'count'))\n"
		"show(process.send('x', '@supervisor', 'count'))\n",
		""),
		"nil\tNotFound: factory not found\n"
		"nil\tNotFound: factory not found\n"
		"nil\tInvalid: cannot send to @ topics\n");
	app_fini(&app);
}

/* ---- In YAML ---- */

TEST(supervisor_kind, spec_19_1_a_tree_of_services_starts_restarts_and_stops)
{
	struct app app;
	app_init(&app);
	EQ_STR(run(&app,
		"time.sleep('1ms')\n"
		"show(system.supervisor.state('app:crew').status)\n"
		"local pid = system.hosts.processes('app:host')\n"
		"for _, p in ipairs(pid) do\n"
		"  if p.source == 'app:worker' then process.send(p.pid, 'oops') break end\n"
		"end\n"
		"time.sleep('1ms')\n"
		"local s = system.supervisor.state('app:crew')\n"
		"show(s.id, s.status, s.desired, s.retry_count, s.details)\n",
		"  - name: crew\n    kind: process.supervisor\n    strategy: one_for_all\n"
		"    children:\n"
		"      - {name: w, process: worker, count: 2, input: [$index]}\n"
		"      - {name: inner, process: inner}\n"
		"    lifecycle: {auto_start: true}\n"
		"  - name: inner\n    kind: process.supervisor\n"
		"    children: [{name: a, process: worker, input: [deep]}]\n"),
		"running\n"
		"stop deep\tsupervisor stopping\n"
		"stop 2\tsupervisor stopping\n"
		"app:crew\trunning\trunning\t0\t\n"
		"stop deep\tsupervisor stopping\n"
		"stop 2\tsupervisor stopping\n"
		"stop 1\tsupervisor stopping\n");
	app_fini(&app);
}

TEST(supervisor_kind, spec_20_3_children_that_hear_no_cancel_do_not_delay_the_end)
{
	struct app app;
	app_init(&app);
	app_process(&app, "deaf", "return function() time.sleep('1h') end\n", "");
	EQ_STR(run(&app,
		"time.sleep('1ms')\n",
		"  - name: crew\n    kind: process.supervisor\n"
		"    children:\n"
		"      - {name: a, process: worker, input: [a, true]}\n"
		"      - {name: b, process: deaf}\n"
		"      - {name: inner, process: inner}\n"
		"    lifecycle: {auto_start: true}\n"
		"  - name: inner\n    kind: process.supervisor\n"
		"    children: [{name: c, process: deaf, shutdown: 20s}]\n"),
		"start a\nstop a\tsupervisor stopping\n");
	HAS_STR(ki_buf_cstr(&app.log), "entry=app:deaf");
	IS_NULL(strstr(ki_buf_cstr(&app.log), "cancel deadline exceeded"));
	app_fini(&app);
}

TEST(service_kind, spec_18_4_a_process_service_is_restarted)
{
	struct app app;
	app_init(&app);
	EQ_STR(run(&app,
		"for i = 1, 3 do\n"
		"  time.sleep('1s')\n"
		"  local s = system.supervisor.state('app:svc')\n"
		"  show(s.status, s.desired, s.retry_count, s.details)\n"
		"  for _, p in ipairs(system.hosts.processes('app:host')) do\n"
		"    if p.source == 'app:worker' then process.send(p.pid, 'oops') end\n"
		"  end\n"
		"end\n"
		"show(#system.supervisor.states())\n",
		"  - name: svc\n    kind: process.service\n    process: worker\n"
		"    input: [x, true]\n"
		"    lifecycle:\n"
		"      auto_start: true\n"
		"      restart: {initial_delay: 500ms, jitter: 0, max_attempts: 1}\n"),
		"start x\n"
		"running\trunning\t0\t\n"
		"start x\n"
		"running\trunning\t1\t\n"
		"exited\trunning\t1\tapp:worker:7: oops\n"
		"2\n");
	app_fini(&app);
}
