/* Spawning, as far as this layer goes (SPEC 4.2 steps 2 and 7, and what is in place when). */
#include "process_fixture.h"

static int never(struct puppet *p, struct ki_payload **error) {
	(void)p;
	(void)error;
	FAIL("the chunk ran");
}

static void refused(enum ki_proc_host_state state, const char *text) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	struct puppet *p = puppet_new(&stage);
	p->load = never;
	ki_proc_host_set_state(stage.host, state);
	STATUS(puppet_spawn(p, parent, KI_SPAWN_LINK | KI_SPAWN_MONITOR), KITH_EUNAVAILABLE);
	EQ_STR(stage.kind, "Unavailable");
	EQ_STR(stage.text, text);
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWN_REFUSED), 1);
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWNED), 1);
	EQ_UINT(parent->proc->links.count + parent->proc->watching.count, 0);
	stage_close(&stage);
}

TEST(process_spawn, stopped_host_refuses_before_the_chunk_runs) {
	refused(KI_PROC_HOST_STOPPED, "host is not running");
}

TEST(process_spawn, stopping_host_refuses_before_the_chunk_runs) {
	refused(KI_PROC_HOST_STOPPING, "host is shutting down");
}

static int fail_to_load(struct puppet *p, struct ki_payload **error) {
	(void)p;
	*error = ki_error_payload_status(KITH_ENOTFOUND, ki_strv("method \"x\" not found"));
	return KITH_ENOTFOUND;
}

TEST(process_spawn, error_of_the_chunk_is_the_error_and_nothing_is_left) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	struct puppet *p = puppet_new(&stage);
	p->load = fail_to_load;
	STATUS(puppet_spawn(p, parent, KI_SPAWN_LINK | KI_SPAWN_MONITOR), KITH_ENOTFOUND);
	EQ_STR(stage.text, "method \"x\" not found");
	EQ_INT(p->nr_destroyed, 1);
	EQ_INT(p->nr_steps, 0);
	FALSE(ki_pid_alive(&stage.system, p->pid));
	EQ_UINT(parent->proc->links.count + parent->proc->watching.count, 0);
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWN_REFUSED), 1);
	EQ_UINT(stage_count(&stage, KI_COUNTER_PROCESSES), 1);
	stage_run(&stage);
	EQ_INT(stage.nr_crashes, 0);
	saw_nothing(parent);
	struct puppet *next = puppet_cast(&stage);
	NE_UINT(next->pid, p->pid);
	stage_close(&stage);
}

/* While the chunk runs nobody can reach the process, not even by its PID. */
static int reach_myself(struct puppet *p, struct ki_payload **error) {
	struct ki_system *system = &p->stage->system;
	(void)error;
	NE_UINT(p->pid, 0);
	FALSE(p->proc->published);
	FALSE(ki_pid_alive(system, p->pid));
	IS_NULL(ki_pid_entry(system, p->pid));
	STATUS(send_topic(p, p->pid, "early"), KITH_ENOTFOUND);
	STATUS(ki_cancel(system, p->pid, p->pid, 0, ki_strv("")), KITH_ENOTFOUND);
	STATUS(ki_force(system, p->pid, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
	return KITH_OK;
}

TEST(process_spawn, process_is_out_of_reach_until_its_chunk_has_run) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	p->load = reach_myself;
	OK(puppet_spawn(p, NULL, 0));
	TRUE(ki_pid_alive(&stage.system, p->pid));
	EQ_STR(ki_pid_entry(&stage.system, p->pid), "test:puppet");
	OK(send_topic(p, p->pid, "now"));
	stage_run(&stage);
	saw_only(p, KI_SIGNAL_MESSAGE, p->pid);
	stage_close(&stage);
}

static int keep_args(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct puppet *p = (struct puppet *)(uintptr_t)program->data;
	EQ_UINT(nr_args, 3);
	EQ_INT(payload_int(args[0]), 5);
	IS_NULL(args[1]);
	EQ_INT(payload_int(args[2]), 7);
	p->value = 12;
	return puppet_start(proc, program, args, nr_args, error);
}

TEST(process_spawn, arguments_reach_the_body_nils_included) {
	struct stage stage;
	static struct ki_body_ops ops;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	ops = puppet_ops;
	ops.start = keep_args;
	p->program.ops = &ops;
	struct ki_payload *args[] = {ki_value_payload_int(5), NULL, ki_value_payload_int(7)};
	struct ki_spawn spawn = {
		.program = &p->program, .host = stage.host, .args = args, .nr_args = 3};
	kith_pid pid;
	struct ki_payload *error;
	OK(ki_proc_spawn(&stage.system, &spawn, &pid, &error));
	IS_NULL(error);
	EQ_INT(p->value, 12);
	ki_payload_unref(args[0]);
	ki_payload_unref(args[2]);
	stage_close(&stage);
}

static enum ki_step check_relations(struct puppet *p) {
	struct puppet *parent = p->extra;
	NOT_NULL(ki_relset_find(&p->proc->links, parent->pid));
	NOT_NULL(ki_relset_find(&p->proc->watchers, parent->pid));
	EQ_UINT(p->proc->watching.count, 0);
	EQ_UINT(p->proc->parent, parent->pid);
	p->run = NULL;
	return KI_STEP_WAIT;
}

TEST(process_spawn, relations_are_in_place_before_the_first_step) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	struct puppet *p = puppet_new(&stage);
	p->run = check_relations;
	p->extra = parent;
	OK(puppet_spawn(p, parent, KI_SPAWN_LINK | KI_SPAWN_MONITOR));
	NOT_NULL(ki_relset_find(&parent->proc->links, p->pid));
	NOT_NULL(ki_relset_find(&parent->proc->watching, p->pid));
	EQ_UINT(parent->proc->watchers.count, 0);
	stage_run(&stage);
	EQ_INT(p->nr_steps, 1);
	stage_close(&stage);
}

