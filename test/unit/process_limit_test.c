/* Limits of processes: whose counts, and what they do in this layer (SPEC 15.6, 4.2 step 6). */
#include "process_fixture.h"

#include "process/names.h"

static int spawn_with(struct puppet *p, const struct ki_spawn *more) {
	struct ki_spawn spawn = *more;
	struct ki_payload *error = NULL;
	kith_pid pid = 0;
	spawn.program = &p->program;
	spawn.host = p->stage->host;
	int status = ki_proc_spawn(&p->stage->system, &spawn, &pid, &error);
	if (error) {
		error_text(error, p->stage->kind, p->stage->text, sizeof p->stage->kind);
		ki_payload_unref(error);
	}
	return status;
}

static void takes(struct puppet *p, int room) {
	for (int i = 0; i < room; i++) {
		OK(send_topic(p, p->pid, "t"));
	}
	STATUS(send_topic(p, p->pid, "t"), KITH_ERATELIMITED);
}

TEST(process_limit, spawn_goes_over_program_over_host) {
	struct stage stage;
	stage_open(&stage);
	stage.host->limits.max_mailbox = 3;
	struct puppet *plain = puppet_cast(&stage);
	takes(plain, 3);
	struct puppet *entry = puppet_new(&stage), *own = puppet_new(&stage);
	ki_limits_set(&entry->program.limits, KI_LIMIT_MAILBOX, 2);
	ki_limits_set(&own->program.limits, KI_LIMIT_MAILBOX, 2);
	struct ki_spawn spawn = {0};
	OK(spawn_with(entry, &spawn));
	takes(entry, 2);
	ki_limits_set(&spawn.limits, KI_LIMIT_MAILBOX, 1);
	OK(spawn_with(own, &spawn));
	takes(own, 1);
	stage_close(&stage);
}

TEST(process_limit, what_one_does_not_say_the_next_does) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	struct ki_spawn spawn = {0};
	ki_limits_set(&spawn.limits, KI_LIMIT_MEMORY, 1000);
	ki_limits_set(&p->program.limits, KI_LIMIT_MAILBOX, 0); /* none, which is something said */
	stage.host->limits.max_mailbox = 1;
	OK(spawn_with(p, &spawn));
	EQ_UINT(p->proc->limits.max_memory, 1000);
	EQ_UINT(p->proc->limits.max_mailbox, 0);
	EQ_UINT(p->proc->limits.given, (1U << KI_NR_LIMITS) - 1);
	stage_close(&stage);
}

static int send_bytes(struct puppet *from, kith_pid to, size_t bytes) {
	struct ki_message *message = ki_message_new(ki_strv("t"), 1);
	message->payloads[0] = ki_payload_new(KI_FORMAT_BYTES, NULL, bytes, NULL, 0);
	return ki_send(&from->stage->system, from->pid, to, message);
}

TEST(process_limit, mailbox_is_bounded_in_bytes_of_topics_and_payloads_15_6) {
	struct stage stage;
	stage_open(&stage);
	stage.host->limits.max_mailbox_bytes = 100;
	struct puppet *p = puppet_cast(&stage);
	p->blind = true;
	OK(send_bytes(p, p->pid, 49));
	STATUS(send_bytes(p, p->pid, 50), KITH_ERATELIMITED);
	OK(send_bytes(p, p->pid, 49)); /* as much as there is room for */
	STATUS(send_topic(p, p->pid, "t"), KITH_ERATELIMITED);
	EQ_UINT(p->proc->xmailbox_bytes, 100);
	EQ_UINT(stage_count(&stage, KI_COUNTER_PAYLOAD_BYTES), 100);
	p->blind = false;
	puppet_wake(p);
	stage_run(&stage);
	EQ_UINT(p->proc->xmailbox_bytes, 0);
	EQ_UINT(stage_count(&stage, KI_COUNTER_PAYLOAD_BYTES), 0);
	STATUS(send_bytes(p, p->pid, 100), KITH_ERATELIMITED); /* however empty it is */
	OK(send_bytes(p, p->pid, 99));
	stage_close(&stage);
}

