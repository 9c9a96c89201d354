/*
 * process/names.c: names of processes.
 *
 * Owns: which process may bear a name.
 * Threads: any.
 * Invariants:
 *	N1 only a process whose mailbox is open gets a name; it closes its mailbox before it gives
 *	   its names up, and both are judged under the lock of its shard: so no name outlives its
 *	   process.
 */
#include "process/names.h"

#include "process/account.h"
#include "process/proc.h"

static bool live(void *arg, uint64_t holder) {
	return ki_pid_alive(arg, holder);
}

static int check(struct ki_strv name) {
	return name.len == 0 || name.ptr[0] == '{' ? KITH_EINVAL : KITH_OK;
}

static void count(struct ki_system *system, kith_pid holder, uint64_t by) {
	ki_proc_host_count(ki_system_host_of(system, holder), KI_COUNTER_NAMES, by);
}

static int add(struct ki_system *system, struct ki_strv name, kith_pid holder, kith_pid registrant,
	bool (*may)(void *arg, uint64_t holder)) {
	int status = check(name);
	if (!status) {
		status = ki_namemap_add(&system->names, name, holder, registrant, may, system);
		if (status == KITH_OK) {
			count(system, holder, 1);
		}
	}
	return status > 0 ? KITH_OK : status;
}

int ki_name_register(
	struct ki_system *system, struct ki_strv name, kith_pid holder, kith_pid registrant) {
	return add(system, name, holder, registrant, live);
}

int ki_name_claim(
	struct ki_system *system, struct ki_strv name, kith_pid unborn, kith_pid registrant) {
	return add(system, name, unborn, registrant, NULL);
}

int ki_name_find(struct ki_system *system, struct ki_strv name, kith_pid *out) {
	kith_pid holder = ki_namemap_find(&system->names, name);
	if (!holder) {
		return KITH_ENOTFOUND;
	}
	*out = holder;
	return KITH_OK;
}

bool ki_name_unregister(struct ki_system *system, struct ki_strv name, kith_pid caller) {
	kith_pid holder = ki_namemap_remove(&system->names, name, caller);
	if (holder) {
		count(system, holder, (uint64_t)-1);
	}
	return holder != 0;
}

void ki_names_each(struct ki_system *system, kith_pid holder,
	void (*visit)(void *arg, struct ki_strv name), void *arg) {
	ki_namemap_each(&system->names, holder, visit, arg);
}

void ki_names_free(struct ki_system *system, kith_pid holder) {
	size_t nr = ki_namemap_drop(&system->names, holder);
	if (nr) {
		count(system, holder, -(uint64_t)nr);
	}
}
