/* Projects that are right: which files count, and what becomes of them. */
#define _XOPEN_SOURCE 700
#include "config_folder.h"

#define HOST                                                                                       \
	"  - {name: processes, kind: process.host, host: {workers: 16}, lifecycle: {auto_start: "  \
	"true}}\n"

static const struct ki_entry *find(struct folder *f, const char *id) {
	const struct ki_entry *entry = ki_project_find(&f->project, id);
	if (!entry) {
		FAIL("no entry %s", id);
	}
	return entry;
}

static void write_pool(struct folder *f) {
	folder_write(f, "src/_index.yaml", "version: \"1.0\"\nnamespace: app\n\nentries:\n" HOST);
	folder_write(f, "src/supervisor/_index.yaml",
		"version: \"1.0\"\nnamespace: app.supervisor\n\nentries:\n  - name: pool\n    "
		"kind: process.lua\n"
		"    source: file://pool.lua\n    method: main\n    modules: [time]\n    "
		"lifecycle:\n"
		"      auto_start: true\n");
	folder_write(f, "src/supervisor/pool.lua", "return { main = function() end }\n");
	folder_write(f, "src/workers/_index.yaml",
		"version: \"1.0\"\nnamespace: app.workers\n\nentries:\n  - name: task_worker\n    "
		"kind: process.lua\n"
		"    source: file://task_worker.lua\n    method: main\n    modules:\n      - "
		"time\n");
	folder_write(f, "src/workers/task_worker.lua", "");
}

TEST(project, the_supervised_pool_loads) {
	struct folder f;
	folder_open(&f);
	write_pool(&f);
	FOLDER_EXPECT(&f, "");
	EQ_UINT(f.project.nr_entries, 3);
	EQ_UINT(f.project.nr_warnings, 0);
	EQ_STR(f.project.source_dir, "src");

	const struct ki_entry *host = find(&f, "app:processes");
	EQ_INT(host->kind, KI_KIND_PROCESS_HOST);
	EQ_INT(host->u.host.workers, 16);
	TRUE(host->lifecycle.has);
	TRUE(host->lifecycle.auto_start);
	EQ_UINT(host->nr_requires, 0);

	const struct ki_entry *pool = find(&f, "app.supervisor:pool");
	EQ_INT(pool->kind, KI_KIND_PROCESS_LUA);
	EQ_STR(pool->kind_name, "process.lua");
	EQ_STR(pool->file, "src/supervisor/_index.yaml");
	EQ_INT(pool->line, 5);
	EQ_STR(pool->u.lua.source, "return { main = function() end }\n");
	EQ_STR(pool->u.lua.source_file, "src/supervisor/pool.lua");
	EQ_STR(pool->u.lua.method, "main");
	EQ_UINT(pool->u.lua.nr_modules, 1);
	EQ_STR(pool->u.lua.modules[0], "time");
	EQ_STR(pool->run.host, "app:processes");
	FALSE(pool->run.host_given);
	IS_NULL(pool->run.input);
	EQ_UINT(pool->nr_requires, 1);
	EQ_STR(pool->requires[0], "app:processes");
	EQ_INT(pool->lifecycle.stop_timeout_ns, INT64_C(10000000000));
	TRUE(pool->lifecycle.required);

	const struct ki_entry *worker = find(&f, "app.workers:task_worker");
	FALSE(worker->lifecycle.has);
	EQ_UINT(worker->u.lua.source_len, 0);
	EQ_STR(ki_project_near(&f.project, "app.workers:task_woker"), "app.workers:task_worker");
	IS_NULL(ki_project_near(&f.project, "nothing"));
	folder_close(&f);
}

TEST(project, one_entry_may_stand_at_top_level) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "h.yml", "namespace: a\nname: h\nkind: process.host\nmeta: {note: x}\n");
	folder_write(&f, "p.yaml",
		"version: \"1.0\"\nnamespace: a\nname: x/p.1\nkind: process.lua\nsource: return "
		"1\nhost: h\n"
		"input: [1, {a: b}]\nlifecycle:\n  start_timeout: 1m\n  stop_timeout: 0\n  "
		"startup: optional\n");
	FOLDER_EXPECT(&f, "");
	EQ_STR(f.project.source_dir, ".");
	const struct ki_entry *p = find(&f, "a:x/p.1");
	EQ_STR(p->u.lua.source, "return 1");
	IS_NULL(p->u.lua.source_file);
	EQ_INT(p->u.lua.source_line, 5);
	EQ_INT(p->u.lua.source_column, 9);
	EQ_STR(p->run.host, "a:h");
	TRUE(p->run.host_given);
	EQ_UINT(p->run.input->u.seq.nr, 2);
	EQ_INT(p->lifecycle.start_timeout_ns, INT64_C(60000000000));
	EQ_INT(p->lifecycle.stop_timeout_ns, 0);
	FALSE(p->lifecycle.required);
	FALSE(p->lifecycle.auto_start);
	EQ_STR(ki_node_get(find(&f, "a:h")->meta, "note")->text, "x");
	EQ_INT(find(&f, "a:h")->u.host.workers, 0);
	folder_close(&f);
}

