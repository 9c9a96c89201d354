/*
 * process/system.c: hosts and programs of a runtime.
 *
 * Owns: the arrays of struct ki_system.
 * Threads: as in system.h.
 * Tags: [HS1] a host's state: who sees STOPPING acts on it; see spawn.c for the meeting of a
 *	spawn and a stop.
 * Not here: what happens on them.
 */
#include "process/system.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "process/account.h"
#include "process/proc.h"
#include "process/exit.h"

static struct ki_proc_host *add_host(
	struct ki_system *system, struct ki_host *host, const char *id) {
	if (system->nr_hosts >= KI_PID_MAX_HOSTS) {
		return NULL;
	}
	struct ki_proc_host *place = ki_zalloc(sizeof(*place));
	if (!place) {
		return NULL;
	}
	place->id = ki_strdup_n(id, strlen(id));
	if (!place->id) {
		ki_free(place);
		return NULL;
	}
	place->host = host;
	place->system = system;
	place->index = system->nr_hosts;
	place->limits = ki_limits_default();
	place->memory = system->memory;
	ki_store_rlx(&place->xstate, KI_PROC_HOST_STOPPED); /* nobody else knows it yet */
	system->hosts[system->nr_hosts++] = place;
	return place;
}

int ki_system_init(struct ki_system *system, struct ki_sched *sched, struct ki_log *log,
	const struct ki_system_hooks *hooks) {
	memset(system, 0, sizeof(*system));
	system->sched = sched;
	system->log = log;
	system->hooks = *hooks;
	system->memory = ki_sched_memory(sched);
	system->nr_hosts = KI_HOST_INDEX_SYSTEM;
	system->started_ns = ki_sched_now(sched);
	int status = ki_table_init(&system->table, ki_proc_release);
	if (status) {
		return status;
	}
	ki_namemap_init(&system->names);
	ki_store_rlx(&system->xnr_inputs, 0); /* nobody else is here yet */
	ki_store_rlx(&system->xdeaf_die, false); /* likewise */
	struct ki_proc_host *own = add_host(system, ki_sched_system_host(sched), "kith:system");
	struct ki_proc_host *external = add_host(system, NULL, "kith:external");
	if (!own || !external) {
		ki_system_fini(system);
		return KITH_EEXHAUSTED;
	}
	if (ki_sched_simulated(sched)) {
		system->region = ki_region_new(); /* none: addresses are those of this run */
	}
	own->internal = external->internal = true;
	/* What the runtime tells itself is never refused. */
	own->limits.max_mailbox = own->limits.max_mailbox_bytes = 0;
	external->limits = own->limits;
	own->memory = external->memory = NULL;
	ki_proc_host_set_state(own, KI_PROC_HOST_RUNNING);
	return KITH_OK;
}

/* Every run of every test ends here. */
static void check_laws(struct ki_system *system) {
#ifdef KI_DEBUG
	const char *fault = ki_system_fault(system);
	if (fault) {
		ki_check_failed(__FILE__, __LINE__, fault);
	}
#else
	(void)system;
#endif
}

void ki_system_fini(struct ki_system *system) {
	check_laws(system);
	for (uint32_t i = 0; i < system->nr_hosts; i++) {
		if (system->hosts[i]) {
			ki_free((void *)system->hosts[i]->id);
			ki_free(system->hosts[i]);
		}
	}
	ki_namemap_fini(&system->names);
	ki_table_fini(&system->table);
	ki_region_free(system->region);
}

int ki_system_add_host(struct ki_system *system, struct ki_host *host, struct ki_proc_host **out) {
	struct ki_proc_host *place = add_host(system, host, ki_host_id(host));
	if (!place) {
		return KITH_EEXHAUSTED;
	}
	ki_host_set_data(host, place);
	*out = place;
	return KITH_OK;
}