TEST(process_spawn, each_relation_comes_alone_when_asked_for_alone) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	struct puppet *none = puppet_new(&stage), *linked = puppet_new(&stage),
		      *watched = puppet_new(&stage);
	OK(puppet_spawn(none, parent, 0));
	EQ_UINT(parent->proc->links.count + parent->proc->watching.count, 0);
	EQ_UINT(none->proc->parent, parent->pid);
	OK(puppet_spawn(linked, parent, KI_SPAWN_LINK));
	EQ_UINT(parent->proc->links.count, 1);
	EQ_UINT(parent->proc->watching.count, 0);
	EQ_UINT(linked->proc->watchers.count, 0);
	OK(puppet_spawn(watched, parent, KI_SPAWN_MONITOR));
	EQ_UINT(parent->proc->links.count, 1);
	EQ_UINT(parent->proc->watching.count, 1);
	EQ_UINT(watched->proc->links.count, 0);
	EQ_UINT(linked->proc->trap_links + watched->proc->trap_links, 0);
	stage_close(&stage);
}

TEST(process_spawn, child_that_ends_at_once_still_tells_its_parent) {
	struct stage stage;
	char letters[32];
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	parent->proc->trap_links = true;
	struct puppet *p = puppet_new(&stage);
	p->fate = FAILS;
	p->error = "stillborn";
	OK(puppet_spawn(p, parent, KI_SPAWN_LINK | KI_SPAWN_MONITOR));
	stage_run(&stage);
	IS_NULL(p->proc);
	EQ_STR(saw(parent, letters), "xl");
	EQ_STR(parent->seen[0].text, "stillborn");
	EQ_STR(parent->seen[1].text, "stillborn");
	EQ_UINT(parent->proc->links.count + parent->proc->watching.count, 0);
	stage_close(&stage);
}

TEST(process_spawn, process_spawned_from_outside_has_no_parent) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	OK(puppet_spawn(p, NULL, KI_SPAWN_LINK | KI_SPAWN_MONITOR));
	EQ_UINT(p->proc->parent, 0);
	EQ_UINT(p->proc->links.count + p->proc->watchers.count, 0);
	stage_close(&stage);
}

TEST(process_spawn, child_outlives_its_parent) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage);
	struct puppet *p = puppet_new(&stage);
	OK(puppet_spawn(p, parent, KI_SPAWN_MONITOR));
	end(parent, FAILS);
	NOT_NULL(p->proc);
	EQ_UINT(p->proc->watchers.count, 0);
	stage_close(&stage);
}

