/* Supervisors start, restart and stop their children (SPEC 19.1 to 19.4); all in virtual time. */
#include "supervise_tree.h"

static struct supervised *three(struct tree *t, enum ki_strategy strategy)
{
	struct supervised *sup = tree_supervisor(t, "app:sup", strategy);
	tree_actor(t, sup, "a");
	tree_actor(t, sup, "b");
	tree_actor(t, sup, "c");
	return sup;
}

/* The process that watches the root, for how it ends. */
struct watcher {
	struct tree *tree;
	struct ki_native native;
	struct ki_program program;
	struct ki_result *result; /* of the root; NULL: it lives */
	int64_t at_ns;
};

static int watch(struct ki_proc *proc, void *arg)
{
	struct watcher *watcher = arg;
	struct ki_signal *signal = NULL;
	OK(ki_proc_monitor(proc, watcher->tree->root));
	while (!ki_native_receive(proc, INT64_MAX, &signal)) {
		if (signal->kind == KI_SIGNAL_EXIT) {
			watcher->result = ki_result_ref(ki_signal_relation(signal)->result);
			watcher->at_ns = ki_sched_now(proc->system->sched) - watcher->tree->base_ns;
			ki_signal_free(signal);
			return KITH_OK;
		}
		ki_signal_free(signal);
	}
	return KITH_EKILLED;
}

/* Starts the root under a watcher's eyes. */
static void start_watched(struct tree *t, struct watcher *watcher)
{
	*watcher = (struct watcher){.tree = t};
	watcher->native = (struct ki_native){.run = watch, .arg = watcher};
	watcher->program = (struct ki_program){
		.id = "app:watcher", .ops = &ki_native_ops, .data = &watcher->native};
	t->root = tree_spawn(t, &t->sups[0].program);
	tree_spawn(t, &watcher->program);
	tree_run(t, 0);
}

static void ended_with(struct watcher *watcher, enum ki_cause cause, const char *message)
{
	struct ki_error_view view = {0};
	NOT_NULL(watcher->result);
	EQ_INT(watcher->result->cause, cause);
	if (message) {
		OK(ki_error_read(watcher->result->error, &view));
		EQ_UINT(view.message.len, strlen(message));
		EQ_MEM(view.message.ptr, message, view.message.len);
	} else {
		IS_NULL(watcher->result->error);
	}
	ki_result_unref(watcher->result);
}

/* ---- 19.3 ---- */

TEST(supervisor, spec_19_3_one_for_one_restarts_the_one_alone)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE);
	tree_start(&t);
	tree_says(&t, "start a,start b,start c,");
	tree_kill(&t, "b");
	tree_run(&t, 0);
	tree_says(&t, "killed b,start b,");
	EQ_UINT(tree_live(&t), 4);
	tree_fini(&t);
}

TEST(supervisor, spec_19_3_one_for_all_restarts_all_in_order)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ALL);
	tree_start(&t);
	tree_kill(&t, "b");
	tree_run(&t, 0);
	tree_says(&t, "start a,start b,start c,killed b,stop c,stop a,start a,start b,start c,");
	tree_fini(&t);
}

TEST(supervisor, spec_19_3_rest_for_one_restarts_it_and_those_after_it)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_REST_FOR_ONE);
	tree_start(&t);
	tree_kill(&t, "b");
	tree_run(&t, 0);
	tree_says(&t, "start a,start b,start c,killed b,stop c,start b,start c,");
	tree_kill(&t, "c");
	tree_run(&t, 0);
	tree_says(&t, "killed c,start c,");
	tree_fini(&t);
}

TEST(supervisor, spec_19_3_a_group_grows_when_one_before_it_fails_meanwhile)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_REST_FOR_ONE);
	t.f.actors[2].deaf = true; /* c takes its five seconds */
	tree_start(&t);
	tree_kill(&t, "b");
	tree_run(&t, KI_NS_PER_SEC);
	tree_kill(&t, "a");
	tree_run(&t, 5 * KI_NS_PER_SEC);
	tree_says(&t, "start a,start b,start c,killed b,killed a,killed c,"
		"start a,start b,start c,");
	tree_fini(&t);
}

