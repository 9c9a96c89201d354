/* Calls: a process that waits for another to end (SPEC 5.2). */
#include "process_fixture.h"

#include "process/calls.h"

enum { SEC = 1000 * MS };

static void call(struct puppet *caller, struct puppet *callee, void *user) {
	struct stage *stage = caller->stage;
	struct ki_spawn spawn = {.program = &callee->program,
		.host = stage->host,
		.parent = caller->proc,
		.relations = KI_SPAWN_CALL};
	struct ki_payload *error;
	kith_pid pid;
	OK(ki_proc_spawn(&stage->system, &spawn, &pid, &error));
	ki_proc_call_bind(caller->proc, pid, user);
}

TEST(process_calls, result_comes_to_the_caller_and_to_monitors_alike) {
	struct stage stage;
	int user;
	void *found;
	stage_open(&stage);
	struct puppet *caller = puppet_cast(&stage), *callee = puppet_new(&stage);
	call(caller, callee, &user);
	OK(ki_proc_monitor(caller->proc, callee->pid)); /* the call is no monitor */
	callee->value = 7;
	end(callee, RETURNS);
	EQ_INT(caller->nr_seen, 2);
	EQ_INT(caller->seen[0].kind, KI_SIGNAL_RESULT);
	EQ_INT(caller->seen[0].value, 7);
	EQ_INT(caller->seen[1].kind, KI_SIGNAL_EXIT);
	EQ_PTR(ki_proc_call_find(caller->proc, callee->pid), &user);
	TRUE(ki_proc_call_take(caller->proc, callee->pid, &found));
	EQ_PTR(found, &user);
	FALSE(ki_proc_call_take(caller->proc, callee->pid, &found));
	stage_close(&stage);
}

TEST(process_calls, failing_callee_is_reported_and_hurts_nobody) {
	struct stage stage;
	int user;
	stage_open(&stage);
	struct puppet *caller = puppet_cast(&stage), *callee = puppet_new(&stage);
	call(caller, callee, &user);
	end(callee, FAILS);
	saw_only(caller, KI_SIGNAL_RESULT, callee->pid);
	EQ_STR(caller->seen[0].text, "failed");
	EQ_INT(stage.nr_crashes, 1);
	EQ_UINT(stage.crash.nr_monitors, 0);
	NOT_NULL(caller->proc);
	stage_close(&stage);
}

static void caller_is_gone(struct puppet *callee, int64_t at_ns) {
	saw_only(callee, KI_SIGNAL_CANCEL, KI_PID_SYSTEM);
	EQ_STR(callee->seen[0].text, "caller context canceled");
	GT_INT(callee->seen[0].deadline_wall_ns, 0);
	EQ_INT(callee->seen[0].now_ns, at_ns);
	stage_run(callee->stage); /* it does not heed it */
	IS_NULL(callee->proc);
	EQ_INT(callee->stage->crash_cause, KI_CAUSE_DEADLINE);
	EQ_INT(stage_now(callee->stage), at_ns + INT64_C(10) * SEC);
}

TEST(process_calls, end_of_the_caller_cancels_what_it_called) {
	struct stage stage;
	int user;
	stage_open(&stage);
	struct puppet *caller = puppet_cast(&stage), *callee = puppet_new(&stage);
	struct puppet *done = puppet_new(&stage);
	call(caller, callee, &user);
	call(caller, done, &user);
	end(done, RETURNS);
	doom(caller, RETURNS);
	ki_sched_run(stage.sched, 0);
	IS_NULL(caller->proc);
	caller_is_gone(callee, 0);
	stage_close(&stage);
}

TEST(process_calls, call_that_was_given_up_cancels_and_drops_the_result) {
	struct stage stage;
	int user;
	stage_open(&stage);
	struct puppet *caller = puppet_cast(&stage), *callee = puppet_new(&stage);
	call(caller, callee, &user);
	ki_proc_call_cancel(caller->proc, callee->pid);
	IS_NULL(ki_proc_call_find(caller->proc, callee->pid));
	ki_sched_run(stage.sched, 0);
	caller_is_gone(callee, 0);
	saw_only(caller, KI_SIGNAL_RESULT, callee->pid); /* and nobody in the body is meant */
	ki_proc_call_cancel(caller->proc, callee->pid);
	stage_close(&stage);
}
