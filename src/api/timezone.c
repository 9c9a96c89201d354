/*
 * timezone.c: the local zone of a runtime (SPEC 11.6): the option, else kith.yaml, else what the
 * embedder found, else the machine's, else UTC.
 *
 * Owns: runtime->zones, runtime->lua_shared. Threads: one.
 * Not here: reading zones (time/zones.h); a simulation's, which is UTC (lua/lib_location.h).
 */
#include "api/runtime.h"

int ki_timezone_open(struct kith_runtime *runtime) {
	struct ki_zones *zones = &runtime->zones;
	const struct kith_options *options = &runtime->options;
	ki_zones_init(zones, NULL);
	runtime->lua_shared.zones = zones;
	if (options->timezone) {
		return ki_zones_set_local(zones, ki_strv(options->timezone));
	}
	if (options->default_timezone) {
		int status = ki_zones_set_local(zones, ki_strv(options->default_timezone));
		if (status != KITH_ENOTFOUND) {
			return status;
		}
	}
	return ki_zones_set_machine_local(zones, NULL);
}

int ki_timezone_load(struct kith_runtime *runtime) {
	struct ki_project *project = &runtime->project;
	const struct ki_settings *settings = &project->settings;
	if (!settings->timezone || runtime->options.timezone) {
		return KITH_OK;
	}
	int status = ki_zones_set_local(&runtime->zones, ki_strv(settings->timezone));
	if (status != KITH_ENOTFOUND) {
		return status;
	}
	struct ki_buf found = {0};
	ki_buf_printf(&found, "time zone \"%s\"", settings->timezone);
	ki_project_add_diag(project, settings->timezone_file, settings->timezone_line,
		settings->timezone_column, ki_buf_cstr(&found),
		"the name of a time zone, such as Europe/Berlin", NULL);
	bool failed = found.failed || project->diags.failed;
	ki_buf_fini(&found);
	return failed ? KITH_EEXHAUSTED : KITH_OK;
}