TEST(project, fields_may_stand_under_data) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml",
		"namespace: a\nmeta: {team: one, deep: {x: 1}}\nentries:\n"
		"  - name: h\n    kind: process.host\n    data:\n      host: {workers: 2, colour: "
		"red}\n"
		"      shape: round\n"
		"  - name: p\n    kind: process.lua\n    meta: {team: two}\n    data:\n      "
		"source: file://p.lua\n"
		"      pool: {size: 4}\n      extra: kept\n");
	folder_write(&f, "src/p.lua", "return 2");
	FOLDER_EXPECT(&f, "");
	EQ_INT(find(&f, "a:h")->u.host.workers, 2);
	EQ_STR(find(&f, "a:p")->u.lua.source, "return 2");
	EQ_STR(ki_node_get(find(&f, "a:p")->meta, "team")->text, "two");
	EQ_STR(ki_node_get(find(&f, "a:h")->meta, "team")->text, "one");
	NOT_NULL(ki_node_get(find(&f, "a:p")->meta, "deep"));
	folder_close(&f);
}

TEST(project, some_files_and_folders_are_left_out) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "a.yaml", "namespace: a\nentries:\n" HOST);
	folder_write(&f, ".hidden.yaml", "[");
	folder_write(&f, ".git/x.yaml", "[");
	folder_write(&f, "sub/node_modules/x.yaml", "[");
	folder_write(&f, "other.yaml", "title: not ours\nversion: 3\nsource: file://nowhere\n");
	folder_write(&f, "list.yaml", "- 1\n- 2\n");
	folder_write(&f, "empty.yaml", "");
	folder_write(&f, "notes.txt", "[");
	folder_write(&f, "deep/er/b.yml", "namespace: b\nentries: []\n");
	char link[512];
	folder_path(&f, "deep/loop", link);
	EQ_INT(symlink("..", link), 0);
	FOLDER_EXPECT(&f, "");
	EQ_UINT(f.project.nr_entries, 1);
	folder_close(&f);
}

TEST(project, the_lock_file_names_the_source_folder) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "wippy.lock", "directories:\n  modules: .wippy\n  src: ./app/code/\n");
	folder_write(&f, "src/a.yaml", "[");
	folder_write(&f, "app/code/a.yaml", "namespace: a\nentries:\n" HOST);
	FOLDER_EXPECT(&f, "");
	EQ_STR(f.project.source_dir, "app/code");
	EQ_STR(f.project.entries[0]->file, "app/code/a.yaml");
	folder_close(&f);
}

TEST(project, file_texts_stand_in_for_any_string) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a/a.yaml",
		"namespace: a\nentries:\n" HOST
		"  - name: p\n    kind: process.lua\n    source: file://../lib/p.lua\n"
		"    input: [file://data.txt, &x file://data.txt, *x]\n    meta: {text: "
		"file://data.txt}\n");
	folder_write(&f, "src/lib/p.lua", "return 1");
	folder_write(&f, "src/a/data.txt", "file://not-again ${env:HOME}");
	FOLDER_EXPECT(&f, "");
	const struct ki_entry *p = find(&f, "a:p");
	EQ_STR(p->u.lua.source_file, "src/lib/p.lua");
	EQ_STR(p->run.input->u.seq.items[2]->text, "file://not-again ${env:HOME}");
	EQ_STR(ki_node_get(p->meta, "text")->text, "file://not-again ${env:HOME}");
	folder_close(&f);
}