static int by_id(const void *a, const void *b) {
	const struct ki_program *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

void ki_system_set_programs(
	struct ki_system *system, const struct ki_program **programs, size_t nr) {
	if (nr) {
		qsort(programs, nr, sizeof(*programs), by_id);
	}
	system->programs = programs;
	system->nr_programs = nr;
}

struct ki_proc_host *ki_system_host_of(struct ki_system *system, kith_pid pid) {
	uint32_t host = ki_pid_host(pid);
	return host < system->nr_hosts ? system->hosts[host] : NULL;
}

static int by_program_id(const void *a, const void *b) {
	const struct ki_function *x = a, *y = b;
	return strcmp(x->program->id, y->program->id);
}

void ki_system_set_functions(
	struct ki_system *system, struct ki_function *functions, size_t nr) {
	if (nr) {
		qsort(functions, nr, sizeof(*functions), by_program_id);
	}
	system->functions = functions;
	system->nr_functions = nr;
}

struct ki_proc_host *ki_system_find_host(struct ki_system *system, struct ki_strv id) {
	for (uint32_t i = KI_HOST_INDEX_SYSTEM; i < system->nr_hosts; i++) {
		if (ki_strv_eqz(id, system->hosts[i]->id)) {
			return system->hosts[i];
		}
	}
	return NULL;
}

/* An ID may hold any byte; strings sort as strcmp has it. */
static int compare_id(struct ki_strv id, const char *other) {
	size_t len = strlen(other);
	int order = memcmp(id.ptr, other, len < id.len ? len : id.len);
	return order != 0 ? order : (id.len > len) - (id.len < len);
}

static int compare_program(const void *id, const void *element) {
	const struct ki_program *const *program = element;
	return compare_id(*(const struct ki_strv *)id, (*program)->id);
}

static int compare_function(const void *id, const void *element) {
	const struct ki_function *function = element;
	return compare_id(*(const struct ki_strv *)id, function->program->id);
}

static int compare_entry(const void *id, const void *element) {
	const struct ki_entry_view *entry = element;
	return compare_id(*(const struct ki_strv *)id, entry->id);
}

/* bsearch wants an array, also of nothing. */
static const void *find(struct ki_strv id, const void *array, size_t nr, size_t size,
	int (*compare)(const void *id, const void *element)) {
	return nr > 0 && id.ptr != NULL ? bsearch(&id, array, nr, size, compare) : NULL;
}

const struct ki_program *ki_system_find_program(struct ki_system *system, struct ki_strv id) {
	const struct ki_program *const *found = find(id, system->programs, system->nr_programs,
		sizeof(*system->programs), compare_program);
	return found ? *found : NULL;
}

const struct ki_function *ki_system_find_function(struct ki_system *system, struct ki_strv id) {
	return find(id, system->functions, system->nr_functions, sizeof(*system->functions),
		compare_function);
}

const struct ki_entry_view *ki_system_find_entry(struct ki_system *system, struct ki_strv id) {
	return find(id, system->entries, system->nr_entries, sizeof(*system->entries),
		compare_entry);
}

enum ki_proc_host_state ki_proc_host_state(struct ki_proc_host *host) {
	return (enum ki_proc_host_state)ki_load_sc(&host->xstate); /* [HS1] */
}

const char *ki_proc_host_state_name(enum ki_proc_host_state state) {
	static const char *const names[] = {
		[KI_PROC_HOST_STOPPED] = "stopped",
		[KI_PROC_HOST_RUNNING] = "running",
		[KI_PROC_HOST_STOPPING] = "stopping",
	};
	return names[state];
}

void ki_proc_host_set_state(struct ki_proc_host *host, enum ki_proc_host_state state) {
	ki_store_sc(&host->xstate, state); /* sc: against publish and its second look. [HS1] */
}

/* All relaxed: a number, which guards nothing else. Whoever is told of an end finds the room that
 * it left, since the telling comes later and has an order of its own. */
bool ki_proc_host_enter(struct ki_proc_host *host) {
	if (host->max_processes == 0) {
		return true;
	}
	uint64_t taken = ki_load_rlx(&host->xtaken);
	while (taken < host->max_processes) {
		if (ki_casw_rlx(&host->xtaken, &taken, taken + 1)) {
			return true;
		}
	}
	return false;
}

void ki_proc_host_leave(struct ki_proc_host *host) {
	if (host->max_processes != 0) {
		ki_sub_rlx(&host->xtaken, 1);
	}
}
