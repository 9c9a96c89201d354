/*
 * supervisor_spec.c: specs of supervisors and children, read from values (SPEC 19.5).
 *
 * A spec comes from a program, so nothing in it is taken for granted. The inputs of children stand
 * in it as payloads of their own, which lua/lib_supervisor.c sees to: so they are taken as they
 * are, whatever is inside. Other tables may not be shared or cyclic, for the same reason.
 *
 * Owns: the specs it makes. Threads: any, one at a time each.
 * Not here: specs from YAML (api/).
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "mem/value.h"
#include "supervise/supervisor.h"

/* ---- A reader that says what is wrong ---- */

struct reading {
	struct ki_system *system;
	const struct ki_payload *payload;
	struct ki_value_reader reader;
	char prefix[64];           /* whose fields are read: "children[2]", or empty */
	int status;                /* the first failure */
	struct ki_payload **error; /* its Error */
};

static void reject(struct reading *r, const char *field, const char *wrong) {
	struct ki_buf text;
	if (r->status) {
		return;
	}
	ki_buf_init(&text);
	const char *dot = *r->prefix && *field ? "." : "";
	ki_buf_printf(&text, "%s%s%s %s", r->prefix, dot, field, wrong);
	r->status = KITH_EINVAL;
	*r->error = ki_error_payload_status(KITH_EINVAL, ki_strv(ki_buf_cstr(&text)));
	ki_buf_fini(&text);
}

static void exhausted(struct reading *r) {
	if (!r->status) {
		r->status = KITH_EEXHAUSTED;
		*r->error = ki_error_payload_status(KITH_EEXHAUSTED, ki_strv("out of memory"));
	}
}

static bool next(struct reading *r, struct ki_value_token *token) {
	if (!r->status && ki_value_next(&r->reader, token)) {
		reject(r, "value", "is malformed");
	}
	return !r->status;
}

/* The next value, of the one type wanted. */
static bool expect(struct reading *r, const char *field, enum ki_value_tag tag, const char *wrong,
	struct ki_value_token *token) {
	if (next(r, token) && token->tag != tag) {
		reject(r, field, wrong);
	}
	return !r->status;
}

static bool expect_table(struct reading *r, const char *field, struct ki_value_token *token) {
	return expect(r, field, KI_VALUE_TABLE, "must be a table", token);
}

/* "": none, told. */
static struct ki_strv read_string(struct reading *r, const char *field) {
	struct ki_value_token token;
	if (!expect(r, field, KI_VALUE_STR, "must be a string", &token)) {
		return ki_strv("");
	}
	if (token.str.len == 0) {
		reject(r, field, "cannot be empty");
	} else if (memchr(token.str.ptr, '\0', token.str.len)) {
		reject(r, field, "cannot hold a NUL");
	}
	return token.str;
}

static int read_word(struct reading *r, const char *field, const char *const *words, size_t nr,
	const char *wrong) {
	struct ki_value_token token;
	if (expect(r, field, KI_VALUE_STR, wrong, &token)) {
		for (size_t i = 0; i < nr; i++) {
			if (ki_strv_eqz(token.str, words[i])) {
				return (int)i;
			}
		}
		reject(r, field, wrong);
	}
	return 0;
}

static int64_t read_int(
	struct reading *r, const char *field, int64_t min, int64_t max, const char *wrong) {
	struct ki_value_token token;
	if (expect(r, field, KI_VALUE_INT, wrong, &token) && (token.i < min || token.i > max)) {
		reject(r, field, wrong);
	}
	return r->status ? min : token.i;
}

static double read_number(
	struct reading *r, const char *field, double min, double max, const char *wrong) {
	struct ki_value_token token;
	if (!next(r, &token)) {
		return min;
	}
	double value = token.tag == KI_VALUE_INT ? (double)token.i : token.f;
	bool number = token.tag == KI_VALUE_INT || token.tag == KI_VALUE_FLOAT;
	if (!number || !(value >= min && value <= max)) {
		reject(r, field, wrong);
		return min;
	}
	return value;
}

