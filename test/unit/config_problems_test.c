/* Projects that are wrong: the exact text of each problem (SPEC 16.6, 16.7). */
#define _XOPEN_SOURCE 700
#include "config_folder.h"

#include "base/alloc.h"
#include "base/rng.h"

#define FILE_HEAD "version: \"1.0\"\nnamespace: app\nentries:\n"
#define HOST "  - {name: processes, kind: process.host}\n"
#define HEAD FILE_HEAD HOST /* four lines */

/* A project of one file, and its problems. */
static void expect(const char *file, int line, const char *yaml, const char *problems) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml", yaml);
	folder_write(&f, "src/pool.lua", "return 1");
	folder_expect_at(file, line, &f, problems);
	folder_close(&f);
}
#define EXPECT(yaml, problems) expect(__FILE__, __LINE__, yaml, problems)

TEST(problems, the_three_examples_of_the_contract) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/_index.yaml",
		"version: \"1.0\"\nnamespace: app\n\nentries:\n  - name: processes\n    kind: "
		"process.host\n"
		"    host:\n      wokers: 16\n");
	folder_write(&f, "src/sup/_index.yaml",
		"version: \"1.0\"\nnamespace: app.sup\n\nentries:\n  - name: other\n    kind: "
		"proces.lua\n"
		"    source: file://pol.lua\n");
	folder_write(&f, "src/sup/pool.lua", "");
	FOLDER_EXPECT(&f,
		"src/_index.yaml:8:7: unknown field \"wokers\" in process.host \"app:processes\"; "
		"expected workers, max_processes, ...; did you mean \"workers\"?\n"
		"src/sup/_index.yaml:6:11: unknown kind \"proces.lua\"; expected process.lua, process.host, ...; did "
		"you mean \"process.lua\"?\n"
		"src/sup/_index.yaml:7:13: no file \"pol.lua\"; expected a readable file in "
		"src/sup; did you "
		"mean \"pool.lua\"?\n");
	folder_close(&f);
}

TEST(problems, missing_fields) {
	EXPECT(FILE_HEAD "  - kind: process.host\n",
		"src/a.yaml:4:5: name is required; expected letters, digits, \"_\", \"-\", \".\" "
		"and \"/\"\n");
	EXPECT(FILE_HEAD "  - name: x\n",
		"src/a.yaml:4:5: kind is required in entry \"app:x\"; expected process.lua, process.host, ...\n");
	EXPECT(HEAD "  - name: x\n    kind: process.lua\n",
		"src/a.yaml:5:5: source is required in process.lua \"app:x\"; expected Lua code or "
		"file://PATH\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: \"\"}\n",
		"src/a.yaml:5:5: source is required in process.lua \"app:x\"; expected Lua code or "
		"file://PATH\n");
	EXPECT(FILE_HEAD "  - {name: x, kind: process.lua, source: a}\n",
		"src/a.yaml:4:5: host is required in process.lua \"app:x\"; expected an entry of "
		"kind "
		"process.host in the project\n");
	EXPECT("entries:\n" HOST,
		"src/a.yaml:1:1: namespace is required; expected letters, digits, \"_\", \"-\" and "
		"\".\"\n");
	EXPECT("namespace: app\nname: x\n",
		"src/a.yaml:1:1: kind is required in entry \"app:x\"; expected process.lua, process.host, ...\n");
}

TEST(problems, names_and_namespaces) {
	EXPECT(FILE_HEAD "  - {name: a b, kind: process.host}\n",
		"src/a.yaml:4:12: invalid name \"a b\"; expected letters, digits, \"_\", \"-\", "
		"\".\" and \"/\"\n");
	EXPECT(FILE_HEAD "  - {name: 5, kind: process.host}\n",
		"src/a.yaml:4:12: name is 5; expected letters, digits, \"_\", \"-\", \".\" and "
		"\"/\"\n");
	EXPECT("namespace: a/b\nentries:\n" HOST,
		"src/a.yaml:1:12: invalid namespace \"a/b\"; expected letters, digits, \"_\", "
		"\"-\" and \".\"\n");
	EXPECT("namespace: kith\nentries:\n" HOST,
		"src/a.yaml:1:12: namespace \"kith\" is reserved; expected another namespace\n");
	EXPECT("version: \"2.0\"\nnamespace: app\nentries:\n" HOST,
		"src/a.yaml:1:10: version is \"2.0\"; expected \"1.0\"\n");
	EXPECT("namespace: app\nentires:\n" HOST,
		"src/a.yaml:2:1: unknown field \"entires\" in this file; expected version, "
		"namespace, ...; did you "
		"mean \"entries\"?\n");
	EXPECT("namespace: app\nentries: 5\n",
		"src/a.yaml:2:10: entries is 5 in this file; expected a list of entries\n");
	EXPECT("namespace: app\nentries: [5]\n",
		"src/a.yaml:2:11: an entry is 5; expected a map with name and kind\n");
}