TEST(supervisor, spec_19_3_what_cannot_start_at_first_ends_the_supervisor)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	struct supervised *sup = three(&t, KI_ONE_FOR_ONE);
	sup->children[1].count = 2;
	t.f.actors[1].bad_starts = 1;
	t.f.actors[1].start_status = KITH_EINTERNAL;
	start_watched(&t, &watcher);
	tree_says(&t, "start a,stop a,");
	ended_with(&watcher, KI_CAUSE_ERROR, "child b/1 failed to start: no start");
	tree_fini(&t);
}

/* ---- 19.2 ---- */

TEST(supervisor, spec_19_2_copies_are_started_with_their_index)
{
	struct tree t;
	tree_init(&t);
	struct supervised *sup = tree_supervisor(&t, "app:sup", KI_ONE_FOR_ONE);
	tree_actor(&t, sup, "w");
	struct ki_payload *input = ki_value_payload_str(ki_strv("$index"));
	sup->children[0].count = 3;
	sup->children[0].input = &input;
	sup->children[0].nr_input = 1;
	tree_start(&t);
	HAS_STR(ki_buf_cstr(&t.f.said), "(1)");
	HAS_STR(ki_buf_cstr(&t.f.said), "(2)");
	HAS_STR(ki_buf_cstr(&t.f.said), "(3)");
	ki_buf_reset(&t.f.said);
	OK(ki_force(&t.f.system, tree_pid(&t, "w", 1), KI_CAUSE_TERMINATE));
	tree_run(&t, 0);
	tree_says(&t, "killed w,(2)start w,");
	tree_fini(&t);
	ki_payload_unref(input);
}

TEST(supervisor, spec_19_2_permanent_is_restarted_after_any_end)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE);
	tree_start(&t);
	ki_buf_reset(&t.f.said);
	OK(ki_cancel(&t.f.system, 0, tree_pid(&t, "a", 0), 0, ki_strv("")));
	tree_run(&t, 0);
	tree_says(&t, "stop a,start a,");
	tree_fini(&t);
}

TEST(supervisor, spec_19_2_transient_is_restarted_after_a_failure_only)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE)->children[0].restart = KI_CHILD_TRANSIENT;
	tree_start(&t);
	ki_buf_reset(&t.f.said);
	tree_kill(&t, "a");
	tree_run(&t, 0);
	tree_says(&t, "killed a,start a,");
	OK(ki_cancel(&t.f.system, 0, tree_pid(&t, "a", 0), 0, ki_strv("")));
	tree_run(&t, 0);
	tree_says(&t, "stop a,");
	tree_fini(&t);
}

TEST(supervisor, spec_19_2_temporary_is_never_restarted)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ALL)->children[1].restart = KI_CHILD_TEMPORARY;
	tree_start(&t);
	ki_buf_reset(&t.f.said);
	tree_kill(&t, "b");
	tree_run(&t, 0);
	tree_says(&t, "killed b,");
	tree_kill(&t, "a"); /* its record is gone, so the group does not bring it back */
	tree_run(&t, 0);
	tree_says(&t, "killed a,stop c,start a,start c,");
	tree_fini(&t);

	tree_init(&t); /* nor does it when it was stopped with the group, even as its first */
	three(&t, KI_ONE_FOR_ALL)->children[0].restart = KI_CHILD_TEMPORARY;
	tree_start(&t);
	ki_buf_reset(&t.f.said);
	tree_kill(&t, "b");
	tree_run(&t, 0);
	tree_says(&t, "killed b,stop c,stop a,start b,start c,");
	tree_fini(&t);
}

