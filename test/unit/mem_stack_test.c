#include "kith_test.h"

#include "mem/stack.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(stack, pool_keeps_a_few_and_unmaps_the_rest) {
	struct ki_stack_pool pool;
	ki_stack_pool_init(&pool, 64 * 1024, 2, NULL);
	struct ki_stack *s[4];
	for (int i = 0; i < 4; i++) {
		s[i] = ki_stack_get(&pool);
		NOT_NULL(s[i]);
		GT_UINT(s[i]->size, 60 * 1024);
		memset(s[i]->low, 1, s[i]->size);
	}
	EQ_UINT(pool.nr_mapped, 4);
	for (int i = 0; i < 4; i++) {
		ki_stack_put(&pool, s[i]);
	}
	EQ_UINT(pool.nr_mapped, 2);
	EQ_UINT(pool.nr_unused, 2);
	struct ki_stack *again = ki_stack_get(&pool);
	EQ_PTR(again, s[1]);
	EQ_UINT(pool.nr_mapped, 2);
	EQ_UINT(pool.nr_unused, 1);
	ki_stack_put(&pool, again);
	ki_stack_pool_fini(&pool);
}

TEST(stack, default_is_large_enough_for_lua) {
	struct ki_stack_pool pool;
	ki_stack_pool_init(&pool, 0, 0, NULL);
	struct ki_stack *s = ki_stack_get(&pool);
	GE_UINT(s->size, 511 * 1024);
	ki_stack_put(&pool, s);
	ki_stack_pool_fini(&pool);
}

TEST(stack, overrun_faults) {
	struct ki_stack_pool pool;
	ki_stack_pool_init(&pool, 64 * 1024, 1, NULL);
	struct ki_stack *s = ki_stack_get(&pool);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		close(2);
		((volatile char *)s->low)[-1] = 1;
		_exit(0);
	}
	int status = 0;
	EQ_INT(waitpid(child, &status, 0), child);
	TRUE(WIFSIGNALED(status));
	ki_stack_put(&pool, s);
	ki_stack_pool_fini(&pool);
}
