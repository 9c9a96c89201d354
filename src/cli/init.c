/*
 * init.c: kith init (SPEC 20): the pool of doc/examples/pool as a new project.
 *
 * What was made is remembered, and removed when the rest cannot be made: there is a whole
 * project, or nothing.
 *
 * Owns: struct made. Threads: main.
 * Not here: the texts (doc/examples/pool; made into C by src/cli/files.awk).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

/* Files and folders, in the order in which they were made. */
struct made {
	char **paths;
	size_t nr;
};

/* DIR/PATH of length `len` at most; the caller frees it. */
static char *join(const char *dir, const char *path, size_t len) {
	char *all = malloc(strlen(dir) + 1 + len + 1);
	if (all) {
		sprintf(all, "%s/%.*s", dir, (int)len, path);
	}
	return all;
}

/* Room for one more path, which is then written there. */
static char **room(struct made *made) {
	char **paths = realloc(made->paths, (made->nr + 1) * sizeof(*paths));
	if (!paths) {
		return NULL;
	}
	made->paths = paths;
	return &paths[made->nr];
}

static void forget(struct made *made, bool and_remove) {
	while (made->nr > 0) {
		char *path = made->paths[--made->nr];
		if (and_remove) {
			remove(path);
		}
		free(path);
	}
	free(made->paths);
}

/* Takes `path`, also on failure. */
static bool make_folder(struct made *made, char *path) {
	char **place = path ? room(made) : NULL;
	if (place && !mkdir(path, 0777)) {
		*place = path;
		made->nr++;
		return true;
	}
	bool exists = place && errno == EEXIST;
	free(path);
	return exists;
}

/* The folders in `path`, but for its last part, below `dir`. */
static bool make_folders(struct made *made, const char *dir, const char *path) {
	for (const char *at = path; (at = strchr(at, '/')) != NULL; at++) {
		if (at > path && !make_folder(made, join(dir, path, (size_t)(at - path)))) {
			return false;
		}
	}
	return true;
}

static bool write_file(int fd, const char *text, size_t len) {
	while (len > 0) {
		ssize_t written = write(fd, text, len);
		if (written < 0 && errno != EINTR) {
			return false;
		}
		if (written > 0) {
			text += written;
			len -= (size_t)written;
		}
	}
	return true;
}

static bool make_file(struct made *made, const char *dir, const struct ki_cli_file *file) {
	if (!make_folders(made, dir, file->path)) {
		return false;
	}
	char *path = join(dir, file->path, strlen(file->path));
	char **place = path ? room(made) : NULL;
	int fd = place ? open(path, O_WRONLY | O_CREAT | O_EXCL, 0666) : -1;
	if (fd < 0) {
		free(path);
		return false;
	}
	*place = path;
	made->nr++;
	bool written = write_file(fd, file->text, strlen(file->text));
	return !close(fd) && written;
}

/* Makes `dir`, its parents, and all that is in it. */
static bool make_all(struct made *made, const char *dir) {
	const char *base = dir[0] == '/' ? "" : ".";
	const char *path = dir[0] == '/' ? dir + 1 : dir;
	bool good = make_folders(made, base, path) && make_folder(made, join(dir, "", 0));
	for (size_t i = 0; good && i < ki_cli_nr_init_files; i++) {
		good = make_file(made, dir, &ki_cli_init_files[i]);
	}
	return good;
}

/* Nothing but hidden files, such as a repository's own, may be in `dir`. */
static int check_empty(const char *dir) {
	DIR *folder = opendir(dir);
	if (!folder) {
		return errno == ENOENT
			? EXIT_OK
			: ki_cli_fail(EXIT_FAILED, "%s: %s; nothing was written", dir,
				  strerror(errno));
	}
	int status = EXIT_OK;
	const struct dirent *entry;
	while (!status && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.') {
			status = ki_cli_fail(EXIT_FAILED,
				"%s is not empty, there is \"%s\"; nothing was written", dir,
				entry->d_name);
		}
	}
	closedir(folder);
	return status;
}

static int init(const char *dir) {
	int status = check_empty(dir);
	if (status) {
		return status;
	}
	struct made made = {0};
	bool good = make_all(&made, dir);
	int reason = errno;
	forget(&made, !good);
	if (!good) {
		return ki_cli_fail(EXIT_FAILED, "%s: %s; nothing was written", dir,
			strerror(reason));
	}
	return ki_cli_fail(EXIT_OK,
		"wrote a supervised pool; test it with: kith test %s; start it with: kith run %s",
		dir, dir);
}

int ki_cli_init(int nr, char **list) {
	struct ki_cli_words words = {.words = list, .nr = nr};
	const char *word, *dir = NULL;
	while (ki_cli_next(&words, &word)) {
		if (word && *word == '\0') {
			return ki_cli_fail(EXIT_USAGE, "a folder has a name");
		} else if (word && !dir) {
			dir = word;
		} else if (word) {
			return ki_cli_fail(EXIT_USAGE, "one folder, not \"%s\" too", word);
		} else if (!strcmp(words.name, "--help")) {
			return ki_cli_print_help("init");
		} else {
			return ki_cli_unknown(&words, "init");
		}
	}
	return init(dir ? dir : ".");
}
