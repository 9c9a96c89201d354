/* What programs ask of supervisors (SPEC 19.5), below Lua: specs as values, requests, and that a
 * supervisor ends with who started it. */
#include "supervise_tree.h"

#include "base/rng.h"

/* ---- Asking ---- */

/* Asks the root, waits for the answer, and keeps it. */
struct asker {
	struct tree *tree;
	const char *what;
	struct ki_payload *argument;
	kith_pid to;
	struct ki_native native;
	struct ki_program program;
	struct ki_result *result; /* NULL: it still waits */
};

static int ask(struct ki_proc *proc, void *arg)
{
	struct asker *asker = arg;
	struct ki_payload *args[] = {ki_value_payload_int((int64_t)asker->to),
		ki_value_payload_str(ki_strv(asker->what)), asker->argument};
	struct ki_spawn spawn = {
		.program = &ki_request_program,
		.host = proc->host,
		.parent = proc,
		.internal = true,
		.relations = KI_SPAWN_MONITOR,
		.args = args,
		.nr_args = 3,
	};
	struct ki_payload *error = NULL;
	kith_pid pid;
	OK(ki_proc_spawn(proc->system, &spawn, &pid, &error));
	for (int i = 0; i < 3; i++) {
		ki_payload_unref(args[i]);
	}
	struct ki_signal *signal = NULL;
	OK(ki_native_receive(proc, INT64_MAX, &signal));
	EQ_INT(signal->kind, KI_SIGNAL_EXIT);
	asker->result = ki_result_ref(ki_signal_relation(signal)->result);
	ki_signal_free(signal);
	return KITH_OK;
}

/* `argument`: a string, or NULL. */
static void ask_payload(struct tree *t, struct asker *asker, const char *what,
	struct ki_payload *argument)
{
	*asker = (struct asker){.tree = t, .what = what, .argument = argument, .to = t->root};
	asker->native = (struct ki_native){.run = ask, .arg = asker};
	asker->program = (struct ki_program){
		.id = "app:asker", .ops = &ki_native_ops, .data = &asker->native};
	tree_spawn(t, &asker->program);
	tree_run(t, ki_sched_now(t->f.sched) - t->base_ns);
}

static void ask_string(struct tree *t, struct asker *asker, const char *what, const char *argument)
{
	ask_payload(t, asker, what, argument ? ki_value_payload_str(ki_strv(argument)) : NULL);
}

static void refused(struct asker *asker, const char *kind, const char *message)
{
	struct ki_error_view view;
	NOT_NULL(asker->result);
	NOT_NULL(asker->result->error);
	OK(ki_error_read(asker->result->error, &view));
	EQ_UINT(view.message.len, strlen(message));
	EQ_MEM(view.message.ptr, message, view.message.len);
	TRUE(ki_strv_eqz(view.kind, kind));
	ki_result_unref(asker->result);
}

static void answered(struct asker *asker, enum ki_value_tag tag, struct ki_value_token *token)
{
	struct ki_value_reader reader;
	NOT_NULL(asker->result);
	IS_NULL(asker->result->error);
	NOT_NULL(asker->result->value);
	ki_value_reader_payload(&reader, asker->result->value);
	OK(ki_value_next(&reader, token));
	EQ_INT(token->tag, tag);
	ki_result_unref(asker->result);
}

/* The value of a field of the nth child (from 0), as text. */
static void field_of(struct asker *asker, unsigned nth, const char *name, char *out, size_t room)
{
	struct ki_value_reader r;
	struct ki_value_token t;
	NOT_NULL(asker->result);
	IS_NULL(asker->result->error);
	ki_value_reader_payload(&r, asker->result->value);
	OK(ki_value_next(&r, &t));
	GT_UINT(t.table.narr, nth);
	while (nth-- > 0) {
		OK(ki_value_skip(&r));
	}
	OK(ki_value_next(&r, &t));
	snprintf(out, room, "none");
	for (uint32_t nr = t.table.nrec; nr > 0; nr--) {
		struct ki_value_token key;
		OK(ki_value_next(&r, &key));
		OK(ki_value_next(&r, &t));
		if (!ki_strv_eqz(key.str, name)) {
			continue;
		}
		if (t.tag == KI_VALUE_STR) {
			snprintf(out, room, KI_STRV_FMT, KI_STRV_ARG(t.str));
		} else {
			snprintf(out, room, "%d", (int)t.i);
		}
	}
}

static void child_is(
	struct tree *t, unsigned nth, const char *field, const char *wanted)
{
	struct asker asker;
	char text[300];
	ask_string(t, &asker, KI_REQUEST_CHILDREN, NULL);
	field_of(&asker, nth, field, text, sizeof(text));
	EQ_STR(text, wanted);
	ki_result_unref(asker.result);
}

