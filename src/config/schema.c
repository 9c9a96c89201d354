/*
 * schema.c: see schema.h. A new field is a row here and the line in entry.c that takes its value.
 */
#include "config/schema.h"

const char *const ki_kind_names[KI_NR_KINDS] = {
	"process.lua",
	"process.host",
	"function.lua",
	"library.lua",
	"terminal.host",
	"process.service",
	"process.supervisor",
	"registry.entry",
	"ns.dependency",
	"ns.requirement",
	"ns.definition",
};

#define MAX_WORKERS 65536
#define MAX_SLICE_NS INT64_C(1000000000)

/* Limits (SPEC 15.6) of a process, or of each process on a host. */
#define PROCESS_LIMITS										\
	{.name = "max_mailbox", .type = KI_FIELD_INT, .max = INT64_MAX},			\
	{.name = "max_memory", .type = KI_FIELD_SIZE},						\
	{.name = "max_mailbox_bytes", .type = KI_FIELD_SIZE},					\
	{.name = "max_turn", .type = KI_FIELD_MS},						\
	{.name = "max_message", .type = KI_FIELD_SIZE}

/* What a host may say of itself, and kith.yaml of all hosts. */
#define HOST_LIMITS										\
	{.name = "workers",									\
		.type = KI_FIELD_INT,								\
		.min = 1,									\
		.max = MAX_WORKERS,								\
		.range_text = "workers must be greater than 0"},				\
	{.name = "max_processes", .type = KI_FIELD_INT, .max = INT64_MAX},			\
	PROCESS_LIMITS,										\
	{.name = "time_slice",									\
		.type = KI_FIELD_DURATION,							\
		.min = 1,									\
		.max = MAX_SLICE_NS,								\
		.expected = "a duration of more than 0, up to 1s"}

#define MAX_FACTOR 1000000
#define MAX_COUNT 1000000

/* SPEC 18.4 */
#define BACKOFF											\
	{.name = "initial_delay", .type = KI_FIELD_DURATION},					\
	{.name = "max_delay", .type = KI_FIELD_DURATION},					\
	{.name = "backoff_factor",								\
		.type = KI_FIELD_NUMBER,							\
		.min = 1,									\
		.max = MAX_FACTOR,								\
		.expected = "a number of at least 1"},						\
	{.name = "jitter",									\
		.type = KI_FIELD_NUMBER,							\
		.max = 1,									\
		.expected = "a number from 0 to 1"}

static const struct ki_field restart_fields[] = {
	BACKOFF,
	{.name = "max_attempts", .type = KI_FIELD_INT, .max = INT64_MAX},
	{0},
};

static const struct ki_field backoff_fields[] = {
	BACKOFF,
	{0},
};

static const char *const startup_words[] = {"required", "optional", NULL};

static const struct ki_field lifecycle_fields[] = {
	{.name = "auto_start", .type = KI_FIELD_BOOL},
	{.name = "start_timeout", .type = KI_FIELD_DURATION},
	{.name = "stop_timeout", .type = KI_FIELD_DURATION},
	{.name = "startup", .type = KI_FIELD_WORD, .words = startup_words},
	{.name = "requires", .type = KI_FIELD_STRINGS},
	{.name = "depends_on", .type = KI_FIELD_STRINGS},
	{.name = "security",
		.type = KI_FIELD_REFUSED,
		.why = "lifecycle.security: there are no policies, so it would have no effect",
		.expected = "a lifecycle without security"},
	{.name = "stable_threshold", .type = KI_FIELD_DURATION},
	{.name = "restart", .type = KI_FIELD_MAP, .fields = restart_fields},
	{0},
};

static const struct ki_field host_fields[] = {
	HOST_LIMITS,
	{.name = "queue_size", .type = KI_FIELD_ANY},
	{.name = "local_queue_size", .type = KI_FIELD_ANY},
	{0},
};

static const struct ki_field process_host_fields[] = {
	{.name = "host", .type = KI_FIELD_MAP, .fields = host_fields},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{0},
};

#define SOURCE											\
	{.name = "source",									\
		.type = KI_FIELD_STRING,							\
		.required = true,								\
		.expected = "Lua code or file://PATH"}

static const struct ki_field process_lua_fields[] = {
	SOURCE,
	{.name = "method", .type = KI_FIELD_STRING},
	{.name = "modules", .type = KI_FIELD_STRINGS},
	{.name = "imports", .type = KI_FIELD_MAP},
	{.name = "host", .type = KI_FIELD_STRING},
	{.name = "input", .type = KI_FIELD_LIST},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{.name = "pool", .type = KI_FIELD_ANY},
	PROCESS_LIMITS,
	{0},
};

static const struct ki_field function_lua_fields[] = {
	SOURCE,
	{.name = "method", .type = KI_FIELD_STRING},
	{.name = "modules", .type = KI_FIELD_STRINGS},
	{.name = "imports", .type = KI_FIELD_MAP},
	{.name = "host", .type = KI_FIELD_STRING},
	{.name = "pool", .type = KI_FIELD_ANY},
	PROCESS_LIMITS,
	{0},
};

static const struct ki_field library_lua_fields[] = {
	SOURCE,
	{.name = "modules", .type = KI_FIELD_STRINGS},
	{.name = "imports", .type = KI_FIELD_MAP},
	{0},
};

static const struct ki_field terminal_host_fields[] = {
	{.name = "hide_logs", .type = KI_FIELD_BOOL},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{0},
};

static const struct ki_field process_service_fields[] = {
	{.name = "process",
		.type = KI_FIELD_STRING,
		.required = true,
		.expected = "the ID of a process"},
	{.name = "host", .type = KI_FIELD_STRING},
	{.name = "input", .type = KI_FIELD_LIST},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{0},
};

