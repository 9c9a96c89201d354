/*
 * schema.c: see schema.h. A new field is a row here and the line in entry.c that takes its value. A
 * row of type LATER goes when its field comes.
 */
#include "config/schema.h"

const char *const ki_kind_names[KI_NR_KINDS] = {"process.lua", "process.host"};

#define MAX_WORKERS 65536

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
	{.name = "stable_threshold", .type = KI_FIELD_LATER},
	{.name = "restart", .type = KI_FIELD_LATER},
	{0},
};

static const struct ki_field host_fields[] = {
	{.name = "workers",
		.type = KI_FIELD_INT,
		.min = 1,
		.max = MAX_WORKERS,
		.range_text = "workers must be greater than 0"},
	{.name = "queue_size", .type = KI_FIELD_ANY},
	{.name = "local_queue_size", .type = KI_FIELD_ANY},
	{.name = "max_processes", .type = KI_FIELD_LATER},
	{.name = "max_mailbox", .type = KI_FIELD_LATER},
	{.name = "max_mailbox_bytes", .type = KI_FIELD_LATER},
	{.name = "max_memory", .type = KI_FIELD_LATER},
	{.name = "max_turn", .type = KI_FIELD_LATER},
	{.name = "max_message", .type = KI_FIELD_LATER},
	{.name = "time_slice", .type = KI_FIELD_LATER},
	{0},
};

static const struct ki_field process_host_fields[] = {
	{.name = "host", .type = KI_FIELD_MAP, .fields = host_fields},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{0},
};

static const struct ki_field process_lua_fields[] = {
	{.name = "source",
		.type = KI_FIELD_STRING,
		.required = true,
		.expected = "Lua code or file://PATH"},
	{.name = "method", .type = KI_FIELD_STRING},
	{.name = "modules", .type = KI_FIELD_STRINGS},
	{.name = "host", .type = KI_FIELD_STRING},
	{.name = "input", .type = KI_FIELD_LIST},
	{.name = "lifecycle", .type = KI_FIELD_MAP, .fields = lifecycle_fields},
	{.name = "pool", .type = KI_FIELD_ANY},
	{.name = "imports", .type = KI_FIELD_LATER},
	{.name = "max_mailbox", .type = KI_FIELD_LATER},
	{.name = "max_mailbox_bytes", .type = KI_FIELD_LATER},
	{.name = "max_memory", .type = KI_FIELD_LATER},
	{.name = "max_turn", .type = KI_FIELD_LATER},
	{.name = "max_message", .type = KI_FIELD_LATER},
	{0},
};

static const struct ki_field *const kind_fields[KI_NR_KINDS] = {
	[KI_KIND_PROCESS_LUA] = process_lua_fields,
	[KI_KIND_PROCESS_HOST] = process_host_fields,
};

static const char *const modules[] = {
	"time",
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

const struct ki_field *ki_kind_fields(enum ki_kind kind) {
	return kind_fields[kind];
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
