/*
 * settings.h: what DIR/kith.yaml and --set say (SPEC 16.8), and what a host is given.
 *
 * Owns: nothing; texts live in the project's arena.
 * Threads: read-only for everybody once the project is loaded.
 * Not here: their names and ranges (schema.h).
 */
#ifndef KI_CONFIG_SETTINGS_H
#define KI_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* SPEC 15.6, of each process; 0 means none. */
struct ki_limit_fields {
	int64_t max_mailbox, max_mailbox_bytes, max_memory, max_message, max_turn_ns;
};

/* Fields of a host; those that it does not give are kith.yaml's, else the defaults (SPEC 15.6). */
struct ki_host_fields {
	int workers;           /* 0: as many as CPUs are online; a terminal.host has 1 */
	int64_t max_processes; /* 0 means none */
	struct ki_limit_fields limits; /* of a process that says nothing else */
	int64_t time_slice_ns;
	bool hide_logs; /* terminal.host only */
};

/* In the order of the words; NONE: nothing was said, and what is the default depends. */
enum ki_settings_level {
	KI_SETTINGS_LEVEL_NONE,
	KI_SETTINGS_LEVEL_DEBUG,
	KI_SETTINGS_LEVEL_INFO,
	KI_SETTINGS_LEVEL_WARN,
	KI_SETTINGS_LEVEL_ERROR,
	KI_SETTINGS_LEVEL_OFF
};

enum ki_settings_format {
	KI_SETTINGS_FORMAT_NONE,
	KI_SETTINGS_FORMAT_TEXT,
	KI_SETTINGS_FORMAT_JSON
};

struct ki_settings {
	enum ki_settings_level log_level;
	enum ki_settings_format log_format;
	int64_t shutdown_timeout_ns;
	struct ki_host_fields host; /* of every host; each has taken it over already */
	int64_t memory;             /* of the whole runtime; 0 means none */
	const char *timezone;       /* NULL: not given */
	const char *timezone_file;  /* where it stands, for a problem with it; next two as well */
	int timezone_line, timezone_column;
};

#endif
