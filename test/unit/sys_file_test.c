/* Pages, files, directories. */
#include "kith_test.h"

#include "sys/file.h"
#include "sys/pages.h"

#include <kith_types.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(pages, are_zeroed_and_writable) {
	size_t size = 3 * ki_page_size() - 5;
	EQ_UINT(ki_pages_round(size), 3 * ki_page_size());
	unsigned char *p = ki_pages_map(size);
	NOT_NULL(p);
	EQ_INT(p[0] + p[size - 1], 0);
	memset(p, 1, size);
	ki_pages_unmap(p, size);
	IS_NULL(ki_pages_map(SIZE_MAX));
	IS_NULL(ki_pages_map_guarded(SIZE_MAX));
}

TEST(pages, a_touch_below_a_guarded_mapping_faults) {
	volatile char *p = ki_pages_map_guarded(1);
	NOT_NULL((void *)p);
	p[0] = 1;
	pid_t child = fork();
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		close(2);
		p[-1] = 1;
		_exit(0);
	}
	int status = 0;
	EQ_INT(waitpid(child, &status, 0), child);
	TRUE(WIFSIGNALED(status));
	ki_pages_unmap_guarded((void *)p, 1);
}

static void write_file(const char *path, const char *text, size_t len) {
	FILE *f = fopen(path, "w");
	NOT_NULL(f);
	EQ_UINT(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void make_place(char *dir, size_t size) {
	snprintf(dir, size, "/tmp/kith-file-" "XX" "XX" "XX");
	NOT_NULL(mkdtemp(dir));
}

TEST(file, read_appends_the_whole_file) {
	char dir[64], path[128];
	make_place(dir, sizeof dir);
	snprintf(path, sizeof path, "%s/f", dir);
	static char big[100000];
	memset(big, 'x', sizeof big);
	write_file(path, big, sizeof big);
	struct ki_buf b = {0};
	ki_buf_puts(&b, "head ");
	OK(ki_file_read(path, sizeof big, &b));
	EQ_UINT(b.len, 5 + sizeof big);
	EQ_MEM(b.ptr + 5, big, sizeof big);
	STATUS(ki_file_read(path, sizeof big - 1, &b), KITH_EEXHAUSTED);
	EQ_UINT(b.len, 5 + sizeof big);
	STATUS(ki_file_read(dir, 100, &b), KITH_EINVAL);
	TRUE(ki_file_exists(path));
	FALSE(ki_file_exists(dir));
	TRUE(ki_dir_exists(dir));
	FALSE(ki_dir_exists(path));
	unlink(path);
	STATUS(ki_file_read(path, 100, &b), KITH_ENOTFOUND);
	rmdir(dir);
	ki_buf_fini(&b);
}

TEST(file, directory_is_listed_in_order) {
	char dir[64], path[128];
	make_place(dir, sizeof dir);
	struct ki_dir_names names = {0};
	OK(ki_dir_list(dir, &names));
	EQ_UINT(names.nr, 0);
	ki_dir_names_fini(&names);
	for (int i = 40; i-- > 0;) {
		snprintf(path, sizeof path, "%s/n%02d", dir, i * 7 % 40);
		write_file(path, "", 0);
	}
	OK(ki_dir_list(dir, &names));
	EQ_UINT(names.nr, 40);
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof path, "n%02d", i);
		EQ_STR(names.names[i], path);
		snprintf(path, sizeof path, "%s/n%02d", dir, i);
		unlink(path);
	}
	ki_dir_names_fini(&names);
	rmdir(dir);
	STATUS(ki_dir_list(dir, &names), KITH_ENOTFOUND);
}

TEST(file, real_path_has_no_dots) {
	struct ki_buf b = {0};
	OK(ki_path_real("/usr/../usr/./bin/..", &b));
	EQ_STR(ki_buf_cstr(&b), "/usr");
	STATUS(ki_path_real("/no/such/place", &b), KITH_ENOTFOUND);
	ki_buf_fini(&b);
}
