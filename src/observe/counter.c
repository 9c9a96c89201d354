/* counter.c: see counter.h. */
#include "observe/counter.h"

void ki_counters_add(struct ki_counters *counters, enum ki_counter which, uint64_t by) {
	/* rel: what was counted before is seen by who sees this. [CN1] */
	ki_add_rel(&counters->xvalue[which], by);
}

uint64_t ki_counters_get(const struct ki_counters *counters, enum ki_counter which) {
	return ki_load_acq(&counters->xvalue[which]); /* acq: what was counted before it. [CN1] */
}

static enum ki_counter_pass pass_of(enum ki_counter which) {
	switch (which) {
	case KI_COUNTER_ENDED_NORMAL:
	case KI_COUNTER_ENDED_FAILED:
	case KI_COUNTER_ENDED_FORCED:
	case KI_COUNTER_MESSAGES_RECEIVED:
	case KI_COUNTER_MESSAGES_DROPPED:
		return KI_COUNTER_PASS_ENDS;
	default:
		return KI_COUNTER_PASS_REST;
	}
}

void ki_counters_collect(
	const struct ki_counters *counters, enum ki_counter_pass pass, struct ki_counts *sum) {
#define ADD_FIELD(name, field)                                                                     \
	if (pass_of(KI_COUNTER_##name) == pass) {                                                  \
		sum->field += ki_counters_get(counters, KI_COUNTER_##name);                        \
	}
	KI_COUNTER_MAP(ADD_FIELD)
#undef ADD_FIELD
}

void ki_counts_settle(struct ki_counts *counts) {
	counts->processes = counts->spawned - counts->ended_normal - counts->ended_failed -
		counts->ended_forced;
	counts->mailbox_depth = counts->messages_sent - counts->messages_received -
		counts->messages_dropped;
}

void ki_counts_clamp(struct ki_counts *counts) {
#define CLAMP_FIELD(name, field)                                                                   \
	if (counts->field > INT64_MAX) {                                                           \
		counts->field = 0;                                                                 \
	}
	KI_COUNTER_MAP(CLAMP_FIELD)
#undef CLAMP_FIELD
}

void ki_counts_add(struct ki_counts *sum, const struct ki_counts *counts) {
#define ADD_FIELD(name, field) sum->field += counts->field;
	KI_COUNTER_MAP(ADD_FIELD)
#undef ADD_FIELD
}

uint64_t ki_counts_get(const struct ki_counts *counts, enum ki_counter which) {
	const uint64_t values[] = {
#define FIELD_VALUE(name, field) counts->field,
		KI_COUNTER_MAP(FIELD_VALUE)
#undef FIELD_VALUE
	};
	return values[which];
}

/* What only processes have. */
static const struct {
	enum ki_counter which;
	const char *law;
} own[] = {
	{KI_COUNTER_MAILBOX_DEPTH, "no message waits where no process is"},
	{KI_COUNTER_LINKS, "no link is left where no process is"},
	{KI_COUNTER_MONITORS, "no monitor is left where no process is"},
	{KI_COUNTER_NAMES, "no name is left where no process is"},
	{KI_COUNTER_HEAP_BYTES, "no heap is left where no process is"},
	{KI_COUNTER_PAYLOAD_BYTES, "no payload waits where no process is"},
};

const char *ki_counts_fault(const struct ki_counts *counts) {
	if (counts->messages_sent != counts->messages_received + counts->messages_dropped +
		counts->mailbox_depth) {
		return "messages_sent = received + dropped + mailbox_depth";
	}
	if (counts->spawned != counts->ended_normal + counts->ended_failed +
		counts->ended_forced + counts->processes) {
		return "spawned = ended_normal + ended_failed + ended_forced + processes";
	}
	if (counts->mailbox_kept > counts->mailbox_depth) {
		return "mailbox_kept <= mailbox_depth";
	}
	for (size_t i = 0; counts->processes == 0 && i < sizeof(own) / sizeof(own[0]); i++) {
		if (ki_counts_get(counts, own[i].which) != 0) {
			return own[i].law;
		}
	}
	return NULL;
}

const char *ki_counter_name(enum ki_counter which) {
	static const char *const names[] = {
#define FIELD_NAME(name, field) #field,
		KI_COUNTER_MAP(FIELD_NAME)
#undef FIELD_NAME
	};
	return names[which];
}