TEST(problems, workers_is_a_positive_integer) {
	static const char *const bad[] = {"0", "-4", "2.5", "many", "true"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct folder f;
		char yaml[256];
		folder_open(&f);
		snprintf(yaml, sizeof(yaml),
			FILE_HEAD "  - name: h\n    kind: process.host\n    host:\n"
				  "      workers: %s\n",
			bad[i]);
		folder_write(&f, "src/a.yaml", yaml);
		struct ki_buf text = folder_load(&f);
		HAS_STR(ki_buf_cstr(&text),
			"src/a.yaml:7:16: workers must be greater than 0, not ");
		HAS_STR(ki_buf_cstr(&text),
			"in process.host \"app:h\"; expected an integer of at least 1\n");
		ki_buf_fini(&text);
		folder_close(&f);
	}
	EXPECT(FILE_HEAD "  - {name: h, kind: process.host, host: {workers: 99999999}}\n",
		"src/a.yaml:4:51: workers is 99999999 in process.host \"app:h\"; expected an "
		"integer from 1 to "
		"65536\n");
}

TEST(problems, mistyped_fields) {
	EXPECT(HEAD "  - name: x\n    kind: process.lua\n    source: a\n    method: 5\n    "
		    "modules: time\n"
		    "    input: {a: 1}\n    lifecycle: [1]\n    host: [h]\n    meta: 7\n",
		"src/a.yaml:8:13: method is 5 in process.lua \"app:x\"; expected a string\n"
		"src/a.yaml:9:14: modules is \"time\" in process.lua \"app:x\"; expected a list of "
		"strings\n"
		"src/a.yaml:10:12: input is a map in process.lua \"app:x\"; expected a list\n"
		"src/a.yaml:11:16: lifecycle is a list in process.lua \"app:x\"; expected a map\n"
		"src/a.yaml:12:11: host is a list in process.lua \"app:x\"; expected a string\n"
		"src/a.yaml:13:11: meta is 7; expected a map\n");
	EXPECT(HEAD "  - name: x\n    kind: process.lua\n    source: a\n    lifecycle:\n      "
		    "auto_start: yes\n"
		    "      start_timeout: 10\n      stop_timeout: -1s\n      startup: requird\n"
		    "      requires: [5]\n",
		"src/a.yaml:9:19: auto_start is \"yes\" in process.lua \"app:x\"; expected true or "
		"false\n"
		"src/a.yaml:10:22: start_timeout is 10 in process.lua \"app:x\"; expected a "
		"duration such as 10s\n"
		"src/a.yaml:11:21: stop_timeout is \"-1s\" in process.lua \"app:x\"; expected a "
		"duration such as 10s\n"
		"src/a.yaml:12:16: startup is \"requird\" in process.lua \"app:x\"; expected "
		"required, optional; did "
		"you mean \"required\"?\n"
		"src/a.yaml:13:18: an item of requires is 5 in process.lua \"app:x\"; expected a "
		"string that is not "
		"empty\n");
}

TEST(problems, unknown_fields) {
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, metod: main}\n",
		"src/a.yaml:5:45: unknown field \"metod\" in process.lua \"app:x\"; expected "
		"source, method, ...; "
		"did you mean \"method\"?\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, colour: red}\n",
		"src/a.yaml:5:45: unknown field \"colour\" in process.lua \"app:x\"; expected "
		"source, method, ...\n");
	EXPECT("namespace: app\nname: h\nkind: process.host\nlifecicle: {}\n",
		"src/a.yaml:4:1: unknown field \"lifecicle\" in process.host \"app:h\"; expected "
		"host, lifecycle, "
		"...; did you mean \"lifecycle\"?\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, data: {source: b}}\n",
		"src/a.yaml:5:34: field \"source\" beside \"data\" in process.lua \"app:x\"; "
		"expected all fields "
		"under \"data\"\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, data: [1]}\n",
		"src/a.yaml:5:40: data is a list in process.lua \"app:x\"; expected a map\n");
}

