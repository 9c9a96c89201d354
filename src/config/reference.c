/*
 * reference.c: from drafts to entries: unique IDs, default hosts (SPEC 17.2), dependencies (17.4).
 *
 * Owns: nothing. Threads: one.
 * Not here: starting in that order (supervise).
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "config/field.h"
#include "config/load.h"

static struct ki_draft *draft_of(const struct ki_entry *entry) {
	return ki_container_of(entry, struct ki_draft, entry);
}

/* --- unique IDs --- */

/* By ID, then by place, so that of equal IDs the first place counts. */
static int compare_drafts(const void *a, const void *b) {
	const struct ki_entry *x = &(*(struct ki_draft *const *)a)->entry;
	const struct ki_entry *y = &(*(struct ki_draft *const *)b)->entry;
	int by_id = strcmp(x->id, y->id);
	int by_file = strcmp(x->file, y->file);
	if (by_id != 0 || by_file != 0) {
		return by_id != 0 ? by_id : by_file;
	}
	return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
				  : (x->column > y->column) - (x->column < y->column);
}

static bool sort_entries(struct ki_load *load) {
	struct ki_project *project = load->project;
	project->entries = ki_arena_alloc(load->arena, load->nr_drafts * sizeof(*project->entries));
	if (!project->entries) {
		return false;
	}
	if (load->nr_drafts > 0) {
		qsort(load->drafts, load->nr_drafts, sizeof(*load->drafts), compare_drafts);
	}
	for (size_t i = 0; i < load->nr_drafts; i++) {
		struct ki_draft *draft = load->drafts[i];
		size_t nr = project->nr_entries;
		struct ki_draft *first = nr > 0 ? draft_of(project->entries[nr - 1]) : NULL;
		if (!first || strcmp(first->entry.id, draft->entry.id) != 0) {
			project->entries[project->nr_entries++] = &draft->entry;
			continue;
		}
		ki_load_tell(load, draft->entry.file, draft->name_node->line,
			draft->name_node->column, NULL, "an ID that is used once",
			"duplicate entry \"%s\", first at %s:%d:%d", draft->entry.id,
			first->entry.file, first->name_node->line, first->name_node->column);
	}
	return true;
}

/* --- references --- */

enum target { ANY_ENTRY, A_HOST, A_LIBRARY, A_PROCESS };

static const char *const targets[] = {
	[ANY_ENTRY] = "the ID of an entry",
	[A_HOST] = "the ID of a process.host or terminal.host",
	[A_LIBRARY] = "the ID of a library.lua",
	[A_PROCESS] = "the ID of a process.lua or process.supervisor",
};

/* An entry of unknown kind may be what was meant. */
static bool may_be(const struct ki_draft *draft, enum target target) {
	enum ki_kind kind = draft->entry.kind;
	if (target == ANY_ENTRY || !draft->known_kind) {
		return true;
	}
	switch (target) {
	case A_HOST:
		return ki_kind_is_host(kind);
	case A_LIBRARY:
		return kind == KI_KIND_LIBRARY_LUA;
	default:
		return ki_kind_is_process(kind);
	}
}

/* The ID near to one that does not exist: a name in the same namespace, else any other ID. */
static const char *near_id(struct ki_load *load, const char *id, enum target wanted) {
	const struct ki_project *project = load->project;
	const char **names = ki_arena_alloc(load->arena, project->nr_entries * sizeof(*names));
	const char **ids = ki_arena_alloc(load->arena, project->nr_entries * sizeof(*ids));
	size_t nr_names = 0;
	size_t nr_ids = 0;
	const char *colon = strchr(id, ':');
	if (!names || !ids || !colon) {
		return NULL;
	}
	size_t ns_len = (size_t)(colon - id) + 1;
	for (size_t i = 0; i < project->nr_entries; i++) {
		const struct ki_draft *draft = draft_of(project->entries[i]);
		if (!may_be(draft, wanted)) {
			continue;
		}
		if (strncmp(draft->entry.id, id, ns_len) == 0) {
			names[nr_names++] = draft->entry.name;
		} else {
			ids[nr_ids++] = draft->entry.id;
		}
	}
	const char *name = ki_diag_near(ki_strv(colon + 1), names, nr_names);
	if (name) {
		return ki_arena_printf(load->arena, "%.*s%s", (int)ns_len, id, name);
	}
	return ki_diag_near(ki_strv(id), ids, nr_ids);
}

