/*
 * process/mailbox.c: sending, and what each signal does on arrival.
 *
 * Owns: the arrived queue and, through arrivals, the owner's side of links and monitors.
 * Threads: sending from any thread; arrivals in the owner.
 * Invariants:
 *	M1 only the push that finds the mailbox empty wakes its owner: whoever finds it filled is
 *	   behind one that wakes, and the owner takes all when it looks. A wake that comes while a
 *	   look gives way is spent on the turn in which that look goes on: for what came by then
 *	   the owner wakes itself.
 *	M2 a message counts in xmessages, xmailbox_bytes and host->memory from before its push
 *	   until it is received or dropped.
 *	M3 an arrival allocates nothing that it cannot do without.
 * Not here: the calls that make links and monitors (relate.c), the end (exit.c).
 */
#include "process/mailbox.h"

#include <limits.h>

#include "process/account.h"
#include "process/exit.h"
#include "process/input.h"

bool ki_signal_push(struct ki_system *system, kith_pid to, struct ki_signal *signal) {
	struct ki_proc *proc = ki_table_pin(&system->table, to);
	if (!proc) {
		return false;
	}
	enum ki_mpsc_result result = ki_mpsc_push(&proc->mailbox, &signal->node);
	if (result != KI_MPSC_CLOSED) {
		ki_proc_host_count(proc->host, KI_COUNTER_SIGNALS, 1);
	}
	if (result == KI_MPSC_FIRST) { /* M1 */
		ki_task_wake(&proc->task);
	}
	ki_table_unpin(&system->table, to);
	return result != KI_MPSC_CLOSED;
}

void ki_signal_tell(struct ki_system *system, kith_pid to, struct ki_signal *signal) {
	if (!ki_signal_push(system, to, signal)) {
		ki_signal_free(signal);
	}
}

/* Takes a message out of the counts that senders read. */
static void count_out(struct ki_proc *proc, const struct ki_message *message) {
	ki_sub_rlx(&proc->xmessages, 1); /* a counter; so is the next */
	ki_sub_rlx(&proc->xmailbox_bytes, message->bytes);
	ki_budget_give(proc->host->memory, ki_message_memory(message));
}

/* Add to a counter, unless that takes it beyond `most` (0: no bound). rlx: counters. */
static bool take_message(_Atomic(uint32_t) *xmessages, uint64_t most) {
	uint32_t nr = ki_load_rlx(xmessages);
	do {
		if (most != 0 && nr >= most) {
			return false;
		}
	} while (!ki_casw_rlx(xmessages, &nr, nr + 1));
	return true;
}

static bool take_bytes(_Atomic(uint64_t) *xbytes, uint64_t by, uint64_t most) {
	uint64_t nr = ki_load_rlx(xbytes);
	do {
		if (most != 0 && (by > most || nr > most - by)) {
			return false;
		}
	} while (!ki_casw_rlx(xbytes, &nr, nr + by));
	return true;
}

/*
 * Counts it as waiting, if there is room for it. [M2] What is refused was not counted by what
 * refused it: so nobody else is refused for its sake while there is room (SPEC 8.6). Its bytes are
 * no message yet; and when memory is short others are refused anyway.
 */
static int count_in(struct ki_proc *proc, const struct ki_message *message) {
	const struct ki_limits *limits = &proc->limits;
	if (!take_bytes(&proc->xmailbox_bytes, message->bytes, limits->max_mailbox_bytes)) {
		return KITH_ERATELIMITED;
	}
	int status = KITH_ERATELIMITED;
	if (take_message(&proc->xmessages, limits->max_mailbox)) {
		if (ki_budget_take(proc->host->memory, ki_message_memory(message))) {
			return KITH_OK;
		}
		ki_sub_rlx(&proc->xmessages, 1); /* a counter; so is the next */
		status = KITH_EEXHAUSTED;
	}
	ki_sub_rlx(&proc->xmailbox_bytes, message->bytes);
	return status;
}

/* For `host`, that the PID names; NULL: there is none such. */
static int refuse(struct ki_proc_host *host, struct ki_message *message, int status) {
	if (host) {
		ki_proc_host_count(host, KI_COUNTER_MESSAGES_REFUSED, 1);
	}
	ki_signal_free(&message->signal);
	return status;
}