/* A text (SPEC 1.4), a Duration, or a number of milliseconds as in the options of calls. */
static int64_t duration_of(struct reading *r, const char *field, struct ki_value_token *token) {
	int64_t ns = -1;
	if (token->tag == KI_VALUE_DURATION) {
		ns = token->i;
	} else if (token->tag == KI_VALUE_INT && token->i <= INT64_MAX / KI_NS_PER_MS) {
		ns = token->i * KI_NS_PER_MS;
	} else if (token->tag != KI_VALUE_STR || ki_duration_parse(token->str, &ns)) {
		ns = -1;
	}
	if (ns < 0) {
		reject(r, field, "must be a duration");
	}
	return ns;
}

static int64_t read_duration(struct reading *r, const char *field) {
	struct ki_value_token token;
	return next(r, &token) ? duration_of(r, field, &token) : 0;
}

/* ---- Fields by name ---- */

struct field {
	const char *name;
	void (*read)(struct reading *r, const char *name, void *out);
};

static const struct field *find_field(const struct field *fields, struct ki_strv name) {
	for (; fields->name; fields++) {
		if (ki_strv_eqz(name, fields->name)) {
			return fields;
		}
	}
	return NULL;
}

/* Over the pairs of a table whose head was read. */
static void read_pairs(
	struct reading *r, const struct field *fields, uint32_t nr, void *out) {
	for (uint32_t i = 0; i < nr && !r->status; i++) {
		struct ki_value_token key;
		if (!next(r, &key)) {
			return;
		}
		struct ki_strv name = key.tag == KI_VALUE_STR ? key.str : ki_strv("[?]");
		const struct field *field = find_field(fields, name);
		if (field) {
			field->read(r, field->name, out);
		} else {
			char text[64];
			snprintf(text, sizeof(text), KI_STRV_FMT,
				(int)(name.len < sizeof(text) ? name.len : sizeof(text) - 1),
				name.ptr);
			reject(r, text, "is no field");
		}
	}
}

static void read_fields(
	struct reading *r, const char *name, const struct field *fields, void *out) {
	struct ki_value_token token;
	if (!expect_table(r, name, &token)) {
		return;
	}
	if (token.table.narr > 0) {
		reject(r, name, "must be a table of fields");
		return;
	}
	read_pairs(r, fields, token.table.nrec, out);
}

/* ---- A child ---- */

#define FACTOR_MAX 1e9

static void read_initial_delay(struct reading *r, const char *name, void *out) {
	((struct ki_backoff *)out)->initial_ns = read_duration(r, name);
}

static void read_max_delay(struct reading *r, const char *name, void *out) {
	((struct ki_backoff *)out)->max_ns = read_duration(r, name);
}

static void read_factor(struct reading *r, const char *name, void *out) {
	((struct ki_backoff *)out)->factor =
		read_number(r, name, 1, FACTOR_MAX, "must be a number of at least 1");
}

static void read_jitter(struct reading *r, const char *name, void *out) {
	((struct ki_backoff *)out)->jitter =
		read_number(r, name, 0, 1, "must be a number from 0 to 1");
}

static const struct field backoff_fields[] = {
	{"initial_delay", read_initial_delay},
	{"max_delay", read_max_delay},
	{"backoff_factor", read_factor},
	{"jitter", read_jitter},
	{NULL, NULL},
};

struct child_reading {
	struct ki_child_spec *spec;
	bool has_shutdown;
};

static struct ki_child_spec *child_of(void *out) {
	return ((struct child_reading *)out)->spec;
}

static void read_name(struct reading *r, const char *name, void *out) {
	struct ki_strv text = read_string(r, name);
	struct ki_child_spec *spec = child_of(out);
	if (r->status) {
		return;
	}
	spec->name = ki_strdup_n(text.ptr, text.len);
	if (!spec->name) {
		exhausted(r);
	}
}

static void read_process(struct reading *r, const char *name, void *out) {
	struct ki_strv id = read_string(r, name);
	struct ki_child_spec *spec = child_of(out);
	if (r->status) {
		return;
	}
	spec->program = ki_system_find_program(r->system, id);
	if (!spec->program) {
		reject(r, name, "must be the ID of a process");
	}
}