const char *ki_project_near(struct ki_project *project, const char *id) {
	struct ki_load load = {.project = project, .arena = &project->arena};
	return near_id(&load, id, ANY_ENTRY);
}

/* The ID that a text in an entry means (SPEC 1.3), or NULL: no memory. */
static const char *whole_id(
	struct ki_load *load, const struct ki_draft *draft, const struct ki_node *node) {
	return strchr(node->text, ':')
		? node->text
		: ki_arena_printf(load->arena, "%s:%s", draft->entry.ns, node->text);
}

/* The entry that `node` in `draft` names, or NULL; without a word. */
static const struct ki_entry *look_up(
	struct ki_load *load, const struct ki_draft *draft, const struct ki_node *node) {
	const char *id = node->told ? NULL : whole_id(load, draft, node);
	return id ? ki_project_find(load->project, id) : NULL;
}

/* The entry that `node` in `draft` names; NULL after a problem. `role` says as what. */
static const struct ki_entry *resolve(struct ki_load *load, const struct ki_draft *draft,
	const struct ki_node *node, const char *role, enum target wanted) {
	const struct ki_entry *entry = &draft->entry;
	if (node->told || !role) {
		return NULL;
	}
	const char *id = whole_id(load, draft, node);
	const struct ki_entry *target = id ? ki_project_find(load->project, id) : NULL;
	if (id && !target) {
		ki_load_tell(load, entry->file, node->line, node->column, near_id(load, id, wanted),
			targets[wanted], "no entry \"%.100s\", named as %s of %s \"%s\"", id, role,
			entry->kind_name, entry->id);
	} else if (target && !may_be(draft_of(target), wanted)) {
		ki_load_tell(load, entry->file, node->line, node->column, NULL, targets[wanted],
			"%s \"%s\", named as %s of %s \"%s\"", target->kind_name, target->id, role,
			entry->kind_name, entry->id);
		return NULL;
	}
	return target;
}

static void add_requirement(struct ki_draft *draft, const char *id, const struct ki_node *node,
	enum ki_require as) {
	struct ki_entry *entry = &draft->entry;
	for (size_t i = 0; i < entry->nr_requires; i++) {
		if (strcmp(entry->requires[i], id) == 0) {
			if (as == KI_REQUIRE_SERVICE) { /* the strongest of its reasons counts */
				draft->require_as[i] = as;
			}
			return;
		}
	}
	draft->require_nodes[entry->nr_requires] = node;
	draft->require_as[entry->nr_requires] = as;
	entry->requires[entry->nr_requires++] = id;
}

/* --- where something runs (SPEC 17.2) --- */

struct host_list {
	const struct ki_entry **hosts; /* process.host, by ID */
	size_t nr;
	const struct ki_entry *terminal; /* the only terminal.host, or NULL */
	size_t nr_terminals;
};

/* The only host in this namespace; NULL when there is none or more than one. */
static const struct ki_entry *only_host_in(
	const struct host_list *list, const char *ns, size_t ns_len) {
	const struct ki_entry *found = NULL;
	for (size_t i = 0; i < list->nr; i++) {
		if (strlen(list->hosts[i]->ns) == ns_len &&
			strncmp(list->hosts[i]->ns, ns, ns_len) == 0) {
			if (found) {
				return NULL;
			}
			found = list->hosts[i];
		}
	}
	return found;
}

static const struct ki_entry *default_host(
	struct ki_load *load, struct ki_draft *draft, const struct host_list *list) {
	const struct ki_entry *entry = &draft->entry;
	if (list->nr == 1) {
		return list->hosts[0];
	}
	for (size_t len = strlen(entry->ns); len > 0; len--) {
		bool whole = entry->ns[len] == '\0' || entry->ns[len] == '.';
		const struct ki_entry *host = whole ? only_host_in(list, entry->ns, len) : NULL;
		if (host) {
			return host;
		}
	}
	if (list->nr > 0 && entry->kind == KI_KIND_FUNCTION_LUA) {
		draft->entry.run.host_by_order = true; /* as a rule its caller's is taken */
		return list->hosts[0];
	}
	if (list->nr > 0) {
		ki_load_append(load, &load->project->warnings, &load->project->nr_warnings,
			&load->cap_warnings,
			ki_arena_printf(load->arena,
				"no host given for %s \"%s\": it runs on \"%s\", the first of %zu "
				"hosts",
				entry->kind_name, entry->id, list->hosts[0]->id, list->nr));
		return list->hosts[0];
	}
	if (list->nr_terminals == 1 && !entry->lifecycle.auto_start) {
		return list->terminal; /* a program for -x (SPEC 20.3) */
	}
	if (!load->incomplete) { /* else the host may be what could not be read */
		ki_load_tell(load, entry->file, entry->line, entry->column, NULL,
			"an entry of kind process.host in the project",
			"host is required in %s \"%s\"", entry->kind_name, entry->id);
	}
	return NULL;
}

