/*
 * supervisors.c: the supervisors of a project: from entries to specs (SPEC 19.2).
 *
 * Owns: boot->supervisors, boot->children and the inputs of children in boot->args. Threads: one,
 *	while nothing runs.
 * Not here: the programs that they are (boot.c), what they do (supervise/).
 */
#include "api/runtime.h"
#include "base/alloc.h"
#include "base/check.h"
#include "supervise/supervisor.h"

size_t ki_supervisors_inputs(const struct ki_entry *entry) {
	size_t nr = 0;
	if (entry->kind != KI_KIND_PROCESS_SUPERVISOR) {
		return 0;
	}
	for (size_t i = 0; i < entry->u.supervisor.nr_children; i++) {
		const struct ki_node *input = entry->u.supervisor.children[i].input;
		nr += input ? input->u.seq.nr : 0;
	}
	return nr;
}

/* The place of a word among those of an enum, in its order; config has checked it. */
static int word(const char *text, const char *const *words) {
	int i = 0;
	while (!ki_strv_eqz(ki_strv(words[i]), text)) {
		i++;
	}
	return i;
}

static enum ki_strategy strategy_of(const char *text) {
	static const char *const words[] = {
		[KI_ONE_FOR_ONE] = "one_for_one",
		[KI_ONE_FOR_ALL] = "one_for_all",
		[KI_REST_FOR_ONE] = "rest_for_one",
	};
	return (enum ki_strategy)word(text, words);
}

static enum ki_child_restart restart_of(const char *text) {
	static const char *const words[] = {
		[KI_CHILD_PERMANENT] = "permanent",
		[KI_CHILD_TRANSIENT] = "transient",
		[KI_CHILD_TEMPORARY] = "temporary",
	};
	return (enum ki_child_restart)word(text, words);
}

struct ki_backoff ki_supervisors_backoff(const struct ki_backoff_fields *fields) {
	return (struct ki_backoff){
		.initial_ns = fields->initial_delay_ns,
		.max_ns = fields->max_delay_ns,
		.factor = fields->factor,
		.jitter = fields->jitter,
	};
}

static int64_t shutdown_of(const struct ki_child_fields *fields, const struct ki_program *program) {
	switch (fields->shutdown_ns) {
	case KI_CHILD_SHUTDOWN_KILL:
		return KI_SHUTDOWN_KILL;
	case KI_CHILD_SHUTDOWN_BY_KIND:
		return ki_supervisor_is(program) ? KI_SHUTDOWN_ENDLESS : KI_SHUTDOWN_DEFAULT_NS;
	default:
		return fields->shutdown_ns;
	}
}

static int take_child(struct kith_runtime *runtime, const struct ki_child_fields *fields,
	struct ki_child_spec *child) {
	struct ki_boot *boot = &runtime->boot;
	struct ki_system *system = &runtime->system;
	const struct ki_program *program =
		ki_system_find_program(system, ki_strv(fields->process));
	ki_check(program); /* the project was checked */
	*child = (struct ki_child_spec){
		.name = fields->name,
		.program = program,
		.host = fields->host ? ki_system_find_host(system, ki_strv(fields->host)) : NULL,
		.input = &boot->args[boot->nr_args],
		.nr_input = fields->input ? fields->input->u.seq.nr : 0,
		.count = (uint32_t)fields->count,
		.restart = restart_of(fields->restart),
		.shutdown_ns = shutdown_of(fields, program),
		.backoff = ki_supervisors_backoff(&fields->backoff),
	};
	for (size_t i = 0; i < child->nr_input; i++) {
		int status = ki_input_payload(
			fields->input->u.seq.items[i], &boot->args[boot->nr_args]);
		if (status) {
			return status;
		}
		boot->nr_args++;
	}
	return KITH_OK;
}

static int take_supervisor(struct kith_runtime *runtime, const struct ki_entry *entry,
	struct ki_supervisor_spec *spec) {
	struct ki_boot *boot = &runtime->boot;
	const struct ki_supervisor_fields *fields = &entry->u.supervisor;
	*spec = (struct ki_supervisor_spec){
		.strategy = strategy_of(fields->strategy),
		.max_restarts = (uint64_t)fields->max_restarts,
		.within_ns = fields->within_ns,
		.children = &boot->children[boot->nr_children],
		.nr_children = fields->nr_children,
	};
	boot->nr_children += fields->nr_children;
	for (size_t i = 0; i < fields->nr_children; i++) {
		int status = take_child(runtime, &fields->children[i], &spec->children[i]);
		if (status) {
			return status;
		}
	}
	return KITH_OK;
}

int ki_supervisors_room(struct ki_boot *boot, const struct ki_project *project) {
	size_t nr_supervisors = 0, nr_children = 0;
	for (size_t i = 0; i < project->nr_entries; i++) {
		if (project->entries[i]->kind == KI_KIND_PROCESS_SUPERVISOR) {
			nr_supervisors++;
			nr_children += project->entries[i]->u.supervisor.nr_children;
		}
	}
	boot->supervisors = ki_zalloc(nr_supervisors * sizeof(*boot->supervisors));
	boot->children = ki_zalloc(nr_children * sizeof(*boot->children));
	return boot->supervisors && boot->children ? KITH_OK : KITH_EEXHAUSTED;
}

int ki_supervisors_fill(struct kith_runtime *runtime) {
	const struct ki_project *project = &runtime->project;
	size_t nr = 0;
	for (size_t i = 0; i < project->nr_entries; i++) {
		const struct ki_entry *entry = project->entries[i];
		if (entry->kind != KI_KIND_PROCESS_SUPERVISOR) {
			continue;
		}
		int status = take_supervisor(runtime, entry, &runtime->boot.supervisors[nr++]);
		if (status) {
			return status;
		}
	}
	runtime->system.supervisor = &ki_supervisor_program;
	runtime->system.supervisor_request = &ki_request_program;
	return KITH_OK;
}
