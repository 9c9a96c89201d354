/* The table of processes: who can be pinned, and when memory goes. */
#include "process_fixture.h"

#include "base/alloc.h"

/* Processes here are bare memory; `body` points to the number of their releases. */
static void release(struct ki_proc *proc) {
	++*(int *)proc->body;
	ki_free(proc);
}

static void open_table(struct ki_table *table) {
	OK(ki_table_init(table, release));
}

static struct ki_proc *claim(struct ki_table *table, uint32_t host, int *released) {
	struct ki_proc *proc = ki_zalloc(sizeof *proc);
	NOT_NULL(proc);
	*released = 0;
	proc->body = released;
	OK(ki_table_claim(table, proc, host, &proc->pid));
	return proc;
}

/* Gives the PID of a process that can be reached. */
static kith_pid publish(struct ki_table *table, int *released) {
	kith_pid pid = claim(table, 3, released)->pid;
	ki_table_publish(table, pid);
	return pid;
}

TEST(process_table, pins_from_publish_to_close) {
	static struct ki_table table;
	int released;
	open_table(&table);
	struct ki_proc *proc = claim(&table, 3, &released);
	kith_pid pid = proc->pid;
	EQ_UINT(ki_pid_host(pid), 3);
	IS_NULL(ki_table_pin(&table, pid));
	ki_table_publish(&table, pid);
	EQ_PTR(ki_table_pin(&table, pid), proc);
	ki_table_unpin(&table, pid);
	ki_table_close(&table, pid);
	EQ_INT(released, 1);
	IS_NULL(ki_table_pin(&table, pid));
	ki_table_fini(&table);
}

TEST(process_table, never_published_is_released_at_close) {
	static struct ki_table table;
	int released;
	open_table(&table);
	kith_pid pid = claim(&table, 3, &released)->pid;
	IS_NULL(ki_table_pin(&table, pid));
	EQ_INT(released, 0);
	ki_table_close(&table, pid);
	EQ_INT(released, 1);
	int next;
	kith_pid again = publish(&table, &next);
	NE_UINT(again, pid); /* a PID that nobody saw is used up too */
	ki_table_close(&table, again);
	EQ_INT(released + next, 2);
	ki_table_fini(&table);
}

TEST(process_table, last_unpin_releases) {
	static struct ki_table table;
	int released;
	open_table(&table);
	kith_pid pid = publish(&table, &released);
	struct ki_proc *proc = ki_table_pin(&table, pid);
	EQ_PTR(ki_table_pin(&table, pid), proc);
	ki_table_close(&table, pid);
	EQ_INT(released, 0);
	EQ_UINT(proc->pid, pid); /* memory under a pin */
	IS_NULL(ki_table_pin(&table, pid)); /* a pin that fails takes nothing away */
	ki_table_unpin(&table, pid);
	EQ_INT(released, 0);
	EQ_UINT(proc->pid, pid);
	ki_table_unpin(&table, pid);
	EQ_INT(released, 1);
	ki_table_fini(&table);
}

TEST(process_table, slot_used_again_has_another_pid) {
	static struct ki_table table;
	static kith_pid old[1000];
	int released;
	open_table(&table);
	for (size_t i = 0; i < ki_countof(old); i++) {
		old[i] = publish(&table, &released);
		EQ_UINT(ki_pid_slot(old[i]), ki_pid_slot(old[0])); /* the slot is used again */
		EQ_UINT(ki_pid_generation(old[i]), i);
		for (size_t k = 0; k < i; k += 1 + i / 8) {
			IS_NULL(ki_table_pin(&table, old[k]));
		}
		NOT_NULL(ki_table_pin(&table, old[i]));
		ki_table_unpin(&table, old[i]);
		ki_table_close(&table, old[i]);
		EQ_INT(released, 1);
	}
	ki_table_fini(&table);
}

TEST(process_table, only_the_exact_pid_pins) {
	static struct ki_table table;
	int released;
	open_table(&table);
	kith_pid pid = publish(&table, &released);
	uint32_t slot = ki_pid_slot(pid);
	IS_NULL(ki_table_pin(&table, 0));
	IS_NULL(ki_table_pin(&table, UINT64_MAX));
	IS_NULL(ki_table_pin(&table, ki_pid_make(4, 0, slot)));
	IS_NULL(ki_table_pin(&table, ki_pid_make(3, 1, slot)));
	IS_NULL(ki_table_pin(&table, ki_pid_make(3, 0, 0)));
	IS_NULL(ki_table_pin(&table, ki_pid_make(3, 0, slot + 1)));
	IS_NULL(ki_table_pin(&table, ki_pid_make(3, 0, 1u << 20))); /* no memory there yet */
	ki_table_close(&table, pid);
	EQ_INT(released, 1);
	ki_table_fini(&table);
}

