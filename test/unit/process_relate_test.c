/* Monitors and links (SPEC 6). */
#include "process_fixture.h"

#include "base/rng.h"

static struct puppet *trapping(struct stage *stage) {
	struct puppet *p = puppet_cast(stage);
	p->proc->trap_links = true;
	return p;
}

static void open_two(struct stage *stage, struct puppet **a, struct puppet **b) {
	stage_open(stage);
	*a = trapping(stage);
	*b = trapping(stage);
	stage_run(stage);
}

/* Neither knows anything of the other, and nothing is under way. */
static void strangers(struct puppet *a, struct puppet *b) {
	struct puppet *both[] = {a, b};
	for (int i = 0; i < 2; i++) {
		struct ki_proc *proc = both[i]->proc;
		EQ_UINT(proc->links.count, 0);
		EQ_UINT(proc->nr_unlinking, 0);
		EQ_UINT(proc->watchers.count, 0);
		EQ_UINT(proc->watching.count, 0);
	}
}

static void linked(struct puppet *a, struct puppet *b) {
	EQ_UINT(a->proc->links.count, 1);
	EQ_UINT(b->proc->links.count, 1);
	NOT_NULL(ki_relset_find(&a->proc->links, b->pid));
	NOT_NULL(ki_relset_find(&b->proc->links, a->pid));
	EQ_UINT(a->proc->nr_unlinking + b->proc->nr_unlinking, 0);
}

/* ---- SPEC 6.1: the table ---- */

TEST(process_relate, live_target_is_monitored_and_linked) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	linked(a, b);
	EQ_UINT(a->proc->watching.count, 1);
	EQ_UINT(b->proc->watchers.count, 1);
	EQ_UINT(a->proc->watchers.count + b->proc->watching.count, 0);
	OK(ki_proc_unmonitor(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	stage_run(&stage);
	strangers(a, b);
	stage_close(&stage);
}

static void not_found(struct puppet *a, kith_pid target) {
	STATUS(ki_proc_monitor(a->proc, target), KITH_ENOTFOUND);
	STATUS(ki_proc_link(a->proc, target), KITH_ENOTFOUND);
	OK(ki_proc_unmonitor(a->proc, target));
	OK(ki_proc_unlink(a->proc, target));
	EQ_UINT(a->proc->watching.count + a->proc->links.count, 0);
}

TEST(process_relate, ended_or_unknown_target_is_not_found) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	end(b, RETURNS);
	not_found(a, b->pid);
	not_found(a, ki_pid_make(stage.host->index, 77, 500));
	not_found(a, ki_pid_make(900, 1, 1));
	not_found(a, 0);
	stage_run(&stage);
	saw_nothing(a);
	stage_close(&stage);
}

TEST(process_relate, second_monitor_exists_already_and_second_link_is_the_first) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	for (int i = 0; i < 3; i++) {
		STATUS(ki_proc_monitor(a->proc, b->pid), i ? KITH_EEXIST : KITH_OK);
		OK(ki_proc_link(a->proc, b->pid));
		stage_run(&stage);
	}
	OK(ki_proc_link(b->proc, a->pid));
	OK(ki_proc_monitor(b->proc, a->pid)); /* the other direction is another monitor */
	stage_run(&stage);
	linked(a, b);
	end(b, FAILS);
	char letters[32];
	EQ_STR(saw(a, letters), "xl");
	stage_close(&stage);
}

TEST(process_relate, target_that_ended_is_not_found_also_while_its_exit_is_unread) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	a->blind = true;
	end(b, FAILS);
	STATUS(ki_proc_monitor(a->proc, b->pid), KITH_ENOTFOUND);
	STATUS(ki_proc_link(a->proc, b->pid), KITH_ENOTFOUND);
	a->blind = false;
	puppet_wake(a);
	stage_run(&stage);
	EQ_INT(a->nr_seen, 2); /* the refusals took nothing away */
	stage_close(&stage);
}

TEST(process_relate, oneself_is_granted_without_effect) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_monitor(a->proc, a->pid));
	OK(ki_proc_monitor(a->proc, a->pid));
	OK(ki_proc_link(a->proc, a->pid));
	OK(ki_proc_unmonitor(a->proc, a->pid));
	OK(ki_proc_unlink(a->proc, a->pid));
	OK(ki_proc_link(a->proc, a->pid));
	OK(ki_proc_monitor(a->proc, a->pid));
	strangers(a, a);
	end(a, FAILS);
	saw_nothing(a);
	stage_close(&stage);
}