/* SPEC 17.2, one row after the other. */
TEST(project, the_default_host_is_the_nearest_only_one) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml",
		"namespace: app\nentries:\n  - {name: one, kind: process.host}\n"
		"  - {name: given, kind: process.lua, source: x, host: app.jobs:two, meta: "
		"{default_host: one}}\n"
		"  - {name: by_meta, kind: process.lua, source: x, meta: {default_host: "
		"app.jobs:two}}\n"
		"  - {name: by_namespace, kind: process.lua, source: x}\n");
	folder_write(&f, "src/b.yaml",
		"namespace: app.jobs\nentries:\n  - {name: two, kind: process.host}\n"
		"  - {name: near, kind: process.lua, source: x}\n");
	folder_write(&f, "src/c.yaml",
		"namespace: app.jobs.deep\nname: p\nkind: process.lua\nsource: x\n");
	folder_write(&f, "src/d.yaml",
		"namespace: app.jobsmith\nname: p\nkind: process.lua\nsource: x\n");
	folder_write(&f, "src/e.yaml", "namespace: else\nname: p\nkind: process.lua\nsource: x\n");
	FOLDER_EXPECT(&f, "");
	EQ_STR(find(&f, "app:given")->run.host, "app.jobs:two");
	EQ_STR(find(&f, "app:by_meta")->run.host, "app.jobs:two");
	EQ_STR(find(&f, "app:by_namespace")->run.host, "app:one");
	EQ_STR(find(&f, "app.jobs:near")->run.host, "app.jobs:two");
	EQ_STR(find(&f, "app.jobs.deep:p")->run.host, "app.jobs:two");
	EQ_STR(find(&f, "app.jobsmith:p")->run.host, "app:one");
	EQ_STR(find(&f, "else:p")->run.host, "app.jobs:two");
	EQ_UINT(f.project.nr_warnings, 1);
	EQ_STR(f.project.warnings[0],
		"no host given for process.lua \"else:p\": it runs on \"app.jobs:two\", the first "
		"of 2 hosts");
	folder_close(&f);
}

/* SPEC 12.6 */
TEST(project, calls_run_where_the_entry_says_or_where_their_caller_does) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml",
		"namespace: app\nentries:\n  - {name: one, kind: process.host}\n"
		"  - {name: two, kind: process.host}\n"
		"  - {name: f_any, kind: function.lua, source: x}\n"
		"  - {name: f_host, kind: function.lua, source: x, host: two, meta: "
		"{default_host: one, options: {default_host: one}}}\n"
		"  - {name: f_meta, kind: function.lua, source: x, meta: {default_host: two, "
		"options: {default_host: one}}}\n"
		"  - {name: f_options, kind: function.lua, source: x, meta: {options: "
		"{default_host: two}}}\n"
		"  - {name: p_host, kind: process.lua, source: x, host: two}\n"
		"  - {name: p_both, kind: process.lua, source: x, host: two, meta: "
		"{default_host: one}}\n"
		"  - {name: p_meta, kind: process.lua, source: x, meta: {default_host: two}}\n"
		"  - {name: p_options, kind: process.lua, source: x, host: one, meta: {options: "
		"{default_host: two}}}\n");
	FOLDER_EXPECT(&f, "");
	IS_NULL(find(&f, "app:f_any")->run.call_host);
	EQ_STR(find(&f, "app:f_any")->run.host, "app:one");
	TRUE(find(&f, "app:f_any")->run.host_by_order);
	EQ_STR(find(&f, "app:f_host")->run.call_host, "app:two");
	EQ_STR(find(&f, "app:f_meta")->run.call_host, "app:two");
	EQ_STR(find(&f, "app:f_options")->run.call_host, "app:two");
	IS_NULL(find(&f, "app:p_host")->run.call_host);
	EQ_STR(find(&f, "app:p_both")->run.call_host, "app:two");
	EQ_STR(find(&f, "app:p_meta")->run.call_host, "app:two");
	EQ_STR(find(&f, "app:p_options")->run.call_host, "app:one");
	EQ_UINT(f.project.nr_warnings, 0);
	EQ_UINT(find(&f, "app:f_meta")->nr_requires, 1);
	folder_close(&f);
}

TEST(project, function_has_its_fields_and_the_defaults_of_a_life) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml",
		"namespace: app\nentries:\n" HOST "  - {name: f, kind: function.lua, source: x, "
		"method: go, modules: [funcs, registry], imports: {tools: tools}, max_mailbox: 5, "
		"max_memory: 1MiB, pool: {size: 3}}\n"
		"  - {name: g, kind: function.lua, data: {source: x, lifecycle: {auto_start: "
		"true}}}\n"
		"  - {name: tools, kind: library.lua, source: x}\n");
	FOLDER_EXPECT(&f, "");
	const struct ki_entry *entry = find(&f, "app:f");
	EQ_STR(entry->u.lua.method, "go");
	EQ_UINT(entry->u.lua.nr_modules, 2);
	EQ_UINT(entry->u.lua.nr_imports, 1);
	EQ_INT(entry->u.lua.limits.max_mailbox, 5);
	EQ_INT(entry->u.lua.limits.max_memory, 1 << 20);
	EQ_STR(entry->run.host, "app:processes");
	FALSE(entry->lifecycle.has);
	EQ_INT(entry->lifecycle.stop_timeout_ns, INT64_C(10000000000));
	FALSE(find(&f, "app:g")->lifecycle.has);
	folder_close(&f);
}

