/* The end of a process (SPEC 4.6), and what is counted, refused and kept in order around it. */
#include "process_fixture.h"

/* ---- The order of 4.6 ---- */

/* At its EXIT the watcher tries all it could do to the one that ended. */
static enum ki_step try_all(struct puppet *p) {
	if (!puppet_look(p)) {
		return KI_STEP_DONE;
	}
	kith_pid pid = ((struct puppet *)p->extra)->pid;
	struct ki_system *system = &p->stage->system;
	if (p->nr_seen == 0) {
		return KI_STEP_WAIT;
	}
	FALSE(ki_pid_alive(system, pid));
	STATUS(send_topic(p, pid, "hello"), KITH_ENOTFOUND);
	STATUS(ki_cancel(system, p->pid, pid, MS, ki_strv("")), KITH_ENOTFOUND);
	STATUS(ki_force(system, pid, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
	STATUS(ki_proc_link(p->proc, pid), KITH_ENOTFOUND);
	STATUS(ki_proc_monitor(p->proc, pid), KITH_ENOTFOUND);
	p->value++;
	return KI_STEP_WAIT;
}

TEST(process_exit, whoever_handles_the_exit_finds_the_pid_gone) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *ends = puppet_cast(&stage), *watcher = puppet_cast(&stage);
	watcher->run = try_all;
	watcher->extra = ends;
	OK(ki_proc_monitor(watcher->proc, ends->pid));
	end(ends, RETURNS);
	EQ_INT(watcher->value, 1);
	stage_close(&stage);
}

TEST(process_exit, exit_comes_before_link_down) {
	struct stage stage;
	char letters[32];
	stage_open(&stage);
	struct puppet *ends = puppet_cast(&stage), *watcher = puppet_cast(&stage);
	watcher->proc->trap_links = true;
	OK(ki_proc_link(watcher->proc, ends->pid)); /* made first, told last */
	OK(ki_proc_monitor(watcher->proc, ends->pid));
	end(ends, FAILS);
	EQ_STR(saw(watcher, letters), "xl");
	stage_close(&stage);
}

static void tell(struct ki_overrun *overrun) {
	FAIL("told of an overrun: %p", (void *)overrun);
}

static enum ki_step ask_for_overruns(struct puppet *p) {
	static struct ki_overrun overrun = {tell};
	ki_task_on_overrun(&overrun);
	return puppet_meet(p, FAILS);
}

static void check_overrun(struct stage *stage, const struct ki_crash *crash) {
	(void)stage, (void)crash;
	IS_NULL(ki_task_on_overrun(NULL));
}

/* What a signal tells of an overrun is the body's, which goes within its last step. */
TEST(process_exit, nobody_is_told_of_overruns_when_the_body_has_ended) {
	struct stage stage;
	stage_open(&stage);
	stage.on_crash = check_overrun;
	struct puppet *ends = puppet_cast(&stage);
	ends->run = ask_for_overruns;
	puppet_wake(ends);
	stage_run(&stage);
	EQ_INT(stage.nr_crashes, 1);
	stage_close(&stage);
}

/* The report of a crash comes when the mailbox is closed, and before anybody is told. */
static void check_crash(struct stage *stage, const struct ki_crash *crash) {
	struct puppet *ends = stage->puppets, *watcher = ends->next;
	EQ_UINT(crash->pid, ends->pid);
	FALSE(ki_pid_alive(&stage->system, crash->pid));
	TRUE(ki_mpsc_empty(&watcher->proc->mailbox));
	saw_nothing(watcher);
	EQ_INT(ends->nr_destroyed, 0); /* its memory goes last */
	EQ_STR(crash->entry, "test:puppet");
	EQ_UINT(crash->nr_links, 1);
	EQ_UINT(crash->nr_monitors, 1);
	EQ_INT(crash->uptime_ns, 3 * MS);
	EQ_INT(crash->result->cause, KI_CAUSE_ERROR);
}

static int nap(struct ki_proc *proc, void *arg) {
	(void)arg;
	return ki_native_sleep(proc, 3 * MS);
}

TEST(process_exit, crash_is_reported_once_before_anybody_is_told) {
	struct stage stage;
	kith_pid pid;
	struct ki_payload *error;
	static const struct ki_native native = {.run = nap};
	static const struct ki_program clock = {
		.id = "test:clock", .ops = &ki_native_ops, .data = &native};
	stage_open(&stage);
	struct ki_spawn spawn = {.program = &clock, .host = stage.host};
	OK(ki_proc_spawn(&stage.system, &spawn, &pid, &error));
	struct puppet *watcher = puppet_cast(&stage), *ends = puppet_cast(&stage);
	watcher->proc->trap_links = true;
	OK(ki_proc_monitor(watcher->proc, ends->pid));
	OK(ki_proc_link(watcher->proc, ends->pid));
	stage_run(&stage); /* three milliseconds */
	EQ_INT(stage.nr_crashes, 0); /* a normal end is no crash */
	stage.on_crash = check_crash;
	end(ends, FAILS);
	EQ_INT(stage.nr_crashes, 1);
	EQ_INT(watcher->nr_seen, 2);
	stage_close(&stage);
}

TEST(process_exit, link_being_removed_is_not_counted_in_the_report) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	b->blind = true;
	OK(ki_proc_unlink(a->proc, b->pid)); /* and no answer comes */
	a->blind = true;
	doom(a, FAILS);
	stage_run(&stage);
	EQ_UINT(stage.crash.pid, a->pid);
	EQ_UINT(stage.crash.nr_links, 0);
	b->blind = false;
	puppet_wake(b);
	stage_run(&stage);
	NOT_NULL(b->proc);
	EQ_UINT(b->proc->links.count, 0);
	stage_close(&stage);
}