TEST(process_relate, removing_what_is_not_there_is_granted) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_unmonitor(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	OK(ki_proc_monitor(b->proc, a->pid));
	OK(ki_proc_unmonitor(a->proc, b->pid)); /* not the monitor of the other direction */
	stage_run(&stage);
	EQ_UINT(a->proc->watchers.count, 1);
	stage_close(&stage);
}

TEST(process_relate, either_side_removes_a_link) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	OK(ki_proc_unlink(b->proc, a->pid));
	stage_run(&stage);
	strangers(a, b);
	end(a, FAILS);
	saw_nothing(b);
	stage_close(&stage);
}

TEST(process_relate, all_relations_vanish_with_either_process) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	struct puppet *c = trapping(&stage);
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_monitor(c->proc, a->pid));
	OK(ki_proc_link(c->proc, a->pid));
	stage_run(&stage);
	end(a, RETURNS);
	strangers(b, c);
	saw_nothing(b);
	saw_only(c, KI_SIGNAL_EXIT, a->pid);
	stage_close(&stage);
}

/* ---- SPEC 6.2: a request meets an exit ---- */

TEST(process_relate, request_in_the_mailbox_before_the_end_counts) {
	struct stage stage;
	struct puppet *a, *b;
	char letters[32];
	open_two(&stage, &a, &b);
	b->blind = true; /* it ends without having looked */
	b->error = "the real reason";
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	end(b, FAILS);
	EQ_STR(saw(a, letters), "xl");
	EQ_STR(a->seen[0].text, "the real reason");
	EQ_STR(a->seen[1].text, "the real reason");
	EQ_UINT(a->proc->links.count + a->proc->watching.count, 0);
	stage_close(&stage);
}

TEST(process_relate, request_before_a_normal_end_gives_the_value_and_no_link) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	b->blind = true;
	b->value = 42;
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	end(b, RETURNS);
	saw_only(a, KI_SIGNAL_EXIT, b->pid);
	EQ_INT(a->seen[0].cause, KI_CAUSE_RETURN);
	EQ_INT(a->seen[0].value, 42);
	EQ_UINT(a->proc->links.count + a->proc->watching.count, 0);
	stage_close(&stage);
}

/* Asks in its own last moments, from the report of its crash: its mailbox is closed by then. */
static void ask_late(struct stage *stage, const struct ki_crash *crash) {
	struct puppet *a = stage->puppets; /* the newest */
	NE_UINT(a->pid, crash->pid);
	not_found(a, crash->pid);
}

TEST(process_relate, request_after_the_mailbox_closed_is_refused) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *b = puppet_cast(&stage);
	struct puppet *a = trapping(&stage);
	stage_run(&stage);
	stage.on_crash = ask_late;
	end(b, FAILS);
	EQ_INT(stage.nr_crashes, 1);
	saw_nothing(a);
	stage_close(&stage);
}

/* ---- SPEC 6.3: removing ---- */

TEST(process_relate, event_that_has_arrived_is_delivered_after_the_removal) {
	struct stage stage;
	struct puppet *a, *b;
	char letters[32];
	open_two(&stage, &a, &b);
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	a->idle_hands = true;
	end(b, FAILS); /* a has looked, and taken nothing */
	OK(ki_proc_unmonitor(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	a->idle_hands = false;
	puppet_wake(a);
	stage_run(&stage);
	EQ_STR(saw(a, letters), "xl");
	stage_close(&stage);
}

TEST(process_relate, event_that_comes_after_the_removal_is_not_delivered) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	OK(ki_proc_unmonitor(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	b->blind = true; /* it ends without having looked */
	end(b, FAILS);
	saw_nothing(a);
	EQ_UINT(a->proc->links.count + a->proc->nr_unlinking, 0);
	stage_close(&stage);
}

TEST(process_relate, event_that_passes_the_removal_on_the_way_is_not_delivered) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	a->blind = true;
	end(b, FAILS); /* both events lie in a's mailbox, which it did not look into */
	OK(ki_proc_unmonitor(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	a->blind = false;
	puppet_wake(a);
	stage_run(&stage);
	saw_nothing(a);
	EQ_UINT(a->proc->links.count + a->proc->nr_unlinking, 0);
	stage_close(&stage);
}

TEST(process_relate, two_who_link_each_other_at_once_have_one_link) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_link(b->proc, a->pid));
	stage_run(&stage);
	linked(a, b);
	end(b, FAILS);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	stage_close(&stage);
}

TEST(process_relate, two_who_link_at_once_get_one_link_down_even_unlooked) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_link(b->proc, a->pid));
	b->blind = true;
	end(b, FAILS);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	stage_close(&stage);
}

