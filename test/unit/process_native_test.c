/* Native bodies: receive, sleep, yield, return (process/native.h). */
#include "process_fixture.h"

struct scene {
	struct stage stage;
	struct puppet *watcher; /* monitors the native process, which it can be sent from */
	struct ki_native native;
	struct ki_program program;
	kith_pid pid;
	int nr_runs, nr_cleanups, status;
	int64_t at_ns[8];
	int nr;
};

static void cleanup(void *arg) {
	((struct scene *)arg)->nr_cleanups++;
}

static struct scene *scene_open(int (*run)(struct ki_proc *, void *)) {
	static struct scene scene;
	struct ki_payload *error;
	struct scene *s = &scene;
	*s = (struct scene){.status = 1};
	stage_open(&s->stage);
	s->watcher = puppet_cast(&s->stage);
	s->native = (struct ki_native){.run = run, .arg = s, .cleanup = cleanup};
	s->program = (struct ki_program){
		.id = "test:native", .ops = &ki_native_ops, .data = &s->native};
	struct ki_spawn spawn = {.program = &s->program, .host = s->stage.host};
	OK(ki_proc_spawn(&s->stage.system, &spawn, &s->pid, &error));
	OK(ki_proc_monitor(s->watcher->proc, s->pid));
	return s;
}

/* It has ended in that way. */
static void scene_close(struct scene *s, enum ki_cause cause, const char *text) {
	saw_only(s->watcher, KI_SIGNAL_EXIT, s->pid);
	EQ_INT(s->watcher->seen[0].cause, cause);
	EQ_STR(s->watcher->seen[0].text, text);
	EQ_INT(s->nr_runs, 1);
	EQ_INT(s->nr_cleanups, 1);
	stage_close(&s->stage);
	EQ_INT(s->nr_cleanups, 1);
}

static void stamp(struct scene *s) {
	s->at_ns[s->nr++] = stage_now(&s->stage);
}

static int return_status(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	(void)proc;
	s->nr_runs++;
	return s->status;
}

TEST(process_native, return_of_zero_is_a_normal_end) {
	struct scene *s = scene_open(return_status);
	s->status = 0;
	stage_run(&s->stage);
	EQ_INT(s->watcher->seen[0].value, 0);
	scene_close(s, KI_CAUSE_RETURN, "");
}

TEST(process_native, return_of_a_status_is_a_failure_in_its_words) {
	struct scene *s = scene_open(return_status);
	s->status = KITH_EIO;
	stage_run(&s->stage);
	scene_close(s, KI_CAUSE_ERROR, "the system refused an input or output operation");
}

static int end_by_itself(struct ki_proc *proc, void *arg) {
	((struct scene *)arg)->nr_runs++;
	ki_proc_end_error(proc, ki_error_payload_status(KITH_EINVAL, ki_strv("own words")));
	return 0;
}

TEST(process_native, end_said_before_the_return_counts) {
	struct scene *s = scene_open(end_by_itself);
	stage_run(&s->stage);
	scene_close(s, KI_CAUSE_ERROR, "own words");
}

static int receive_three(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	s->nr_runs++;
	for (int i = 0; i < 3; i++) {
		struct ki_signal *signal = NULL;
		OK(ki_native_receive(proc, INT64_MAX, &signal));
		EQ_INT(signal->kind, i == 1 ? KI_SIGNAL_CANCEL : KI_SIGNAL_MESSAGE);
		ki_signal_free(signal);
		stamp(s);
	}
	return 0;
}

TEST(process_native, receive_gives_what_comes_in_its_order) {
	struct scene *s = scene_open(receive_three);
	OK(send_topic(s->watcher, s->pid, "before it runs"));
	stage_run(&s->stage);
	EQ_INT(s->nr, 1);
	OK(ki_cancel(&s->stage.system, s->watcher->pid, s->pid, 0, ki_strv("")));
	OK(send_topic(s->watcher, s->pid, "together"));
	stage_run(&s->stage);
	EQ_INT(s->nr, 3);
	EQ_UINT(stage_count(&s->stage, KI_COUNTER_MESSAGES_RECEIVED), 2);
	EQ_UINT(stage_timers(&s->stage), 0);
	scene_close(s, KI_CAUSE_RETURN, "");
}