/* What a later version brings is an error until then, also where unknown fields are kept. */
TEST(problems, fields_to_come) {
	EXPECT(HEAD
		"  - {name: x, kind: process.lua, data: {source: a, max_turn: 10, other: 1}}\n",
		"src/a.yaml:5:52: unknown field \"max_turn\" in process.lua \"app:x\"; expected "
		"source, method, "
		"...\n");
	EXPECT(FILE_HEAD "  - {name: h, kind: process.host, lifecycle: {restart: {}, "
			 "stable_threshold: 1s}}\n",
		"src/a.yaml:4:47: unknown field \"restart\" in process.host \"app:h\"; expected "
		"auto_start, "
		"start_timeout, ...\n"
		"src/a.yaml:4:60: unknown field \"stable_threshold\" in process.host \"app:h\"; "
		"expected auto_start, "
		"start_timeout, ...\n");
	EXPECT(FILE_HEAD "  - {name: h, kind: process.host, lifecycle: {security: {}}}\n",
		"src/a.yaml:4:47: lifecycle.security: there are no policies, so it would have no "
		"effect, in "
		"process.host \"app:h\"; expected a lifecycle without security\n");
	EXPECT(FILE_HEAD "  - {name: s, kind: process.supervisor}\n",
		"src/a.yaml:4:21: unknown kind \"process.supervisor\"; expected process.lua, process.host, ...\n");
}

TEST(problems, unknown_modules) {
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, modules: [time, tme, process, ctx]}\n",
		"src/a.yaml:5:61: unknown module \"tme\" in process.lua \"app:x\"; expected time, logger, ...; did "
		"you mean \"time\"?\n"
		"src/a.yaml:5:75: unknown module \"ctx\" in process.lua \"app:x\"; expected time, logger, ...\n");
}

TEST(problems, references) {
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, host: proceses}\n",
		"src/a.yaml:5:51: no entry \"app:proceses\", named as host of process.lua "
		"\"app:x\"; expected the ID of a process.host or terminal.host; did you mean \"app:processes\"?\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, host: ap:processes}\n",
		"src/a.yaml:5:51: no entry \"ap:processes\", named as host of process.lua "
		"\"app:x\"; expected the ID of a process.host or terminal.host; did you mean \"app:processes\"?\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, host: app:x}\n",
		"src/a.yaml:5:51: process.lua \"app:x\", named as host of process.lua \"app:x\"; "
		"expected the ID of a process.host or terminal.host\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, meta: {default_host: other:h, "
		    "depends_on: x}}\n",
		"src/a.yaml:5:66: no entry \"other:h\", named as meta.default_host of process.lua "
		"\"app:x\"; expected "
		"the ID of a process.host or terminal.host\n"
		"src/a.yaml:5:87: meta.depends_on holds a string in process.lua \"app:x\"; "
		"expected a list of "
		"strings\n");
	EXPECT(HEAD "  - {name: x, kind: process.lua, source: a, lifecycle: {requires: [y], "
		    "depends_on: [a:z]}}\n",
		"src/a.yaml:5:68: no entry \"app:y\", named as lifecycle.requires of process.lua "
		"\"app:x\"; expected "
		"the ID of an entry; did you mean \"app:x\"?\n"
		"src/a.yaml:5:85: no entry \"a:z\", named as lifecycle.depends_on of process.lua "
		"\"app:x\"; expected "
		"the ID of an entry\n");
}

TEST(problems, cycles_are_written_out) {
	EXPECT(HEAD "  - {name: c, kind: process.lua, source: x, lifecycle: {requires: [a]}}\n"
		    "  - {name: b, kind: process.lua, source: x, lifecycle: {requires: [c]}}\n"
		    "  - {name: a, kind: process.lua, source: x, lifecycle: {requires: [b]}}\n"
		    "  - {name: d, kind: process.lua, source: x, lifecycle: {requires: [d, a]}}\n",
		"src/a.yaml:7:68: dependency cycle app:a -> app:b -> app:c -> app:a; expected "
		"dependencies without a "
		"cycle\n"
		"src/a.yaml:8:68: dependency cycle app:d -> app:d; expected dependencies without a "
		"cycle\n");
	EXPECT(FILE_HEAD "  - {name: h, kind: process.host, lifecycle: {requires: [p]}}\n"
			 "  - {name: p, kind: process.lua, source: x}\n",
		"src/a.yaml:4:58: dependency cycle app:h -> app:p -> app:h; expected dependencies "
		"without a cycle\n");
}

TEST(problems, duplicate_ids_name_both_places) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/b.yaml", HEAD);
	folder_write(&f, "src/a.yaml", HEAD HOST);
	FOLDER_EXPECT(&f,
		"src/a.yaml:5:12: duplicate entry \"app:processes\", first at src/a.yaml:4:12; "
		"expected an ID that "
		"is used once\n"
		"src/b.yaml:4:12: duplicate entry \"app:processes\", first at src/a.yaml:4:12; "
		"expected an ID that "
		"is used once\n");
	folder_close(&f);
}

