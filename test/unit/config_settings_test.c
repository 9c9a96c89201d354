/* kith.yaml, --set, ${env:NAME} (SPEC 16.8), and what becomes of the limits (15.6). */
#define _XOPEN_SOURCE 700
#include "config_folder.h"

#define APP                                                                                        \
	"namespace: app\nentries:\n"                                                               \
	"  - {name: plain, kind: process.host}\n"                                                  \
	"  - {name: own, kind: process.host, host: {workers: 3, max_memory: 1KiB, time_slice: "    \
	"5ms}}\n"                                                                                  \
	"  - {name: terminal, kind: terminal.host, hide_logs: true}\n"                             \
	"  - {name: job, kind: process.lua, source: x, host: plain, max_mailbox: 7, max_memory: "  \
	"2GiB}\n"                                                                                  \
	"  - {name: free, kind: process.lua, source: x, host: plain}\n"

static const struct ki_host_fields *host(struct folder *f, const char *id) {
	const struct ki_entry *entry = ki_project_find(&f->project, id);
	TRUE(entry && ki_kind_is_host(entry->kind));
	return &entry->u.host;
}

static const struct ki_lua_fields *lua(struct folder *f, const char *id) {
	const struct ki_entry *entry = ki_project_find(&f->project, id);
	TRUE(entry && ki_kind_is_lua(entry->kind));
	return &entry->u.lua;
}

TEST(settings, defaults_are_those_of_the_contract) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml", APP);
	FOLDER_EXPECT(&f, "");
	const struct ki_settings *settings = &f.project.settings;
	EQ_INT(settings->log_level, KI_SETTINGS_LEVEL_NONE);
	EQ_INT(settings->log_format, KI_SETTINGS_FORMAT_NONE);
	EQ_INT(settings->shutdown_timeout_ns, INT64_C(30000000000));
	IS_NULL(settings->timezone);
	EQ_INT(host(&f, "app:plain")->workers, 0);
	EQ_INT(host(&f, "app:plain")->max_processes, 0);
	EQ_INT(host(&f, "app:plain")->limits.max_mailbox, 1000000);
	EQ_INT(host(&f, "app:plain")->limits.max_memory, 0);
	EQ_INT(host(&f, "app:plain")->limits.max_mailbox_bytes, 64 << 20);
	EQ_INT(host(&f, "app:plain")->limits.max_message, 64 << 20);
	EQ_INT(host(&f, "app:plain")->limits.max_turn_ns, 0);
	EQ_INT(settings->memory, 0);
	EQ_INT(host(&f, "app:plain")->time_slice_ns, 1000000);
	EQ_INT(host(&f, "app:own")->workers, 3);
	EQ_INT(host(&f, "app:own")->limits.max_memory, 1024);
	EQ_INT(host(&f, "app:own")->time_slice_ns, 5000000);
	EQ_INT(host(&f, "app:terminal")->workers, 1);
	TRUE(host(&f, "app:terminal")->hide_logs);
	EQ_INT(lua(&f, "app:job")->limits.max_mailbox, 7);
	EQ_INT(lua(&f, "app:job")->limits.max_memory, INT64_C(2) << 30);
	EQ_INT(lua(&f, "app:free")->limits.max_mailbox, -1);
	EQ_INT(lua(&f, "app:free")->limits.max_memory, -1);
	EQ_INT(lua(&f, "app:free")->limits.max_turn_ns, -1);
	folder_close(&f);
}