TEST(process_relate, two_who_unlink_at_once_are_strangers) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	OK(ki_proc_unlink(a->proc, b->pid));
	OK(ki_proc_unlink(b->proc, a->pid));
	OK(ki_proc_unlink(a->proc, b->pid)); /* again: nothing more to do */
	stage_run(&stage);
	strangers(a, b);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	linked(a, b);
	stage_close(&stage);
}

TEST(process_relate, link_made_anew_outlives_the_late_answer_to_its_unlink) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	for (int i = 0; i < 3; i++) {
		OK(ki_proc_unlink(a->proc, b->pid));
		OK(ki_proc_link(a->proc, b->pid));
	}
	stage_run(&stage);
	linked(a, b);
	OK(ki_proc_unlink(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_unlink(a->proc, b->pid));
	stage_run(&stage);
	strangers(a, b);
	stage_close(&stage);
}

TEST(process_relate, link_made_anew_while_its_unlink_is_out_gives_one_link_down) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	OK(ki_proc_unlink(a->proc, b->pid));
	OK(ki_proc_link(a->proc, b->pid));
	b->blind = true; /* finds UNLINK and LINK in its mailbox as it closes */
	end(b, FAILS);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	strangers(a, a);
	stage_close(&stage);
}

TEST(process_relate, link_of_the_other_side_that_crosses_an_unlink_is_undone) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_link(b->proc, a->pid)); /* out, and not seen by a */
	OK(ki_proc_unlink(a->proc, b->pid));
	stage_run(&stage);
	strangers(a, b);
	stage_close(&stage);
}

TEST(process_relate, relink_after_an_exit_was_missed_is_refused) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	a->blind = true;
	OK(ki_proc_unlink(a->proc, b->pid));
	end(b, FAILS);
	STATUS(ki_proc_link(a->proc, b->pid), KITH_ENOTFOUND);
	a->blind = false;
	puppet_wake(a);
	stage_run(&stage);
	saw_nothing(a);
	strangers(a, a);
	stage_close(&stage);
}

TEST(process_relate, monitor_set_anew_after_its_removal_fires_once) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	for (int i = 0; i < 3; i++) {
		OK(ki_proc_monitor(a->proc, b->pid));
		OK(ki_proc_unmonitor(a->proc, b->pid));
	}
	OK(ki_proc_monitor(a->proc, b->pid));
	b->blind = true;
	end(b, RETURNS);
	saw_only(a, KI_SIGNAL_EXIT, b->pid);
	stage_close(&stage);
}

/* Two do as they please, looking when they please. Once all has arrived the sides agree; and what
 * one of them then does alone is what holds. */
TEST(process_relate, sides_of_a_link_agree_whatever_both_did) {
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct stage stage;
		struct puppet *pair[2];
		struct ki_rng rng;
		open_two(&stage, &pair[0], &pair[1]);
		ki_rng_seed(&rng, seed);
		for (int i = 0; i < 40; i++) {
			struct puppet *p = pair[ki_rng_below(&rng, 2)];
			struct puppet *peer = p == pair[0] ? pair[1] : pair[0];
			switch (ki_rng_below(&rng, 3)) {
			case 0:
				OK(ki_proc_link(p->proc, peer->pid));
				break;
			case 1:
				OK(ki_proc_unlink(p->proc, peer->pid));
				break;
			default:
				TRUE(puppet_look(p));
			}
		}
		stage_run(&stage);
		if (pair[0]->proc->links.count) {
			linked(pair[0], pair[1]);
		} else {
			strangers(pair[0], pair[1]);
		}
		OK(ki_proc_link(pair[0]->proc, pair[1]->pid));
		stage_run(&stage);
		linked(pair[0], pair[1]);
		OK(ki_proc_unlink(pair[1]->proc, pair[0]->pid));
		stage_run(&stage);
		strangers(pair[0], pair[1]);
		stage_close(&stage);
	}
}

