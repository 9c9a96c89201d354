/*
 * The broken projects of test/broken: the exact text of each problem (SPEC 16.6, 16.7).
 *
 * A file there is one project: a comment that says what is wrong with it, then sections, each
 * headed by a line "--- WHAT":
 *	set PATH=VALUE	a --set; they come before the files
 *	env NAME=VALUE	a variable of the environment
 *	file NAME	a file of the project, up to the next section
 *	problems	all problems, in order
 */
#define _XOPEN_SOURCE 700
#include "config_folder.h"

#include "config/arena.h"
#include "sys/file.h"

#define FOLDER "test/broken"
#define MAX_OPTIONS 16

struct broken {
	struct folder folder;
	const char *sets[MAX_OPTIONS];
	const char *variables[MAX_OPTIONS];
	size_t nr_variables;
	const char *problems;
	struct ki_arena texts;
};

static const char *look_up(void *user, const char *name) {
	const struct broken *b = user;
	size_t len = strlen(name);
	for (size_t i = 0; i < b->nr_variables; i++) {
		if (strncmp(b->variables[i], name, len) == 0 && b->variables[i][len] == '=') {
			return b->variables[i] + len + 1;
		}
	}
	return NULL;
}

/* Takes in one section. `head` is its line without "--- ", `body` what follows up to the next. */
static void take_section(struct broken *b, const char *head, const char *body) {
	if (strncmp(head, "set ", 4) == 0 && b->folder.options.nr_sets < MAX_OPTIONS) {
		b->sets[b->folder.options.nr_sets++] = head + 4;
	} else if (strncmp(head, "env ", 4) == 0 && b->nr_variables < MAX_OPTIONS) {
		b->variables[b->nr_variables++] = head + 4;
	} else if (strncmp(head, "file ", 5) == 0) {
		folder_write(&b->folder, head + 5, body);
	} else if (strcmp(head, "problems") == 0) {
		b->problems = body;
	} else {
		FAIL("section \"%s\"", head);
	}
}

/* The first line from `text` on that heads a section; its end when there is none. */
static const char *find_head(const char *text) {
	while (*text != '\0' && strncmp(text, "--- ", 4) != 0) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return text;
}

static void read_sections(struct broken *b, const char *text) {
	const char *at = find_head(text);
	while (*at != '\0') {
		const char *head = at + strlen("--- ");
		const char *line_end = head + strcspn(head, "\n");
		const char *body = line_end + (*line_end == '\n');
		at = find_head(body);
		take_section(b, ki_arena_strdup_n(&b->texts, head, (size_t)(line_end - head)),
			ki_arena_strdup_n(&b->texts, body, (size_t)(at - body)));
	}
}

static void expect_problems(const char *name) {
	char path[512];
	struct ki_buf text = {0};
	struct broken b = {0};
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	OK(ki_file_read(path, 1 << 20, &text));
	folder_open(&b.folder);
	b.folder.options.sets = b.sets;
	b.folder.options.lookup_env = look_up;
	b.folder.options.user = &b;
	read_sections(&b, ki_buf_cstr(&text));
	NOT_NULL(b.problems);
	struct ki_buf got = folder_load(&b.folder);
	test_eq_str(path, 1, "the list of problems", ki_buf_cstr(&got), b.problems);
	ki_buf_fini(&got);
	ki_buf_fini(&text);
	ki_arena_fini(&b.texts);
	folder_close(&b.folder);
}

TEST(broken, every_project_has_exactly_its_problems) {
	struct ki_dir_names list;
	size_t nr = 0;
	OK(ki_dir_list(FOLDER, &list));
	for (size_t i = 0; i < list.nr; i++) {
		const char *end = strrchr(list.names[i], '.');
		if (end && strcmp(end, ".txt") == 0) {
			expect_problems(list.names[i]);
			nr++;
		}
	}
	GE_UINT(nr, 40);
	ki_dir_names_fini(&list);
}