TEST(project, dependencies_come_from_all_places_once) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml",
		"namespace: app\nentries:\n" HOST "  - {name: a, kind: process.lua, source: x}\n  "
		"- {name: b, kind: process.lua, source: x}\n"
		"  - {name: c, kind: process.lua, source: x}\n"
		"  - name: d\n    kind: process.lua\n    source: x\n    meta: {depends_on: [c, "
		"a]}\n"
		"    lifecycle: {requires: [a], depends_on: [app:b, processes, a]}\n");
	FOLDER_EXPECT(&f, "");
	const struct ki_entry *d = find(&f, "app:d");
	EQ_UINT(d->nr_requires, 4);
	EQ_STR(d->requires[0], "app:processes");
	EQ_STR(d->requires[1], "app:a");
	EQ_STR(d->requires[2], "app:b");
	EQ_STR(d->requires[3], "app:c");
	folder_close(&f);
}

TEST(project, problems_of_other_layers_are_sorted_in) {
	struct folder f;
	folder_open(&f);
	write_pool(&f);
	FOLDER_EXPECT(&f, "");
	ki_project_add_diag(&f.project, "src/workers/task_worker.lua", 3, 1, "y", "z", NULL);
	ki_project_add_diag(&f.project, "src/supervisor/pool.lua", 9, 1, "x", "z", NULL);
	EQ_UINT(f.project.diags.nr, 2);
	EQ_STR(f.project.diags.items[0].found, "x");
	folder_close(&f);
}

TEST(project, libraries_and_what_imports_them) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n" HOST
		"  - {name: tools, kind: library.lua, source: file://tools.lua, modules: [json], "
		"imports: {deep: \"app.lib:deep\"}}\n"
		"  - name: p\n    kind: process.lua\n    source: x\n    modules: [time, logger, "
		"io, "
		"json, system, print]\n"
		"    imports:\n      tools: tools\n      t2: app:tools\n      logging: "
		"app.lib:deep\n");
	folder_write(&f, "src/lib.yaml",
		"namespace: app.lib\nname: deep\nkind: library.lua\nsource: return {}\n");
	folder_write(&f, "src/tools.lua", "return {}");
	FOLDER_EXPECT(&f, "");
	const struct ki_entry *p = find(&f, "app:p");
	EQ_UINT(p->u.lua.nr_imports, 3);
	EQ_STR(p->u.lua.imports[0].alias, "tools");
	EQ_STR(p->u.lua.imports[0].id, "app:tools");
	EQ_STR(p->u.lua.imports[1].alias, "t2");
	EQ_STR(p->u.lua.imports[1].id, "app:tools");
	EQ_STR(p->u.lua.imports[2].id, "app.lib:deep");
	EQ_UINT(p->nr_requires, 3);
	EQ_STR(p->requires[1], "app:tools");
	EQ_STR(p->requires[2], "app.lib:deep");
	const struct ki_entry *tools = find(&f, "app:tools");
	EQ_INT(tools->kind, KI_KIND_LIBRARY_LUA);
	EQ_STR(tools->u.lua.source, "return {}");
	EQ_STR(tools->u.lua.source_file, "src/tools.lua");
	IS_NULL(tools->run.host);
	FALSE(tools->lifecycle.has);
	EQ_UINT(tools->u.lua.nr_modules, 1);
	EQ_STR(tools->u.lua.imports[0].alias, "deep");
	EQ_UINT(tools->nr_requires, 1);
	folder_close(&f);
}

