/* Timers of a process (process/timer.h). */
#include "process_fixture.h"

struct watch {
	struct ki_proc_timer timer;
	int nr_fired, nr_released;
	int64_t fired_ns;
};

static void fired(struct ki_proc_timer *timer) {
	struct watch *watch = ki_container_of(timer, struct watch, timer);
	EQ_INT(timer->state, KI_PROC_TIMER_REST);
	watch->nr_fired++;
	watch->fired_ns = ki_sched_now(timer->proc->system->sched);
}

static void released(struct ki_proc_timer *timer) {
	EQ_INT(timer->state, KI_PROC_TIMER_REST);
	ki_container_of(timer, struct watch, timer)->nr_released++;
}

/* A puppet with a timer, which is armed for `ms` from now. */
static struct puppet *open_armed(struct stage *stage, struct watch *watch, int ms) {
	stage_open(stage);
	struct puppet *p = puppet_cast(stage);
	stage_run(stage);
	*watch = (struct watch){.nr_fired = 0};
	ki_proc_timer_init(&watch->timer, p->proc, fired, released);
	ki_proc_timer_arm(&watch->timer, stage_now(stage) + (int64_t)ms * MS);
	EQ_UINT(stage_timers(stage), 1);
	return p;
}

TEST(process_timer, owner_hears_of_it_at_its_time) {
	struct stage stage;
	struct watch watch;
	open_armed(&stage, &watch, 3);
	EQ_INT(ki_sched_run(stage.sched, 3 * MS - 1), KI_RUN_UNTIL);
	EQ_INT(watch.nr_fired, 0);
	stage_run(&stage);
	EQ_INT(watch.nr_fired, 1);
	EQ_INT(watch.fired_ns, 3 * MS);
	EQ_INT(watch.nr_released, 0);
	stage_close(&stage);
	EQ_INT(watch.nr_fired + watch.nr_released, 1);
}

TEST(process_timer, deadline_that_has_passed_fires_without_delay) {
	struct stage stage;
	struct watch watch;
	open_armed(&stage, &watch, 0);
	stage_run(&stage);
	EQ_INT(watch.nr_fired, 1);
	EQ_INT(stage_now(&stage), 0);
	stage_close(&stage);
}

TEST(process_timer, stopped_while_pending_never_fires) {
	struct stage stage;
	struct watch watch;
	bool busy = true;
	open_armed(&stage, &watch, 3);
	TRUE(ki_proc_timer_stop(&watch.timer, &busy));
	FALSE(busy);
	EQ_INT(watch.timer.state, KI_PROC_TIMER_REST);
	EQ_UINT(stage_timers(&stage), 0);
	FALSE(ki_proc_timer_stop(&watch.timer, &busy)); /* at rest: nothing to stop */
	FALSE(busy);
	stage_run(&stage);
	stage_close(&stage);
	EQ_INT(watch.nr_fired + watch.nr_released, 0); /* at rest it is its owner's alone */
}

TEST(process_timer, stopped_on_the_way_is_released_instead_of_fired) {
	struct stage stage;
	struct watch watch;
	bool busy = false;
	struct puppet *p = open_armed(&stage, &watch, 3);
	p->blind = true;
	stage_run(&stage); /* the signal is in the mailbox */
	EQ_INT(watch.nr_fired, 0);
	TRUE(ki_proc_timer_stop(&watch.timer, &busy));
	TRUE(busy);
	busy = false;
	FALSE(ki_proc_timer_stop(&watch.timer, &busy)); /* once is enough; still in use */
	TRUE(busy);
	EQ_INT(watch.nr_released, 0);
	p->blind = false;
	puppet_wake(p);
	stage_run(&stage);
	EQ_INT(watch.nr_fired, 0);
	EQ_INT(watch.nr_released, 1);
	ki_proc_timer_arm(&watch.timer, stage_now(&stage) + MS); /* as good as new */
	stage_run(&stage);
	EQ_INT(watch.nr_fired, 1);
	stage_close(&stage);
}

static void arm_again(struct ki_proc_timer *timer) {
	struct watch *watch = ki_container_of(timer, struct watch, timer);
	fired(timer);
	if (watch->nr_fired < 5) {
		ki_proc_timer_arm(timer, watch->fired_ns + MS);
	}
}

TEST(process_timer, armed_anew_from_its_own_firing_it_ticks) {
	struct stage stage;
	struct watch watch;
	open_armed(&stage, &watch, 1);
	watch.timer.fired = arm_again;
	stage_run(&stage);
	EQ_INT(watch.nr_fired, 5);
	EQ_INT(stage_now(&stage), 5 * MS);
	stage_close(&stage);
}

TEST(process_timer, end_of_the_process_releases_a_pending_timer) {
	struct stage stage;
	struct watch watch;
	struct puppet *p = open_armed(&stage, &watch, 3);
	end(p, RETURNS);
	EQ_INT(watch.nr_fired, 0);
	EQ_INT(watch.nr_released, 1);
	EQ_UINT(stage_timers(&stage), 0);
	EQ_INT(stage_now(&stage), 0);
	stage_close(&stage);
}