/* ---- A look that gives way ---- */

/* Sends once the scene's process has taken all of its mailbox, and is not done with it. */
struct late_sender {
	struct scene *scene;
	struct ki_native native;
	struct ki_program program;
	uint32_t state; /* of the process, at the sending */
};

static int send_late(struct ki_proc *proc, void *arg) {
	struct late_sender *late = arg;
	struct scene *s = late->scene;
	struct ki_proc *to = ki_table_pin(&s->stage.system.table, s->pid);
	NOT_NULL(to);
	while (!ki_mpsc_empty(&to->mailbox)) {
		OK(ki_native_yield(proc));
	}
	late->state = ki_load_rlx(&to->task.xstate); /* nothing runs beside us */
	ki_table_unpin(&s->stage.system.table, s->pid);
	OK(send_topic(s->watcher, s->pid, "late"));
	return 0;
}

static int receive_one(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	struct ki_signal *signal = NULL;
	s->nr_runs++;
	OK(ki_native_receive(proc, INT64_MAX, &signal));
	EQ_INT(signal->kind, KI_SIGNAL_MESSAGE);
	ki_signal_free(signal);
	return 0;
}

/* What comes then finds the mailbox empty, and wakes one that is not asleep. The look itself finds
 * nothing that the body would see. */
TEST(process_native, what_comes_while_a_look_gives_way_is_seen) {
	struct scene *s = scene_open(receive_one);
	struct late_sender late = {.scene = s, .native = {.run = send_late, .arg = &late}};
	late.program = (struct ki_program){
		.id = "test:late", .ops = &ki_native_ops, .data = &late.native};
	for (int i = 0; i < 30000; i++) {
		OK(ki_proc_unmonitor(s->watcher->proc, s->pid));
		OK(ki_proc_monitor(s->watcher->proc, s->pid));
	}
	struct ki_spawn spawn = {.program = &late.program, .host = s->stage.host};
	struct ki_payload *error;
	kith_pid pid;
	OK(ki_proc_spawn(&s->stage.system, &spawn, &pid, &error));
	stage_run(&s->stage);
	EQ_UINT(late.state, KI_TASK_WOKEN); /* it had given way */
	scene_close(s, KI_CAUSE_RETURN, "");
}

static int receive_with_timeouts(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	struct ki_signal *signal = NULL;
	s->nr_runs++;
	STATUS(ki_native_receive(proc, 5 * MS, &signal), KITH_ETIMEOUT);
	IS_NULL(signal);
	stamp(s); /* 5 ms */
	STATUS(ki_native_receive(proc, 5 * MS, &signal), KITH_ETIMEOUT); /* has passed */
	STATUS(ki_native_receive(proc, -1, &signal), KITH_ETIMEOUT);
	stamp(s); /* 5 ms */
	OK(ki_native_sleep(proc, 2 * MS)); /* a message comes meanwhile, and waits */
	stamp(s); /* 7 ms */
	OK(ki_native_receive(proc, 0, &signal)); /* what is there is given, late or not */
	ki_signal_free(signal);
	STATUS(ki_native_receive(proc, 9 * MS, &signal), KITH_ETIMEOUT);
	stamp(s); /* 9 ms */
	return 0;
}