TEST(supervisor, spec_19_2_a_deaf_child_gets_its_shutdown_time_and_kill_none)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	struct supervised *sup = three(&t, KI_ONE_FOR_ONE);
	t.f.actors[0].deaf = t.f.actors[1].deaf = t.f.actors[2].deaf = true;
	sup->children[0].shutdown_ns = KI_SHUTDOWN_KILL;
	sup->children[1].shutdown_ns = 2 * KI_NS_PER_SEC;
	sup->children[2].shutdown_ns = 0;
	start_watched(&t, &watcher);
	OK(ki_cancel(&t.f.system, 0, t.root, 0, ki_strv("")));
	tree_run(&t, 0);
	tree_says(&t, "start a,start b,start c,killed c,");
	tree_run(&t, 3 * KI_NS_PER_SEC);
	tree_says(&t, "killed b,killed a,");
	EQ_INT(watcher.at_ns, 2 * KI_NS_PER_SEC);
	ended_with(&watcher, KI_CAUSE_RETURN, NULL);
	tree_fini(&t);
}

TEST(supervisor, spec_19_2_backoff_grows_within_a_row_of_each_child)
{
	struct tree t;
	tree_init(&t);
	struct supervised *sup = three(&t, KI_ONE_FOR_ONE);
	struct ki_backoff backoff = {
		.initial_ns = KI_NS_PER_SEC, .max_ns = 3 * KI_NS_PER_SEC, .factor = 2};
	sup->spec.max_restarts = 100;
	sup->children[0].backoff = backoff;
	t.f.actors[0].short_lived = true;
	t.f.actors[0].status = KITH_EIO;
	tree_start(&t);
	EQ_UINT(t.f.actors[0].nr_starts, 1);
	tree_run(&t, KI_NS_PER_SEC);
	EQ_UINT(t.f.actors[0].nr_starts, 2);
	tree_run(&t, 3 * KI_NS_PER_SEC);
	EQ_UINT(t.f.actors[0].nr_starts, 3);
	tree_kill(&t, "b"); /* has none */
	tree_run(&t, 6 * KI_NS_PER_SEC - 1);
	EQ_UINT(t.f.actors[0].nr_starts, 3);
	EQ_UINT(t.f.actors[1].nr_starts, 2);
	t.f.actors[0].lives_ns = 5 * KI_NS_PER_SEC; /* long enough for a new row */
	tree_run(&t, 6 * KI_NS_PER_SEC);
	EQ_UINT(t.f.actors[0].nr_starts, 4);
	tree_run(&t, 12 * KI_NS_PER_SEC);
	EQ_UINT(t.f.actors[0].nr_starts, 5);
	tree_fini(&t);
}

/* ---- 19.4 ---- */

TEST(supervisor, spec_19_4_too_many_restarts_end_it_and_all_children)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE);
	start_watched(&t, &watcher);
	for (int i = 0; i < 3; i++) {
		tree_kill(&t, "b");
		tree_run(&t, i * KI_NS_PER_SEC);
	}
	EQ_UINT(tree_live(&t), 5);
	ki_buf_reset(&t.f.said);
	tree_run(&t, 5 * KI_NS_PER_SEC); /* the first is still within 5 s */
	tree_kill(&t, "c");
	tree_run(&t, 5 * KI_NS_PER_SEC);
	tree_says(&t, "killed c,stop b,stop a,");
	ended_with(&watcher, KI_CAUSE_ERROR,
		"restart intensity exceeded (3 restarts within 5s)");
	tree_fini(&t);
}

TEST(supervisor, spec_19_4_restarts_that_are_spread_never_are_too_many)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ALL)->spec.max_restarts = 1;
	tree_start(&t);
	for (int i = 0; i < 100; i++) {
		tree_run(&t, i * 5 * KI_NS_PER_SEC + i);
		tree_kill(&t, "b");
		tree_run(&t, i * 5 * KI_NS_PER_SEC + i);
	}
	EQ_UINT(tree_live(&t), 4);
	tree_fini(&t);
}