/* A service that names no host runs where its process says. */
static const struct ki_entry *host_of_process(struct ki_load *load, const struct ki_draft *draft) {
	const struct ki_entry *process =
		draft->process_node ? look_up(load, draft, draft->process_node) : NULL;
	if (!process) {
		return NULL;
	}
	const struct ki_draft *of = draft_of(process);
	const struct ki_node *node =
		of->host_node ? of->host_node : ki_node_get(process->meta, "default_host");
	const struct ki_entry *host =
		node && node->type == KI_NODE_STRING ? look_up(load, of, node) : NULL;
	return host && may_be(draft_of(host), A_HOST) ? host : NULL;
}

/* The host that a node of the entry's meta names; NULL after a problem, or without it. */
static const struct ki_entry *resolve_preset(struct ki_load *load, const struct ki_draft *draft,
	const struct ki_node *preset, const char *role) {
	if (preset && preset->type != KI_NODE_STRING) {
		ki_load_tell(load, draft->entry.file, preset->line, preset->column, NULL,
			"a string", "%s is %s in %s \"%s\"", role,
			ki_node_type_name(preset->type), draft->entry.kind_name, draft->entry.id);
		return NULL;
	}
	return preset ? resolve(load, draft, preset, role, A_HOST) : NULL;
}

/* Where calls of it run, if it may be called (SPEC 12.6); `host` is what its own field and
 * meta.default_host say of it. */
static void resolve_call_host(struct ki_load *load, struct ki_draft *draft,
	const struct ki_node *preset, const struct ki_entry *host) {
	const struct ki_node *options = ki_node_get(draft->entry.meta, "options");
	const struct ki_entry *by_options = NULL;
	enum ki_kind kind = draft->entry.kind;
	if (kind != KI_KIND_FUNCTION_LUA && kind != KI_KIND_PROCESS_LUA) {
		return;
	}
	if (options && options->type == KI_NODE_MAPPING) {
		by_options = resolve_preset(load, draft, ki_node_get(options, "default_host"),
			"meta.options.default_host");
	}
	host = host ? host : by_options;
	if (host && (kind == KI_KIND_FUNCTION_LUA || preset || by_options)) {
		draft->entry.run.call_host = host->id;
	}
}

static void resolve_host(
	struct ki_load *load, struct ki_draft *draft, const struct host_list *list) {
	const struct ki_node *preset = ki_node_get(draft->entry.meta, "default_host");
	const struct ki_entry *by_meta =
		resolve_preset(load, draft, preset, "meta.default_host");
	const struct ki_entry *host = NULL;
	const struct ki_node *node = draft->host_node ? draft->host_node : preset;
	if (draft->host_node) {
		host = resolve(load, draft, draft->host_node, "host", A_HOST);
		resolve_call_host(load, draft, preset, host);
	} else {
		resolve_call_host(load, draft, preset, by_meta);
		host = preset ? by_meta : host_of_process(load, draft);
		if (!preset && !host) {
			host = default_host(load, draft, list);
		}
		draft->entry.run.host_by_meta = preset != NULL;
	}
	if (host) {
		draft->entry.run.host = host->id;
		add_requirement(draft, host->id, node, KI_REQUIRE_SERVICE);
	}
}

/* --- dependencies (SPEC 17.4) --- */

static void resolve_list(struct ki_load *load, struct ki_draft *draft, const struct ki_node *list,
	const char *role) {
	for (size_t i = 0; list && list->type == KI_NODE_SEQUENCE && i < list->u.seq.nr; i++) {
		const struct ki_node *item = list->u.seq.items[i];
		if (item->type != KI_NODE_STRING || item->text_len == 0) {
			continue; /* told */
		}
		const struct ki_entry *target = resolve(load, draft, item, role, ANY_ENTRY);
		if (target) {
			add_requirement(draft, target->id, item, KI_REQUIRE_SERVICE);
		}
	}
}

