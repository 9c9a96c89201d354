/*
 * boot.c: the composition root: what the entries of a project become.
 *
 * Owns: struct ki_boot, runtime->system, runtime->app until the run. Threads: one, while nothing
 *	runs.
 * Not here: in which order they start (supervise/).
 */
#include <stdlib.h>
#include <string.h>

#include "api/runtime.h"
#include "base/alloc.h"
#include "base/check.h"
#include "mem/value.h"
#include "sys/file.h"
#include "sys/machine.h"

static bool is_host(const struct ki_entry *entry) {
	return ki_kind_is_host(entry->kind);
}

/* A process is a service when it has a lifecycle (SPEC 17.3), a host always. */
static bool is_service(const struct ki_entry *entry) {
	return is_host(entry) || entry->kind == KI_KIND_PROCESS_SERVICE ||
		(ki_kind_is_process(entry->kind) && entry->lifecycle.has);
}

/* The process that an entry runs as a service: itself, or the one that it names. */
static const struct ki_entry *process_of(
	const struct ki_project *project, const struct ki_entry *entry) {
	return entry->kind == KI_KIND_PROCESS_SERVICE
		? ki_project_find(project, entry->u.service.process)
		: entry;
}

/* What it is given as a service (SPEC 17.3): its own input, else that of its process; or NULL. */
static const struct ki_node *input_of(
	const struct ki_project *project, const struct ki_entry *entry) {
	return entry->run.input ? entry->run.input : process_of(project, entry)->run.input;
}

static size_t nr_inputs(const struct ki_project *project, const struct ki_entry *entry) {
	const struct ki_node *input = is_service(entry) ? input_of(project, entry) : NULL;
	return input ? input->u.seq.nr : 0;
}

/* ---- Hosts and programs ---- */