TEST(process_native, receive_gives_up_at_its_deadline) {
	struct scene *s = scene_open(receive_with_timeouts);
	EQ_INT(ki_sched_run(s->stage.sched, 6 * MS), KI_RUN_UNTIL);
	OK(send_topic(s->watcher, s->pid, "at 6 ms"));
	stage_run(&s->stage);
	static const int want_ms[] = {5, 5, 7, 9};
	EQ_INT(s->nr, 4);
	for (int i = 0; i < 4; i++) {
		EQ_INT(s->at_ns[i], (int64_t)want_ms[i] * MS);
	}
	scene_close(s, KI_CAUSE_RETURN, "");
}

static int receive_in_time(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	struct ki_signal *signal;
	s->nr_runs++;
	OK(ki_native_receive(proc, 5 * MS, &signal));
	ki_signal_free(signal);
	stamp(s);
	STATUS(ki_native_receive(proc, 50 * MS, &signal), KITH_ETIMEOUT);
	stamp(s);
	return 0;
}

TEST(process_native, message_in_time_leaves_no_timer_behind) {
	struct scene *s = scene_open(receive_in_time);
	EQ_INT(ki_sched_run(s->stage.sched, 3 * MS), KI_RUN_UNTIL);
	OK(send_topic(s->watcher, s->pid, "t"));
	EQ_INT(ki_sched_run(s->stage.sched, 4 * MS), KI_RUN_UNTIL);
	EQ_INT(s->nr, 1);
	EQ_UINT(stage_timers(&s->stage), 1); /* that of the second receive */
	stage_run(&s->stage);
	EQ_INT(s->at_ns[0], 3 * MS);
	EQ_INT(s->at_ns[1], 50 * MS);
	scene_close(s, KI_CAUSE_RETURN, "");
}

static int sleep_some(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	s->nr_runs++;
	OK(ki_native_sleep(proc, 3 * MS));
	stamp(s);
	OK(ki_native_sleep(proc, 0));
	OK(ki_native_sleep(proc, -5));
	stamp(s);
	OK(ki_native_sleep(proc, 1));
	stamp(s);
	return 0;
}

TEST(process_native, sleep_lasts_as_long_as_said_whatever_comes) {
	struct scene *s = scene_open(sleep_some);
	for (int i = 1; i <= 2; i++) {
		EQ_INT(ki_sched_run(s->stage.sched, i * MS), KI_RUN_UNTIL);
		OK(send_topic(s->watcher, s->pid, "t"));
		OK(ki_cancel(&s->stage.system, 0, s->pid, 0, ki_strv("")));
	}
	stage_run(&s->stage);
	EQ_INT(s->at_ns[0], 3 * MS);
	EQ_INT(s->at_ns[1], 3 * MS);
	EQ_INT(s->at_ns[2], 3 * MS + 1);
	EQ_UINT(stage_count(&s->stage, KI_COUNTER_MESSAGES_DROPPED), 2);
	scene_close(s, KI_CAUSE_RETURN, "");
}

static int sleep_for_ever(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	s->nr_runs++;
	s->status = ki_native_sleep(proc, MS);
	OK(s->status);
	s->status = ki_native_sleep(proc, INT64_MAX);
	return s->status;
}

TEST(process_native, sleep_without_end_is_ended_by_force) {
	struct scene *s = scene_open(sleep_for_ever);
	stage_run(&s->stage);
	EQ_INT(s->status, 0); /* it sleeps */
	OK(ki_force(&s->stage.system, s->pid, KI_CAUSE_TERMINATE));
	stage_run(&s->stage);
	EQ_INT(s->status, KITH_EKILLED);
	scene_close(s, KI_CAUSE_TERMINATE, "process terminated");
}

TEST(process_native, sleeper_dies_of_an_untrapped_link_at_once) {
	struct scene *s = scene_open(sleep_for_ever);
	struct puppet *peer = puppet_cast(&s->stage);
	EQ_INT(ki_sched_run(s->stage.sched, 2 * MS), KI_RUN_IDLE);
	OK(ki_proc_link(peer->proc, s->pid));
	end(peer, FAILS);
	EQ_INT(s->status, KITH_EKILLED);
	scene_close(s, KI_CAUSE_LINK, "linked process failed");
}