TEST(supervisor, spec_19_4_none_allowed_means_the_first_ends_it)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE)->spec.max_restarts = 0;
	start_watched(&t, &watcher);
	tree_kill(&t, "a");
	tree_run(&t, 0);
	ended_with(&watcher, KI_CAUSE_ERROR,
		"restart intensity exceeded (0 restarts within 5s)");
	tree_fini(&t);
}

TEST(supervisor, spec_19_4_a_failed_restart_counts_and_is_tried_again)
{
	static const enum ki_strategy strategies[] = {
		KI_ONE_FOR_ONE, KI_ONE_FOR_ALL, KI_REST_FOR_ONE};
	for (size_t i = 0; i < ki_countof(strategies); i++) {
		struct tree t;
		struct watcher watcher;
		tree_init(&t);
		three(&t, strategies[i]);
		start_watched(&t, &watcher);
		t.f.actors[1].bad_starts = 3; /* the first was good */
		t.f.actors[1].start_status = KITH_EINTERNAL;
		tree_kill(&t, "b");
		tree_run(&t, 0);
		EQ_UINT(tree_live(&t), 5);
		EQ_UINT(t.f.actors[1].nr_starts, 4);
		HAS_STR(ki_buf_cstr(&t.f.logged), "child failed to restart");
		t.f.actors[1].bad_starts = 100;
		tree_kill(&t, "b");
		tree_run(&t, 0);
		ended_with(&watcher, KI_CAUSE_ERROR,
			"restart intensity exceeded (3 restarts within 5s)");
		tree_fini(&t);
	}
}

TEST(supervisor, spec_19_4_cancel_stops_the_children_in_reverse_order)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE);
	start_watched(&t, &watcher);
	ki_buf_reset(&t.f.said);
	OK(ki_cancel(&t.f.system, 0, t.root, KI_NS_PER_SEC, ki_strv("")));
	tree_run(&t, 0);
	tree_says(&t, "stop c,stop b,stop a,");
	ended_with(&watcher, KI_CAUSE_RETURN, NULL);
	tree_fini(&t);
}

/* ---- No process survives its tree, however it ends ---- */

/* sup over (a, inner over (b, c), d); c is deaf. */
static void nested(struct tree *t)
{
	struct supervised *sup = tree_supervisor(t, "app:sup", KI_ONE_FOR_ONE);
	struct supervised *inner = tree_supervisor(t, "app:inner", KI_ONE_FOR_ALL);
	tree_actor(t, sup, "a");
	tree_child(sup, "inner", &inner->program);
	tree_actor(t, sup, "d");
	tree_actor(t, inner, "b");
	tree_actor(t, inner, "c")->deaf = true;
}

TEST(tree, spec_19_1_none_survives_cancel)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	nested(&t);
	start_watched(&t, &watcher);
	EQ_UINT(tree_live(&t), 7);
	OK(ki_cancel(&t.f.system, 0, t.root, 0, ki_strv("")));
	tree_run(&t, 4 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 6); /* c has 5 s, and inner all the time that takes */
	tree_run(&t, 5 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 0);
	tree_says(&t, "start a,start d,start b,start c,stop d,killed c,stop b,stop a,");
	ended_with(&watcher, KI_CAUSE_RETURN, NULL);
	tree_fini(&t);
}

TEST(tree, spec_19_1_none_survives_terminate)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	nested(&t);
	start_watched(&t, &watcher);
	OK(ki_force(&t.f.system, t.root, KI_CAUSE_TERMINATE));
	tree_run(&t, 0); /* inner stops its children in order, and c has its time */
	EQ_UINT(tree_live(&t), 3);
	tree_run(&t, 5 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 0);
	ended_with(&watcher, KI_CAUSE_TERMINATE, "process terminated");
	tree_fini(&t);
}