TEST(process_exit, all_watchers_share_one_result) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *ends = puppet_cast(&stage);
	struct ki_signal *exit_of[3];
	struct puppet *watcher[3];
	for (int i = 0; i < 3; i++) {
		watcher[i] = puppet_cast(&stage);
		watcher[i]->idle_hands = true;
		OK(ki_proc_monitor(watcher[i]->proc, ends->pid));
	}
	ends->value = 99;
	end(ends, RETURNS);
	for (int i = 0; i < 3; i++) {
		exit_of[i] = ki_proc_take(watcher[i]->proc);
		NOT_NULL(exit_of[i]);
		EQ_PTR(ki_signal_relation(exit_of[i])->result,
			ki_signal_relation(exit_of[0])->result);
	}
	struct ki_result *result = ki_signal_relation(exit_of[0])->result;
	EQ_UINT(ki_load_rlx(&result->xrefs), 3); /* the process's own is given back */
	for (int i = 0; i < 3; i++) {
		EQ_INT(payload_int(result->value), 99);
		ki_signal_free(exit_of[i]);
	}
	stage_close(&stage);
}

TEST(process_exit, signals_nobody_took_are_freed_with_the_process) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	a->proc->trap_links = true;
	a->idle_hands = true;
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_cancel(&stage.system, b->pid, a->pid, 5 * MS, ki_strv("x")));
	OK(send_topic(b, a->pid, "t"));
	puppet_wake(b);
	b->fate = FAILS;
	EQ_INT(ki_sched_run(stage.sched, MS), KI_RUN_UNTIL);
	IS_NULL(b->proc);
	NOT_NULL(a->proc->arrived_head);
	end(a, RETURNS);
	EQ_UINT(stage_timers(&stage), 0);
	stage_close(&stage);
}

/* ---- The decision ---- */

static enum ki_step decide_twice(struct puppet *p) {
	puppet_meet(p, FAILS);
	p->value = 4;
	puppet_meet(p, RETURNS);
	ki_proc_end_cause(p->proc, KI_CAUSE_DEADLOCK,
		ki_error_payload_status(KITH_EINTERNAL, ki_strv("deadlock")));
	return KI_STEP_WAIT; /* decided is decided: the layer ends it */
}