/* ---- SPEC 6.4 ---- */

/* A crowd: bodies with nothing of their own, which end at their first step. */
static int crowd_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	(void)proc, (void)program, (void)args, (void)nr_args, (void)error;
	return KITH_OK;
}

static enum ki_step crowd_step(struct ki_proc *proc) {
	ki_proc_end_return(proc, NULL);
	return KI_STEP_DONE;
}

static void crowd_destroy(struct ki_proc *proc) {
	(void)proc;
}

static const struct ki_body_ops crowd_ops = {
	.name = "crowd", .start = crowd_start, .step = crowd_step, .destroy = crowd_destroy};
static const struct ki_program crowd = {.id = "test:crowd", .ops = &crowd_ops};

TEST(process_relate, links_to_ten_thousand_that_end_normally_leave_nothing) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	stage_run(&stage);
	struct ki_spawn spawn = {.program = &crowd,
		.host = stage.host,
		.parent = parent->proc,
		.relations = KI_SPAWN_LINK};
	for (int i = 0; i < 10000; i++) {
		kith_pid pid;
		struct ki_payload *error;
		OK(ki_proc_spawn(&stage.system, &spawn, &pid, &error));
	}
	EQ_UINT(parent->proc->links.count, 10000);
	stage_run(&stage);
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_NORMAL), 10000);
	EQ_UINT(parent->proc->links.count, 0);
	saw_nothing(parent);
	TRUE(ki_mpsc_empty(&parent->proc->mailbox));
	IS_NULL(ki_proc_take(parent->proc));
	stage_close(&stage);
}

TEST(process_relate, normal_end_after_a_cancel_breaks_no_link) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	a->proc->trap_links = false;
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_cancel(&stage.system, a->pid, b->pid, 0, ki_strv("enough")));
	end(b, RETURNS);
	saw_only(b, KI_SIGNAL_CANCEL, a->pid);
	NOT_NULL(a->proc);
	saw_nothing(a);
	stage_close(&stage);
}

/* ---- SPEC 6.5: trapping ---- */

/* Checks the error of a process that died with its link: SPEC 4.5. */
static void check_linked_failure(
	struct stage *stage, const struct ki_result *result, kith_pid peer, const char *reason) {
	char pid[KI_PID_TEXT_MAX];
	struct ki_error_view view;
	struct ki_value_reader reader;
	struct ki_value_token token;
	const char *want[] = {"pid", pid, "reason", reason};
	EQ_INT(result->cause, KI_CAUSE_LINK);
	OK(ki_error_read(result->error, &view));
	TRUE(ki_strv_eqz(view.kind, "Internal"));
	TRUE(ki_strv_eqz(view.message, "linked process failed"));
	EQ_INT(view.retryable, KI_RETRYABLE_NIL);
	TRUE(view.has_details);
	ki_pid_format(&stage->system, peer, pid);
	ki_value_reader_init(&reader, result->error->data + view.details_at,
		result->error->size - view.details_at, 0);
	OK(ki_value_next(&reader, &token));
	EQ_INT(token.tag, KI_VALUE_TABLE);
	EQ_UINT(token.table.nrec, 2);
	for (int i = 0; i < 4; i++) {
		OK(ki_value_next(&reader, &token));
		EQ_INT(token.tag, KI_VALUE_STR);
		TRUE(ki_strv_eqz(token.str, want[i]));
	}
}

static void check_crash_of_a(struct stage *stage, const struct ki_crash *crash) {
	struct puppet *a = stage->puppets->next;
	if (crash->pid == a->pid) {
		check_linked_failure(stage, crash->result, stage->puppets->pid, "gust");
		a->value = 1;
	}
}

TEST(process_relate, untrapped_link_down_ends_the_process_with_the_reason) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	a->proc->trap_links = false;
	OK(ki_proc_link(a->proc, b->pid));
	b->error = "gust";
	stage.on_crash = check_crash_of_a;
	end(b, FAILS);
	IS_NULL(a->proc);
	EQ_INT(a->value, 1); /* checked */
	TRUE(a->doomed);
	saw_nothing(a);
	EQ_INT(stage.nr_crashes, 2);
	stage_close(&stage);
}