static void resolve_imports(struct ki_load *load, struct ki_draft *draft) {
	struct ki_lua_fields *lua = &draft->entry.u.lua;
	const struct ki_node *map = draft->imports_node;
	size_t nr = map ? map->u.map.nr : 0;
	lua->imports = ki_arena_alloc(load->arena, nr * sizeof(*lua->imports));
	for (size_t i = 0; lua->imports && i < nr; i++) {
		const struct ki_pair *pair = &map->u.map.pairs[i];
		if (pair->value->type != KI_NODE_STRING || pair->value->text_len == 0) {
			continue; /* told */
		}
		const struct ki_entry *library = resolve(load, draft, pair->value,
			ki_arena_printf(load->arena, "import \"%.60s\"", pair->key->text),
			A_LIBRARY);
		if (library) {
			lua->imports[lua->nr_imports++] =
				(struct ki_import){pair->key->text, library->id};
			add_requirement(draft, library->id, pair->value, KI_REQUIRE_IMPORT);
		}
	}
}

/* The process that the text under `key` names; NULL after a problem, or without it. */
static const char *resolve_process(struct ki_load *load, struct ki_draft *draft,
	const struct ki_node *node, const char *role) {
	bool given = ki_field_is_given(node) && node->type == KI_NODE_STRING;
	const struct ki_entry *target =
		given ? resolve(load, draft, node, role, A_PROCESS) : NULL;
	if (target) {
		add_requirement(draft, target->id, node, KI_REQUIRE_PROCESS);
	}
	return target ? target->id : NULL;
}

static void resolve_children(struct ki_load *load, struct ki_draft *draft) {
	struct ki_supervisor_fields *sup = &draft->entry.u.supervisor;
	for (size_t i = 0; i < sup->nr_children; i++) {
		struct ki_child_fields *child = &sup->children[i];
		const struct ki_node *host = ki_node_get(child->node, "host");
		child->process = resolve_process(load, draft, ki_node_get(child->node, "process"),
			ki_arena_printf(
				load->arena, "process of child \"%.60s\"", child->name));
		bool given = ki_field_is_given(host) && host->type == KI_NODE_STRING;
		const struct ki_entry *target = given
			? resolve(load, draft, host,
				  ki_arena_printf(load->arena, "host of child \"%.60s\"",
					  child->name),
				  A_HOST)
			: NULL;
		if (target) {
			child->host = target->id;
			add_requirement(draft, target->id, host, KI_REQUIRE_SERVICE);
		}
	}
}

static size_t nr_items(const struct ki_node *list) {
	return list && list->type == KI_NODE_SEQUENCE ? list->u.seq.nr : 0;
}

static void check_meta_list(
	struct ki_load *load, struct ki_draft *draft, const struct ki_node *list) {
	const struct ki_node *bad = list && list->type != KI_NODE_SEQUENCE ? list : NULL;
	for (size_t i = 0; !bad && i < nr_items(list); i++) {
		const struct ki_node *item = list->u.seq.items[i];
		bad = item->type != KI_NODE_STRING || item->text_len == 0 ? item : NULL;
	}
	if (bad && !bad->told) {
		ki_load_tell(load, draft->entry.file, bad->line, bad->column, NULL,
			"a list of strings", "meta.depends_on holds %s in %s \"%s\"",
			ki_node_type_name(bad->type), draft->entry.kind_name, draft->entry.id);
	}
}

static bool runs_somewhere(const struct ki_draft *draft) {
	return draft->known_kind &&
		(ki_kind_is_runnable(draft->entry.kind) ||
			draft->entry.kind == KI_KIND_PROCESS_SERVICE);
}