TEST(problems, files_stay_in_the_source_folder) {
	struct folder f;
	char link[512];
	folder_open(&f);
	folder_write(&f, "secret.lua", "x");
	folder_write(&f, "src/sub/a.yaml",
		HEAD "  - {name: a, kind: process.lua, source: \"file://../../secret.lua\"}\n"
		     "  - {name: b, kind: process.lua, source: \"file:///etc/passwd\"}\n"
		     "  - {name: c, kind: process.lua, source: \"file://../../nowhere.lua\"}\n"
		     "  - {name: d, kind: process.lua, source: \"file://link.lua\"}\n"
		     "  - {name: e, kind: process.lua, source: \"file://../sub/../ok.lua\"}\n"
		     "  - {name: f, kind: process.lua, source: \"file://lib/x.lua\"}\n"
		     "  - {name: g, kind: process.lua, source: \"file://..\"}\n");
	folder_write(&f, "src/ok.lua", "x");
	folder_path(&f, "src/sub/link.lua", link);
	EQ_INT(symlink("../../secret.lua", link), 0);
	FOLDER_EXPECT(&f,
		"src/sub/a.yaml:5:42: path traversal detected in file path: ../../secret.lua; "
		"expected a file inside "
		"src\n"
		"src/sub/a.yaml:6:42: path traversal detected in file path: /etc/passwd; expected "
		"a file inside src\n"
		"src/sub/a.yaml:7:42: path traversal detected in file path: ../../nowhere.lua; "
		"expected a file inside "
		"src\n"
		"src/sub/a.yaml:8:42: path traversal detected in file path: link.lua; expected a "
		"file inside src\n"
		"src/sub/a.yaml:10:42: no file \"lib/x.lua\"; expected a readable file in "
		"src/sub/lib\n"
		"src/sub/a.yaml:11:42: no file \"..\"; expected a readable file in .\n");
	folder_close(&f);
}

TEST(problems, an_empty_project) {
	struct folder f;
	folder_open(&f);
	FOLDER_EXPECT(
		&f, ".:1:1: no entries found in .; expected *.yaml or *.yml files with entries\n");
	folder_write(&f, "src/a.yaml", "namespace: app\n");
	FOLDER_EXPECT(&f,
		"src:1:1: no entries found in src; expected *.yaml or *.yml files with entries\n");
	folder_write(&f, "wippy.lock", "directories: {src: code}\n");
	FOLDER_EXPECT(&f,
		"wippy.lock:1:20: no folder \"code\" for directories.src; expected an existing "
		"folder\n");
	folder_write(&f, "wippy.lock", "directories: {src: /tmp}\n");
	FOLDER_EXPECT(&f,
		"wippy.lock:1:20: directories.src is absolute; expected a folder relative to the "
		"project\n");
	ki_project_fini(&f.project);
	OK(ki_project_load("/nonexistent/project", &f.project));
	EQ_UINT(f.project.diags.nr, 1);
	EQ_STR(f.project.diags.items[0].found, "no folder \"/nonexistent/project\"");
	folder_close(&f);
}

TEST(problems, bad_yaml_hides_no_problem_of_other_files) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/broken.yaml", "namespace: app\nentries:\n  - name: [x\n");
	folder_write(&f, "src/two.yaml", "namespace: app\n---\nnamespace: app\n");
	folder_write(&f, "src/twice.yaml",
		"namespace: app\nname: p\nkind: process.lua\nname: q\nmetod: x\n");
	FOLDER_EXPECT(&f,
		"src/broken.yaml:4:1: bad YAML: did not find expected ',' or ']' while parsing a "
		"flow sequence; "
		"expected a YAML document\n"
		"src/twice.yaml:1:1: source is required in process.lua \"app:p\"; expected Lua "
		"code or file://PATH\n"
		"src/twice.yaml:4:1: duplicate key \"name\", first at line 2; expected each key "
		"once\n"
		"src/twice.yaml:5:1: unknown field \"metod\" in process.lua \"app:p\"; expected "
		"source, method, ...; "
		"did you mean \"method\"?\n"
		"src/two.yaml:2:1: a second document; expected one document in a file\n");
	folder_close(&f);
}