static int deliver(struct ki_proc *proc, struct ki_message *message) {
	int status = ki_mpsc_closed(&proc->mailbox) ? KITH_ENOTFOUND : count_in(proc, message);
	if (status) {
		return refuse(proc->host, message, status);
	}
	uint64_t bytes = message->bytes;
	enum ki_mpsc_result result = ki_mpsc_push(&proc->mailbox, &message->signal.node);
	if (result == KI_MPSC_CLOSED) {
		count_out(proc, message);
		return refuse(proc->host, message, KITH_ENOTFOUND);
	}
	ki_proc_host_count(proc->host, KI_COUNTER_MESSAGES_SENT, 1);
	ki_proc_host_count(proc->host, KI_COUNTER_PAYLOAD_BYTES, bytes);
	if (result == KI_MPSC_FIRST) { /* M1 */
		ki_task_wake(&proc->task);
	}
	return KITH_OK;
}

int ki_send(struct ki_system *system, kith_pid from, kith_pid to, struct ki_message *message) {
	struct ki_proc *proc = ki_table_pin(&system->table, to);
	if (!proc) {
		return refuse(ki_system_host_of(system, to), message, KITH_ENOTFOUND);
	}
	message->signal.from = from;
	ki_message_measure(message);
	int status = deliver(proc, message);
	ki_table_unpin(&system->table, to);
	return status;
}

/* ---- Arrival ---- */

/* Signals, or turned nodes, between two looks at force and slice: some ten microseconds. */
enum { ARRIVALS_MAX = 1000 };

static void append(struct ki_proc *proc, struct ki_signal *signal) {
	signal->node.next = NULL;
	if (proc->arrived_tail) {
		proc->arrived_tail->node.next = &signal->node;
	} else {
		proc->arrived_head = signal;
	}
	proc->arrived_tail = signal;
}

/* What the body sees, unless the process has ended. */
static void for_body(struct ki_proc *proc, struct ki_signal *signal) {
	if (!proc->ended) {
		append(proc, signal);
	} else {
		ki_signal_free(signal);
	}
}

/* After the end it waits to be dropped, so that the watchers need not wait for that. */
static void arrive_message(struct ki_proc *proc, struct ki_signal *signal) {
	proc->nr_open++;
	proc->open_bytes += ki_signal_message(signal)->bytes;
	proc->open_memory += ki_message_memory(ki_signal_message(signal));
	append(proc, signal);
}

static void arrive_cancel(struct ki_proc *proc, struct ki_signal *signal) {
	struct ki_cancel *cancel = ki_signal_cancel(signal);
	if (cancel->deadline && !proc->ended) {
		ki_deadline_adopt(proc, cancel->deadline);
		cancel->deadline = NULL;
	}
	for_body(proc, signal);
}

/* A monitor that was taken back is not reported, though its EXIT was under way. [P4] */
static void arrive_exit(struct ki_proc *proc, struct ki_signal *signal) {
	struct ki_relation *own = ki_relset_remove(&proc->watching, signal->from);
	if (!own) {
		ki_signal_free(signal);
		return;
	}
	ki_signal_free(&own->signal);
	for_body(proc, signal);
}

/* Takes the own record of a link off; true when it was active. */
static bool drop_link(struct ki_proc *proc, kith_pid peer) {
	struct ki_relation *own = ki_relset_remove(&proc->links, peer);
	bool active = own && !own->unlinking;
	if (own) {
		proc->nr_unlinking -= own->unlinking;
		ki_signal_free(&own->signal);
	}
	return active;
}

/* Judged once, by this look (SPEC 6.5). */
static void arrive_link_down(struct ki_proc *proc, struct ki_signal *signal) {
	bool active = drop_link(proc, signal->from);
	if (active && (proc->trap_links || proc->ended)) {
		for_body(proc, signal);
		return;
	}
	if (active) {
		ki_proc_end_link(proc, signal->from, ki_signal_relation(signal)->result);
	}
	ki_signal_free(signal);
}

/* A request that crosses the own UNLINK comes from before it, and is undone by it. */
static void arrive_link(struct ki_proc *proc, struct ki_relation *request) {
	if (ki_relset_find(&proc->links, request->peer)) {
		ki_signal_free(&request->signal);
	} else {
		ki_relset_add(&proc->links, request);
	}
}

