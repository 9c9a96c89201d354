/* What hosts count of their processes, and what processes show of themselves (SPEC 21.3, 21.4). */
#include "process_fixture.h"

#include "process/names.h"

static struct ki_counts counts_of(struct stage *stage) {
	struct ki_counts counts;
	stage_run(stage);
	laws_hold(&stage->system);
	ki_proc_host_counts(stage->host, &counts);
	return counts;
}

/* Shows what it has been made to have, at the end of its turn. */
static void show(struct puppet *p) {
	puppet_wake(p);
	stage_run(p->stage);
}

/* SPEC 21.3: a link counts at both ends, a monitor where it watches. */
TEST(account, links_and_monitors_count_while_they_are) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage), *c = puppet_cast(&stage);
	stage_run(&stage);
	OK(ki_proc_link(a->proc, b->pid));
	OK(ki_proc_link(a->proc, c->pid));
	OK(ki_proc_monitor(b->proc, c->pid));
	show(a);
	show(b);
	struct ki_counts counts = counts_of(&stage);
	EQ_UINT(counts.links, 4);
	EQ_UINT(counts.monitors, 1);
	EQ_UINT(counts.processes, 3);
	OK(ki_proc_unlink(a->proc, b->pid));
	show(a);
	EQ_UINT(counts_of(&stage).links, 2);
	end(c, RETURNS);
	counts = counts_of(&stage);
	EQ_UINT(counts.links, 0);
	EQ_UINT(counts.monitors, 0);
	EQ_UINT(counts.ended_normal, 1);
	stage_close(&stage);
}

TEST(account, a_spawned_relation_counts_at_once) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *parent = puppet_cast(&stage), *child = puppet_new(&stage);
	stage_run(&stage);
	OK(puppet_spawn(child, parent, KI_SPAWN_LINK | KI_SPAWN_MONITOR));
	show(parent);
	struct ki_counts counts = counts_of(&stage);
	EQ_UINT(counts.links, 2);
	EQ_UINT(counts.monitors, 1);
	stage_close(&stage);
}

TEST(account, names_count_for_who_holds_them) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	stage_run(&stage);
	OK(ki_name_register(&stage.system, ki_strv("x"), a->pid, b->pid));
	OK(ki_name_register(&stage.system, ki_strv("x"), a->pid, a->pid)); /* again: no other */
	OK(ki_name_register(&stage.system, ki_strv("y"), a->pid, a->pid));
	OK(ki_name_register(&stage.system, ki_strv("z"), b->pid, b->pid));
	STATUS(ki_name_register(&stage.system, ki_strv("z"), a->pid, a->pid), KITH_EEXIST);
	EQ_UINT(counts_of(&stage).names, 3);
	TRUE(ki_name_unregister(&stage.system, ki_strv("x"), b->pid));
	FALSE(ki_name_unregister(&stage.system, ki_strv("x"), b->pid));
	EQ_UINT(counts_of(&stage).names, 2);
	end(a, RETURNS);
	EQ_UINT(counts_of(&stage).names, 1);
	stage_close(&stage);
}

/* SPEC 21.3: sent = received + dropped + mailbox_depth at each rest. */
TEST(account, every_message_is_somewhere) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	b->idle_hands = true;
	stage_run(&stage);
	for (int i = 0; i < 5; i++) {
		OK(send_topic(a, i % 2 ? a->pid : b->pid, "t"));
	}
	struct ki_counts counts = counts_of(&stage);
	EQ_UINT(counts.messages_sent, 5);
	EQ_UINT(counts.messages_received, 2);
	EQ_UINT(counts.mailbox_depth, 3);
	kith_pid gone = b->pid;
	end(b, RETURNS);
	STATUS(send_topic(a, gone, "t"), KITH_ENOTFOUND);
	counts = counts_of(&stage);
	EQ_UINT(counts.messages_dropped, 3);
	EQ_UINT(counts.messages_refused, 1);
	EQ_UINT(counts.mailbox_depth, 0);
	stage_close(&stage);
}

TEST(account, signals_are_what_is_no_message) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_cast(&stage);
	stage_run(&stage);
	uint64_t before = counts_of(&stage).signals;
	OK(ki_proc_monitor(a->proc, b->pid));
	OK(send_topic(a, b->pid, "t"));
	show(a);
	EQ_UINT(counts_of(&stage).signals, before + 1);
	end(b, RETURNS); /* EXIT */
	EQ_UINT(counts_of(&stage).signals, before + 2);
	stage_close(&stage);
}