TEST(process_timer, end_of_the_process_releases_a_timer_that_has_fired) {
	struct stage stage;
	struct watch watch;
	struct puppet *p = open_armed(&stage, &watch, 3);
	p->blind = true;
	stage_run(&stage);
	end(p, RETURNS);
	EQ_INT(watch.nr_fired, 0);
	EQ_INT(watch.nr_released, 1);
	stage_close(&stage);
}

TEST(process_timer, end_of_the_process_releases_a_timer_stopped_on_the_way_once) {
	struct stage stage;
	struct watch watch;
	bool busy;
	struct puppet *p = open_armed(&stage, &watch, 3);
	p->blind = true;
	stage_run(&stage);
	TRUE(ki_proc_timer_stop(&watch.timer, &busy));
	end(p, FAILS);
	EQ_INT(watch.nr_fired, 0);
	EQ_INT(watch.nr_released, 1);
	stage_close(&stage);
}

TEST(process_timer, force_releases_the_timers_of_its_target) {
	struct stage stage;
	struct watch first, more[3];
	struct puppet *p = open_armed(&stage, &first, 3);
	for (int i = 0; i < 3; i++) {
		more[i] = (struct watch){.nr_fired = 0};
		ki_proc_timer_init(&more[i].timer, p->proc, fired, i ? released : NULL);
		ki_proc_timer_arm(&more[i].timer, (5 + i) * MS);
	}
	OK(ki_cancel(&stage.system, 0, p->pid, 4 * MS, ki_strv("")));
	stage_run(&stage);
	IS_NULL(p->proc);
	EQ_INT(stage_now(&stage), 4 * MS);
	EQ_INT(first.nr_fired, 1);
	EQ_INT(first.nr_released, 0);
	EQ_INT(more[0].nr_fired + more[1].nr_fired + more[2].nr_fired, 0);
	EQ_INT(more[1].nr_released, 1);
	EQ_INT(more[2].nr_released, 1);
	EQ_INT(more[0].timer.state, KI_PROC_TIMER_REST);
	stage_close(&stage);
}

TEST(process_timer, timer_signal_keeps_its_place_among_the_others) {
	struct stage stage;
	struct watch watch;
	struct puppet *p = open_armed(&stage, &watch, 3);
	p->blind = true;
	OK(send_topic(p, p->pid, "before"));
	stage_run(&stage);
	OK(send_topic(p, p->pid, "after"));
	p->idle_hands = true;
	TRUE(puppet_look(p));
	EQ_INT(watch.nr_fired, 1);
	p->idle_hands = false;
	TRUE(puppet_look(p));
	EQ_INT(p->nr_seen, 2);
	EQ_STR(p->seen[0].text, "before");
	EQ_STR(p->seen[1].text, "after");
	stage_close(&stage);
}

/* ---- Deadlines: who holds them when they fire; ASan counts the references ---- */

TEST(process_timer, deadline_fires_with_its_cancel_adopted_or_still_under_way) {
	for (int blind = 0; blind < 2; blind++) {
		struct stage stage;
		stage_open(&stage);
		struct puppet *p = puppet_cast(&stage);
		p->blind = blind;
		OK(ki_cancel(&stage.system, 0, p->pid, 2 * MS, ki_strv("")));
		OK(ki_cancel(&stage.system, 0, p->pid, 2 * MS, ki_strv("")));
		OK(ki_cancel(&stage.system, 0, p->pid, 3 * MS, ki_strv("")));
		stage_run(&stage);
		EQ_INT(stage_now(&stage), 2 * MS);
		IS_NULL(p->proc);
		EQ_INT(p->nr_seen, blind ? 0 : 3);
		stage_close(&stage);
	}
}

TEST(process_timer, deadline_without_a_target_does_nothing) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_cast(&stage);
	end(p, RETURNS);
	struct ki_deadline *deadline = ki_deadline_arm(
		&stage.system, stage.host->host, p->pid, 2 * MS, KI_CAUSE_DEADLINE);
	NOT_NULL(deadline);
	stage_run(&stage);
	EQ_INT(stage_now(&stage), 2 * MS);
	ki_deadline_unref(deadline, true);
	stage_close(&stage);
}

TEST(process_timer, deadline_given_back_without_a_stop_still_fires) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_cast(&stage);
	struct ki_deadline *deadline = ki_deadline_arm(
		&stage.system, stage.host->host, p->pid, 2 * MS, KI_CAUSE_HOST_STOP);
	ki_deadline_unref(deadline, false);
	stage_run(&stage);
	IS_NULL(p->proc);
	EQ_INT(stage.crash_cause, KI_CAUSE_HOST_STOP);
	stage_close(&stage);
}
