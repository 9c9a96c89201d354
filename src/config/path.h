/*
 * path.h: relative paths as text: joined, with "." and ".." taken out, cut.
 *
 * Owns: nothing; results live in the caller's arena, NULL when there is no memory.
 * Threads: any, with an arena of its own.
 * Not here: the file system (sys/file.h), symbolic links.
 */
#ifndef KI_CONFIG_PATH_H
#define KI_CONFIG_PATH_H

#include <stdbool.h>

#include "config/arena.h"

/* `path` as seen from where `base` is: "a/b" and "../c" give "a/c". "." when nothing is left. */
const char *ki_path_join(struct ki_arena *arena, const char *base, const char *path);

/* The folder part: "a" of "a/b"; "." when there is none. */
const char *ki_path_dir(struct ki_arena *arena, const char *path);

/* What follows the last slash. */
const char *ki_path_base(const char *path);

/*
 * Whether path is folder or lies below it; both come from ki_path_join or are absolute. Below "."
 * is everything that does not begin with "..".
 */
bool ki_path_inside(const char *path, const char *folder);

#endif