TEST(process_relate, trapped_link_down_is_an_event_and_the_link_is_gone) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	b->error = "gust";
	end(b, FAILS);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	EQ_STR(a->seen[0].text, "gust");
	EQ_INT(a->seen[0].cause, KI_CAUSE_ERROR);
	strangers(a, a);
	stage_close(&stage);
}

TEST(process_relate, option_set_before_the_first_look_still_traps) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_new(&stage);
	stage_run(&stage);
	OK(puppet_spawn(b, a, KI_SPAWN_LINK));
	a->blind = true;
	end(b, FAILS); /* the LINK_DOWN lies in a's mailbox */
	a->proc->trap_links = true;
	a->blind = false;
	puppet_wake(a);
	stage_run(&stage);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	NOT_NULL(a->proc);
	stage_close(&stage);
}

TEST(process_relate, link_down_that_became_an_event_stays_one) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	a->idle_hands = true;
	end(b, FAILS);
	a->proc->trap_links = false; /* too late to die of it */
	a->idle_hands = false;
	puppet_wake(a);
	stage_run(&stage);
	NOT_NULL(a->proc);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	stage_close(&stage);
}

TEST(process_relate, option_taken_back_before_the_look_kills) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	OK(ki_proc_link(a->proc, b->pid));
	a->blind = true;
	end(b, FAILS);
	a->proc->trap_links = false;
	a->blind = false;
	puppet_wake(a);
	stage_run(&stage);
	IS_NULL(a->proc);
	stage_close(&stage);
}

TEST(process_relate, normal_end_without_a_look_at_the_link_down_is_normal) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	struct puppet *c = trapping(&stage);
	a->proc->trap_links = false;
	OK(ki_proc_monitor(c->proc, a->pid));
	OK(ki_proc_link(a->proc, b->pid));
	stage_run(&stage);
	a->blind = true;
	end(b, FAILS);
	end(a, RETURNS);
	saw_only(c, KI_SIGNAL_EXIT, a->pid);
	EQ_INT(c->seen[0].cause, KI_CAUSE_RETURN);
	stage_close(&stage);
}

/* ---- SPEC 6.6: cascades ---- */

TEST(process_relate, failure_goes_from_neighbour_to_neighbour) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	struct puppet *c = puppet_cast(&stage);
	b->proc->trap_links = false;
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_link(b->proc, c->pid));
	end(c, FAILS);
	IS_NULL(b->proc);
	saw_only(a, KI_SIGNAL_LINK_DOWN, b->pid);
	EQ_STR(a->seen[0].text, "linked process failed");
	EQ_INT(a->seen[0].cause, KI_CAUSE_LINK);
	stage_close(&stage);
}

TEST(process_relate, neighbour_that_returned_stops_the_cascade) {
	struct stage stage;
	struct puppet *a, *b;
	open_two(&stage, &a, &b);
	struct puppet *c = puppet_cast(&stage);
	b->proc->trap_links = false;
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_link(b->proc, c->pid));
	stage_run(&stage);
	b->blind = true; /* the failure of c is in its mailbox, unseen */
	end(c, FAILS);
	end(b, RETURNS);
	saw_nothing(a);
	EQ_UINT(a->proc->links.count, 0);
	stage_close(&stage);
}

static void note_crash(struct stage *stage, const struct ki_crash *crash) {
	kith_pid *pids = stage->puppets->extra; /* of the newest */
	pids[stage->nr_crashes - 1] = crash->pid;
}

TEST(process_relate, chain_falls_in_its_order) {
	enum { NR = 500 };
	struct stage stage;
	struct puppet *chain[NR];
	static kith_pid fallen[NR];
	stage_open(&stage);
	for (int i = 0; i < NR; i++) {
		chain[i] = puppet_cast(&stage);
		if (i) {
			OK(ki_proc_link(chain[i]->proc, chain[i - 1]->pid));
		}
	}
	stage_run(&stage);
	stage.puppets->extra = fallen;
	stage.on_crash = note_crash;
	end(chain[0], FAILS);
	EQ_INT(stage.nr_crashes, NR);
	for (int i = 0; i < NR; i++) {
		EQ_UINT(fallen[i], chain[i]->pid);
	}
	stage_close(&stage);
}