TEST(process_table, many_live_at_once_over_several_chunks) {
	enum { NR = 3000 };
	static struct ki_table table;
	static int released[NR];
	static kith_pid pid[NR];
	open_table(&table);
	for (uint32_t i = 0; i < NR; i++) {
		pid[i] = publish(&table, &released[i]);
		NE_UINT(ki_pid_slot(pid[i]), 0);
	}
	for (uint32_t i = 0; i < NR; i++) {
		struct ki_proc *proc = ki_table_pin(&table, pid[i]);
		NOT_NULL(proc);
		EQ_PTR(proc->body, &released[i]);
		ki_table_unpin(&table, pid[i]);
	}
	for (uint32_t i = 0; i < NR; i++) {
		ki_table_close(&table, pid[i]);
		EQ_INT(released[i], 1);
	}
	ki_table_fini(&table);
}

/* Sets the generation of the slot of a process that was just claimed, and its PID with it. */
static void age(struct ki_table *table, struct ki_proc *proc, uint32_t generation) {
	uint32_t slot = ki_pid_slot(proc->pid);
	struct ki_slot *slots = ki_load_rlx(&table->xchunks[0]); /* nobody else is here */
	uint64_t word = ki_load_rlx(&slots[slot].xword);
	ki_store_rlx(&slots[slot].xword, (uint64_t)generation << 32 | (uint32_t)word);
	proc->pid = ki_pid_make(3, generation, slot);
}

TEST(process_table, used_up_slot_is_never_given_out_again) {
	static struct ki_table table;
	int released, again;
	open_table(&table);
	struct ki_proc *proc = claim(&table, 3, &released);
	age(&table, proc, UINT32_MAX);
	kith_pid last = proc->pid;
	ki_table_publish(&table, last);
	NOT_NULL(ki_table_pin(&table, last));
	ki_table_unpin(&table, last);
	ki_table_close(&table, last);
	EQ_INT(released, 1);
	IS_NULL(ki_table_pin(&table, last));
	kith_pid next = publish(&table, &again);
	NE_UINT(ki_pid_slot(next), ki_pid_slot(last));
	ki_table_close(&table, next);
	ki_table_fini(&table);
}

TEST(process_table, last_generation_but_one_goes_on) {
	static struct ki_table table;
	int released;
	open_table(&table);
	struct ki_proc *proc = claim(&table, 3, &released);
	age(&table, proc, UINT32_MAX - 1);
	kith_pid pid = proc->pid;
	ki_table_publish(&table, pid);
	ki_table_close(&table, pid);
	kith_pid last = publish(&table, &released);
	EQ_UINT(last, ki_pid_make(3, UINT32_MAX, ki_pid_slot(pid)));
	ki_table_close(&table, last);
	EQ_INT(released, 1);
	ki_table_fini(&table);
}

TEST(process_table, full_table_refuses_until_a_slot_is_free) {
	static struct ki_table table;
	int first, second;
	open_table(&table);
	kith_pid pid = publish(&table, &first);
	/* as if all others were in use */
	ki_store_rlx(&table.xnr_slots, 1u << KI_PID_SLOT_BITS);
	struct ki_proc waits = {.body = &second};
	kith_pid none = 7;
	STATUS(ki_table_claim(&table, &waits, 3, &none), KITH_EEXHAUSTED);
	EQ_UINT(none, 7);
	ki_table_close(&table, pid);
	pid = publish(&table, &second);
	ki_table_close(&table, pid);
	EQ_INT(second, 1);
	ki_table_fini(&table);
}

struct walk {
	kith_pid pid[8];
	int nr;
};

static void visit(void *arg, kith_pid pid) {
	struct walk *walk = arg;
	walk->pid[walk->nr++] = pid;
}

TEST(process_table, walk_meets_the_live_of_one_host_in_slot_order) {
	static struct ki_table table;
	int released[6];
	struct ki_proc *proc[6];
	struct walk walk = {.nr = 0};
	open_table(&table);
	for (int i = 0; i < 6; i++) {
		proc[i] = claim(&table, i == 2 ? 4 : 3, &released[i]);
		if (i != 3) {
			ki_table_publish(&table, proc[i]->pid);
		}
	}
	kith_pid pid[6];
	for (int i = 0; i < 6; i++) {
		pid[i] = proc[i]->pid;
	}
	ki_table_close(&table, pid[0]);
	ki_table_each(&table, 3, visit, &walk);
	EQ_INT(walk.nr, 3);
	EQ_UINT(walk.pid[0], pid[1]);
	EQ_UINT(walk.pid[1], pid[4]);
	EQ_UINT(walk.pid[2], pid[5]);
	walk.nr = 0;
	ki_table_each(&table, 4, visit, &walk);
	EQ_INT(walk.nr, 1);
	EQ_UINT(walk.pid[0], pid[2]);
	for (int i = 1; i < 6; i++) {
		ki_table_close(&table, pid[i]);
	}
	ki_table_fini(&table);
}
