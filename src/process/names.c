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

#include "process/proc.h"

static bool live(void *arg, uint64_t holder) {
	return ki_pid_alive(arg, holder);
}

static int check(struct ki_strv name) {
	return name.len == 0 || name.ptr[0] == '{' ? KITH_EINVAL : KITH_OK;
}

int ki_name_register(
	struct ki_system *system, struct ki_strv name, kith_pid holder, kith_pid registrant) {
	int status = check(name);
	return status ? status
		      : ki_namemap_add(&system->names, name, holder, registrant, live, system);
}

int ki_name_claim(
	struct ki_system *system, struct ki_strv name, kith_pid unborn, kith_pid registrant) {
	int status = check(name);
	return status ? status
		      : ki_namemap_add(&system->names, name, unborn, registrant, NULL, NULL);
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
	return ki_namemap_remove(&system->names, name, caller);
}

void ki_names_free(struct ki_system *system, kith_pid holder) {
	ki_namemap_drop(&system->names, holder);
}
