/* Broken projects that text files (test/broken) cannot hold: links, empty folders, chance. */
#define _XOPEN_SOURCE 700
#include "config_folder.h"

#include "base/compiler.h"
#include "base/rng.h"

#define FILE_HEAD "version: \"1.0\"\nnamespace: app\nentries:\n"
#define HOST "  - {name: processes, kind: process.host}\n"
#define HEAD FILE_HEAD HOST /* four lines */

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

/* The law: whatever the files hold, loading ends in entries or problems, and releases all. */
static const char *const pieces[] = {"namespace: app\n", "entries:\n", "  - name: x\n",
	"    kind: ", "process.lua\n", "process.host\n", "library.lua\n", "terminal.host\n",
	"registry.entry\n", "ns.definition\n", "    host:", " {workers: 1}\n",
	" {max_memory: 1KiB, time_slice: 1ms}\n", "    source: file://../x\n",
	"    source: |\n      a\n", "    lifecycle: ", "{auto_start: true, requires: [x]}\n",
	"    meta:", " {default_host: x, depends_on: [y]}\n", "    data:\n", "      source: a\n",
	"    imports: ", "{x: x, y: y}\n", "      z: x\n", "    max_memory: 5GiB\n", "${env:A}",
	"${env:B:-", "}", "    hide_logs: true\n", "[", "]", "{", ": ", "\n", "- ", "&a ", "*a\n",
	"    input: [1, ~]\n", "version: 1.0\n", "kind: process.host\n", "name: y\n",
	"    modules: [time]\n", "!!int ", "\"", "'", "<<: ", "\xff", "log:\n",
	"  level: ", "info\n", "host: ", "timezone: x\n"};

static const char *const set_pieces[] = {
	"host", "log", ".", "=", "workers", "level", "5", "1MiB", "debug", "{", "\xff", ""};

static void write_pieces(struct folder *f, struct ki_rng *rng, const char *name, const char *head) {
	struct ki_buf text = {0};
	ki_buf_puts(&text, head);
	for (uint64_t nr = ki_rng_below(rng, 25); nr > 0; nr--) {
		ki_buf_puts(&text, pieces[ki_rng_below(rng, ki_countof(pieces))]);
	}
	folder_write(f, name, ki_buf_cstr(&text));
	ki_buf_fini(&text);
}

static const char *some_text(void *user, const char *name) {
	(void)name;
	return pieces[ki_rng_below(user, ki_countof(pieces))];
}

TEST(problems, random_projects_are_survived) {
	struct ki_rng rng;
	struct folder f;
	ki_rng_seed(&rng, 11);
	folder_open(&f);
	f.options.lookup_env = some_text;
	f.options.user = &rng;
	for (int round = 0; round < 400; round++) {
		struct ki_buf set = {0};
		for (uint64_t nr = ki_rng_below(&rng, 8); nr > 0; nr--) {
			ki_buf_puts(&set, set_pieces[ki_rng_below(&rng, ki_countof(set_pieces))]);
		}
		const char *sets[] = {ki_buf_cstr(&set)};
		f.options.sets = sets;
		f.options.nr_sets = ki_rng_below(&rng, 2);
		write_pieces(&f, &rng, "a.yaml",
			round % 2 == 0 ? "namespace: app\nentries:\n  - name: h\n" : "");
		write_pieces(&f, &rng, "b.yaml",
			"namespace: app\nentries:\n  - {name: l, kind: library.lua, source: x}\n");
		write_pieces(&f, &rng, "kith.yaml", "");
		struct ki_buf problems = folder_load(&f);
		TRUE(f.project.nr_entries > 0 || f.project.diags.nr > 0);
		ki_buf_fini(&problems);
		ki_buf_fini(&set);
	}
	folder_close(&f);
}