TEST(tree, spec_19_1_none_survives_a_deadline)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	nested(&t);
	start_watched(&t, &watcher);
	OK(ki_cancel(&t.f.system, 0, t.root, KI_NS_PER_SEC, ki_strv("")));
	tree_run(&t, 5 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 0);
	EQ_INT(watcher.at_ns, KI_NS_PER_SEC);
	ended_with(&watcher, KI_CAUSE_DEADLINE, "cancel deadline exceeded");
	tree_fini(&t);
}

TEST(tree, spec_19_1_none_survives_too_many_restarts_below)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	nested(&t);
	t.sups[1].spec.max_restarts = 0;
	start_watched(&t, &watcher);
	tree_kill(&t, "b"); /* ends inner, which sup restarts */
	tree_run(&t, 5 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 7);
	tree_says(&t, "start a,start d,start b,start c,killed b,killed c,start b,start c,");
	for (int i = 0; i < 3; i++) {
		tree_kill(&t, "app:inner");
		tree_run(&t, 5 * KI_NS_PER_SEC);
	}
	tree_run(&t, 10 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 0);
	ended_with(&watcher, KI_CAUSE_ERROR,
		"restart intensity exceeded (3 restarts within 5s)");
	tree_fini(&t);
}

static void stop_one(void *arg, kith_pid pid)
{
	ki_cancel(arg, KI_PID_SYSTEM, pid, 0, ki_strv("scheduler shutdown"));
}

TEST(tree, spec_19_1_none_is_restarted_while_the_host_stops)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	nested(&t);
	start_watched(&t, &watcher);
	ki_proc_host_set_state(t.f.host, KI_PROC_HOST_STOPPING);
	tree_kill(&t, "d"); /* its end is heard before any CANCEL */
	tree_run(&t, 0);
	ki_procs_each(&t.f.system, t.f.host, stop_one, &t.f.system);
	tree_run(&t, 5 * KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 0);
	ended_with(&watcher, KI_CAUSE_RETURN, NULL);
	IS_NULL(strstr(ki_buf_cstr(&t.f.logged), "failed to restart"));
	tree_fini(&t);
}

TEST(tree, spec_19_1_its_forced_end_spares_children_that_trap_links)
{
	struct tree t;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE);
	t.f.actors[1].trapping = true;
	tree_start(&t);
	OK(ki_force(&t.f.system, t.root, KI_CAUSE_TERMINATE));
	tree_run(&t, 0);
	EQ_UINT(tree_live(&t), 1);
	tree_kill(&t, "b");
	tree_fini(&t);
}

/* ---- A start that never ends ---- */

TEST(tree, spec_19_1_force_drops_a_child_whose_start_never_ends)
{
	struct tree t;
	struct watcher watcher;
	tree_init(&t);
	three(&t, KI_ONE_FOR_ONE);
	t.f.actors[1].endless_start = true;
	start_watched(&t, &watcher);
	EQ_UINT(tree_live(&t), 3); /* the watcher, sup, a */
	OK(ki_force(&t.f.system, t.root, KI_CAUSE_TERMINATE));
	tree_run(&t, KI_NS_PER_SEC);
	EQ_UINT(tree_live(&t), 0);
	ended_with(&watcher, KI_CAUSE_TERMINATE, "process terminated");
	tree_fini(&t);
}

/* ---- Many ---- */

TEST(tree, spec_19_1_a_hundred_thousand_supervisors)
{
	enum { NR = 100000 / TEST_SCALE };
	struct tree t;
	tree_init(&t);
	struct supervised *sup = tree_supervisor(&t, "app:sup", KI_ONE_FOR_ONE);
	struct supervised *one = tree_supervisor(&t, "app:one", KI_ONE_FOR_ONE);
	tree_child(sup, "one", &one->program)->count = NR;
	tree_start(&t);
	EQ_UINT(tree_live(&t), NR + 1);
	OK(ki_cancel(&t.f.system, 0, t.root, 0, ki_strv("")));
	tree_run(&t, 0);
	EQ_UINT(tree_live(&t), 0);
	tree_fini(&t);
}