TEST(problems, many_mistakes_are_reported_at_once) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/a.yaml",
		"version: \"1.1\"\nnamespace: app\nentries:\n"
		"  - name: processes\n    kind: process.host\n    host: {workers: 0, wokers: 1}\n"
		"    lifecycle: {auto_start: 1, security: {}}\n"
		"  - name: pool\n    kind: process.lua\n    source: file://pol.lua\n    modules: "
		"[tim]\n"
		"    host: nowhere\n    lifecycle: {requires: [pool]}\n"
		"  - name: pool\n    kind: process.lua\n"
		"  - kind: process.lua\n  - name: z\n    kind: procces.lua\n");
	folder_write(&f, "src/pool.lua", "");
	folder_write(&f, "src/b.yaml", "a: [\n");
	FOLDER_EXPECT(&f,
		"src/a.yaml:1:10: version is \"1.1\"; expected \"1.0\"\n"
		"src/a.yaml:6:21: workers must be greater than 0, not 0, in process.host "
		"\"app:processes\"; expected "
		"an integer of at least 1\n"
		"src/a.yaml:6:24: unknown field \"wokers\" in process.host \"app:processes\"; "
		"expected workers, max_processes, ...; did you mean \"workers\"?\n"
		"src/a.yaml:7:29: auto_start is 1 in process.host \"app:processes\"; expected true "
		"or false\n"
		"src/a.yaml:7:32: lifecycle.security: there are no policies, so it would have no "
		"effect, in "
		"process.host \"app:processes\"; expected a lifecycle without security\n"
		"src/a.yaml:10:13: no file \"pol.lua\"; expected a readable file in src; did you "
		"mean \"pool.lua\"?\n"
		"src/a.yaml:11:15: unknown module \"tim\" in process.lua \"app:pool\"; expected time, logger, ...; "
		"did you mean \"time\"?\n"
		"src/a.yaml:12:11: no entry \"app:nowhere\", named as host of process.lua "
		"\"app:pool\"; expected the ID of a process.host or terminal.host\n"
		"src/a.yaml:13:28: dependency cycle app:pool -> app:pool; expected dependencies "
		"without a cycle\n"
		"src/a.yaml:14:5: source is required in process.lua \"app:pool\"; expected Lua "
		"code or file://PATH\n"
		"src/a.yaml:14:11: duplicate entry \"app:pool\", first at src/a.yaml:8:11; "
		"expected an ID that is "
		"used once\n"
		"src/a.yaml:16:5: name is required; expected letters, digits, \"_\", \"-\", \".\" "
		"and \"/\"\n"
		"src/a.yaml:16:5: source is required in this process.lua; expected Lua code or "
		"file://PATH\n"
		"src/a.yaml:18:11: unknown kind \"procces.lua\"; expected process.lua, process.host, ...; did you mean "
		"\"process.lua\"?\n"
		"src/b.yaml:2:1: bad YAML: did not find expected node content while parsing a flow "
		"node; expected a "
		"YAML document\n");
	folder_close(&f);
}

/* The law: whatever a file holds, loading ends in entries or problems, and releases all. */
TEST(problems, random_projects_are_survived) {
	static const char *const pieces[] = {"namespace: app\n", "entries:\n", "  - name: x\n",
		"    kind: ", "process.lua\n", "process.host\n", "    host:", " {workers: 1}\n",
		"    source: file://../x\n", "    source: |\n      a\n",
		"    lifecycle: ", "{auto_start: true, requires: [x]}\n",
		"    meta:", " {default_host: x, depends_on: [y]}\n", "    data:\n",
		"      source: a\n", "[", "]", "{", "}", ": ", "\n", "- ", "&a ", "*a\n",
		"    input: [1, ~]\n", "version: 1.0\n", "kind: process.host\n", "name: y\n",
		"    modules: [time]\n", "!!int ", "\"", "'", "<<: ", "\xff"};
	struct ki_rng rng;
	struct folder f;
	ki_rng_seed(&rng, 11);
	folder_open(&f);
	for (int round = 0; round < 300; round++) {
		struct ki_buf text = {0};
		ki_buf_puts(&text, round % 2 == 0 ? "namespace: app\nentries:\n  - name: h\n" : "");
		for (uint64_t nr = ki_rng_below(&rng, 25); nr > 0; nr--) {
			ki_buf_puts(&text,
				pieces[ki_rng_below(&rng, sizeof(pieces) / sizeof(pieces[0]))]);
		}
		folder_write(&f, "a.yaml", ki_buf_cstr(&text));
		ki_buf_fini(&text);
		struct ki_buf problems = folder_load(&f);
		TRUE(f.project.nr_entries > 0 || f.project.diags.nr > 0);
		ki_buf_fini(&problems);
	}
	folder_close(&f);
}