TEST(process_spawn, internal_process_is_in_no_count_and_no_report) {
	struct stage stage;
	char text[KI_PID_TEXT_MAX];
	kith_pid pid;
	struct ki_payload *error;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	struct ki_spawn spawn = {.program = &p->program, .host = stage.host, .internal = true};
	OK(ki_proc_spawn(&stage.system, &spawn, &pid, &error));
	EQ_UINT(ki_pid_host(pid), KI_HOST_INDEX_SYSTEM);
	ki_pid_format(&stage.system, pid, text);
	EQ_STR(text, "{kith:system|0x00001}");
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWNED), 0);
	STATUS(terminate(p), KITH_ENOTFOUND); /* a program guessed its PID */
	end(p, FAILS);
	EQ_INT(stage.nr_crashes, 0);
	EQ_UINT(stage_count(&stage, KI_COUNTER_ENDED_FAILED), 0);
	stage_close(&stage);
}

/* ---- A chunk that is set aside, and force on its spawner meanwhile ---- */

/* Loads for ever; honours force on the strand it runs on (body.h, B1). */
static int load_for_ever(struct puppet *p, struct ki_payload **error) {
	(void)p;
	(void)error;
	for (;;) {
		ki_task_yield(false);
		if (ki_proc_forced(ki_proc_self())) {
			ki_task_abandon();
		}
	}
}

/* Loads for some turns and does not care about force. */
static int load_for_some(struct puppet *p, struct ki_payload **error) {
	(void)p;
	(void)error;
	for (int i = 0; i < 20; i++) {
		ki_task_yield(false);
	}
	return KITH_OK;
}

static enum ki_step spawn_extra(struct puppet *p) {
	p->run = NULL;
	OK(puppet_spawn(p->extra, p, KI_SPAWN_LINK | KI_SPAWN_MONITOR));
	return KI_STEP_AGAIN;
}

static enum ki_step kill_extra(struct puppet *p) {
	if (p->nr_steps < 5) {
		return KI_STEP_AGAIN;
	}
	p->run = NULL;
	OK(terminate(p->extra));
	return KI_STEP_WAIT;
}

/* A parent that spawns `child` and is killed while the chunk runs. */
static struct puppet *killed_spawner(struct stage *stage, struct puppet *child) {
	struct puppet *parent = puppet_cast(stage);
	parent->run = spawn_extra;
	parent->extra = child;
	struct puppet *killer = puppet_cast(stage);
	OK(ki_proc_monitor(killer->proc, parent->pid));
	killer->run = kill_extra;
	killer->extra = parent;
	stage_run(stage);
	IS_NULL(parent->proc);
	EQ_INT(parent->nr_destroyed, 1);
	saw_only(killer, KI_SIGNAL_EXIT, parent->pid);
	EQ_INT(killer->seen[0].cause, KI_CAUSE_TERMINATE);
	return parent;
}

TEST(process_spawn, force_on_the_spawner_drops_the_child_in_its_chunk) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *child = puppet_new(&stage);
	child->load = load_for_ever;
	killed_spawner(&stage, child);
	EQ_INT(child->nr_destroyed, 1);
	EQ_INT(child->nr_steps, 0);
	FALSE(ki_pid_alive(&stage.system, child->pid));
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWNED), 2); /* parent and killer */
	stage_close(&stage);
}

TEST(process_spawn, child_whose_chunk_ran_through_is_linked_to_its_killed_spawner) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *child = puppet_new(&stage);
	child->load = load_for_some;
	killed_spawner(&stage, child);
	IS_NULL(child->proc);
	EQ_INT(stage.crash_cause, KI_CAUSE_LINK); /* of the child */
	EQ_UINT(stage.crash.pid, child->pid);
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWNED), 3);
	stage_close(&stage);
}

/* ---- A spawn that meets the stop of its host ---- */

static int stop_the_host(struct puppet *p, struct ki_payload **error) {
	(void)error;
	ki_proc_host_set_state(p->stage->host, KI_PROC_HOST_STOPPING);
	return KITH_OK; /* the stop has walked the table and has not seen us */
}

TEST(process_spawn, child_that_a_stop_of_its_host_missed_is_told_by_its_spawner) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	p->load = stop_the_host;
	OK(puppet_spawn(p, NULL, 0));
	stage_run(&stage);
	saw_only(p, KI_SIGNAL_CANCEL, KI_PID_SYSTEM);
	EQ_STR(p->seen[0].text, "scheduler shutdown");
	EQ_INT(p->seen[0].deadline_wall_ns, 0);
	stage_close(&stage);
}