TEST(settings, a_host_takes_what_it_does_not_say_from_kith_yaml) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml", APP);
	folder_write(&f, "kith.yaml",
		"log: {level: warn, format: json}\nshutdown: {timeout: 1m}\ntimezone: "
		"Europe/Berlin\n"
		"host:\n  workers: 2\n  max_processes: 10\n  max_mailbox: 0\n  max_memory: "
		"16MiB\n  time_slice: 1s\n");
	FOLDER_EXPECT(&f, "");
	const struct ki_settings *settings = &f.project.settings;
	EQ_INT(settings->log_level, KI_SETTINGS_LEVEL_WARN);
	EQ_INT(settings->log_format, KI_SETTINGS_FORMAT_JSON);
	EQ_INT(settings->shutdown_timeout_ns, INT64_C(60000000000));
	EQ_STR(settings->timezone, "Europe/Berlin");
	EQ_STR(settings->timezone_file, "kith.yaml");
	EQ_INT(settings->timezone_line, 3);
	EQ_INT(settings->timezone_column, 11);
	EQ_INT(host(&f, "app:plain")->workers, 2);
	EQ_INT(host(&f, "app:plain")->max_processes, 10);
	EQ_INT(host(&f, "app:plain")->limits.max_mailbox, 0);
	EQ_INT(host(&f, "app:plain")->limits.max_memory, 16 << 20);
	EQ_INT(host(&f, "app:plain")->time_slice_ns, 1000000000);
	EQ_INT(host(&f, "app:own")->workers, 3);
	EQ_INT(host(&f, "app:own")->max_processes, 10);
	EQ_INT(host(&f, "app:own")->limits.max_memory, 1024);
	EQ_INT(host(&f, "app:own")->time_slice_ns, 5000000);
	EQ_INT(host(&f, "app:terminal")->workers, 1);
	EQ_INT(host(&f, "app:terminal")->max_processes, 10);
	folder_close(&f);
}

TEST(settings, limits_of_bytes_and_time_15_6) {
	static const char *const sets[] = {"memory=3GiB", "host.max_message=0"};
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n"
		"  - {name: plain, kind: process.host}\n"
		"  - {name: own, kind: process.host, host: {max_turn: 50, max_mailbox_bytes: 7B}}\n"
		"  - {name: job, kind: process.lua, source: x, host: own, max_turn: 1500us,\n"
		"     max_message: 1KiB, max_mailbox_bytes: 0}\n"
		"  - {name: free, kind: process.lua, source: x, host: own, max_turn: 1s}\n");
	folder_write(&f, "kith.yaml",
		"memory: 512MiB\n"
		"host: {max_turn: 2m, max_mailbox_bytes: 1MiB, max_message: 1KiB}\n");
	f.options.sets = sets;
	f.options.nr_sets = sizeof(sets) / sizeof(sets[0]);
	FOLDER_EXPECT(&f, "");
	EQ_INT(f.project.settings.memory, INT64_C(3) << 30);
	EQ_INT(host(&f, "app:plain")->limits.max_turn_ns, INT64_C(120000000000));
	EQ_INT(host(&f, "app:plain")->limits.max_mailbox_bytes, 1 << 20);
	EQ_INT(host(&f, "app:plain")->limits.max_message, 0);
	EQ_INT(host(&f, "app:own")->limits.max_turn_ns, 50000000);
	EQ_INT(host(&f, "app:own")->limits.max_mailbox_bytes, 7);
	EQ_INT(lua(&f, "app:job")->limits.max_turn_ns, 1500000);
	EQ_INT(lua(&f, "app:job")->limits.max_message, 1024);
	EQ_INT(lua(&f, "app:job")->limits.max_mailbox_bytes, 0);
	EQ_INT(lua(&f, "app:free")->limits.max_turn_ns, 1000000000);
	EQ_INT(lua(&f, "app:free")->limits.max_message, -1);
	folder_close(&f);
}

TEST(settings, an_empty_kith_yaml_says_nothing) {
	struct folder f;
	folder_open(&f);
	folder_write(&f, "app.yaml", APP);
	folder_write(&f, "kith.yaml", "# nothing\n");
	FOLDER_EXPECT(&f, "");
	folder_write(&f, "kith.yaml", "log:\nhost: {workers: ~}\nshutdown: {timeout: 0}\n");
	FOLDER_EXPECT(&f, "");
	EQ_INT(f.project.settings.shutdown_timeout_ns, 0);
	EQ_INT(host(&f, "app:plain")->workers, 0);
	folder_close(&f);
}

