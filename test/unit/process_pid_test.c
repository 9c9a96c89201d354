/* PIDs: packing, text, parsing (SPEC 3). */
#include "process_fixture.h"

#include "base/rng.h"

/* Gives the fault; *pid stays 0 when there is one. */
static enum ki_pid_fault parse(struct stage *stage, const char *text, kith_pid *pid) {
	*pid = 0;
	enum ki_pid_fault fault = ki_pid_parse(&stage->system, ki_strv(text), pid);
	if (fault != KI_PID_OK) {
		EQ_UINT(*pid, 0);
	}
	return fault;
}

static void faults(const char *const *texts, size_t nr, enum ki_pid_fault fault) {
	struct stage stage;
	kith_pid pid;
	stage_open(&stage);
	for (size_t i = 0; i < nr; i++) {
		if (parse(&stage, texts[i], &pid) != fault) {
			FAIL("%s gives fault %d, not %d", texts[i], parse(&stage, texts[i], &pid),
				fault);
		}
	}
	stage_close(&stage);
}

#define FAULTS(fault, ...)                                                                         \
	do {                                                                                       \
		static const char *const texts[] = {__VA_ARGS__};                                  \
		faults(texts, ki_countof(texts), fault);                                           \
	} while (0)

TEST(process_pid, unpacks_what_was_packed) {
	struct ki_rng rng;
	ki_rng_seed(&rng, 3);
	for (int i = 0; i < 10000; i++) {
		uint32_t host = (uint32_t)ki_rng_below(&rng, KI_PID_MAX_HOSTS);
		uint32_t generation = (uint32_t)ki_rng_next(&rng);
		uint32_t slot = (uint32_t)ki_rng_below(&rng, 1u << KI_PID_SLOT_BITS);
		kith_pid pid = ki_pid_make(host, generation, slot);
		EQ_UINT(ki_pid_host(pid), host);
		EQ_UINT(ki_pid_generation(pid), generation);
		EQ_UINT(ki_pid_slot(pid), slot);
	}
}

TEST(process_pid, text_is_host_and_number_of_five_digits_or_more) {
	struct stage stage;
	char text[KI_PID_TEXT_MAX];
	stage_open(&stage);
	uint32_t host = stage.host->index;
	EQ_UINT(ki_pid_format(&stage.system, ki_pid_make(host, 0, 0x101), text), 23);
	EQ_STR(text, "{app:processes|0x00101}");
	ki_pid_format(&stage.system, ki_pid_make(host, 1, 0xabc), text);
	EQ_STR(text, "{app:processes|0x400abc}");
	ki_pid_format(&stage.system, ki_pid_make(host, UINT32_MAX, 0x3fffff), text);
	EQ_STR(text, "{app:processes|0x3fffffffffffff}");
	ki_pid_format(&stage.system, KI_PID_SYSTEM, text);
	EQ_STR(text, "{kith:system|0x00000}");
	stage_close(&stage);
}

TEST(process_pid, text_of_no_process_is_empty) {
	struct stage stage;
	char text[KI_PID_TEXT_MAX] = "before";
	stage_open(&stage);
	EQ_UINT(ki_pid_format(&stage.system, 0, text), 0);
	EQ_STR(text, "");
	EQ_UINT(ki_pid_format(&stage.system, ki_pid_make(500, 1, 1), text), 0);
	EQ_STR(text, "");
	stage_close(&stage);
}

TEST(process_pid, text_reads_back_as_the_same_pid) {
	struct stage stage;
	struct ki_rng rng;
	char text[KI_PID_TEXT_MAX];
	stage_open(&stage);
	ki_rng_seed(&rng, 4);
	for (int i = 0; i < 3000; i++) {
		kith_pid pid = ki_pid_make(1 + (uint32_t)ki_rng_below(&rng, 3),
			(uint32_t)(ki_rng_next(&rng) >> ki_rng_below(&rng, 33)),
			(uint32_t)ki_rng_below(&rng, 1u << KI_PID_SLOT_BITS));
		kith_pid back;
		ki_pid_format(&stage.system, pid, text);
		EQ_INT(parse(&stage, text, &back), KI_PID_OK);
		EQ_UINT(back, pid);
	}
	stage_close(&stage);
}

TEST(process_pid, braces_are_required) {
	FAULTS(KI_PID_NO_BRACES, "", "{", "}", "a name", "app:processes|0x00001",
		"{app:processes|0x00001", "app:processes|0x00001}", " {app:processes|0x00001}",
		"{app:processes|0x00001} ");
}

TEST(process_pid, bar_is_required) {
	FAULTS(KI_PID_NO_PIPE, "{}", "{app:processes}", "{app:processes 0x00001}", "{0x1}",
		"{local@app:processes}");
}

