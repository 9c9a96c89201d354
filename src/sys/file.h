/*
 * file.h: reading files and directories.
 *
 * Owns: struct ki_dir_names.
 * Threads: any; each call blocks the thread.
 * Not here: what the bytes mean (config/).
 *
 * Errors of all: KITH_ENOTFOUND (no such file or directory), KITH_EPERM, KITH_EINVAL (a file where
 * a directory is needed, or the reverse), KITH_EEXHAUSTED (memory, or larger than max_bytes),
 * KITH_EIO.
 */
#ifndef KI_SYS_FILE_H
#define KI_SYS_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the whole file to `out`; `out` is untouched on failure. */
int ki_file_read(const char *path, size_t max_bytes, struct ki_buf *out);
/* A regular file (through symbolic links). */
bool ki_file_exists(const char *path);
bool ki_dir_exists(const char *path);
/* Appends the absolute path without symbolic links, `.` and `..`. */
int ki_path_real(const char *path, struct ki_buf *out);

/* The names in a directory but `.` and `..`, sorted by bytes. */
struct ki_dir_names {
	char **names;
	size_t nr;
};

/* Gives `out`, to be freed with ki_dir_names_fini. */
int ki_dir_list(const char *path, struct ki_dir_names *out);
void ki_dir_names_fini(struct ki_dir_names *list);

#endif