/* A spec of a child as a value: name and process. */
static struct ki_payload *child_value(const char *name, const char *process)
{
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	size_t mark = ki_value_table_begin(&w);
	ki_value_str(&w, ki_strv("name"));
	ki_value_str(&w, ki_strv(name));
	ki_value_str(&w, ki_strv("process"));
	ki_value_str(&w, ki_strv(process));
	ki_value_table_end(&w, mark, 0, 2);
	struct ki_payload *payload = ki_value_finish(&w, KI_FORMAT_LUA);
	ki_value_writer_fini(&w);
	return payload;
}

static const struct ki_program *by_id[FIXTURE_MAX];

static void two(struct tree *t)
{
	tree_init(t);
	struct supervised *sup = tree_supervisor(t, "app:sup", KI_ONE_FOR_ONE);
	tree_actor(t, sup, "a");
	tree_actor(t, sup, "b");
	fixture_actor(&t->f, "app:c");
	for (size_t i = 0; i < 3; i++) {
		by_id[i] = &t->f.actors[i].program;
	}
	ki_system_set_programs(&t->f.system, by_id, 3);
	tree_start(t);
	ki_buf_reset(&t->f.said);
}

TEST(request, spec_19_5_children_tells_each_in_order)
{
	struct tree t;
	two(&t);
	child_is(&t, 0, "name", "a");
	child_is(&t, 1, "name", "b");
	child_is(&t, 1, "process", "b");
	child_is(&t, 1, "restart", "permanent");
	child_is(&t, 1, "state", "running");
	child_is(&t, 1, "restarts", "0");
	tree_kill(&t, "b");
	child_is(&t, 1, "restarts", "1");
	char pid[KI_PID_TEXT_MAX];
	ki_pid_format(&t.f.system, tree_pid(&t, "b", 0), pid);
	child_is(&t, 1, "pid", pid);
	tree_fini(&t);
}

TEST(request, spec_19_5_count)
{
	struct tree t;
	struct asker asker;
	struct ki_value_token token;
	two(&t);
	ask_string(&t, &asker, KI_REQUEST_COUNT, NULL);
	answered(&asker, KI_VALUE_TABLE, &token);
	EQ_UINT(token.table.nrec, 4);
	tree_fini(&t);
}

TEST(request, spec_19_5_start_child)
{
	struct tree t;
	struct asker asker;
	struct ki_value_token token;
	two(&t);
	ask_payload(&t, &asker, KI_REQUEST_START, child_value("c", "app:c"));
	answered(&asker, KI_VALUE_STR, &token);
	tree_says(&t, "start app:c,");
	child_is(&t, 2, "name", "c");
	ask_payload(&t, &asker, KI_REQUEST_START, child_value("c", "app:c"));
	refused(&asker, "AlreadyExists", "child already exists: c");
	ask_payload(&t, &asker, KI_REQUEST_START, child_value("d", "app:none"));
	refused(&asker, "Invalid", "process must be the ID of a process");
	ask_payload(&t, &asker, KI_REQUEST_START, child_value("", "app:c"));
	refused(&asker, "Invalid", "name cannot be empty");
	ask_string(&t, &asker, KI_REQUEST_START, "c");
	refused(&asker, "Invalid", "child must be a table");
	t.f.actors[2].bad_starts = 10;
	t.f.actors[2].start_status = KITH_EINTERNAL;
	ask_payload(&t, &asker, KI_REQUEST_START, child_value("e", "app:c"));
	refused(&asker, "Internal", "no start");
	ask_string(&t, &asker, KI_REQUEST_CHILDREN, NULL);
	answered(&asker, KI_VALUE_TABLE, &token);
	EQ_UINT(token.table.narr, 3); /* nothing is left of the one that did not start */
	tree_kill(&t, "app:c"); /* it is kept running as any other */
	t.f.actors[2].bad_starts = 0;
	tree_run(&t, 0);
	child_is(&t, 2, "state", "running");
	tree_fini(&t);
}

TEST(request, spec_19_5_terminate_child_and_restart_child)
{
	struct tree t;
	struct asker asker;
	struct ki_value_token token;
	two(&t);
	ask_string(&t, &asker, KI_REQUEST_RESTART, "a");
	refused(&asker, "Conflict", "child is running: a");
	ask_string(&t, &asker, KI_REQUEST_TERMINATE, "a");
	answered(&asker, KI_VALUE_TRUE, &token);
	tree_says(&t, "stop a,");
	child_is(&t, 0, "state", "stopped");
	child_is(&t, 0, "pid", "none");
	ask_string(&t, &asker, KI_REQUEST_TERMINATE, "a"); /* it is stopped already */
	answered(&asker, KI_VALUE_TRUE, &token);
	ask_string(&t, &asker, KI_REQUEST_RESTART, "a");
	answered(&asker, KI_VALUE_STR, &token);
	tree_says(&t, "start a,");
	ask_string(&t, &asker, KI_REQUEST_TERMINATE, "x");
	refused(&asker, "NotFound", "child not found: x");
	ask_string(&t, &asker, KI_REQUEST_RESTART, "x");
	refused(&asker, "NotFound", "child not found: x");
	tree_fini(&t);
}