TEST(process_pid, number_is_hexadecimal_and_fits) {
	FAULTS(KI_PID_BAD_NUMBER, "{app:processes|}", "{app:processes|0x}", "{app:processes|1}",
		"{app:processes|00001}", "{app:processes|0X1}", "{app:processes|0x1g}",
		"{app:processes|0x1 }", "{app:processes| 0x1}", "{app:processes|0x-1}",
		"{app:processes|-0x1}", "{app:processes|0x40000000000000}",
		"{app:processes|0x8000000000000000}", "{app:processes|0x10000000000000001}",
		"{app:processes|0x100000000000000000000000000000001}", "{|}", "{a|b|0x1}",
		"{app:processes|x|0x1}");
}

TEST(process_pid, digits_may_be_capital_and_need_no_padding) {
	struct stage stage;
	kith_pid pid;
	stage_open(&stage);
	EQ_INT(parse(&stage, "{app:processes|0xABCdef}", &pid), KI_PID_OK);
	EQ_UINT(pid & KI_PID_NUMBER_MASK, 0xabcdef);
	EQ_INT(parse(&stage, "{app:processes|0x0000000000000000000000001}", &pid), KI_PID_OK);
	EQ_UINT(pid, ki_pid_make(stage.host->index, 0, 1));
	EQ_INT(parse(&stage, "{app:processes|0x3fffffffffffff}", &pid), KI_PID_OK);
	EQ_UINT(ki_pid_generation(pid), UINT32_MAX);
	stage_close(&stage);
}

TEST(process_pid, node_local_is_this_one) {
	struct stage stage;
	kith_pid plain, pid;
	stage_open(&stage);
	EQ_INT(parse(&stage, "{app:processes|0x00101}", &plain), KI_PID_OK);
	EQ_INT(parse(&stage, "{local@app:processes|0x00101}", &pid), KI_PID_OK);
	EQ_UINT(pid, plain);
	EQ_INT(parse(&stage, "{local@app:processes|anything|0x00101}", &pid), KI_PID_OK);
	EQ_UINT(pid, plain);
	EQ_INT(parse(&stage, "{local@app:processes||0x00101}", &pid), KI_PID_OK);
	EQ_UINT(pid, plain);
	stage_close(&stage);
}

TEST(process_pid, other_nodes_are_not_found) {
	FAULTS(KI_PID_OTHER_NODE, "{far@app:processes|0x00101}", "{@app:processes|0x1}",
		"{Local@app:processes|0x1}", "{far@no:such|x|0x1}");
	FAULTS(KI_PID_BAD_NUMBER, "{far@app:processes|101}", "{local@app:processes|x|y|0x1}");
}

TEST(process_pid, host_must_exist) {
	FAULTS(KI_PID_UNKNOWN_HOST, "{no:such|0x00001}", "{|0x00001}", "{app:process|0x00001}",
		"{app:processes2|0x00001}", "{local@no:such|0x00001}");
}

TEST(process_pid, each_fault_has_its_words_and_status) {
	static const struct {
		enum ki_pid_fault fault;
		const char *text;
		int status;
	} rows[] = {
		{KI_PID_OK, "", KITH_OK},
		{KI_PID_NO_BRACES, "invalid pid format: missing braces", KITH_EINVAL},
		{KI_PID_NO_PIPE, "invalid pid format: missing pipe", KITH_EINVAL},
		{KI_PID_BAD_NUMBER, "invalid pid format: bad number", KITH_EINVAL},
		{KI_PID_OTHER_NODE, "node not found", KITH_ENOTFOUND},
		{KI_PID_UNKNOWN_HOST, "host not found", KITH_ENOTFOUND},
	};
	for (size_t i = 0; i < ki_countof(rows); i++) {
		EQ_STR(ki_pid_fault_text(rows[i].fault), rows[i].text);
		EQ_INT(ki_pid_fault_status(rows[i].fault), rows[i].status);
	}
}

TEST(process_pid, nothing_reaches_the_system_pid) {
	struct stage stage;
	kith_pid pid;
	stage_open(&stage);
	struct puppet *p = puppet_cast(&stage);
	EQ_INT(parse(&stage, "{kith:system|0x00000}", &pid), KI_PID_OK);
	EQ_UINT(pid, KI_PID_SYSTEM);
	STATUS(send_topic(p, pid, "hello"), KITH_ENOTFOUND);
	STATUS(ki_cancel(&stage.system, p->pid, pid, 1, ki_strv("")), KITH_ENOTFOUND);
	STATUS(ki_force(&stage.system, pid, KI_CAUSE_TERMINATE), KITH_ENOTFOUND);
	STATUS(ki_proc_monitor(p->proc, pid), KITH_ENOTFOUND);
	STATUS(ki_proc_link(p->proc, pid), KITH_ENOTFOUND);
	stage_close(&stage);
}