TEST(project, data_is_kept_as_written_and_nothing_of_it_runs) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nmeta: {team: one}\nentries:\n"
		"  - {name: a, kind: registry.entry, title: x, lifecycle: 5, host: [1]}\n"
		"  - {name: b, kind: registry.entry, data: {title: x, deep: {y: 1}}, meta: {type: "
		"route}}\n"
		"  - {name: c, kind: ns.dependency, component: acme/web, version: \">=1.0\"}\n"
		"  - {name: d, kind: ns.requirement, default: \"app:a\", targets: [{entry: x, "
		"path: .y}]}\n"
		"  - {name: e, kind: ns.definition, data: [1, 2]}\n"
		"  - {name: f, kind: ns.definition}\n"
		"  - {name: h, kind: process.host, lifecycle: {requires: [a]}}\n");
	FOLDER_EXPECT(&f, "");
	EQ_UINT(f.project.nr_entries, 7);
	const struct ki_node *data = find(&f, "app:a")->data;
	EQ_UINT(data->u.map.nr, 3);
	EQ_STR(ki_node_get(data, "title")->text, "x");
	EQ_INT(ki_node_get(data, "lifecycle")->u.integer, 5);
	FALSE(find(&f, "app:a")->lifecycle.has);
	EQ_INT(find(&f, "app:b")->kind, KI_KIND_REGISTRY_ENTRY);
	EQ_UINT(find(&f, "app:b")->data->u.map.nr, 2);
	EQ_STR(ki_node_get(find(&f, "app:b")->meta, "team")->text, "one");
	EQ_STR(ki_node_get(find(&f, "app:c")->data, "version")->text, ">=1.0");
	EQ_INT(find(&f, "app:d")->kind, KI_KIND_NS_REQUIREMENT);
	EQ_UINT(find(&f, "app:e")->data->u.seq.nr, 2);
	EQ_INT(find(&f, "app:f")->data->type, KI_NODE_MAPPING);
	EQ_UINT(find(&f, "app:f")->data->u.map.nr, 0);
	EQ_STR(find(&f, "app:h")->requires[0], "app:a");
	EQ_UINT(find(&f, "app:h")->data->u.map.nr, 1);
	folder_close(&f);
}

TEST(project, what_a_library_depends_on_its_importer_does_too) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n" HOST "  - {name: db, kind: process.lua, source: x}\n"
		"  - {name: cache, kind: process.lua, source: x}\n"
		"  - {name: deep, kind: library.lua, source: x, meta: {depends_on: [db, cache]}}\n"
		"  - {name: lib, kind: library.lua, source: x, imports: {deep: deep}, meta: "
		"{depends_on: [cache]}}\n"
		"  - {name: p, kind: process.lua, source: x, imports: {lib: lib}}\n");
	FOLDER_EXPECT(&f, "");
	const struct ki_entry *p = find(&f, "app:p");
	static const char *const wanted[] = {
		"app:processes", "app:lib", "app:deep", "app:cache", "app:db"};
	EQ_UINT(p->nr_requires, 5);
	for (size_t i = 0; i < 5; i++) {
		EQ_STR(p->requires[i], wanted[i]);
	}
	EQ_UINT(find(&f, "app:lib")->nr_requires, 2);
	folder_close(&f);
}

static void requires_are(struct folder *f, const char *id, const char *const *wanted, size_t nr) {
	const struct ki_entry *entry = find(f, id);
	EQ_UINT(entry->nr_requires, nr);
	for (size_t i = 0; i < nr; i++) {
		EQ_STR(entry->requires[i], wanted[i]);
	}
}

/* SPEC 17.4: with a process comes what it depends on; itself only where it is a service. */
TEST(project, what_a_process_depends_on_who_runs_it_does_too) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n" HOST "  - {name: other, kind: process.host}\n"
		"  - {name: third, kind: process.host}\n"
		"  - {name: db, kind: process.lua, source: x, host: other}\n"
		"  - {name: plain, kind: process.lua, source: x, host: other,"
		" lifecycle: {requires: [db]}}\n"
		"  - {name: self, kind: process.lua, source: x, host: other,"
		" lifecycle: {auto_start: true}}\n"
		"  - {name: svc, kind: process.service, process: plain, host: processes}\n"
		"  - {name: there, kind: process.service, process: plain}\n"
		"  - {name: inner, kind: process.supervisor, host: other, children: ["
		"{name: a, process: plain, host: third}]}\n"
		"  - {name: outer, kind: process.supervisor, host: processes, children: ["
		"{name: a, process: inner}, {name: b, process: self}]}\n");
	FOLDER_EXPECT(&f, "");
	static const char *const svc[] = {"app:processes", "app:db"};
	static const char *const there[] = {"app:other", "app:db"};
	static const char *const outer[] = {
		"app:processes", "app:self", "app:third", "app:db"};
	requires_are(&f, "app:svc", svc, 2);
	requires_are(&f, "app:there", there, 2);
	requires_are(&f, "app:outer", outer, 4);
	EQ_STR(find(&f, "app:there")->run.host, "app:other");
	EQ_STR(find(&f, "app:svc")->u.service.process, "app:plain");
	folder_close(&f);
}