static void arrive_unlink(struct ki_proc *proc, struct ki_relation *request) {
	struct ki_relation *own = ki_relset_find(&proc->links, request->peer);
	if (own && !own->unlinking) {
		drop_link(proc, request->peer);
	}
	kith_pid to = request->peer;
	request->signal.kind = KI_SIGNAL_UNLINK_ACK;
	request->signal.from = request->peer = proc->pid;
	ki_signal_tell(proc->system, to, &request->signal);
}

static void arrive_unlink_ack(struct ki_proc *proc, struct ki_relation *answer) {
	struct ki_relation *own = ki_relset_find(&proc->links, answer->peer);
	if (own && own->unlinking && own->id == answer->id) {
		drop_link(proc, answer->peer);
	}
	ki_signal_free(&answer->signal);
}

static void arrive_demonitor(struct ki_proc *proc, struct ki_relation *notice) {
	struct ki_relation *watcher = ki_relset_remove(&proc->watchers, notice->peer);
	if (watcher) {
		ki_signal_free(&watcher->signal);
	}
	ki_signal_free(&notice->signal);
}

/* An answer to what the body of before an upgrade asked is nobody's. */
static void arrive_input(struct ki_proc *proc, struct ki_signal *signal) {
	if (ki_input_arrive(proc, ki_signal_input(signal))) {
		for_body(proc, signal);
	} else {
		ki_signal_free(signal);
	}
}

static void arrive(struct ki_proc *proc, struct ki_signal *signal) {
	struct ki_relation *relation = ki_signal_relation(signal);
	switch ((enum ki_signal_kind)signal->kind) {
	case KI_SIGNAL_MESSAGE:
		arrive_message(proc, signal);
		break;
	case KI_SIGNAL_EXIT:
		arrive_exit(proc, signal);
		break;
	case KI_SIGNAL_LINK_DOWN:
		arrive_link_down(proc, signal);
		break;
	case KI_SIGNAL_CANCEL:
		arrive_cancel(proc, signal);
		break;
	case KI_SIGNAL_INPUT:
		arrive_input(proc, signal);
		break;
	case KI_SIGNAL_RESULT:
		for_body(proc, signal);
		break;
	case KI_SIGNAL_MONITOR:
		ki_relset_add(&proc->watchers, relation);
		break;
	case KI_SIGNAL_DEMONITOR:
		arrive_demonitor(proc, relation);
		break;
	case KI_SIGNAL_LINK:
		arrive_link(proc, relation);
		break;
	case KI_SIGNAL_UNLINK:
		arrive_unlink(proc, relation);
		break;
	case KI_SIGNAL_UNLINK_ACK:
		arrive_unlink_ack(proc, relation);
		break;
	case KI_SIGNAL_LINK_GONE:
		drop_link(proc, relation->peer);
		ki_signal_free(signal);
		break;
	case KI_SIGNAL_TIMER:
		ki_proc_timer_arrive(proc, signal);
		break;
	}
}

/* Some of what was taken and held, oldest first; false: that was all. */
static bool arrive_some(struct ki_proc *proc, unsigned nr) {
	if (ki_mpsc_turn(&proc->taken_newest, &proc->held, nr)) {
		return true;
	}
	for (; nr > 0 && proc->held; nr--) {
		struct ki_signal *signal = ki_container_of(proc->held, struct ki_signal, node);
		proc->held = proc->held->next;
		arrive(proc, signal);
	}
	return proc->held != NULL;
}

/* All of it, giving way. False: force was applied, and its exit deals with the rest. */
static bool arrive_taken(struct ki_proc *proc) {
	bool gave_way = false;
	while (arrive_some(proc, ARRIVALS_MAX)) {
		if (ki_proc_forced(proc)) {
			return false;
		}
		if (ki_task_tick()) {
			ki_task_yield(true);
			gave_way = true;
		}
	}
	if (gave_way && !ki_mpsc_empty(&proc->mailbox)) {
		ki_task_wake(&proc->task); /* M1 */
	}
	return true;
}

void ki_proc_arrive(struct ki_proc *proc, struct ki_mpsc_node *batch) {
	arrive_some(proc, UINT_MAX);
	proc->held = batch;
	arrive_some(proc, UINT_MAX);
}