static int yield_often(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	s->nr_runs++;
	while ((s->status = ki_native_yield(proc)) == KITH_OK) {
		s->nr++;
	}
	return 0;
}

static enum ki_step count_to_ten(struct puppet *p) {
	if (++p->value < 10) {
		return KI_STEP_AGAIN;
	}
	p->run = NULL;
	OK(ki_force(&p->stage->system, *(kith_pid *)p->extra, KI_CAUSE_TERMINATE));
	return KI_STEP_WAIT;
}

TEST(process_native, yield_lets_others_run_and_hears_of_force) {
	struct scene *s = scene_open(yield_often);
	struct puppet *other = puppet_cast(&s->stage);
	other->run = count_to_ten;
	other->extra = &s->pid;
	stage_run(&s->stage);
	EQ_INT(s->status, KITH_EKILLED);
	GE_INT(s->nr, 5);
	LE_INT(s->nr, 20);
	scene_close(s, KI_CAUSE_TERMINATE, "process terminated");
}

/* The body starts a child of its own and waits for its end. */
static int spawn_child(struct ki_proc *proc, void *arg) {
	struct scene *s = arg;
	kith_pid child;
	struct ki_payload *error;
	struct puppet *p = s->stage.puppets;
	struct ki_spawn spawn = {.program = &p->program,
		.host = s->stage.host,
		.parent = proc,
		.relations = KI_SPAWN_MONITOR};
	struct ki_signal *signal = NULL;
	s->nr_runs++;
	OK(ki_proc_spawn(proc->system, &spawn, &child, &error));
	OK(ki_native_receive(proc, INT64_MAX, &signal));
	EQ_INT(signal->kind, KI_SIGNAL_EXIT);
	EQ_UINT(signal->from, child);
	ki_signal_free(signal);
	return 0;
}

TEST(process_native, native_parent_watches_its_child) {
	struct scene *s = scene_open(spawn_child);
	struct puppet *p = puppet_new(&s->stage);
	p->fate = RETURNS;
	stage_run(&s->stage);
	EQ_INT(p->nr_destroyed, 1);
	scene_close(s, KI_CAUSE_RETURN, "");
}

TEST(process_native, process_that_never_ran_is_cleaned_up_too) {
	struct scene *s = scene_open(return_status);
	OK(ki_force(&s->stage.system, s->pid, KI_CAUSE_TERMINATE));
	stage_run(&s->stage);
	EQ_INT(s->nr_runs, 0);
	EQ_INT(s->nr_cleanups, 1);
	s->nr_runs = 1;
	scene_close(s, KI_CAUSE_TERMINATE, "process terminated");
}

static int sleep_and_receive(struct ki_proc *proc, void *arg) {
	struct ki_signal *signal = NULL;
	((struct scene *)arg)->nr_runs++;
	OK(ki_native_sleep(proc, 10 * MS));
	OK(ki_native_receive(proc, INT64_MAX, &signal));
	ki_signal_free(signal);
	return 0;
}

/* SPEC 21.4: though its step does not return meanwhile. */
TEST(process_native, a_wait_shows_in_a_snapshot) {
	struct scene *s = scene_open(sleep_and_receive);
	struct ki_proc_snapshot shown;
	ki_sched_run(s->stage.sched, MS);
	TRUE(ki_proc_snapshot(&s->stage.system, s->pid, &shown));
	EQ_STR(shown.state, "blocked");
	EQ_STR(shown.body.waiting_in, "sleep");
	stage_run(&s->stage);
	TRUE(ki_proc_snapshot(&s->stage.system, s->pid, &shown));
	EQ_STR(shown.state, "idle");
	EQ_STR(shown.body.waiting_in, "receive");
	OK(send_topic(s->watcher, s->pid, "t"));
	stage_run(&s->stage);
	scene_close(s, KI_CAUSE_RETURN, "");
}