TEST(process_limit, embedded_payloads_count_as_often_as_they_are_sent_15_6) {
	struct stage stage;
	stage_open(&stage);
	stage.host->limits.max_mailbox_bytes = 1000;
	struct puppet *p = puppet_cast(&stage);
	p->blind = true;
	struct ki_payload *big = ki_payload_new(KI_FORMAT_BYTES, NULL, 300, NULL, 0);
	struct ki_payload *refs[] = {big, ki_payload_ref(big)};
	struct ki_payload *both = ki_payload_new(KI_FORMAT_LUA, NULL, 10, refs, 2);
	EQ_UINT(ki_payload_bytes(both), 610);
	for (int i = 0; i < 2; i++) {
		struct ki_message *message = ki_message_new(ki_strv(""), 1);
		message->payloads[0] = ki_payload_ref(both);
		STATUS(ki_send(&stage.system, 0, p->pid, message), i ? KITH_ERATELIMITED : KITH_OK);
	}
	ki_payload_unref(both);
	stage_close(&stage);
}

/* ---- The memory of the runtime ---- */

static int never(struct puppet *p, struct ki_payload **error) {
	(void)p;
	(void)error;
	FAIL("the chunk ran");
}

TEST(process_limit, memory_of_the_runtime_bounds_messages_and_spawns_15_6) {
	struct stage stage;
	stage_open(&stage);
	struct ki_budget memory = {.limit_bytes = 10000};
	stage.system.memory = stage.host->memory = &memory;
	struct puppet *p = puppet_cast(&stage), *q = puppet_cast(&stage);
	p->blind = q->blind = true;
	OK(send_bytes(p, p->pid, 4000));
	OK(send_bytes(p, q->pid, 5000));
	STATUS(send_bytes(p, q->pid, 1000), KITH_EEXHAUSTED);
	EQ_UINT(stage_count(&stage, KI_COUNTER_MESSAGES_REFUSED), 1);
	EQ_UINT(memory.xtaken,
		stage_count(&stage, KI_COUNTER_PAYLOAD_BYTES) +
			2 * (sizeof(struct ki_message) + sizeof(struct ki_payload *)));
	size_t room = (size_t)(memory.limit_bytes - memory.xtaken) - 1 -
		sizeof(struct ki_message) - sizeof(struct ki_payload *);
	OK(send_bytes(p, q->pid, room));
	struct puppet *late = puppet_new(&stage);
	late->load = never;
	STATUS(puppet_spawn(late, NULL, 0), KITH_EEXHAUSTED);
	EQ_STR(stage.kind, "ResourceExhausted");
	EQ_STR(stage.text, "memory full");
	q->blind = false;
	puppet_wake(q);
	stage_run(&stage);
	late->load = NULL;
	OK(puppet_spawn(late, NULL, 0));
	struct ki_message *large = ki_message_new(ki_strv("t"), 1);
	large->payloads[0] = ki_payload_new(KI_FORMAT_BYTES, NULL, 9000, NULL, 0);
	struct puppet *with = puppet_new(&stage);
	struct ki_spawn spawn = {.messages = &large, .nr_messages = 1};
	STATUS(spawn_with(with, &spawn), KITH_EEXHAUSTED);
	EQ_STR(stage.text, "memory full");
	ki_signal_free(&large->signal);
	end(p, RETURNS); /* what it has not received is given back */
	EQ_UINT(memory.xtaken, 0);
	stage_close(&stage);
}

static int no_body(struct puppet *p, struct ki_payload **error) {
	(void)p;
	*error = ki_error_payload_status(KITH_EINTERNAL, ki_strv("no"));
	return KITH_EINTERNAL;
}

TEST(process_limit, host_takes_max_processes_and_one_more_after_each_end) {
	struct stage stage;
	stage_open(&stage);
	stage.host->max_processes = 2;
	struct puppet *a = puppet_cast(&stage);
	struct puppet *broken = puppet_new(&stage);
	broken->load = no_body;
	STATUS(puppet_spawn(broken, a, 0), KITH_EINTERNAL); /* its room is given back */
	puppet_cast(&stage);
	struct puppet *late = puppet_new(&stage);
	late->load = never; /* step 6 comes before step 7 */
	STATUS(puppet_spawn(late, a, KI_SPAWN_LINK), KITH_EEXHAUSTED);
	EQ_STR(stage.kind, "ResourceExhausted");
	EQ_STR(stage.text, "max processes limit exceeded");
	EQ_UINT(a->proc->links.count, 0);
	end(a, RETURNS);
	late->load = NULL;
	OK(puppet_spawn(late, NULL, 0));
	EQ_UINT(stage_count(&stage, KI_COUNTER_SPAWN_REFUSED), 2);
	stage_close(&stage);
}