static void resolve_draft(
	struct ki_load *load, struct ki_draft *draft, const struct host_list *hosts) {
	const struct ki_node *requires = ki_node_get(draft->lifecycle_node, "requires");
	const struct ki_node *depends_on = ki_node_get(draft->lifecycle_node, "depends_on");
	const struct ki_node *meta = ki_node_get(draft->entry.meta, "depends_on");
	size_t nr_imports = draft->imports_node ? draft->imports_node->u.map.nr : 0;
	size_t nr_children = draft->entry.kind == KI_KIND_PROCESS_SUPERVISOR && draft->known_kind
		? draft->entry.u.supervisor.nr_children
		: 0;
	size_t room = 2 + 2 * nr_children + nr_imports + nr_items(requires) +
		nr_items(depends_on) + nr_items(meta);
	draft->entry.requires = ki_arena_alloc(load->arena, room * sizeof(*draft->entry.requires));
	draft->require_nodes = ki_arena_alloc(load->arena, room * sizeof(*draft->require_nodes));
	draft->require_as = ki_arena_alloc(load->arena, room * sizeof(*draft->require_as));
	if (load->arena->failed || !draft->known_kind) {
		return;
	}
	if (runs_somewhere(draft)) {
		resolve_host(load, draft, hosts);
	}
	if (draft->entry.kind == KI_KIND_PROCESS_SERVICE) {
		draft->entry.u.service.process =
			resolve_process(load, draft, draft->process_node, "process");
	} else if (draft->entry.kind == KI_KIND_PROCESS_SUPERVISOR) {
		resolve_children(load, draft);
	}
	if (ki_kind_is_lua(draft->entry.kind)) {
		resolve_imports(load, draft);
	}
	check_meta_list(load, draft, meta);
	resolve_list(load, draft, requires, "lifecycle.requires");
	resolve_list(load, draft, depends_on, "lifecycle.depends_on");
	resolve_list(load, draft, meta, "meta.depends_on");
}

/* --- cycles --- */

/* One entry on the path of the search, and which of its dependencies is looked at. */
struct step {
	size_t entry;
	size_t next;
};