/* To the body, which may go. */
static bool is_answer(const struct ki_signal *signal) {
	return signal->kind == KI_SIGNAL_RESULT || signal->kind == KI_SIGNAL_INPUT;
}

/* One that has not been looked at. */
static void drop_answer(struct ki_proc *proc, struct ki_signal *signal) {
	if (signal->kind == KI_SIGNAL_INPUT) {
		ki_input_arrive(proc, ki_signal_input(signal));
	}
	ki_signal_free(signal);
}

static void drop_arrived_answers(struct ki_proc *proc) {
	struct ki_signal *signal = proc->arrived_head;
	proc->arrived_head = proc->arrived_tail = NULL;
	while (signal) {
		struct ki_mpsc_node *next = signal->node.next;
		if (is_answer(signal)) {
			ki_signal_free(signal);
		} else {
			append(proc, signal);
		}
		signal = next ? ki_container_of(next, struct ki_signal, node) : NULL;
	}
}

void ki_proc_hold(struct ki_proc *proc) {
	struct ki_mpsc_node **end = &proc->held, *at = ki_mpsc_take_owner(&proc->mailbox);
	while (*end) {
		end = &(*end)->next;
	}
	while (at) {
		struct ki_signal *signal = ki_container_of(at, struct ki_signal, node);
		at = at->next;
		if (signal->kind == KI_SIGNAL_TIMER) {
			arrive(proc, signal);
		} else if (is_answer(signal)) {
			drop_answer(proc, signal);
		} else {
			signal->node.next = NULL;
			*end = &signal->node;
			end = &signal->node.next;
		}
	}
	drop_arrived_answers(proc);
}

bool ki_proc_unlooked(struct ki_proc *proc) {
	return proc->held || !ki_mpsc_empty(&proc->mailbox);
}

bool ki_proc_look(struct ki_proc *proc) {
	if (!arrive_taken(proc)) { /* what was held */
		return false;
	}
	proc->taken_newest = ki_mpsc_take_newest_owner(&proc->mailbox);
	if (!arrive_taken(proc)) {
		return false;
	}
	/* Judged after the taking: what was sent by one who knew of the force is not seen without
	 * it. */
	return !ki_proc_forced(proc);
}

struct ki_signal *ki_proc_take(struct ki_proc *proc) {
	struct ki_signal *signal = proc->arrived_head;
	if (signal) {
		proc->arrived_head = signal->node.next
			? ki_container_of(signal->node.next, struct ki_signal, node)
			: NULL;
		if (!proc->arrived_head) {
			proc->arrived_tail = NULL;
		}
	}
	return signal;
}

void ki_proc_untake(struct ki_proc *proc, struct ki_signal *head, struct ki_signal *tail) {
	if (!head) {
		return;
	}
	tail->node.next = proc->arrived_head ? &proc->arrived_head->node : NULL;
	if (!proc->arrived_head) {
		proc->arrived_tail = tail;
	}
	proc->arrived_head = head;
}

int ki_proc_put_first(struct ki_proc *proc, struct ki_message *message) {
	ki_message_measure(message);
	if (!ki_budget_take(proc->host->memory, ki_message_memory(message))) {
		ki_signal_free(&message->signal);
		return KITH_EEXHAUSTED;
	}
	ki_add_rlx(&proc->xmessages, 1); /* a counter; so is the next. M2 */
	ki_add_rlx(&proc->xmailbox_bytes, message->bytes);
	ki_mpsc_push(&proc->mailbox, &message->signal.node);
	return KITH_OK;
}

void ki_proc_drop_open(struct ki_proc *proc) {
	ki_budget_give(proc->host->memory, proc->open_memory);
	proc->open_memory = proc->open_bytes = 0;
	proc->nr_open = 0;
}

void ki_proc_received(struct ki_proc *proc, const struct ki_message *message) {
	proc->nr_open--;
	proc->open_bytes -= message->bytes;
	proc->open_memory -= ki_message_memory(message);
	count_out(proc, message);
	ki_proc_host_count(proc->host, KI_COUNTER_MESSAGES_RECEIVED, 1);
	ki_proc_host_count(proc->host, KI_COUNTER_PAYLOAD_BYTES, -message->bytes);
}