TEST(account, a_sum_is_over_the_hosts_of_programs) {
	struct stage stage;
	struct ki_host *host;
	struct ki_proc_host *other;
	struct ki_counts own, sum;
	stage_open(&stage);
	NOT_NULL(host = ki_host_new(stage.sched, "app:other", 1, 0));
	OK(ki_system_add_host(&stage.system, host, &other));
	puppet_cast(&stage);
	ki_proc_host_count(other, KI_COUNTER_MESSAGES_REFUSED, 2);
	ki_proc_host_count(stage.system.hosts[KI_HOST_INDEX_SYSTEM], KI_COUNTER_SIGNALS, 7);
	ki_proc_host_counts(stage.host, &own);
	ki_system_counts(&stage.system, &sum);
	EQ_UINT(sum.workers, own.workers + 1);
	EQ_UINT(sum.messages_refused, 2);
	EQ_UINT(sum.signals, own.signals);
	EQ_UINT(sum.spawned, 1);
	stage_close(&stage);
}

/* The check has teeth. */
TEST(account, a_count_that_is_off_is_found) {
	struct stage stage;
	stage_open(&stage);
	puppet_cast(&stage);
	stage_run(&stage);
	static const struct {
		enum ki_counter which;
		const char *law;
	} off[] = {
		{KI_COUNTER_SPAWNED, "processes are those that live"},
		{KI_COUNTER_MESSAGES_SENT, "mailbox_depth is the sum over processes"},
		{KI_COUNTER_LINKS, "links are the sum over processes"},
		{KI_COUNTER_MONITORS, "monitors are the sum over processes"},
		{KI_COUNTER_NAMES, "names are the sum over processes"},
		{KI_COUNTER_HEAP_BYTES, "heap_bytes are the sum over processes"},
	};
	for (size_t i = 0; i < ki_countof(off); i++) {
		IS_NULL(ki_system_fault(&stage.system));
		ki_proc_host_count(stage.host, off[i].which, 1);
		EQ_STR(ki_system_fault(&stage.system), off[i].law);
		ki_proc_host_count(stage.host, off[i].which, (uint64_t)-1);
	}
	struct puppet *shy = puppet_cast(&stage);
	stage_run(&stage);
	OK(ki_proc_link(shy->proc, stage.puppets->next->pid)); /* and no turn that shows it */
	EQ_STR(ki_system_fault(&stage.system),
		"a process shows the links and monitors that it has");
	stage_close(&stage);
}

/* SPEC 21.4 */
TEST(account, a_process_shows_itself) {
	struct stage stage;
	struct ki_proc_snapshot shown;
	stage_open(&stage);
	struct puppet *a = puppet_cast(&stage), *b = puppet_new(&stage);
	stage_run(&stage);
	OK(puppet_spawn(b, a, KI_SPAWN_LINK | KI_SPAWN_MONITOR));
	b->idle_hands = true;
	b->proc->trap_links = true;
	OK(send_topic(a, b->pid, "t"));
	show(a);
	TRUE(ki_proc_snapshot(&stage.system, b->pid, &shown));
	EQ_UINT(shown.pid, b->pid);
	EQ_UINT(shown.parent, a->pid);
	EQ_STR(shown.host, "app:processes");
	EQ_STR(shown.entry, "test:puppet");
	EQ_STR(shown.state, "idle");
	EQ_UINT(shown.mailbox, 1);
	EQ_UINT(shown.links, 1);
	EQ_UINT(shown.monitors, 0);
	TRUE(shown.trap_links);
	GE_UINT(shown.steps, 1);
	TRUE(ki_proc_snapshot(&stage.system, a->pid, &shown));
	EQ_UINT(shown.monitors, 1);
	FALSE(shown.trap_links);
	stage_close(&stage);
}

static enum ki_step use_slices(struct puppet *p) {
	for (int slices = 0; slices < 3;) {
		if (ki_task_tick()) {
			slices++;
			ki_task_yield(true);
		}
	}
	ki_proc_look(p->proc);
	return KI_STEP_WAIT;
}

/* SPEC 21.4 cpu_ns: in a simulation, full slices. */
TEST(account, the_time_of_turns_is_that_of_the_process_and_of_its_host) {
	struct stage stage;
	struct ki_proc_snapshot shown;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage), *idle = puppet_cast(&stage);
	p->run = use_slices;
	OK(puppet_spawn(p, NULL, 0));
	struct ki_counts counts = counts_of(&stage);
	TRUE(ki_proc_snapshot(&stage.system, p->pid, &shown));
	EQ_UINT(shown.ran_ns, 3 * MS);
	EQ_UINT(counts.cpu_ns, 3 * MS);
	EQ_UINT(counts.preempted, 3);
	TRUE(ki_proc_snapshot(&stage.system, idle->pid, &shown));
	EQ_UINT(shown.ran_ns, 0);
	stage_close(&stage);
}
