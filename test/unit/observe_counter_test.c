/* Counters: exact under concurrent adds. */
#include "kith_test.h"

#include <pthread.h>

#include "observe/counter.h"

enum { NR_THREADS = 4, NR_ADDS = 20000 };

static void *count(void *arg) {
	struct ki_counters *counters = arg;
	for (int i = 0; i < NR_ADDS; i++) {
		ki_counters_add(counters, KI_COUNTER_MESSAGES_SENT, 1);
		ki_counters_add(counters, KI_COUNTER_PROCESSES, 2);
		ki_counters_sub(counters, KI_COUNTER_PROCESSES, 1);
	}
	return NULL;
}

TEST(counter, no_add_is_lost) {
	struct ki_counters counters;
	pthread_t thread[NR_THREADS];
	ki_counters_init(&counters);
	for (int i = 0; i < NR_THREADS; i++) {
		EQ_INT(pthread_create(&thread[i], NULL, count, &counters), 0);
	}
	for (int i = 0; i < NR_THREADS; i++) {
		pthread_join(thread[i], NULL);
	}
	EQ_UINT(ki_counters_get(&counters, KI_COUNTER_MESSAGES_SENT), NR_THREADS * NR_ADDS);
	EQ_UINT(ki_counters_get(&counters, KI_COUNTER_PROCESSES), NR_THREADS * NR_ADDS);
}

TEST(counter, collect_sums_several) {
	struct ki_counters a, b;
	struct ki_counts sum = {0};
	ki_counters_init(&a);
	ki_counters_init(&b);
	ki_counters_add(&a, KI_COUNTER_SPAWNED, 3);
	ki_counters_add(&b, KI_COUNTER_SPAWNED, 4);
	ki_counters_add(&b, KI_COUNTER_SIGNALS, 1);
	ki_counters_collect(&a, &sum);
	ki_counters_collect(&b, &sum);
	EQ_UINT(sum.spawned, 7);
	EQ_UINT(sum.signals, 1);
	EQ_UINT(sum.processes, 0);
	EQ_STR(ki_counter_name(KI_COUNTER_MESSAGES_SENT), "messages_sent");
}