static size_t index_of(const struct ki_project *project, const char *id) {
	size_t low = 0;
	size_t high = project->nr_entries;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(project->entries[middle]->id, id) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* The steps are a cycle: each depends on the one after it, the last on the first. */
static void tell_cycle(struct ki_load *load, const struct step *steps, size_t nr) {
	struct ki_entry **entries = load->project->entries;
	struct ki_buf text = {0};
	size_t start = 0; /* written from its first ID on, whichever was met first */
	bool imports_only = true;
	for (size_t i = 0; i < nr; i++) {
		start = steps[i].entry < steps[start].entry ? i : start;
		imports_only = imports_only &&
			draft_of(entries[steps[i].entry])->require_as[steps[i].next - 1] ==
				KI_REQUIRE_IMPORT;
	}
	for (size_t i = 0; i < nr; i++) {
		ki_buf_printf(&text, "%s -> ", entries[steps[(start + i) % nr].entry]->id);
	}
	const struct ki_entry *first = entries[steps[start].entry];
	ki_buf_puts(&text, first->id);
	const struct ki_node *node = draft_of(first)->require_nodes[steps[start].next - 1];
	ki_load_tell(load, first->file, node ? node->line : first->line,
		node ? node->column : first->column, NULL,
		imports_only ? "imports without a cycle" : "dependencies without a cycle",
		"%s cycle %s", imports_only ? "import" : "dependency", ki_buf_cstr(&text));
	ki_buf_fini(&text);
}

/* Depth first, on a path of its own: recursion would be as deep as the dependencies. */
static void search_cycles(struct ki_load *load, size_t root, struct step *path, size_t *place) {
	const struct ki_project *project = load->project;
	size_t depth = 0;
	path[depth++] = (struct step){root, 0};
	place[root] = depth;
	while (depth > 0 && !ki_load_failed(load)) {
		struct step *top = &path[depth - 1];
		const struct ki_entry *entry = project->entries[top->entry];
		if (top->next == entry->nr_requires) {
			place[top->entry] = SIZE_MAX; /* done */
			depth--;
			continue;
		}
		size_t target = index_of(project, entry->requires[top->next++]);
		if (place[target] == 0) {
			path[depth++] = (struct step){target, 0};
			place[target] = depth;
		} else if (place[target] != SIZE_MAX) {
			tell_cycle(load, path + place[target] - 1, depth - place[target] + 1);
		}
	}
}

static void find_cycles(struct ki_load *load) {
	size_t nr = load->project->nr_entries;
	struct step *path = ki_alloc(nr * sizeof(*path));
	size_t *place =
		ki_zalloc(nr * sizeof(*place)); /* on the path from 1; 0 not seen; SIZE_MAX done */
	if (path && place) {
		for (size_t i = 0; i < nr; i++) {
			if (place[i] == 0) {
				search_cycles(load, i, path, place);
			}
		}
	} else {
		load->arena->failed = true;
	}
	ki_free(path);
	ki_free(place);
}

/* --- what comes with libraries and processes --- */

static void settle_one(struct ki_load *load, struct ki_draft *draft, const char *id) {
	if (strcmp(id, draft->entry.id) == 0) {
		return;
	}
	for (size_t i = 0; i < draft->nr_settled; i++) {
		if (strcmp(draft->settled[i], id) == 0) {
			return;
		}
	}
	ki_load_append(load, &draft->settled, &draft->nr_settled, &draft->cap_settled, id);
}

static bool starts_by_itself(const struct ki_entry *entry) {
	return entry->lifecycle.has && entry->lifecycle.auto_start;
}

/* Of `of`, which is `draft` itself or comes with it; gives in `more` what comes with it in turn. */
static void settle_with(struct ki_load *load, struct ki_draft *draft, const struct ki_draft *of,
	struct ki_draft ***more, size_t *nr_more, size_t *cap_more) {
	for (size_t i = 0; i < of->entry.nr_requires; i++) {
		const struct ki_entry *target =
			ki_project_find(load->project, of->entry.requires[i]);
		bool as_process = of->require_as[i] == KI_REQUIRE_PROCESS;
		bool known = draft_of(target)->known_kind;
		if (of != draft && of->entry.run.host && of->entry.run.host == target->id) {
			continue; /* it runs where `draft` says */
		}
		if (!as_process || starts_by_itself(target)) {
			settle_one(load, draft, target->id);
		}
		bool comes = as_process || (known && target->kind == KI_KIND_LIBRARY_LUA);
		for (size_t k = 0; k < *nr_more && comes; k++) {
			comes = (*more)[k] != draft_of(target);
		}
		if (comes && target != &draft->entry) {
			ki_load_append(load, more, nr_more, cap_more, draft_of(target));
		}
	}
}

/*
 * What the libraries of an entry and the processes that it runs itself depend on must run before
 * it does. Such a process is no service that has to run, unless it is one by itself.
 */
static void settle(struct ki_load *load, struct ki_draft *draft) {
	struct ki_draft **more = NULL;
	size_t nr_more = 0, cap_more = 0;
	settle_with(load, draft, draft, &more, &nr_more, &cap_more);
	for (size_t i = 0; i < nr_more && !ki_load_failed(load); i++) {
		settle_with(load, draft, more[i], &more, &nr_more, &cap_more);
	}
}

static void settle_all(struct ki_load *load) {
	struct ki_project *project = load->project;
	for (size_t i = 0; i < project->nr_entries && !ki_load_failed(load); i++) {
		if (runs_somewhere(draft_of(project->entries[i]))) {
			settle(load, draft_of(project->entries[i]));
		}
	}
	for (size_t i = 0; i < project->nr_entries && !ki_load_failed(load); i++) {
		struct ki_draft *draft = draft_of(project->entries[i]);
		if (runs_somewhere(draft)) {
			draft->entry.requires = draft->settled;
			draft->entry.nr_requires = draft->nr_settled;
		}
	}
}

void ki_reference_resolve(struct ki_load *load) {
	struct ki_project *project = load->project;
	struct host_list hosts = {.nr = 0};
	if (!sort_entries(load)) {
		return;
	}
	hosts.hosts = ki_arena_alloc(load->arena, project->nr_entries * sizeof(*hosts.hosts));
	for (size_t i = 0; hosts.hosts && i < project->nr_entries; i++) {
		const struct ki_entry *entry = project->entries[i];
		if (!draft_of(entry)->known_kind) {
			continue;
		}
		if (entry->kind == KI_KIND_PROCESS_HOST) {
			hosts.hosts[hosts.nr++] = entry;
		} else if (entry->kind == KI_KIND_TERMINAL_HOST) {
			hosts.terminal = entry;
			hosts.nr_terminals++;
		}
	}
	/* Of an ID that is there twice all are looked at, so that no problem stays behind. */
	for (size_t i = 0; i < load->nr_drafts && !ki_load_failed(load); i++) {
		resolve_draft(load, load->drafts[i], &hosts);
	}
	if (!ki_load_failed(load)) {
		find_cycles(load);
	}
	if (!ki_load_failed(load)) {
		settle_all(load);
	}
}
