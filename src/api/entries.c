/*
 * entries.c: the entries of a project as programs may read them (SPEC 12.8).
 *
 * They are made when some program lists the module `registry`: the sources of all are among them.
 *
 * Owns: boot->entries and the payloads in it. Threads: one, while nothing runs.
 * Not here: the module (lua/lib_entries.h).
 */
#include <string.h>

#include "api/runtime.h"
#include "base/alloc.h"

static bool lists_registry(const struct ki_entry *entry) {
	const struct ki_lua_fields *lua = &entry->u.lua;
	for (size_t i = 0; ki_kind_is_lua(entry->kind) && i < lua->nr_modules; i++) {
		if (strcmp(lua->modules[i], "registry") == 0) {
			return true;
		}
	}
	return false;
}

static bool are_read(const struct ki_project *project) {
	for (size_t i = 0; i < project->nr_entries; i++) {
		if (lists_registry(project->entries[i])) {
			return true;
		}
	}
	return false;
}

/* Of a map or a list, or of nothing: a table in any case. */
static int make_table(const struct ki_node *node, struct ki_payload **out) {
	const struct ki_node empty = {.type = KI_NODE_MAPPING};
	return ki_input_payload(node ? node : &empty, out);
}

int ki_entries_make(struct kith_runtime *runtime) {
	struct ki_boot *boot = &runtime->boot;
	const struct ki_project *project = &runtime->project;
	if (!are_read(project)) {
		return KITH_OK;
	}
	boot->entries = ki_zalloc(project->nr_entries * sizeof(*boot->entries));
	if (!boot->entries) {
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < project->nr_entries; i++) {
		const struct ki_entry *entry = project->entries[i];
		struct ki_entry_view *view = &boot->entries[boot->nr_entries++];
		*view = (struct ki_entry_view){
			.id = entry->id,
			.ns = entry->ns,
			.name = entry->name,
			.kind = entry->kind_name,
		};
		int status = make_table(entry->meta, &view->meta);
		if (!status) {
			status = make_table(entry->data, &view->data);
		}
		if (status) {
			return status;
		}
	}
	runtime->system.entries = boot->entries;
	runtime->system.nr_entries = boot->nr_entries;
	return KITH_OK;
}

void ki_entries_drop(struct ki_boot *boot) {
	for (size_t i = 0; i < boot->nr_entries; i++) {
		ki_payload_unref(boot->entries[i].meta);
		ki_payload_unref(boot->entries[i].data);
	}
	ki_free(boot->entries);
}