/* Whoever handles the EXIT finds the room. */
static enum ki_step spawn_on_exit(struct puppet *p) {
	puppet_look(p);
	if (p->nr_seen == 1 && !p->extra) {
		struct puppet *next = puppet_new(p->stage);
		p->extra = next;
		OK(puppet_spawn(next, p, 0));
	}
	return KI_STEP_WAIT;
}

TEST(process_limit, room_is_free_before_exit_is_delivered) {
	struct stage stage;
	stage_open(&stage);
	stage.host->max_processes = 2;
	struct puppet *parent = puppet_cast(&stage), *child = puppet_new(&stage);
	OK(puppet_spawn(child, parent, KI_SPAWN_MONITOR));
	parent->run = spawn_on_exit;
	end(child, RETURNS);
	NOT_NULL(parent->extra);
	stage_close(&stage);
}

/* ---- What else a spawn gives ---- */

TEST(process_limit, messages_of_the_spawn_are_there_first_and_from_nobody) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage);
	struct ki_message *messages[] = {
		ki_message_new(ki_strv("one"), 0), ki_message_new(ki_strv("two"), 1)};
	messages[1]->payloads[0] = ki_value_payload_int(2);
	struct ki_spawn spawn = {.messages = messages, .nr_messages = 2};
	OK(spawn_with(p, &spawn));
	OK(send_topic(p, p->pid, "three"));
	stage_run(&stage);
	EQ_INT(p->nr_seen, 3);
	EQ_STR(p->seen[0].text, "one");
	EQ_UINT(p->seen[0].from, 0);
	EQ_STR(p->seen[1].text, "two");
	EQ_STR(p->seen[2].text, "three");
	struct puppet *broken = puppet_new(&stage);
	broken->load = no_body;
	STATUS(spawn_with(broken, &spawn), KITH_EINTERNAL); /* the laws hold */
	ki_signal_free(&messages[0]->signal);
	ki_signal_free(&messages[1]->signal);
	stage_close(&stage);
}

TEST(process_limit, name_of_the_spawn_is_owned_or_its_holder_is_given) {
	struct stage stage;
	stage_open(&stage);
	struct puppet *p = puppet_new(&stage), *parent = puppet_cast(&stage);
	struct ki_spawn spawn = {.name = ki_strv("n"),
		.parent = parent->proc,
		.relations = KI_SPAWN_LINK | KI_SPAWN_MONITOR};
	OK(spawn_with(p, &spawn));
	kith_pid holder = 0;
	OK(ki_name_find(&stage.system, ki_strv("n"), &holder));
	EQ_UINT(holder, p->pid);
	struct puppet *second = puppet_new(&stage);
	spawn.program = &second->program;
	spawn.host = stage.host;
	struct ki_payload *error;
	kith_pid pid = 0;
	STATUS(ki_proc_spawn(&stage.system, &spawn, &pid, &error), KITH_EEXIST);
	IS_NULL(error);
	EQ_UINT(pid, p->pid);
	EQ_INT(second->nr_destroyed, 1);
	EQ_UINT(parent->proc->links.count, 1);
	EQ_UINT(parent->proc->watching.count, 1);
	end(p, RETURNS);
	struct puppet *third = puppet_new(&stage);
	OK(spawn_with(third, &spawn));
	OK(ki_name_find(&stage.system, ki_strv("n"), &holder));
	EQ_UINT(holder, third->pid);
	stage_close(&stage);
}

TEST(process_limit, context_is_inherited_unless_one_is_given) {
	struct stage stage;
	stage_open(&stage);
	struct ki_payload *one = ki_value_payload_int(1), *two = ki_value_payload_int(2);
	struct puppet *a = puppet_new(&stage), *b = puppet_new(&stage), *c = puppet_new(&stage);
	struct ki_spawn spawn = {.context = one};
	OK(spawn_with(a, &spawn));
	spawn = (struct ki_spawn){.parent = a->proc};
	OK(spawn_with(b, &spawn));
	spawn = (struct ki_spawn){.parent = a->proc, .context = two};
	OK(spawn_with(c, &spawn));
	EQ_PTR(a->proc->context, one);
	EQ_PTR(b->proc->context, one);
	EQ_PTR(c->proc->context, two);
	ki_payload_unref(one);
	ki_payload_unref(two);
	stage_close(&stage);
}
