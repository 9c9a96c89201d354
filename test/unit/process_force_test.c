/* Cancel and force (SPEC 7). */
#include "process_fixture.h"

static int cancel(struct puppet *from, struct puppet *to, int64_t deadline_ns, const char *reason) {
	return ki_cancel(&from->stage->system, from->pid, to->pid, deadline_ns, ki_strv(reason));
}

/* `watcher` learns how `target` ends. */
static void open_watched(struct stage *stage, struct puppet **watcher, struct puppet **target) {
	stage_open(stage);
	*watcher = puppet_cast(stage);
	*target = puppet_cast(stage);
	OK(ki_proc_monitor((*watcher)->proc, (*target)->pid));
	stage_run(stage);
}

static void saw_end(
	struct puppet *watcher, struct puppet *target, enum ki_cause cause, const char *text) {
	IS_NULL(target->proc);
	saw_only(watcher, KI_SIGNAL_EXIT, target->pid);
	EQ_INT(watcher->seen[0].cause, cause);
	EQ_STR(watcher->seen[0].text, text);
}

/* ---- Cancel ---- */

TEST(process_force, cancel_is_an_event_with_sender_reason_and_deadline) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(cancel(watcher, target, 5 * MS, "tidy up"));
	OK(cancel(watcher, target, 0, ""));
	OK(cancel(target, target, -5, "myself"));
	int64_t wall = ki_sched_wall(stage.sched);
	EQ_INT(ki_sched_run(stage.sched, stage_now(&stage) + MS), KI_RUN_UNTIL);
	char letters[32];
	EQ_STR(saw(target, letters), "ccc");
	EQ_UINT(target->seen[0].from, watcher->pid);
	EQ_STR(target->seen[0].text, "tidy up");
	EQ_INT(target->seen[0].deadline_wall_ns, wall + 5 * MS);
	EQ_STR(target->seen[1].text, "");
	EQ_INT(target->seen[1].deadline_wall_ns, 0);
	EQ_UINT(target->seen[2].from, target->pid);
	EQ_INT(target->seen[2].deadline_wall_ns, 0);
	stage_close(&stage);
}

TEST(process_force, cancel_without_deadline_kills_nobody) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(cancel(watcher, target, 0, ""));
	OK(cancel(watcher, target, -1, ""));
	OK(cancel(watcher, target, INT64_MIN, ""));
	EQ_UINT(stage_timers(&stage), 0);
	stage_run(&stage);
	NOT_NULL(target->proc);
	stage_close(&stage);
}

TEST(process_force, deadline_kills_at_its_time_and_no_earlier) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	int64_t start_ns = stage_now(&stage);
	OK(cancel(watcher, target, 7 * MS, ""));
	EQ_INT(ki_sched_run(stage.sched, start_ns + 7 * MS - 1), KI_RUN_UNTIL);
	NOT_NULL(target->proc);
	stage_run(&stage);
	EQ_INT(stage_now(&stage), start_ns + 7 * MS);
	saw_end(watcher, target, KI_CAUSE_DEADLINE, "cancel deadline exceeded");
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_FORCED), 1);
	stage_close(&stage);
}

TEST(process_force, deadline_kills_who_never_looks) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	target->blind = true;
	OK(cancel(watcher, target, 7 * MS, ""));
	stage_run(&stage);
	saw_end(watcher, target, KI_CAUSE_DEADLINE, "cancel deadline exceeded");
	stage_close(&stage);
}

static enum ki_step spin(struct puppet *p) {
	(void)p;
	while (!ki_proc_forced(p->proc)) {
		if (ki_task_tick()) {
			ki_task_yield(true);
		}
	}
	ki_task_abandon();
}

