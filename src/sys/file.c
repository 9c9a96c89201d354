/*
 * file.c: see file.h.
 */
#include "sys/file.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <kith_types.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int status_of_errno(int err) {
	switch (err) {
	case ENOENT:
		return KITH_ENOTFOUND;
	case EACCES:
	case EPERM:
		return KITH_EPERM;
	case ENOTDIR:
	case EISDIR:
	case EINVAL:
	case ENAMETOOLONG:
	case ELOOP:
		return KITH_EINVAL;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return KITH_EEXHAUSTED;
	default:
		return KITH_EIO;
	}
}

/* Appends what is left of `fd`: a file may grow or have no known size, so it reads to the end. */
static int read_all(int fd, size_t max_bytes, struct ki_buf *out) {
	size_t start = out->len;
	for (;;) {
		if (!ki_buf_reserve(out, 16384)) {
			return KITH_EEXHAUSTED;
		}
		ssize_t n = read(fd, out->ptr + out->len, 16384);
		if (n == 0) {
			return KITH_OK;
		}
		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			return status_of_errno(errno);
		}
		out->len += (size_t)n;
		if (out->len - start > max_bytes) {
			return KITH_EEXHAUSTED;
		}
	}
}

int ki_file_read(const char *path, size_t max_bytes, struct ki_buf *out) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return status_of_errno(errno);
	}
	struct ki_buf whole = {0};
	int status = read_all(fd, max_bytes, &whole);
	close(fd);
	if (status == KITH_OK) {
		ki_buf_put(out, whole.ptr, whole.len);
		status = out->failed ? KITH_EEXHAUSTED : KITH_OK;
	}
	ki_buf_fini(&whole);
	return status;
}

bool ki_file_exists(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool ki_dir_exists(const char *path) {
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int ki_path_real(const char *path, struct ki_buf *out) {
	char *real = realpath(path, NULL);
	if (!real) {
		return status_of_errno(errno);
	}
	ki_buf_puts(out, real);
	free(real);
	return out->failed ? KITH_EEXHAUSTED : KITH_OK;
}

static int compare_names(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct ki_dir_names *list, size_t *cap, const char *name) {
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		return KITH_OK;
	}
	if (list->nr == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		char **names = ki_realloc(list->names, more * sizeof *names);
		if (!names) {
			return KITH_EEXHAUSTED;
		}
		list->names = names;
		*cap = more;
	}
	char *copy = ki_strdup_n(name, strlen(name));
	if (!copy) {
		return KITH_EEXHAUSTED;
	}
	list->names[list->nr++] = copy;
	return KITH_OK;
}

int ki_dir_list(const char *path, struct ki_dir_names *out) {
	DIR *dir = opendir(path);
	if (!dir) {
		return status_of_errno(errno);
	}
	struct ki_dir_names list = {0};
	size_t cap = 0;
	int status = KITH_OK;
	while (status == KITH_OK) {
		errno = 0;
		struct dirent *entry = readdir(dir);
		if (!entry) {
			status = errno ? status_of_errno(errno) : KITH_OK;
			break;
		}
		status = add_name(&list, &cap, entry->d_name);
	}
	closedir(dir);
	if (status != KITH_OK) {
		ki_dir_names_fini(&list);
		return status;
	}
	if (list.nr > 1) {
		qsort(list.names, list.nr, sizeof *list.names, compare_names);
	}
	*out = list;
	return KITH_OK;
}

void ki_dir_names_fini(struct ki_dir_names *list) {
	for (size_t i = 0; i < list->nr; i++) {
		ki_free(list->names[i]);
	}
	ki_free(list->names);
	*list = (struct ki_dir_names){0};
}
