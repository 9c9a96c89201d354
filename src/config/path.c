/* path.c: see path.h. */
#include "config/path.h"

#include <string.h>

/* Appends one component to out[0..len) and returns the new length. */
static size_t put_component(char *out, size_t len, const char *part, size_t part_len) {
	if (part_len == 0 || (part_len == 1 && part[0] == '.')) {
		return len;
	}
	if (part_len == 2 && part[0] == '.' && part[1] == '.') {
		size_t cut = len;
		while (cut > 0 && out[cut - 1] != '/') {
			cut--;
		}
		bool above = len == 0 || (len - cut == 2 && out[cut] == '.' && out[cut + 1] == '.');
		if (!above) {
			return cut == 0 ? 0 : cut - 1;
		}
	}
	if (len > 0) {
		out[len++] = '/';
	}
	memcpy(out + len, part, part_len);
	return len + part_len;
}

static size_t put_path(char *out, size_t len, const char *path) {
	while (*path != '\0') {
		size_t part_len = strcspn(path, "/");
		len = put_component(out, len, path, part_len);
		path += part_len + (path[part_len] == '/');
	}
	return len;
}

const char *ki_path_join(struct ki_arena *arena, const char *base, const char *path) {
	char *out = ki_arena_alloc(arena, strlen(base) + strlen(path) + 3);
	if (!out) {
		return NULL;
	}
	size_t len = put_path(out, put_path(out, 0, base), path);
	if (len == 0) {
		out[len++] = '.';
	}
	out[len] = '\0'; /* ".." may have left bytes behind it */
	return out;
}

const char *ki_path_dir(struct ki_arena *arena, const char *path) {
	const char *base = ki_path_base(path);
	return base == path ? "." : ki_arena_strdup_n(arena, path, (size_t)(base - path) - 1);
}

const char *ki_path_base(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool ki_path_inside(const char *path, const char *folder) {
	size_t len = strlen(folder);
	if (strcmp(folder, ".") == 0) {
		return strncmp(path, "..", 2) != 0 || (path[2] != '\0' && path[2] != '/');
	}
	if (len > 0 && folder[len - 1] == '/') { /* the root of the file system */
		return strncmp(path, folder, len) == 0;
	}
	return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}