static const char *const strategy_words[] = {"one_for_one", "one_for_all", "rest_for_one", NULL};
static const char *const child_restart_words[] = {"permanent", "transient", "temporary", NULL};
static const char *const shutdown_words[] = {"kill", NULL};

static const struct ki_field child_fields[] = {
	{.name = "name",
		.type = KI_FIELD_STRING,
		.required = true,
		.expected = "a name for each child"},
	{.name = "process",
		.type = KI_FIELD_STRING,
		.required = true,
		.expected = "the ID of a process for each child"},
	{.name = "host", .type = KI_FIELD_STRING},
	{.name = "input", .type = KI_FIELD_LIST},
	{.name = "count", .type = KI_FIELD_INT, .min = 1, .max = MAX_COUNT},
	{.name = "restart", .type = KI_FIELD_WORD, .words = child_restart_words},
	{.name = "shutdown", .type = KI_FIELD_DURATION, .words = shutdown_words},
	{.name = "backoff", .type = KI_FIELD_MAP, .fields = backoff_fields},
	{0},
};

static const struct ki_field process_supervisor_fields[] = {
	{.name = "strategy", .type = KI_FIELD_WORD, .words = strategy_words},
	{.name = "max_restarts", .type = KI_FIELD_INT, .max = INT64_MAX},
	{.name = "within", .type = KI_FIELD_DURATION},
	{.name = "children", .type = KI_FIELD_LIST, .fields = child_fields},
	{.name = "host", .type = KI_FIELD_STRING},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{0},
};

static const struct ki_field no_fields[] = {{0}};

static const struct ki_field *const kind_fields[KI_NR_KINDS] = {
	[KI_KIND_PROCESS_LUA] = process_lua_fields,
	[KI_KIND_PROCESS_HOST] = process_host_fields,
	[KI_KIND_FUNCTION_LUA] = function_lua_fields,
	[KI_KIND_LIBRARY_LUA] = library_lua_fields,
	[KI_KIND_TERMINAL_HOST] = terminal_host_fields,
	[KI_KIND_PROCESS_SERVICE] = process_service_fields,
	[KI_KIND_PROCESS_SUPERVISOR] = process_supervisor_fields,
};

static const char *const level_words[] = {"debug", "info", "warn", "error", "off", NULL};
static const char *const format_words[] = {"text", "json", NULL};

static const struct ki_field log_fields[] = {
	{.name = "level", .type = KI_FIELD_WORD, .words = level_words},
	{.name = "format", .type = KI_FIELD_WORD, .words = format_words},
	{0},
};

static const struct ki_field shutdown_fields[] = {
	{.name = "timeout", .type = KI_FIELD_DURATION},
	{0},
};

static const struct ki_field host_default_fields[] = {
	HOST_LIMITS,
	{0},
};

static const struct ki_field settings_fields[] = {
	{.name = "log", .type = KI_FIELD_MAP, .fields = log_fields},
	{.name = "shutdown", .type = KI_FIELD_MAP, .fields = shutdown_fields},
	{.name = "host", .type = KI_FIELD_MAP, .fields = host_default_fields},
	{.name = "timezone", .type = KI_FIELD_STRING},
	{.name = "memory", .type = KI_FIELD_SIZE},
	{0},
};

#define NR_LISTED_MODULES 9

static const char *const modules[] = {
	"time",
	"logger",
	"io",
	"json",
	"system",
	"ctx",
	"supervisor",
	"funcs",
	"registry",
	/* always there */
	"process",
	"channel",
	"errors",
	"payload",
	"os",
	"string",
	"table",
	"math",
	"utf8",
	"coroutine",
	"print",
};

bool ki_kind_parse(struct ki_strv name, enum ki_kind *out) {
	for (int i = 0; i < KI_NR_KINDS; i++) {
		if (ki_strv_eqz(name, ki_kind_names[i])) {
			*out = (enum ki_kind)i;
			return true;
		}
	}
	return false;
}

bool ki_kind_is_host(enum ki_kind kind) {
	return kind == KI_KIND_PROCESS_HOST || kind == KI_KIND_TERMINAL_HOST;
}

bool ki_kind_is_process(enum ki_kind kind) {
	return kind == KI_KIND_PROCESS_LUA || kind == KI_KIND_PROCESS_SUPERVISOR;
}

bool ki_kind_is_runnable(enum ki_kind kind) {
	return ki_kind_is_process(kind) || kind == KI_KIND_FUNCTION_LUA;
}

bool ki_kind_is_lua(enum ki_kind kind) {
	return kind == KI_KIND_PROCESS_LUA || kind == KI_KIND_FUNCTION_LUA ||
		kind == KI_KIND_LIBRARY_LUA;
}

bool ki_kind_is_data(enum ki_kind kind) {
	return kind >= KI_KIND_REGISTRY_ENTRY;
}

const struct ki_field *ki_kind_fields(enum ki_kind kind) {
	return ki_kind_is_data(kind) ? no_fields : kind_fields[kind];
}

const struct ki_field *ki_settings_fields(void) {
	return settings_fields;
}

const struct ki_field *ki_field_find(const struct ki_field *fields, struct ki_strv name) {
	for (; fields->name; fields++) {
		if (ki_strv_eqz(name, fields->name)) {
			return fields;
		}
	}
	return NULL;
}

const char *const *ki_module_names(size_t *nr) {
	*nr = sizeof(modules) / sizeof(modules[0]);
	return modules;
}

bool ki_module_is_always_there(struct ki_strv name) {
	for (size_t i = NR_LISTED_MODULES; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (ki_strv_eqz(name, modules[i])) {
			return true;
		}
	}
	return false;
}