TEST(process_exit, first_decision_counts_and_ends_the_process) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *ends = puppet_cast(&stage), *watcher = puppet_cast(&stage);
	OK(ki_proc_monitor(watcher->proc, ends->pid));
	ends->run = decide_twice;
	ends->error = "first";
	stage_run(&stage);
	saw_only(watcher, KI_SIGNAL_EXIT, ends->pid);
	EQ_STR(watcher->seen[0].text, "first");
	EQ_INT(ends->nr_steps, 1);
	stage_close(&stage);
}

static enum ki_step deadlock(struct puppet *p) {
	ki_proc_end_cause(p->proc, KI_CAUSE_DEADLOCK,
		ki_error_payload_status(KITH_EINTERNAL, ki_strv("deadlock")));
	return KI_STEP_DONE;
}

TEST(process_exit, each_end_is_counted_as_what_it_is) {
	struct stage stage;
	stage_open(&stage);
	for (int i = 0; i < 9; i++) {
		struct puppet *p = puppet_cast(&stage);
		if (i < 2) {
			doom(p, RETURNS);
		} else if (i < 5) {
			doom(p, FAILS);
		} else if (i < 8) {
			OK(terminate(p));
		} else {
			p->run = deadlock;
		}
	}
	stage_run(&stage);
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWNED), 9);
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_NORMAL), 2);
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_FAILED), 3);
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_FORCED), 4);
	EQ_UINT(stage_count(&stage, KI_COUNTER_PROCESSES), 0);
	EQ_INT(stage.nr_crashes, 7);
	stage_close(&stage);
}

/* ---- Messages ---- */

TEST(process_exit, unreceived_messages_are_dropped_and_counted) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_cast(&stage), *sender = puppet_cast(&stage);
	p->idle_hands = true;
	for (int i = 0; i < 3; i++) {
		OK(send_topic(sender, p->pid, "looked at"));
	}
	stage_run(&stage);
	struct ki_signal *taken = ki_proc_take(p->proc); /* taken, and never received */
	struct ki_signal *received = ki_proc_take(p->proc);
	ki_proc_received(p->proc, ki_signal_message(received));
	ki_signal_free(received);
	p->blind = true;
	OK(send_topic(sender, p->pid, "not looked at"));
	OK(ki_cancel(&stage.system, sender->pid, p->pid, 0, ki_strv("no message")));
	end(p, RETURNS);
	ki_signal_free(taken);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_SENT), 4);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_RECEIVED), 1);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_DROPPED), 3);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_REFUSED), 0);
	stage_close(&stage);
}

TEST(process_exit, full_mailbox_refuses_messages_until_one_is_received) {
	struct stage stage;
	stage_open(&stage);
	stage.host->limits.max_mailbox = 3;
	struct puppet *p = puppet_cast(&stage), *sender = puppet_cast(&stage);
	p->idle_hands = true;
	for (int i = 0; i < 5; i++) {
		STATUS(send_topic(sender, p->pid, "t"), i < 3 ? KITH_OK : KITH_ERATELIMITED);
	}
	stage_run(&stage); /* looked at, which makes no room */
	STATUS(send_topic(sender, p->pid, "t"), KITH_ERATELIMITED);
	struct ki_signal *message = ki_proc_take(p->proc);
	STATUS(send_topic(sender, p->pid, "t"), KITH_ERATELIMITED); /* nor does taking */
	ki_proc_received(p->proc, ki_signal_message(message));
	ki_signal_free(message);
	OK(send_topic(sender, p->pid, "t"));
	STATUS(send_topic(sender, p->pid, "t"), KITH_ERATELIMITED);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_REFUSED), 5);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_SENT), 4);
	stage_close(&stage);
}

TEST(process_exit, signals_are_never_refused_and_take_no_room) {
	struct stage stage;
	char letters[32];
	stage_open(&stage);
	stage.host->limits.max_mailbox = 1;
	struct puppet *p = puppet_cast(&stage), *other = puppet_cast(&stage);
	p->proc->trap_links = true;
	p->blind = true;
	OK(ki_cancel(&stage.system, other->pid, p->pid, 0, ki_strv("")));
	OK(ki_proc_link(other->proc, p->pid));
	OK(ki_proc_monitor(p->proc, other->pid));
	OK(send_topic(other, p->pid, "t"));
	STATUS(send_topic(other, p->pid, "t"), KITH_ERATELIMITED);
	OK(ki_cancel(&stage.system, other->pid, p->pid, 0, ki_strv("")));
	end(other, FAILS);
	p->blind = false;
	puppet_wake(p);
	stage_run(&stage);
	EQ_STR(saw(p, letters), "cmcxl");
	stage_close(&stage);
}