TEST(project, a_supervisor_has_the_defaults_of_the_contract) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n" HOST
		"  - {name: p, kind: process.lua, source: x, lifecycle: {auto_start: true}}\n"
		"  - {name: plain, kind: process.supervisor, children: [{name: a, process: p}]}\n"
		"  - name: own\n    kind: process.supervisor\n    strategy: rest_for_one\n"
		"    max_restarts: 7\n    within: 2m\n    children:\n"
		"      - {name: a, process: p, count: 4, restart: temporary, shutdown: kill,\n"
		"         backoff: {initial_delay: 1s, max_delay: 0, backoff_factor: 1.5,"
		" jitter: 0}}\n"
		"      - {name: b, process: app:p, shutdown: 2s, input: [$index, 1]}\n");
	FOLDER_EXPECT(&f, "");
	const struct ki_supervisor_fields *plain = &find(&f, "app:plain")->u.supervisor;
	EQ_STR(plain->strategy, "one_for_one");
	EQ_INT(plain->max_restarts, 3);
	EQ_INT(plain->within_ns, INT64_C(5000000000));
	const struct ki_child_fields *a = &plain->children[0];
	EQ_INT(a->count, 1);
	EQ_STR(a->restart, "permanent");
	EQ_INT(a->shutdown_ns, KI_CHILD_SHUTDOWN_BY_KIND);
	EQ_INT(a->backoff.initial_delay_ns, 0);
	EQ_INT(a->backoff.max_delay_ns, INT64_C(90000000000));
	IS_NULL(a->host);
	const struct ki_supervisor_fields *own = &find(&f, "app:own")->u.supervisor;
	EQ_STR(own->strategy, "rest_for_one");
	EQ_INT(own->max_restarts, 7);
	EQ_INT(own->within_ns, INT64_C(120000000000));
	EQ_UINT(own->nr_children, 2);
	EQ_INT(own->children[0].count, 4);
	EQ_INT(own->children[0].shutdown_ns, KI_CHILD_SHUTDOWN_KILL);
	EQ_NUM(own->children[0].backoff.factor, 1.5);
	EQ_INT(own->children[0].backoff.max_delay_ns, 0);
	EQ_INT(own->children[1].shutdown_ns, INT64_C(2000000000));
	EQ_STR(own->children[1].process, "app:p");
	const struct ki_lifecycle *life = &find(&f, "app:p")->lifecycle;
	EQ_INT(life->stable_threshold_ns, INT64_C(5000000000));
	EQ_INT(life->restart.initial_delay_ns, INT64_C(1000000000));
	EQ_NUM(life->restart.factor, 2.0);
	EQ_NUM(life->restart.jitter, 0.1);
	EQ_INT(life->max_attempts, 0);
	folder_close(&f);
}

/* SPEC 17.2 and 20.3: what is no service may have the terminal as its only place to run. */
TEST(project, a_terminal_is_a_host_for_those_who_name_it_or_have_no_other) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n"
		"  - {name: terminal, kind: terminal.host, lifecycle: {auto_start: true}}\n"
		"  - {name: by_field, kind: process.lua, source: x, host: terminal}\n"
		"  - {name: by_meta, kind: process.lua, source: x, meta: {default_host: "
		"terminal}}\n"
		"  - {name: neither, kind: process.lua, source: x}\n");
	FOLDER_EXPECT(&f, "");
	TRUE(find(&f, "app:terminal")->lifecycle.auto_start);
	EQ_STR(find(&f, "app:by_field")->run.host, "app:terminal");
	TRUE(find(&f, "app:by_field")->run.host_given);
	EQ_STR(find(&f, "app:by_meta")->run.host, "app:terminal");
	TRUE(find(&f, "app:by_meta")->run.host_by_meta);
	EQ_STR(find(&f, "app:neither")->run.host, "app:terminal");
	folder_write(&f, "src/host.yaml", "namespace: web\nname: h\nkind: process.host\n");
	FOLDER_EXPECT(&f, "");
	EQ_STR(find(&f, "app:neither")->run.host, "web:h");
	FALSE(find(&f, "app:neither")->run.host_by_meta);
	folder_close(&f);
}
