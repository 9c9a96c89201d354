/* Hosts and programs of a runtime, found by their IDs. */
#include "process_fixture.h"

TEST(process_system, programs_are_found_by_their_exact_id) {
	static const char *const ids[] = {
		"app:b", "app:a", "app:ab", "app:abc", "app", "zoo:a", "app.sub:a", "app:B"};
	struct ki_program programs[ki_countof(ids)];
	const struct ki_program *list[ki_countof(ids)];
	struct stage stage;
	stage_open(&stage);
	for (size_t i = 0; i < ki_countof(ids); i++) {
		programs[i] = (struct ki_program){.id = ids[i], .ops = &puppet_ops};
		list[i] = &programs[i];
	}
	ki_system_set_programs(&stage.system, list, ki_countof(ids));
	for (size_t i = 0; i < ki_countof(ids); i++) {
		EQ_PTR(ki_system_find_program(&stage.system, ki_strv(ids[i])), &programs[i]);
	}
	static const char *const none[] = {
		"", "a", "ap", "app:", "app:abcd", "app:c", "zzz", "app:A"};
	for (size_t i = 0; i < ki_countof(none); i++) {
		IS_NULL(ki_system_find_program(&stage.system, ki_strv(none[i])));
	}
	/* a text that goes on behind its end */
	EQ_PTR(ki_system_find_program(&stage.system, ki_strv_n("app:abX", 6)), &programs[2]);
	stage_close(&stage);
}

TEST(process_system, no_programs_none_found) {
	struct stage stage;
	stage_open(&stage);
	ki_system_set_programs(&stage.system, NULL, 0);
	IS_NULL(ki_system_find_program(&stage.system, ki_strv("app:a")));
	stage_close(&stage);
}

TEST(process_system, hosts_are_found_and_start_as_stopped) {
	struct stage stage;
	struct ki_proc_host *more;
	stage_open(&stage);
	struct ki_host *host = ki_host_new(stage.sched, "app:more", 1, 0);
	OK(ki_system_add_host(&stage.system, host, &more));
	EQ_INT(ki_proc_host_state(more), KI_PROC_HOST_STOPPED);
	EQ_UINT(more->limits.max_mailbox, KI_MAX_MAILBOX_DEFAULT);
	FALSE(more->internal);
	EQ_PTR(ki_host_data(host), more);
	EQ_PTR(ki_system_find_host(&stage.system, ki_strv("app:more")), more);
	EQ_PTR(ki_system_find_host(&stage.system, ki_strv("app:processes")), stage.host);
	struct ki_proc_host *own = ki_system_find_host(&stage.system, ki_strv("kith:system"));
	EQ_UINT(own->index, KI_HOST_INDEX_SYSTEM);
	TRUE(own->internal);
	TRUE(ki_system_find_host(&stage.system, ki_strv("kith:external"))->internal);
	IS_NULL(ki_system_find_host(&stage.system, ki_strv("")));
	IS_NULL(ki_system_find_host(&stage.system, ki_strv("app:mor")));
	stage_close(&stage);
}

TEST(process_system, hosts_beyond_what_a_pid_can_name_are_refused) {
	struct stage stage;
	struct ki_proc_host *more;
	stage_open(&stage);
	struct ki_host *host = ki_host_new(stage.sched, "app:more", 1, 0);
	while (stage.system.nr_hosts < KI_PID_MAX_HOSTS) {
		OK(ki_system_add_host(&stage.system, host, &more));
	}
	STATUS(ki_system_add_host(&stage.system, host, &more), KITH_EEXHAUSTED);
	stage_close(&stage);
}