TEST(process_force, deadline_kills_who_loops) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	target->run = spin;
	int64_t start_ns = stage_now(&stage);
	OK(cancel(watcher, target, 7 * MS, "")); /* wakes it: it loops from now on */
	stage_run(&stage);
	GE_INT(stage_now(&stage), start_ns + 7 * MS);
	LE_INT(stage_now(&stage), start_ns + 9 * MS); /* a slice or two later */
	saw_end(watcher, target, KI_CAUSE_DEADLINE, "cancel deadline exceeded");
	stage_close(&stage);
}

TEST(process_force, deadline_outlives_the_canceller) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	struct puppet *canceller = puppet_cast(&stage);
	int64_t start_ns = stage_now(&stage);
	OK(cancel(canceller, target, 7 * MS, ""));
	doom(canceller, FAILS);
	stage_run(&stage);
	IS_NULL(canceller->proc);
	EQ_INT(stage_now(&stage), start_ns + 7 * MS);
	saw_end(watcher, target, KI_CAUSE_DEADLINE, "cancel deadline exceeded");
	stage_close(&stage);
}

TEST(process_force, earliest_of_several_deadlines_counts) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	int64_t start_ns = stage_now(&stage);
	OK(cancel(watcher, target, 9 * MS, ""));
	OK(cancel(watcher, target, 4 * MS, ""));
	OK(cancel(target, target, 6 * MS, ""));
	OK(cancel(watcher, target, 0, ""));
	stage_run(&stage);
	EQ_INT(stage_now(&stage), start_ns + 4 * MS); /* and nothing is pending behind it */
	EQ_UINT(stage_timers(&stage), 0);
	saw_end(watcher, target, KI_CAUSE_DEADLINE, "cancel deadline exceeded");
	stage_close(&stage);
}

TEST(process_force, nothing_is_pending_for_who_ended_earlier) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	int64_t start_ns = stage_now(&stage);
	OK(cancel(watcher, target, 5 * MS, ""));
	OK(cancel(watcher, target, 6 * MS, ""));
	EQ_UINT(stage_timers(&stage), 2);
	doom(target, RETURNS);
	stage_run(&stage);
	EQ_INT(stage_now(&stage), start_ns);
	EQ_UINT(stage_timers(&stage), 0);
	saw_end(watcher, target, KI_CAUSE_RETURN, "");
	stage_close(&stage);
}

TEST(process_force, nothing_is_pending_for_who_ended_without_looking) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	target->blind = true;
	OK(cancel(watcher, target, 5 * MS, ""));
	end(target, RETURNS);
	EQ_UINT(stage_timers(&stage), 0);
	stage_close(&stage);
}

TEST(process_force, deadline_of_an_ended_process_spares_the_next_in_its_slot) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(cancel(watcher, target, 5 * MS, ""));
	end(target, RETURNS);
	struct puppet *next = puppet_cast(&stage);
	EQ_UINT(ki_pid_slot(next->pid), ki_pid_slot(target->pid));
	stage_run(&stage);
	NOT_NULL(next->proc);
	stage_close(&stage);
}

TEST(process_force, deadline_beyond_all_time_is_no_trouble) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(cancel(watcher, puppet_cast(&stage), 3 * MS, ""));
	stage_run(&stage);
	EQ_INT(stage_now(&stage), 3 * MS); /* from here, all time is more than there is */
	OK(cancel(watcher, target, INT64_MAX, ""));
	OK(cancel(watcher, target, INT64_MAX - 1, ""));
	stage_run(&stage); /* never is no time to wait for */
	EQ_INT(stage_now(&stage), 3 * MS);
	EQ_INT(target->nr_seen, 2);
	EQ_INT(target->seen[0].deadline_wall_ns, INT64_MAX);
	OK(terminate(target));
	stage_run(&stage);
	EQ_UINT(stage_timers(&stage), 0);
	stage_close(&stage);
}

