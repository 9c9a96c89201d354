/* Counters: exact under concurrent adds, and the laws of a reading (SPEC 21.3). */
#include "kith_test.h"

#include <pthread.h>

#include "observe/counter.h"

enum { NR_THREADS = 4, NR_ADDS = 20000 };

static void *count(void *arg) {
	struct ki_counters *counters = arg;
	for (int i = 0; i < NR_ADDS; i++) {
		ki_counters_add(counters, KI_COUNTER_MESSAGES_SENT, 1);
		ki_counters_add(counters, KI_COUNTER_LINKS, 2);
		ki_counters_add(counters, KI_COUNTER_LINKS, (uint64_t)-1);
	}
	return NULL;
}

TEST(counter, no_add_is_lost) {
	struct ki_counters counters = {0};
	pthread_t thread[NR_THREADS];
	for (int i = 0; i < NR_THREADS; i++) {
		EQ_INT(pthread_create(&thread[i], NULL, count, &counters), 0);
	}
	for (int i = 0; i < NR_THREADS; i++) {
		pthread_join(thread[i], NULL);
	}
	EQ_UINT(ki_counters_get(&counters, KI_COUNTER_MESSAGES_SENT), NR_THREADS * NR_ADDS);
	EQ_UINT(ki_counters_get(&counters, KI_COUNTER_LINKS), NR_THREADS * NR_ADDS);
}

static struct ki_counts read_both(const struct ki_counters *a, const struct ki_counters *b) {
	struct ki_counts sum = {0};
	ki_counters_collect(a, KI_COUNTER_PASS_ENDS, &sum);
	ki_counters_collect(b, KI_COUNTER_PASS_ENDS, &sum);
	ki_counters_collect(a, KI_COUNTER_PASS_REST, &sum);
	ki_counters_collect(b, KI_COUNTER_PASS_REST, &sum);
	ki_counts_settle(&sum);
	return sum;
}

/* What rises in one bank may fall in another. */
TEST(counter, a_reading_sums_the_banks) {
	struct ki_counters a = {0}, b = {0};
	ki_counters_add_owner(&a, KI_COUNTER_SPAWNED, 3);
	ki_counters_add_owner(&b, KI_COUNTER_SPAWNED, 4);
	ki_counters_add(&b, KI_COUNTER_ENDED_FAILED, 2);
	ki_counters_add(&b, KI_COUNTER_MESSAGES_SENT, 9);
	ki_counters_add(&a, KI_COUNTER_MESSAGES_RECEIVED, 5);
	ki_counters_add(&b, KI_COUNTER_MESSAGES_DROPPED, 1);
	ki_counters_add_owner(&a, KI_COUNTER_LINKS, 2);
	ki_counters_add_owner(&b, KI_COUNTER_LINKS, (uint64_t)-1);
	struct ki_counts sum = read_both(&a, &b);
	EQ_UINT(sum.spawned, 7);
	EQ_UINT(sum.ended_failed, 2);
	EQ_UINT(sum.processes, 5);
	EQ_UINT(sum.mailbox_depth, 3);
	EQ_UINT(sum.links, 1);
	IS_NULL(ki_counts_fault(&sum));
	ki_counts_add(&sum, &sum);
	EQ_UINT(ki_counts_get(&sum, KI_COUNTER_MAILBOX_DEPTH), 6);
}

TEST(counter, a_reading_that_is_shown_has_nothing_below_0) {
	struct ki_counts counts = {.links = (uint64_t)-1, .names = 2};
	ki_counts_clamp(&counts);
	EQ_UINT(counts.links, 0);
	EQ_UINT(counts.names, 2);
}

/* SPEC 21.3 */
TEST(counter, a_broken_law_is_named) {
	struct ki_counts ended = {.spawned = 2, .ended_normal = 1};
	EQ_STR(ki_counts_fault(&ended),
		"spawned = ended_normal + ended_failed + ended_forced + processes");
	struct ki_counts lost = {.messages_sent = 2, .messages_received = 1};
	EQ_STR(ki_counts_fault(&lost), "messages_sent = received + dropped + mailbox_depth");
	struct ki_counts kept = {.mailbox_kept = 1};
	EQ_STR(ki_counts_fault(&kept), "mailbox_kept <= mailbox_depth");
	struct ki_counts linked = {.links = 1};
	EQ_STR(ki_counts_fault(&linked), "no link is left where no process is");
	struct ki_counts alive = {.spawned = 1, .processes = 1, .links = 1};
	IS_NULL(ki_counts_fault(&alive));
}

TEST(counter, names_are_those_of_the_specification) {
	EQ_STR(ki_counter_name(KI_COUNTER_MESSAGES_SENT), "messages_sent");
	EQ_STR(ki_counter_name(KI_COUNTER_PAYLOAD_BYTES), "payload_bytes");
	EQ_INT(KI_NR_COUNTERS, 27);
}
