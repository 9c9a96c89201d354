/*
 * supervise/graph.h: services and what they require of each other.
 *
 * Owns: the services and the edges between them; what stands in a service, its user changes.
 * Threads: one at a time.
 * Invariants: G1 the edges have no cycle (config has checked that).
 *	G2 a service on a host requires that host, listed or not.
 * Not here: starting and stopping (startup.h, shutdown.h).
 */
#ifndef KI_SUPERVISE_GRAPH_H
#define KI_SUPERVISE_GRAPH_H

#include "supervise/service.h"

struct ki_graph {
	struct ki_service *services; /* in the order of the specs */
	size_t nr;
	struct ki_service **edges;   /* the arrays needs and users of all of them */
};

/* Makes the services of `specs` (borrowed until fini). KITH_EEXHAUSTED. */
int ki_graph_init(struct ki_graph *graph, const struct ki_service_spec *specs, size_t nr);
/* Accepts a zeroed graph. */
void ki_graph_fini(struct ki_graph *graph);

/* Whether a service can start now: what it requires runs, or ended well. */
enum ki_ready {
	KI_READY_NOW,
	KI_READY_LATER, /* something may still come */
	KI_READY_NEVER  /* *missing will not run */
};
enum ki_ready ki_graph_ready(const struct ki_service *service, const struct ki_service **missing);

#endif