TEST(process_force, cancel_of_the_ended_or_unknown_is_not_found) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	end(target, RETURNS);
	STATUS(cancel(watcher, target, 5 * MS, ""), KITH_ENOTFOUND);
	STATUS(ki_cancel(&stage.system, 1, 0, 5 * MS, ki_strv("")), KITH_ENOTFOUND);
	STATUS(ki_cancel(&stage.system, 1, UINT64_MAX, 5 * MS, ki_strv("")), KITH_ENOTFOUND);
	EQ_UINT(stage_timers(&stage), 0);
	stage_close(&stage);
}

/* ---- Force ---- */

TEST(process_force, waiting_process_is_gone_at_once) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	int steps = target->nr_steps;
	OK(terminate(target));
	stage_run(&stage);
	EQ_INT(target->nr_steps, steps); /* its body did not run again */
	saw_end(watcher, target, KI_CAUSE_TERMINATE, "process terminated");
	stage_close(&stage);
}

TEST(process_force, ready_process_does_not_run_again) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	int steps = target->nr_steps;
	doom(target, RETURNS); /* ready, with a normal end before it */
	OK(terminate(target));
	stage_run(&stage);
	EQ_INT(target->nr_steps, steps);
	saw_end(watcher, target, KI_CAUSE_TERMINATE, "process terminated");
	stage_close(&stage);
}

TEST(process_force, process_forced_before_its_first_step_never_runs) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_cast(&stage);
	OK(terminate(p));
	stage_run(&stage);
	EQ_INT(p->nr_steps, 0);
	EQ_INT(p->nr_destroyed, 1);
	EQ_INT(stage.crash_cause, KI_CAUSE_TERMINATE);
	stage_close(&stage);
}

TEST(process_force, look_finds_force_before_what_came_after_it) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(send_topic(watcher, target->pid, "before"));
	TRUE(puppet_look(target));
	OK(terminate(target));
	OK(send_topic(watcher, target->pid, "after"));
	FALSE(ki_proc_look(target->proc));
	stage_run(&stage);
	saw_end(watcher, target, KI_CAUSE_TERMINATE, "process terminated");
	saw_only(target, KI_SIGNAL_MESSAGE, watcher->pid);
	stage_close(&stage);
}

static enum ki_step terminate_self(struct puppet *p) {
	OK(terminate(p));
	TRUE(ki_proc_forced(p->proc));
	return KI_STEP_WAIT;
}

TEST(process_force, process_may_terminate_itself) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	target->run = terminate_self;
	puppet_wake(target);
	stage_run(&stage);
	saw_end(watcher, target, KI_CAUSE_TERMINATE, "process terminated");
	stage_close(&stage);
}

static enum ki_step terminate_extra(struct puppet *p) {
	OK(terminate(p->extra)); /* granted though force is on us already */
	return KI_STEP_WAIT;
}

TEST(process_force, two_may_terminate_each_other) {
	struct stage stage;
	struct puppet *a, *b;
	open_watched(&stage, &a, &b);
	a->extra = b;
	OK(terminate(a));
	EQ_INT(terminate_extra(a), KI_STEP_WAIT);
	stage_run(&stage);
	IS_NULL(a->proc);
	IS_NULL(b->proc);
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_FORCED), 2);
	stage_close(&stage);
}

TEST(process_force, first_force_counts) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(ki_force(&stage.system, target->pid, KI_CAUSE_HOST_STOP));
	OK(terminate(target)); /* granted: the target dies */
	stage_run(&stage);
	saw_end(watcher, target, KI_CAUSE_HOST_STOP, "context canceled");
	stage_close(&stage);
}

