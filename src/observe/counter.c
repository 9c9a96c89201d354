/* counter.c: see counter.h. Relaxed throughout: counters order nothing. */
#include "observe/counter.h"

#include "base/atomic.h"

void ki_counters_init(struct ki_counters *counters) {
	for (int i = 0; i < KI_NR_COUNTERS; i++) {
		ki_store_rlx(&counters->xvalue[i], 0);
	}
}

void ki_counters_add(struct ki_counters *counters, enum ki_counter which, uint64_t by) {
	ki_add_rlx(&counters->xvalue[which], by);
}

void ki_counters_sub(struct ki_counters *counters, enum ki_counter which, uint64_t by) {
	ki_sub_rlx(&counters->xvalue[which], by);
}

uint64_t ki_counters_get(const struct ki_counters *counters, enum ki_counter which) {
	return ki_load_rlx(&counters->xvalue[which]);
}

void ki_counters_collect(const struct ki_counters *counters, struct ki_counts *sum) {
#define ADD_FIELD(name, field) sum->field += ki_counters_get(counters, KI_COUNTER_##name);
	KI_COUNTER_MAP(ADD_FIELD)
#undef ADD_FIELD
}

const char *ki_counter_name(enum ki_counter which) {
	static const char *const names[] = {
#define FIELD_NAME(name, field) #field,
		KI_COUNTER_MAP(FIELD_NAME)
#undef FIELD_NAME
	};
	return names[which];
}
