/* A project in a folder of its own below the system's temporary folder, written file by file. */
#ifndef KITH_CONFIG_FOLDER_H
#define KITH_CONFIG_FOLDER_H

#include "kith_test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kith_types.h>

#include "base/buf.h"
#include "config/project.h"

struct folder {
	char dir[64];
	struct ki_project_options options;
	struct ki_project project;
};

static inline void folder_open(struct folder *f) {
	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/kith-config-");
	memset(f->dir + strlen(f->dir), 'X', 6); /* what mkdtemp replaces */
	NOT_NULL(mkdtemp(f->dir));
}

static inline void folder_path(struct folder *f, const char *name, char path[512]) {
	snprintf(path, 512, "%s/%s", f->dir, name);
}

/* Makes the folders on the way too. */
static inline void folder_write(struct folder *f, const char *name, const char *text) {
	char path[512];
	folder_path(f, name, path);
	for (char *slash = path + strlen(f->dir) + 1; (slash = strchr(slash, '/')) != NULL;
		slash++) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	FILE *file = fopen(path, "wb");
	NOT_NULL(file);
	fwrite(text, 1, strlen(text), file);
	fclose(file);
}

static inline int folder_remove_one(
	const char *path, const struct stat *st, int flag, struct FTW *at) {
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static inline void folder_close(struct folder *f) {
	ki_project_fini(&f->project);
	nftw(f->dir, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Loads it, and gives all problems, a line each. Free with ki_buf_fini. */
static inline struct ki_buf folder_load(struct folder *f) {
	struct ki_buf text = {0};
	ki_project_fini(&f->project);
	OK(ki_project_load_with(f->dir, &f->options, &f->project));
	for (size_t i = 0; i < f->project.diags.nr; i++) {
		ki_diag_format(&f->project.diags.items[i], &text);
		ki_buf_putc(&text, '\n');
	}
	return text;
}

static inline void folder_expect_at(
	const char *file, int line, struct folder *f, const char *problems) {
	struct ki_buf text = folder_load(f);
	test_eq_str(file, line, "the problems", ki_buf_cstr(&text), problems);
	ki_buf_fini(&text);
}
#define FOLDER_EXPECT(f, problems) folder_expect_at(__FILE__, __LINE__, f, problems)

#endif