/* Negative ones are left to others. */
static struct ki_limits limits_of(const struct ki_limit_fields *fields) {
	struct ki_limits limits = {0};
#define SET_LIMIT(name, field)                                                                     \
	if (fields->field >= 0) {                                                                  \
		ki_limits_set(&limits, KI_LIMIT_##name, fields->field);                            \
	}
	KI_LIMIT_MAP(SET_LIMIT)
#undef SET_LIMIT
	return limits;
}

/* SPEC 15.6; a host has taken over what kith.yaml says. */
static void set_limits(struct ki_proc_host *place, const struct ki_host_fields *fields) {
	place->max_processes = (uint64_t)fields->max_processes;
	place->limits = limits_of(&fields->limits);
}

static int add_host(struct kith_runtime *runtime, const struct ki_entry *entry) {
	bool terminal = entry->kind == KI_KIND_TERMINAL_HOST;
	int workers = entry->u.host.workers;
	if (runtime->options.workers && !terminal) {
		workers = runtime->options.workers;
	}
	if (workers == 0) {
		workers = (int)ki_machine_cpus();
	}
	int64_t slice_ns = runtime->options.slice_ns;
	struct ki_host *host = ki_host_new(runtime->sched, entry->id, workers,
		slice_ns ? slice_ns : entry->u.host.time_slice_ns);
	struct ki_proc_host *place = NULL;
	if (!host || ki_system_add_host(&runtime->system, host, &place)) {
		return KITH_EEXHAUSTED;
	}
	set_limits(place, &entry->u.host);
	if (terminal) {
		runtime->boot.terminal = place;
		runtime->boot.nr_terminals++;
	}
	if (entry->u.host.hide_logs) {
		runtime->boot.hiding[runtime->boot.nr_hiding++] = place;
	}
	return KITH_OK;
}

static int add_hosts(struct kith_runtime *runtime) {
	struct ki_system *system = &runtime->system;
	size_t nr = 0;
	for (size_t i = 0; i < runtime->project.nr_entries; i++) {
		const struct ki_entry *entry = runtime->project.entries[i];
		if (!is_host(entry)) {
			continue;
		}
		int status = add_host(runtime, entry);
		if (status) {
			return status;
		}
		if (entry->kind == KI_KIND_PROCESS_HOST) {
			system->only_host = system->hosts[system->nr_hosts - 1];
			nr++;
		}
	}
	if (nr != 1) {
		system->only_host = NULL;
	}
	return KITH_OK;
}

static int compare_id(const void *id, const void *entry) {
	return strcmp(id, (*(const struct ki_entry *const *)entry)->id);
}

/* The place of a library among the entries, which are sorted by ID. */
static size_t find_library(const struct ki_project *project, const char *id) {
	struct ki_entry **found = bsearch(
		id, project->entries, project->nr_entries, sizeof(*project->entries), compare_id);
	ki_check(found); /* the project was checked */
	return (size_t)(found - project->entries);
}

/* Of the entry at `i`; what it imports may be filled in later. */
static void add_lua(struct ki_boot *boot, const struct ki_project *project, size_t i) {
	const struct ki_lua_fields *fields = &project->entries[i]->u.lua;
	struct ki_lua_import *imports = &boot->imports[boot->nr_imports];
	for (size_t n = 0; n < fields->nr_imports; n++) {
		imports[n].alias = fields->imports[n].alias;
		imports[n].library = &boot->lua[find_library(project, fields->imports[n].id)];
	}
	boot->nr_imports += fields->nr_imports;
	boot->lua[i] = (struct ki_lua_program){
		.id = project->entries[i]->id,
		.source = fields->source,
		.source_len = fields->source_len,
		.method = fields->method,
		.modules = (const char *const *)fields->modules,
		.nr_modules = fields->nr_modules,
		.imports = imports,
		.nr_imports = fields->nr_imports,
		.cache = &boot->caches[i],
	};
}

/* That can be called, when it can (SPEC 12.6). */
static void add_function(struct kith_runtime *runtime, const struct ki_entry *entry,
	const struct ki_program *program) {
	const char *host = entry->run.call_host;
	if (host != NULL || entry->kind == KI_KIND_FUNCTION_LUA) {
		runtime->boot.functions[runtime->boot.nr_functions++] = (struct ki_function){
			.program = program,
			.host = host != NULL
				? ki_system_find_host(&runtime->system, ki_strv(host))
				: NULL,
		};
	}
}

static void add_programs(struct kith_runtime *runtime) {
	struct ki_boot *boot = &runtime->boot;
	const struct ki_project *project = &runtime->project;
	size_t nr_supervisors = 0;
	for (size_t i = 0; i < project->nr_entries; i++) {
		const struct ki_entry *entry = project->entries[i];
		if (ki_kind_is_lua(entry->kind)) {
			add_lua(boot, project, i);
		}
		if (!ki_kind_is_runnable(entry->kind)) {
			continue;
		}
		struct ki_program *program = &boot->programs[i];
		program->id = entry->id;
		if (entry->kind == KI_KIND_PROCESS_SUPERVISOR) {
			program->ops = &ki_supervisor_ops;
			program->data = &boot->supervisors[nr_supervisors++];
		} else {
			program->ops = &ki_lua_ops;
			program->data = &boot->lua[i];
			program->limits = limits_of(&entry->u.lua.limits);
			add_function(runtime, entry, program);
		}
		if (ki_kind_is_process(entry->kind)) {
			boot->by_id[boot->nr_programs++] = program;
		}
	}
	ki_system_set_programs(&runtime->system, boot->by_id, boot->nr_programs);
	ki_system_set_functions(&runtime->system, boot->functions, boot->nr_functions);
}

/* ---- Services ---- */

/* What an entry runs that is no host. */
static const struct ki_program *program_of(
	struct kith_runtime *runtime, const struct ki_entry *entry) {
	struct ki_system *system = &runtime->system;
	if (entry->kind == KI_KIND_FUNCTION_LUA) {
		return ki_system_find_function(system, ki_strv(entry->id))->program;
	}
	return ki_system_find_program(
		system, ki_strv(process_of(&runtime->project, entry)->id));
}

static struct ki_service_spec spec_of(struct kith_runtime *runtime, const struct ki_entry *entry) {
	const struct ki_lifecycle *life = &entry->lifecycle;
	bool host = is_host(entry);
	return (struct ki_service_spec){
		.id = entry->id,
		.is_host = host,
		.auto_start = life->auto_start,
		.required = life->required,
		.start_timeout_ns = life->start_timeout_ns,
		.stop_timeout_ns = life->stop_timeout_ns,
		.restarts = !host,
		.backoff = ki_supervisors_backoff(&life->restart),
		.max_attempts = (uint64_t)life->max_attempts,
		.stable_threshold_ns = life->stable_threshold_ns,
		.requires = (const char *const *)entry->requires,
		.nr_requires = entry->nr_requires,
		.host = ki_system_find_host(
			&runtime->system, ki_strv(host ? entry->id : entry->run.host)),
		.program = host ? NULL : program_of(runtime, entry),
	};
}

static int add_service(struct kith_runtime *runtime, const struct ki_entry *entry) {
	struct ki_boot *boot = &runtime->boot;
	struct ki_service_spec *spec = &boot->specs[boot->nr_specs++];
	*spec = spec_of(runtime, entry);
	spec->args = &boot->args[boot->nr_args];
	spec->nr_args = nr_inputs(&runtime->project, entry);
	for (size_t i = 0; i < spec->nr_args; i++) {
		int status = ki_input_payload(
			input_of(&runtime->project, entry)->u.seq.items[i],
			&boot->args[boot->nr_args]);
		if (status) {
			return status;
		}
		boot->nr_args++;
	}
	return KITH_OK;
}

/* SPEC 17.2 */
static void warn_of_host(struct kith_runtime *runtime, const struct ki_entry *entry) {
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_printf(&text, "no host given for %s \"%s\": it runs on \"%s\", the first of several",
		entry->kind_name, entry->id, entry->run.host);
	ki_log_write(&runtime->log, KI_LOG_WARN, "kith.project", ki_buf_cstr(&text), 0, NULL);
	ki_buf_fini(&text);
}

static int set_entry(struct kith_runtime *runtime, const struct ki_entry *entry, size_t nr_args,
	const char *const *args) {
	struct ki_boot *boot = &runtime->boot;
	boot->entry = spec_of(runtime, entry);
	if (!entry->run.host_given && !entry->run.host_by_meta && boot->nr_terminals == 1) {
		boot->entry.host = boot->terminal; /* SPEC 20.3 */
	} else if (entry->run.host_by_order) {
		warn_of_host(runtime, entry);
	}
	boot->entry.start_timeout_ns = INT64_MAX; /* somebody sits before it */
	boot->entry_args = ki_zalloc(nr_args * sizeof(struct ki_payload *));
	if (!boot->entry_args) {
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < nr_args; i++) {
		boot->entry_args[i] = ki_value_payload_str(ki_strv(args[i]));
		if (!boot->entry_args[i]) {
			return KITH_EEXHAUSTED;
		}
		boot->nr_entry_args++;
	}
	boot->entry.args = runtime->system.command_args = boot->entry_args;
	boot->entry.nr_args = runtime->system.nr_command_args = nr_args;
	return KITH_OK;
}

/* ---- All of it ---- */

static int make_room(struct ki_boot *boot, const struct ki_project *project) {
	size_t nr_args = 0, nr_imports = 0;
	for (size_t i = 0; i < project->nr_entries; i++) {
		const struct ki_entry *entry = project->entries[i];
		nr_args += nr_inputs(project, entry) + ki_supervisors_inputs(entry);
		nr_imports += ki_kind_is_lua(entry->kind) ? entry->u.lua.nr_imports : 0;
	}
	boot->lua = ki_zalloc(project->nr_entries * sizeof(*boot->lua));
	boot->caches = ki_zalloc(project->nr_entries * sizeof(*boot->caches));
	boot->nr_lua = project->nr_entries;
	boot->imports = ki_zalloc(nr_imports * sizeof(*boot->imports));
	boot->hiding = ki_zalloc(project->nr_entries * sizeof(struct ki_proc_host *));
	boot->programs = ki_zalloc(project->nr_entries * sizeof(*boot->programs));
	boot->by_id = ki_zalloc(project->nr_entries * sizeof(*boot->by_id));
	boot->functions = ki_zalloc(project->nr_entries * sizeof(*boot->functions));
	boot->specs = ki_zalloc(project->nr_entries * sizeof(*boot->specs));
	boot->args = ki_zalloc(nr_args * sizeof(*boot->args));
	bool all = boot->lua && boot->caches && boot->imports && boot->hiding && boot->programs &&
		boot->by_id && boot->functions && boot->specs && boot->args;
	return all ? ki_supervisors_room(boot, project) : KITH_EEXHAUSTED;
}

static void ask_reader(void *user, struct ki_input *input) {
	ki_reader_ask(&((struct kith_runtime *)user)->reader, input);
}

static void set_facts(struct kith_runtime *runtime) {
	ki_machine_hostname(runtime->hostname, sizeof(runtime->hostname));
	ki_path_real(".", &runtime->cwd); /* "" where there is none */
	runtime->system.facts = (struct ki_system_facts){
		.nr_cpus = ki_machine_cpus(),
		.pid = ki_machine_pid(),
		.hostname = runtime->hostname,
		.cwd = ki_buf_cstr(&runtime->cwd),
	};
}

static int make_system(struct kith_runtime *runtime) {
	struct ki_system_hooks hooks = ki_report_hooks;
	hooks.user = runtime;
	hooks.input = ask_reader;
	hooks.exit = ki_runtime_exit;
	int64_t memory = runtime->options.memory_bytes;
	runtime->memory.limit_bytes =
		(uint64_t)(memory ? memory : runtime->project.settings.memory);
	int status = ki_system_init(&runtime->system, runtime->sched, &runtime->log, &hooks);
	if (status) {
		return status;
	}
	runtime->has_system = true;
	ki_reader_init(&runtime->reader, &runtime->system, runtime->options.input_fd,
		runtime->options.simulate != 0);
	set_facts(runtime);
	runtime->system.lua_shared = &runtime->lua_shared;
	runtime->system.lua_seed = ki_sched_random(runtime->sched);
	return add_hosts(runtime);
}

static int make_services(struct kith_runtime *runtime) {
	const struct ki_project *project = &runtime->project;
	for (size_t i = 0; i < project->nr_entries; i++) {
		if (!is_service(project->entries[i])) {
			continue;
		}
		int status = add_service(runtime, project->entries[i]);
		if (status) {
			return status;
		}
	}
	return KITH_OK;
}

int ki_boot_make(struct kith_runtime *runtime, const struct ki_entry *entry, size_t nr_args,
	const char *const *args) {
	struct ki_boot *boot = &runtime->boot;
	int status = make_room(boot, &runtime->project);
	if (!status) {
		status = make_system(runtime);
	}
	if (status) {
		return status;
	}
	add_programs(runtime);
	status = ki_supervisors_fill(runtime);
	if (!status) {
		status = ki_entries_make(runtime);
	}
	if (!status) {
		status = make_services(runtime);
	}
	if (!status && entry) {
		status = set_entry(runtime, entry, nr_args, args);
	}
	if (status) {
		return status;
	}
	return ki_application_new(&runtime->system, boot->specs, boot->nr_specs,
		entry ? &boot->entry : NULL, &runtime->app);
}

static void unref_all(struct ki_payload **payloads, size_t nr) {
	for (size_t i = 0; i < nr; i++) {
		ki_payload_unref(payloads[i]);
	}
	ki_free(payloads);
}

void ki_boot_drop(struct kith_runtime *runtime) {
	struct ki_boot *boot = &runtime->boot;
	ki_application_free(runtime->app);
	runtime->app = NULL;
	for (size_t i = 0; boot->caches && i < boot->nr_lua; i++) {
		ki_lua_cache_fini(&boot->caches[i]);
	}
	if (runtime->has_system) {
		ki_reader_fini(&runtime->reader);
		ki_system_fini(&runtime->system);
		ki_buf_fini(&runtime->cwd);
	}
	runtime->has_system = false;
	ki_entries_drop(boot);
	unref_all(boot->args, boot->nr_args);
	unref_all(boot->entry_args, boot->nr_entry_args);
	ki_free(boot->specs);
	ki_free(boot->children);
	ki_free(boot->supervisors);
	ki_free(boot->functions);
	ki_free(boot->by_id);
	ki_free(boot->programs);
	ki_free(boot->hiding);
	ki_free(boot->imports);
	ki_free(boot->caches);
	ki_free(boot->lua);
	*boot = (struct ki_boot){0};
}
