/*
 * zones.h: the places of one runtime by name, each read once, and the local zone (SPEC 11.6).
 *
 * Owns: struct ki_zones and the locations it gives; they live until ki_zones_fini.
 * Threads: init, fini and the setting of the local zone: one, before and after all others; the rest
 *	any.
 * Invariants:
 *   Z1 a location once given never changes and is never freed before fini, so a bare pointer to it
 *      may be kept.
 *   Z2 only names that lead to a readable file are kept, so what the cache holds is bounded by the
 *      files there are.
 * Not here: who says what the local zone is (api, cli).
 */
#ifndef KI_TIME_ZONES_H
#define KI_TIME_ZONES_H

#include "sys/thread.h"
#include "time/location.h"

#define KI_ZONES_FOLDER "/usr/share/zoneinfo"
#define KI_ZONES_LOCALTIME "/etc/localtime"

struct ki_zones {
	/* set once */
	const char *folder;
	const struct ki_location *local; /* its name is "Local" */
	/* under lock */
	struct ki_mutex lock;
	const struct ki_location **loaded;
	size_t nr, cap;
};

/* The local zone is UTC. folder: borrowed; NULL: KI_ZONES_FOLDER. */
void ki_zones_init(struct ki_zones *zones, const char *folder);
/* Accepts a zeroed struct. */
void ki_zones_fini(struct ki_zones *zones);

/*
 * Gives the location called `name` (shared, see Z1); "UTC" and "Local" need no file. Errors:
 * KITH_ENOTFOUND (no such file, or it is no TZif), KITH_EEXHAUSTED. Blocks the thread while a file
 * is read; no lock is held then.
 */
int ki_zones_load(struct ki_zones *zones, struct ki_strv name, const struct ki_location **out);

const struct ki_location *ki_zones_local(const struct ki_zones *zones);

/*
 * Sets the local zone as TZ would: a name, perhaps behind a colon; the path of a file; or a POSIX
 * rule (CET-1CEST,M3.5.0,M10.5.0/3). The empty text is UTC. Errors: KITH_ENOTFOUND (none of these;
 * the local zone stays), KITH_EEXHAUSTED.
 */
int ki_zones_set_local(struct ki_zones *zones, struct ki_strv text);

/* Sets it from the machine: the file `path` (NULL: KI_ZONES_LOCALTIME), else UTC. Errors:
 * KITH_EEXHAUSTED. */
int ki_zones_set_machine_local(struct ki_zones *zones, const char *path);

#endif
