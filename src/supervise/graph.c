/* graph.c: see graph.h. */
#include "supervise/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct by_id {
	const char *id;
	struct ki_service *service;
};

static int compare(const void *a, const void *b) {
	return strcmp(((const struct by_id *)a)->id, ((const struct by_id *)b)->id);
}

static struct ki_service *look_up(const struct by_id *index, size_t nr, const char *id) {
	struct by_id key = {id, NULL};
	const struct by_id *found = nr ? bsearch(&key, index, nr, sizeof(*index), compare) : NULL;
	return found ? found->service : NULL;
}

static bool needs_already(const struct ki_service *service, const struct ki_service *other) {
	for (size_t i = 0; i < service->nr_needs; i++) {
		if (service->needs[i] == other) {
			return true;
		}
	}
	return false;
}

/* Adds what `service` requires behind `*edge`, and counts it as a user there. */
static void set_needs(struct ki_service *service, const struct by_id *index, size_t nr,
	struct ki_service ***edge) {
	const struct ki_service_spec *spec = service->spec;
	service->needs = *edge;
	for (size_t i = 0; i <= spec->nr_requires; i++) {
		/* the last one is its host [G2] */
		const char *id = i < spec->nr_requires ? spec->requires[i] : spec->host->id;
		struct ki_service *other = look_up(index, nr, id);
		if (other && other != service && !needs_already(service, other)) {
			service->needs[service->nr_needs++] = other;
			other->nr_users++;
		}
	}
	*edge += service->nr_needs;
}

static void set_users(struct ki_graph *graph, struct ki_service **edge) {
	for (size_t i = 0; i < graph->nr; i++) {
		graph->services[i].users = edge;
		edge += graph->services[i].nr_users;
		graph->services[i].nr_users = 0;
	}
	for (size_t i = 0; i < graph->nr; i++) {
		for (size_t k = 0; k < graph->services[i].nr_needs; k++) {
			struct ki_service *other = graph->services[i].needs[k];
			other->users[other->nr_users++] = &graph->services[i];
		}
	}
}

int ki_graph_init(struct ki_graph *graph, const struct ki_service_spec *specs, size_t nr) {
	size_t nr_edges = 0;
	for (size_t i = 0; i < nr; i++) {
		nr_edges += specs[i].nr_requires + 1;
	}
	*graph = (struct ki_graph){.nr = nr};
	graph->services = ki_zalloc(nr * sizeof(*graph->services));
	graph->edges = ki_zalloc(2 * nr_edges * sizeof(struct ki_service *));
	struct by_id *index = ki_alloc(nr * sizeof(*index));
	if (!graph->services || !graph->edges || !index) {
		ki_free(index);
		ki_graph_fini(graph);
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < nr; i++) {
		graph->services[i].spec = &specs[i];
		graph->services[i].deadline_ns = INT64_MAX;
		index[i] = (struct by_id){specs[i].id, &graph->services[i]};
	}
	qsort(index, nr, sizeof(*index), compare);
	struct ki_service **edge = graph->edges;
	for (size_t i = 0; i < nr; i++) {
		set_needs(&graph->services[i], index, nr, &edge);
	}
	set_users(graph, edge);
	ki_free(index);
	return KITH_OK;
}

void ki_graph_fini(struct ki_graph *graph) {
	ki_free(graph->services);
	ki_free(graph->edges);
	*graph = (struct ki_graph){0};
}

static enum ki_ready need_ready(const struct ki_service *need) {
	switch (need->state) {
	case KI_SERVICE_UNKNOWN:
		return need->spec->auto_start ? KI_READY_LATER : KI_READY_NEVER;
	case KI_SERVICE_STARTING:
	case KI_SERVICE_FAILED:
		return KI_READY_LATER;
	case KI_SERVICE_EXITED:
		return need->failed ? KI_READY_NEVER : KI_READY_NOW;
	case KI_SERVICE_RUNNING:
		return KI_READY_NOW;
	case KI_SERVICE_STOPPING:
	case KI_SERVICE_STOPPED:
		break;
	}
	return KI_READY_NEVER;
}

enum ki_ready ki_graph_ready(const struct ki_service *service, const struct ki_service **missing) {
	enum ki_ready ready = KI_READY_NOW;
	for (size_t i = 0; i < service->nr_needs; i++) {
		const struct ki_service *need = service->needs[i];
		enum ki_ready one = need_ready(need);
		/* what is optional blocks nobody, but nothing runs on a host that does not */
		bool ground = need->spec->is_host && need->spec->host == service->spec->host;
		bool spared = !need->spec->required && !ground;
		if (one == KI_READY_NEVER && !spared) {
			*missing = need;
			return KI_READY_NEVER;
		}
		if (one == KI_READY_LATER && !(spared && need->state == KI_SERVICE_FAILED)) {
			ready = KI_READY_LATER;
		}
	}
	return ready;
}