TEST(process_exit, mailbox_of_no_bound_takes_all) {
	struct stage stage;
	stage_open(&stage);
	stage.host->limits.max_mailbox = 0;
	struct puppet *p = puppet_cast(&stage);
	p->idle_hands = true;
	for (int i = 0; i < 1000; i++) {
		OK(send_topic(p, p->pid, "t"));
	}
	stage_run(&stage);
	stage_close(&stage);
}

TEST(process_exit, message_carries_topic_sender_and_payloads) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_cast(&stage);
	p->idle_hands = true;
	struct ki_message *message = ki_message_new(ki_strv_n("a\0b", 3), 3);
	message->payloads[0] = ki_value_payload_int(1);
	message->payloads[2] = ki_value_payload_int(3);
	OK(ki_send(&stage.system, 77, p->pid, message));
	OK(ki_send(&stage.system, 0, p->pid, ki_message_new(ki_strv(""), 0)));
	stage_run(&stage);
	struct ki_signal *signal = ki_proc_take(p->proc);
	message = ki_signal_message(signal);
	EQ_UINT(signal->from, 77);
	EQ_UINT(message->topic_len, 3);
	EQ_MEM(message->topic, "a\0b", 4);
	EQ_UINT(message->nr_payloads, 3);
	EQ_INT(payload_int(message->payloads[0]), 1);
	IS_NULL(message->payloads[1]);
	EQ_INT(payload_int(message->payloads[2]), 3);
	ki_proc_received(p->proc, message);
	ki_signal_free(signal);
	signal = ki_proc_take(p->proc);
	EQ_STR(ki_signal_message(signal)->topic, "");
	EQ_UINT(signal->from, 0);
	ki_proc_received(p->proc, ki_signal_message(signal));
	ki_signal_free(signal);
	IS_NULL(ki_proc_take(p->proc));
	stage_close(&stage);
}

/* ---- SPEC 8.5 ---- */

TEST(process_exit, what_one_does_to_another_arrives_in_its_order) {
	struct stage stage;
	char letters[32];
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	b->proc->trap_links = true;
	b->blind = true;
	OK(ki_proc_monitor(b->proc, a->pid));
	stage_run(&stage);
	OK(send_topic(a, b->pid, "1"));
	OK(ki_cancel(&stage.system, a->pid, b->pid, 0, ki_strv("2")));
	OK(ki_proc_link(a->proc, b->pid));
	OK(send_topic(a, b->pid, "3"));
	OK(ki_proc_unlink(a->proc, b->pid));
	OK(ki_cancel(&stage.system, a->pid, b->pid, 0, ki_strv("4")));
	OK(ki_proc_link(a->proc, b->pid));
	OK(send_topic(a, b->pid, "5"));
	a->error = "6";
	end(a, FAILS);
	b->blind = false;
	puppet_wake(b);
	stage_run(&stage);
	EQ_STR(saw(b, letters), "mcmcmxl");
	for (int i = 0; i < 7; i++) {
		EQ_INT(b->seen[i].text[0], "1234566"[i]);
		EQ_UINT(b->seen[i].from, a->pid);
	}
	EQ_UINT(b->proc->links.count, 0);
	stage_close(&stage);
}

TEST(process_exit, last_words_of_an_unlinked_process_break_no_link) {
	struct stage stage;
	char letters[32];
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	b->blind = true;
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	OK(send_topic(a, b->pid, "bye"));
	end(a, FAILS);
	b->blind = false;
	puppet_wake(b);
	stage_run(&stage);
	EQ_STR(saw(b, letters), "m");
	NOT_NULL(b->proc);
	EQ_UINT(b->proc->links.count, 0);
	stage_close(&stage);
}
