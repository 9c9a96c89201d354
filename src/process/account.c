/* process/account.c: see account.h. */
#include "process/account.h"

#include "process/names.h"
#include "process/proc.h"

void ki_proc_host_count(struct ki_proc_host *host, enum ki_counter which, uint64_t by) {
	unsigned lane = 0;
	struct ki_counters *own = host->host ? ki_host_own_bank(host->host, &lane) : NULL;
	if (own) {
		ki_counters_add_owner(own, which, by);
	} else {
		ki_counters_add(&host->lanes[lane % KI_PROC_HOST_LANES], which, by);
	}
}

static void collect(
	struct ki_proc_host *host, enum ki_counter_pass pass, struct ki_counts *sum) {
	for (size_t i = 0; i < KI_PROC_HOST_LANES; i++) {
		ki_counters_collect(&host->lanes[i], pass, sum);
	}
	if (host->host) {
		ki_host_collect(host->host, pass, sum);
	}
}

static void read(struct ki_proc_host *host, struct ki_counts *out) {
	*out = (struct ki_counts){0};
	collect(host, KI_COUNTER_PASS_ENDS, out);
	collect(host, KI_COUNTER_PASS_REST, out);
	ki_counts_settle(out);
}

void ki_proc_host_counts(struct ki_proc_host *host, struct ki_counts *out) {
	read(host, out);
	ki_counts_clamp(out);
}

void ki_system_counts(struct ki_system *system, struct ki_counts *out) {
	*out = (struct ki_counts){0};
	for (uint32_t i = 0; i < system->nr_hosts; i++) {
		struct ki_counts counts;
		if (system->hosts[i] && !system->hosts[i]->internal) {
			ki_proc_host_counts(system->hosts[i], &counts);
			ki_counts_add(out, &counts);
		}
	}
}

uint64_t ki_proc_host_live(struct ki_proc_host *host) {
	struct ki_counts counts;
	ki_proc_host_counts(host, &counts);
	return counts.processes;
}

/* ---- The laws ---- */

struct tally {
	struct ki_system *system;
	struct ki_counts have; /* of all processes of a host */
	const char *fault;
};

static void tally_name(void *arg, struct ki_strv name) {
	(void)name;
	((struct ki_counts *)arg)->names++;
}

static void tally_one(void *arg, kith_pid pid) {
	struct tally *tally = arg;
	struct ki_proc *proc = ki_table_pin(&tally->system->table, pid);
	if (!proc) {
		return;
	}
	struct ki_counts *have = &tally->have;
	const struct ki_proc_shown *shown = &proc->shown;
	have->processes += !proc->internal && !proc->ended;
	/* rlx, here and below: nothing runs */
	have->mailbox_depth += proc->ended ? 0 : ki_load_rlx(&proc->xmessages);
	have->links += ki_load_rlx(&shown->xlinks);
	have->monitors += ki_load_rlx(&shown->xmonitors);
	have->mailbox_kept += ki_load_rlx(&shown->xkept);
	have->payload_bytes += proc->ended ? 0 : ki_load_rlx(&proc->xmailbox_bytes);
	have->heap_bytes += ki_load_rlx(&shown->xmemory);
	ki_names_each(tally->system, pid, tally_name, have);
	if (!proc->ended && (ki_load_rlx(&shown->xlinks) != ki_proc_nr_links(proc) ||
		ki_load_rlx(&shown->xmonitors) != proc->watching.count)) {
		tally->fault = "a process shows the links and monitors that it has";
	}
	ki_table_unpin(&tally->system->table, pid);
}

static const struct {
	enum ki_counter which;
	const char *law;
} tallied[] = {
	{KI_COUNTER_PROCESSES, "processes are those that live"},
	{KI_COUNTER_MAILBOX_DEPTH, "mailbox_depth is the sum over processes"},
	{KI_COUNTER_LINKS, "links are the sum over processes"},
	{KI_COUNTER_MONITORS, "monitors are the sum over processes"},
	{KI_COUNTER_NAMES, "names are the sum over processes"},
	{KI_COUNTER_MAILBOX_KEPT, "mailbox_kept is the sum over processes"},
	{KI_COUNTER_HEAP_BYTES, "heap_bytes are the sum over processes"},
	{KI_COUNTER_PAYLOAD_BYTES, "payload_bytes are the sum over processes"},
};

static const char *host_fault(struct ki_proc_host *host) {
	struct ki_counts counts;
	struct tally tally = {.system = host->system};
	read(host, &counts);
	const char *fault = ki_counts_fault(&counts);
	if (fault) {
		return fault;
	}
	ki_table_each(&host->system->table, host->index, tally_one, &tally);
	for (size_t i = 0; !tally.fault && i < ki_countof(tallied); i++) {
		if (ki_counts_get(&counts, tallied[i].which) !=
			ki_counts_get(&tally.have, tallied[i].which)) {
			return tallied[i].law;
		}
	}
	return tally.fault;
}

const char *ki_system_fault(struct ki_system *system) {
	const char *fault = NULL;
	for (uint32_t i = 0; !fault && i < system->nr_hosts; i++) {
		if (system->hosts[i]) {
			fault = host_fault(system->hosts[i]);
		}
	}
	return fault;
}