TEST(request, spec_19_5_terminate_child_waits_for_the_end)
{
	struct tree t;
	struct asker first, second;
	struct ki_value_token token;
	two(&t);
	t.f.actors[0].deaf = true;
	tree_kill(&t, "a"); /* so that it is deaf */
	tree_run(&t, 0);
	ask_string(&t, &first, KI_REQUEST_TERMINATE, "a");
	ask_string(&t, &second, KI_REQUEST_TERMINATE, "a");
	IS_NULL(first.result);
	child_is(&t, 0, "state", "running");
	tree_run(&t, 5 * KI_NS_PER_SEC);
	answered(&first, KI_VALUE_TRUE, &token);
	answered(&second, KI_VALUE_TRUE, &token);
	tree_fini(&t);
}

TEST(request, spec_19_5_a_wait_for_a_restart_can_be_ended_either_way)
{
	struct tree t;
	struct asker asker;
	struct ki_value_token token;
	two(&t);
	t.sups[0].children[0].backoff.initial_ns = KI_NS_PER_SEC;
	t.sups[0].children[0].backoff.jitter = 0;
	tree_kill(&t, "a");
	tree_run(&t, 0);
	child_is(&t, 0, "state", "restarting");
	ask_string(&t, &asker, KI_REQUEST_TERMINATE, "a");
	answered(&asker, KI_VALUE_TRUE, &token);
	tree_run(&t, 2 * KI_NS_PER_SEC);
	child_is(&t, 0, "state", "stopped");
	ask_string(&t, &asker, KI_REQUEST_RESTART, "a");
	answered(&asker, KI_VALUE_STR, &token);
	tree_kill(&t, "a");
	tree_run(&t, 2 * KI_NS_PER_SEC);
	ask_string(&t, &asker, KI_REQUEST_RESTART, "a");
	answered(&asker, KI_VALUE_STR, &token);
	tree_run(&t, 4 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 3);
	tree_fini(&t);
}

TEST(request, spec_19_5_of_what_is_no_supervisor)
{
	struct tree t;
	struct asker asker;
	two(&t);
	kith_pid root = t.root;
	t.root = tree_pid(&t, "a", 0);
	ask_string(&t, &asker, KI_REQUEST_COUNT, NULL);
	refused(&asker, "Invalid", "not a supervisor");
	tree_kill(&t, "a");
	tree_run(&t, 0);
	ask_string(&t, &asker, KI_REQUEST_COUNT, NULL);
	refused(&asker, "NotFound", "process not found");
	t.root = root;
	tree_fini(&t);
}

TEST(request, spec_19_5_its_end_answers_who_waits)
{
	struct tree t;
	struct asker asker;
	two(&t);
	t.f.actors[1].deaf = true;
	tree_kill(&t, "b");
	tree_run(&t, 0);
	ask_string(&t, &asker, KI_REQUEST_TERMINATE, "b");
	OK(ki_force(&t.f.system, t.root, KI_CAUSE_TERMINATE));
	tree_run(&t, 0);
	refused(&asker, "NotFound", "process not found");
	tree_fini(&t);
}

/* ---- Supervisors from values ---- */

/* Starts a supervisor with one child of app:c, and ends as it is told. */
struct owner {
	struct tree *tree;
	struct ki_payload *spec;
	struct ki_native native;
	struct ki_program program;
	int status; /* of the start */
	struct ki_payload *error;
	kith_pid sup;
};

static int own(struct ki_proc *proc, void *arg)
{
	struct owner *owner = arg;
	struct ki_spawn spawn = {
		.program = &ki_supervisor_program,
		.host = proc->host,
		.parent = proc,
		.args = &owner->spec,
		.nr_args = 1,
	};
	owner->status = ki_proc_spawn(proc->system, &spawn, &owner->sup, &owner->error);
	struct ki_signal *signal = NULL;
	int status = ki_native_receive(proc, INT64_MAX, &signal);
	ki_signal_free(signal);
	return status;
}