static void read_host(struct reading *r, const char *name, void *out) {
	struct ki_strv id = read_string(r, name);
	struct ki_child_spec *spec = child_of(out);
	if (r->status) {
		return;
	}
	spec->host = ki_system_find_host(r->system, id);
	if (!spec->host || spec->host->internal) {
		reject(r, name, "must be the ID of a host");
	}
}

static void take_input(struct reading *r, const char *name, struct ki_child_spec *spec) {
	struct ki_value_token token;
	if (!next(r, &token)) {
		return;
	}
	if (token.tag == KI_VALUE_NIL) {
		spec->input[spec->nr_input++] = NULL;
	} else if (token.tag != KI_VALUE_PAYLOAD) {
		reject(r, name, "must be a list");
	} else {
		spec->input[spec->nr_input++] = ki_payload_ref(r->payload->refs[token.payload]);
	}
}

static void read_input(struct reading *r, const char *name, void *out) {
	struct ki_child_spec *spec = child_of(out);
	struct ki_value_token token;
	if (!expect_table(r, name, &token)) {
		return;
	}
	if (token.table.nrec > 0) {
		reject(r, name, "must be a list");
		return;
	}
	spec->input = ki_zalloc((token.table.narr + 1) * sizeof(struct ki_payload *));
	if (!spec->input) {
		exhausted(r);
		return;
	}
	for (uint32_t i = 0; i < token.table.narr && !r->status; i++) {
		take_input(r, name, spec);
	}
}

static void read_count(struct reading *r, const char *name, void *out) {
	child_of(out)->count =
		(uint32_t)read_int(r, name, 1, 1000000, "must be an integer of at least 1");
}

static void read_restart(struct reading *r, const char *name, void *out) {
	static const char *const words[] = {
		[KI_CHILD_PERMANENT] = "permanent",
		[KI_CHILD_TRANSIENT] = "transient",
		[KI_CHILD_TEMPORARY] = "temporary",
	};
	child_of(out)->restart = (enum ki_child_restart)read_word(r, name, words,
		ki_countof(words), "must be permanent, transient or temporary");
}

static void read_shutdown(struct reading *r, const char *name, void *out) {
	struct ki_value_token token;
	if (!next(r, &token)) {
		return;
	}
	bool kill = token.tag == KI_VALUE_STR && ki_strv_eqz(token.str, "kill");
	child_of(out)->shutdown_ns = kill ? KI_SHUTDOWN_KILL : duration_of(r, name, &token);
	((struct child_reading *)out)->has_shutdown = true;
}

static void read_backoff(struct reading *r, const char *name, void *out) {
	read_fields(r, name, backoff_fields, &child_of(out)->backoff);
}

static const struct field child_fields[] = {
	{"name", read_name},
	{"process", read_process},
	{"host", read_host},
	{"input", read_input},
	{"count", read_count},
	{"restart", read_restart},
	{"shutdown", read_shutdown},
	{"backoff", read_backoff},
	{NULL, NULL},
};

static void read_child(struct reading *r, const char *name, struct ki_child_spec *spec) {
	struct child_reading out = {.spec = spec};
	spec->count = 1;
	spec->shutdown_ns = KI_SHUTDOWN_DEFAULT_NS;
	spec->backoff = KI_CHILD_BACKOFF_DEFAULT;
	read_fields(r, name, child_fields, &out);
	if (!spec->name) {
		reject(r, "name", "is required");
	} else if (!spec->program) {
		reject(r, "process", "is required");
	} else if (!out.has_shutdown && ki_supervisor_is(spec->program)) {
		spec->shutdown_ns = KI_SHUTDOWN_ENDLESS;
	}
}

/* ---- A supervisor ---- */

static void read_strategy(struct reading *r, const char *name, void *out) {
	static const char *const words[] = {
		[KI_ONE_FOR_ONE] = "one_for_one",
		[KI_ONE_FOR_ALL] = "one_for_all",
		[KI_REST_FOR_ONE] = "rest_for_one",
	};
	((struct ki_supervisor_spec *)out)->strategy = (enum ki_strategy)read_word(r, name, words,
		ki_countof(words), "must be one_for_one, one_for_all or rest_for_one");
}