TEST(process_force, force_on_the_ended_or_unknown_is_not_found) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	end(target, RETURNS);
	STATUS(terminate(target), KITH_ENOTFOUND);
	STATUS(ki_force(&stage.system, 0, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
	STATUS(ki_force(&stage.system, UINT64_MAX, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
	stage_close(&stage);
}

static enum ki_step end_then_force(struct puppet *p) {
	puppet_meet(p, RETURNS);
	OK(terminate(p)); /* the mailbox is still open: it takes effect */
	return KI_STEP_DONE;
}

TEST(process_force, granted_force_goes_before_an_end_that_was_decided) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	target->run = end_then_force;
	target->value = 5; /* dropped */
	puppet_wake(target);
	stage_run(&stage);
	saw_end(watcher, target, KI_CAUSE_TERMINATE, "process terminated");
	EQ_INT(watcher->seen[0].value, 0);
	stage_close(&stage);
}

static void force_late(struct stage *stage, const struct ki_crash *crash) {
	STATUS(ki_force(&stage->system, crash->pid, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
}

TEST(process_force, force_on_an_end_that_is_being_told_is_refused) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	stage.on_crash = force_late;
	target->error = "its own";
	end(target, FAILS);
	EQ_INT(stage.nr_crashes, 1);
	saw_end(watcher, target, KI_CAUSE_ERROR, "its own");
	stage_close(&stage);
}

TEST(process_force, force_breaks_links_of_its_target) {
	struct stage stage;
	struct puppet *watcher, *target;
	char letters[32];
	open_watched(&stage, &watcher, &target);
	watcher->proc->trap_links = true;
	OK(ki_proc_link(watcher->proc, target->pid));
	OK(terminate(target));
	stage_run(&stage);
	EQ_STR(saw(watcher, letters), "xl");
	EQ_STR(watcher->seen[1].text, "process terminated");
	stage_close(&stage);
}

TEST(process_force, what_follows_a_force_is_dropped_or_refused) {
	struct stage stage;
	struct puppet *watcher, *target;
	open_watched(&stage, &watcher, &target);
	OK(terminate(target));
	OK(send_topic(watcher, target->pid, "dropped with it"));
	STATUS(ki_proc_monitor(watcher->proc, target->pid), KITH_EEXIST);
	stage_run(&stage);
	STATUS(send_topic(watcher, target->pid, "refused"), KITH_ENOTFOUND);
	saw_nothing(target);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_DROPPED), 1);
	stage_close(&stage);
}

TEST(process_force, each_cause_has_its_error) {
	static const struct {
		enum ki_cause cause;
		const char *kind, *text;
	} rows[] = {
		{KI_CAUSE_TERMINATE, "Canceled", "process terminated"},
		{KI_CAUSE_DEADLINE, "Canceled", "cancel deadline exceeded"},
		{KI_CAUSE_HOST_STOP, "Canceled", "context canceled"},
	};
	for (size_t i = 0; i < ki_countof(rows); i++) {
		struct stage stage;
		struct puppet *watcher, *target;
		char kind[64], text[64];
		open_watched(&stage, &watcher, &target);
		struct puppet *holder = puppet_cast(&stage);
		OK(ki_proc_monitor(holder->proc, target->pid));
		holder->idle_hands = true;
		OK(ki_force(&stage.system, target->pid, rows[i].cause));
		stage_run(&stage);
		saw_end(watcher, target, rows[i].cause, rows[i].text);
		struct ki_signal *signal = ki_proc_take(holder->proc);
		error_text(ki_signal_relation(signal)->result->error, kind, text, sizeof kind);
		EQ_STR(kind, rows[i].kind);
		ki_signal_free(signal);
		stage_close(&stage);
	}
}

/* ---- Force on a native body ---- */

struct native_case {
	struct stage stage;
	struct puppet *watcher;
	struct ki_native native;
	struct ki_program program;
	kith_pid pid;
	int status, seen_before_return;
	bool returned, cleaned;
};

static void native_open(struct native_case *c, int (*run)(struct ki_proc *, void *)) {
	struct ki_payload *error;
	*c = (struct native_case){.status = 1};
	stage_open(&c->stage);
	c->watcher = puppet_cast(&c->stage);
	c->native = (struct ki_native){.run = run, .arg = c};
	c->program = (struct ki_program){
		.id = "test:native", .ops = &ki_native_ops, .data = &c->native};
	struct ki_spawn spawn = {.program = &c->program, .host = c->stage.host};
	OK(ki_proc_spawn(&c->stage.system, &spawn, &c->pid, &error));
	OK(ki_proc_monitor(c->watcher->proc, c->pid));
	EQ_INT(ki_sched_run(c->stage.sched, MS), KI_RUN_IDLE);
}

static int receive_for_ever(struct ki_proc *proc, void *arg) {
	struct native_case *c = arg;
	struct ki_signal *signal;
	c->status = ki_native_receive(proc, INT64_MAX, &signal);
	for (int i = 0; i < 20; i++) {
		ki_task_yield(false); /* its frames live on, and others run */
	}
	c->seen_before_return = c->watcher->nr_seen;
	STATUS(ki_native_receive(proc, 0, &signal), KITH_EKILLED);
	STATUS(ki_native_sleep(proc, 5 * MS), KITH_EKILLED);
	STATUS(ki_native_yield(proc), KITH_EKILLED);
	c->returned = true;
	return 0;
}

TEST(process_force, native_body_in_receive_is_told_and_its_end_is_told_at_once) {
	static struct native_case c;
	native_open(&c, receive_for_ever);
	EQ_INT(c.status, 1);
	OK(ki_force(&c.stage.system, c.pid, KI_CAUSE_TERMINATE));
	stage_run(&c.stage);
	EQ_INT(c.status, KITH_EKILLED);
	TRUE(c.returned);
	EQ_INT(c.seen_before_return, 1);
	saw_only(c.watcher, KI_SIGNAL_EXIT, c.pid);
	EQ_INT(c.watcher->seen[0].cause, KI_CAUSE_TERMINATE);
	EQ_INT(stage_now(&c.stage), 0); /* it did not sleep */
	stage_close(&c.stage);
}

static int sleep_for_long(struct ki_proc *proc, void *arg) {
	struct native_case *c = arg;
	c->status = ki_native_sleep(proc, 1000 * (int64_t)MS);
	c->returned = true;
	return KITH_EIO; /* nobody hears of it */
}

static void wake_sleeper(enum ki_cause cause) {
	static struct native_case c;
	struct ki_payload *error;
	c = (struct native_case){.status = 1};
	stage_open(&c.stage);
	c.watcher = puppet_cast(&c.stage);
	c.native = (struct ki_native){.run = sleep_for_long, .arg = &c};
	c.program = (struct ki_program){
		.id = "test:native", .ops = &ki_native_ops, .data = &c.native};
	struct ki_spawn spawn = {.program = &c.program, .host = c.stage.host};
	OK(ki_proc_spawn(&c.stage.system, &spawn, &c.pid, &error));
	OK(ki_proc_monitor(c.watcher->proc, c.pid));
	EQ_INT(ki_sched_run(c.stage.sched, MS), KI_RUN_UNTIL);
	EQ_UINT(stage_timers(&c.stage), 1);
	if (cause == KI_CAUSE_DEADLINE) {
		OK(ki_cancel(&c.stage.system, 0, c.pid, 2 * MS, ki_strv("")));
	} else {
		OK(ki_force(&c.stage.system, c.pid, cause));
	}
	stage_run(&c.stage);
	EQ_INT(c.status, KITH_EKILLED);
	TRUE(c.returned);
	EQ_UINT(stage_timers(&c.stage), 0);
	LT_INT(stage_now(&c.stage), 10 * MS);
	saw_only(c.watcher, KI_SIGNAL_EXIT, c.pid);
	EQ_INT(c.watcher->seen[0].cause, cause);
	stage_close(&c.stage);
}

TEST(process_force, native_body_in_sleep_is_woken_and_told) {
	wake_sleeper(KI_CAUSE_TERMINATE);
}

TEST(process_force, native_body_in_sleep_meets_a_deadline) {
	wake_sleeper(KI_CAUSE_DEADLINE);
}