static struct ki_payload *spec_value(const char *field, int64_t value, const char *process)
{
	struct ki_value_writer w;
	struct ki_payload *child = child_value("c", process);
	ki_value_writer_init(&w);
	size_t mark = ki_value_table_begin(&w);
	ki_value_str(&w, ki_strv(field));
	ki_value_int(&w, value);
	ki_value_str(&w, ki_strv("children"));
	size_t list = ki_value_table_begin(&w);
	size_t one = ki_value_table_begin(&w);
	ki_value_str(&w, ki_strv("name"));
	ki_value_str(&w, ki_strv("c"));
	ki_value_str(&w, ki_strv("process"));
	ki_value_str(&w, ki_strv(process));
	ki_value_str(&w, ki_strv("input"));
	size_t input = ki_value_table_begin(&w);
	struct ki_payload *seven = ki_value_payload_int(7);
	ki_value_payload(&w, seven);
	ki_value_table_end(&w, input, 1, 0);
	ki_value_table_end(&w, one, 0, 3);
	ki_value_table_end(&w, list, 1, 0);
	ki_value_table_end(&w, mark, 0, 2);
	struct ki_payload *payload = ki_value_finish(&w, KI_FORMAT_LUA);
	ki_value_writer_fini(&w);
	ki_payload_unref(seven);
	ki_payload_unref(child);
	return payload;
}

static kith_pid start_owner(struct tree *t, struct owner *owner, struct ki_payload *spec)
{
	*owner = (struct owner){.tree = t, .spec = spec};
	owner->native = (struct ki_native){.run = own, .arg = owner};
	owner->program = (struct ki_program){
		.id = "app:owner", .ops = &ki_native_ops, .data = &owner->native};
	kith_pid pid = tree_spawn(t, &owner->program);
	tree_run(t, ki_sched_now(t->f.sched) - t->base_ns);
	ki_payload_unref(spec);
	return pid;
}

TEST(request, spec_19_5_a_supervisor_ends_with_its_caller_for_whatever_reason)
{
	for (int how = 0; how < 2; how++) {
		struct tree t;
		struct owner owner;
		two(&t);
		uint64_t before = tree_live(&t);
		kith_pid pid = start_owner(&t, &owner, spec_value("max_restarts", 1, "app:c"));
		OK(owner.status);
		EQ_UINT(tree_live(&t), before + 3);
		tree_says(&t, "(7)start app:c,");
		if (how == 0) { /* normally */
			ki_cancel(&t.f.system, 0, pid, 0, ki_strv(""));
		} else {
			OK(ki_force(&t.f.system, pid, KI_CAUSE_TERMINATE));
		}
		tree_run(&t, 0);
		tree_says(&t, "stop app:c,");
		EQ_UINT(tree_live(&t), before);
		tree_fini(&t);
	}
}

TEST(request, spec_19_5_a_bad_spec_is_refused_with_the_field)
{
	static const struct {
		const char *field;
		int64_t value;
		const char *process, *message;
	} cases[] = {
		{"max_restarts", -1, "app:c", "max_restarts must be an integer of at least 0"},
		{"within", -1, "app:c", "within must be a duration"},
		{"strategy", 1, "app:c",
			"strategy must be one_for_one, one_for_all or rest_for_one"},
		{"restarts", 1, "app:c", "restarts is no field"},
		{"within", 1, "app:none", "children[1].process must be the ID of a process"},
		{"name", 1, "app:c", "name must be a string"},
	};
	for (size_t i = 0; i < ki_countof(cases); i++) {
		struct tree t;
		struct owner owner;
		struct ki_error_view view;
		two(&t);
		kith_pid pid = start_owner(
			&t, &owner, spec_value(cases[i].field, cases[i].value, cases[i].process));
		STATUS(owner.status, KITH_EINVAL);
		OK(ki_error_read(owner.error, &view));
		EQ_UINT(view.message.len, strlen(cases[i].message));
		EQ_MEM(view.message.ptr, cases[i].message, view.message.len);
		ki_payload_unref(owner.error);
		OK(ki_force(&t.f.system, pid, KI_CAUSE_TERMINATE));
		tree_fini(&t);
	}
}

TEST(request, any_bytes_are_a_spec_or_an_error)
{
	struct tree t;
	two(&t);
	struct ki_payload *good = spec_value("max_restarts", 1, "app:c");
	struct ki_rng rng;
	ki_rng_seed(&rng, 3);
	for (int i = 0; i < 20000; i++) {
		struct ki_payload *bad = ki_payload_new(
			KI_FORMAT_LUA, good->data, good->size, good->refs, good->nr_refs);
		for (uint32_t k = 0; k < good->nr_refs; k++) {
			ki_payload_ref(good->refs[k]);
		}
		for (int k = 0; k < 3; k++) {
			bad->data[ki_rng_below(&rng, bad->size)] = (unsigned char)ki_rng_next(&rng);
		}
		struct ki_supervisor_spec *spec = NULL;
		struct ki_payload *error = NULL;
		if (!ki_supervisor_spec_read(&t.f.system, bad, &spec, &error)) {
			ki_supervisor_spec_free(spec);
		} else {
			NOT_NULL(error);
			ki_payload_unref(error);
		}
		ki_payload_unref(bad);
	}
	ki_payload_unref(good);
	tree_fini(&t);
}