static void read_max_restarts(struct reading *r, const char *name, void *out) {
	((struct ki_supervisor_spec *)out)->max_restarts = (uint64_t)read_int(
		r, name, 0, INT64_MAX, "must be an integer of at least 0");
}

static void read_within(struct reading *r, const char *name, void *out) {
	((struct ki_supervisor_spec *)out)->within_ns = read_duration(r, name);
}

static void check_name(
	struct reading *r, const struct ki_supervisor_spec *spec, const struct ki_child_spec *one) {
	for (const struct ki_child_spec *other = spec->children; other != one; other++) {
		if (one->name && !strcmp(other->name, one->name)) {
			reject(r, "name", "is there twice");
		}
	}
}

static void read_children(struct reading *r, const char *name, void *out) {
	struct ki_supervisor_spec *spec = out;
	struct ki_value_token token;
	if (!expect_table(r, name, &token)) {
		return;
	}
	if (token.table.nrec > 0) {
		reject(r, name, "must be a list");
		return;
	}
	spec->children = ki_zalloc((token.table.narr + 1) * sizeof(*spec->children));
	if (!spec->children) {
		exhausted(r);
		return;
	}
	for (uint32_t i = 0; i < token.table.narr && !r->status; i++) {
		snprintf(r->prefix, sizeof(r->prefix), "%s[%u]", name, i + 1);
		read_child(r, "", &spec->children[spec->nr_children++]);
		check_name(r, spec, &spec->children[i]);
	}
	r->prefix[0] = '\0';
}

/* Dealt with by who asks for the start. */
static void read_by_caller(struct reading *r, const char *name, void *out) {
	(void)out;
	read_string(r, name);
}

static const struct field supervisor_fields[] = {
	{"strategy", read_strategy},
	{"max_restarts", read_max_restarts},
	{"within", read_within},
	{"children", read_children},
	{"host", read_by_caller},
	{"name", read_by_caller},
	{NULL, NULL},
};

/* ---- Whole payloads ---- */

static struct reading begin(struct ki_system *system, const struct ki_payload *value,
	struct ki_payload **error) {
	struct reading r = {.system = system, .payload = value, .error = error};
	*error = NULL;
	ki_value_reader_payload(&r.reader, value);
	return r;
}

int ki_supervisor_spec_read(struct ki_system *system, const struct ki_payload *value,
	struct ki_supervisor_spec **out, struct ki_payload **error) {
	struct reading r = begin(system, value, error);
	struct ki_supervisor_spec *spec = ki_zalloc(sizeof(*spec));
	if (!spec) {
		exhausted(&r);
		return r.status;
	}
	spec->max_restarts = KI_MAX_RESTARTS_DEFAULT;
	spec->within_ns = KI_WITHIN_DEFAULT_NS;
	read_fields(&r, "spec", supervisor_fields, spec);
	if (r.status) {
		ki_supervisor_spec_free(spec);
		return r.status;
	}
	*out = spec;
	return KITH_OK;
}

int ki_child_spec_read(struct ki_system *system, const struct ki_payload *value,
	struct ki_child_spec **out, struct ki_payload **error) {
	struct reading r = begin(system, value, error);
	struct ki_child_spec *spec = ki_zalloc(sizeof(*spec));
	if (!spec) {
		exhausted(&r);
		return r.status;
	}
	read_child(&r, "child", spec);
	if (r.status) {
		ki_child_spec_free(spec);
		return r.status;
	}
	*out = spec;
	return KITH_OK;
}

static void child_fini(struct ki_child_spec *spec) {
	for (size_t i = 0; i < spec->nr_input; i++) {
		ki_payload_unref(spec->input[i]);
	}
	ki_free(spec->input);
	ki_free((void *)spec->name);
}

void ki_child_spec_free(struct ki_child_spec *spec) {
	if (spec) {
		child_fini(spec);
		ki_free(spec);
	}
}

void ki_supervisor_spec_free(struct ki_supervisor_spec *spec) {
	if (!spec) {
		return;
	}
	for (size_t i = 0; i < spec->nr_children; i++) {
		child_fini(&spec->children[i]);
	}
	ki_free(spec->children);
	ki_free(spec);
}
