/*
 * A folder of zones made for a test: Europe/Berlin and zone.tab, which is none.
 */
#ifndef ZONE_FOLDER_H
#define ZONE_FOLDER_H

#include <sys/stat.h>
#include <unistd.h>

#include "kith_test.h"

/* A version 2 file with one kind, so that its rule says all. */
static const char zone_folder_file[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
			   "\0\0\x0e\x10\0\0CET\0"
			   "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
			   "\0\0\x0e\x10\0\0CET\0"
			   "\nCET-1CEST,M3.5.0,M10.5.0/3\n";

struct zone_folder {
	char path[64], europe[80], berlin[96], table[96];
};

static inline void zone_folder_write(const char *path, const char *bytes, size_t size) {
	FILE *out = fopen(path, "wb");
	NOT_NULL(out);
	EQ_UINT(fwrite(bytes, 1, size, out), size);
	EQ_INT(fclose(out), 0);
}

static inline void zone_folder_init(struct zone_folder *folder) {
	strcpy(folder->path, "/tmp/kith-zones-" "XX" "XX" "XX"); /* lint knows another meaning */
	NOT_NULL(mkdtemp(folder->path));
	snprintf(folder->europe, sizeof folder->europe, "%s/Europe", folder->path);
	snprintf(folder->berlin, sizeof folder->berlin, "%s/Berlin", folder->europe);
	snprintf(folder->table, sizeof folder->table, "%s/zone.tab", folder->path);
	EQ_INT(mkdir(folder->europe, 0700), 0);
	zone_folder_write(folder->berlin, zone_folder_file, sizeof zone_folder_file - 1);
	zone_folder_write(folder->table, "DE\t+5230+01322\tEurope/Berlin\n", 29);
}

static inline void zone_folder_fini(struct zone_folder *folder) {
	unlink(folder->berlin);
	unlink(folder->table);
	rmdir(folder->europe);
	rmdir(folder->path);
}

#endif