TEST(settings, set_overrides_the_file_and_the_last_one_counts) {
	static const char *const sets[] = {"log.level=debug", "host.workers=5", "host.workers=6",
		"host.max_memory=1MiB", "shutdown.timeout=0", "timezone=Asia/Tokyo"};
	struct folder f;
	folder_open(&f);
	folder_write(&f, "src/app.yaml", APP);
	folder_write(&f, "kith.yaml", "log: {level: off, format: text}\nhost: {workers: 2}\n");
	f.options.sets = sets;
	f.options.nr_sets = sizeof(sets) / sizeof(sets[0]);
	FOLDER_EXPECT(&f, "");
	const struct ki_settings *settings = &f.project.settings;
	EQ_INT(settings->log_level, KI_SETTINGS_LEVEL_DEBUG);
	EQ_INT(settings->log_format, KI_SETTINGS_FORMAT_TEXT);
	EQ_INT(settings->shutdown_timeout_ns, 0);
	EQ_STR(settings->timezone, "Asia/Tokyo");
	EQ_STR(settings->timezone_file, "--set");
	EQ_INT(settings->timezone_line, 6);
	EQ_INT(host(&f, "app:plain")->workers, 6);
	EQ_INT(host(&f, "app:own")->workers, 3);
	EQ_INT(host(&f, "app:own")->limits.max_memory, 1024);
	EQ_INT(host(&f, "app:plain")->limits.max_memory, 1 << 20);
	folder_close(&f);
}

static const char *look_up(void *user, const char *name) {
	static const char *const values[][2] = {{"N", "4"}, {"SIZE", "16MiB"}, {"YES", "true"},
		{"TEXT", "a ${env:N} b"}, {"EMPTY", ""}, {"FILE", "file://data.txt"},
		{"HOST", "app:h"}};
	++*(int *)user;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(values[i][0], name) == 0) {
			return values[i][1];
		}
	}
	return NULL;
}

TEST(settings, variables_stand_in_every_string_once) {
	struct folder f;
	int nr_asked = 0;
	folder_open(&f);
	folder_write(&f, "src/app.yaml",
		"namespace: app\nentries:\n"
		"  - name: h\n    kind: process.host\n    host:\n      workers: ${env:N}\n      "
		"max_memory: ${env:SIZE}\n"
		"    lifecycle:\n      auto_start: \"${env:YES}\"\n      stop_timeout: "
		"${env:STOP:-1m30s}\n"
		"  - name: p\n    kind: process.lua\n    source: return '${env:NOT_SET:-}'\n"
		"    host: ${env:HOST}\n"
		"    input:\n      - ${env:N}\n      - \"<${env:TEXT}>${env:EMPTY:-x}<\"\n"
		"      - ${env:NOT_SET:-a:-b c}\n      - ${env:FILE}\n      - &x $env{N} "
		"${env}\n      - *x\n");
	folder_write(&f, "src/data.txt", "${env:N}");
	folder_write(&f, "kith.yaml", "log: {level: \"${env:LEVEL:-error}\"}\n");
	f.options.lookup_env = look_up;
	f.options.user = &nr_asked;
	FOLDER_EXPECT(&f, "");
	EQ_INT(f.project.settings.log_level, KI_SETTINGS_LEVEL_ERROR);
	EQ_INT(host(&f, "app:h")->workers, 4);
	EQ_INT(host(&f, "app:h")->limits.max_memory, 16 << 20);
	const struct ki_lifecycle *life = &ki_project_find(&f.project, "app:h")->lifecycle;
	TRUE(life->auto_start);
	EQ_INT(life->stop_timeout_ns, INT64_C(90000000000));
	EQ_STR(lua(&f, "app:p")->source, "return ''");
	EQ_STR(ki_project_find(&f.project, "app:p")->run.host, "app:h");
	const struct ki_entry *p = ki_project_find(&f.project, "app:p");
	struct ki_node *const *items = p->run.input->u.seq.items;
	EQ_INT(items[0]->type, KI_NODE_STRING);
	EQ_STR(items[0]->text, "4");
	EQ_STR(items[1]->text, "<a ${env:N} b><");
	EQ_STR(items[2]->text, "a:-b c");
	EQ_STR(items[3]->text, "${env:N}");
	EQ_STR(items[4]->text, "$env{N} ${env}");
	EQ_INT(nr_asked, 12);
	folder_close(&f);
}
