/* application.c: the application process and its loop; see application.h. */
#include "supervise/application.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/check.h"
#include "mem/value.h"
#include "time/duration.h"

void ki_application_log(struct ki_application *app, enum ki_log_level level, const char *message,
	const struct ki_service *service, const char *key, const char *value) {
	struct ki_log_field fields[2];
	size_t nr = 0;
	if (service) {
		fields[nr++] = (struct ki_log_field){
			.key = "service", .value = service->spec->id};
	}
	if (key) {
		fields[nr++] = (struct ki_log_field){.key = key, .value = value};
	}
	ki_log_write(app->system->log, level, "kith.service", message, nr, fields);
}

/* ---- What it hears ---- */

static struct ki_service *of_keeper(struct ki_application *app, kith_pid pid) {
	if (app->entry.keeper == pid) {
		return &app->entry;
	}
	for (size_t i = 0; i < app->graph.nr; i++) {
		if (app->graph.services[i].keeper == pid) {
			return &app->graph.services[i];
		}
	}
	return NULL;
}

static struct ki_service *of_host(struct ki_application *app, uint32_t host) {
	for (size_t i = 0; i < app->graph.nr; i++) {
		struct ki_service *service = &app->graph.services[i];
		if (service->spec->is_host && service->spec->host->index == host) {
			return service;
		}
	}
	return NULL;
}

static void begin_stop(struct ki_application *app, int64_t timeout_ns) {
	int64_t now_ns = ki_sched_now(app->system->sched);
	if (!app->stopping) {
		app->stopping = true;
		app->tick_ns = now_ns + KI_NS_PER_SEC;
		app->left = UINT64_MAX;
		/* in a simulation, what does not give way has this thread, too */
		app->stuck_ns = ki_sched_simulated(app->system->sched) ? INT64_MAX : now_ns;
	}
	int64_t force_ns = ki_time_after(now_ns, timeout_ns);
	if (force_ns < app->force_ns) {
		app->force_ns = force_ns;
	}
	if (timeout_ns <= 0) {
		ki_application_force(app);
	}
}

static void nothing_left(struct ki_application *app) {
	if (!app->stopping) {
		/* Why the run fails, to be read at the level that is usual with -x. */
		enum ki_log_level level = app->entry.spec != NULL ? KI_LOG_WARN : KI_LOG_INFO;
		ki_log_write(app->system->log, level, "kith", "nothing left to run", 0, NULL);
		app->idled = true;
		/* Nothing but CANCEL could wake anybody. rlx: read by whom CANCEL has reached. */
		ki_store_rlx(&app->system->xdeaf_die, true);
		begin_stop(app, INT64_MAX);
	}
}

static void entry_ended(struct ki_application *app) {
	if (app->entry_ended) {
		return;
	}
	app->entry_ended = true;
	if (app->brief) {
		ki_sched_halt(app->system->sched);
		return;
	}
	ki_store_rlx(&app->system->xdeaf_die, true); /* rlx: as above */
	begin_stop(app, INT64_MAX);
}

/*
 * A keeper that was ended just as it had spawned leaves a process that nobody keeps. When its start
 * was too slow that process ends; when the service is to stop, the application process is its
 * keeper from here on: true then.
 */
static bool adopt(struct ki_application *app, struct ki_service *service) {
	kith_pid left = service->report.process;
	if (service->report.result || !left) {
		return false;
	}
	if (service->state != KI_SERVICE_STOPPING || ki_proc_monitor(app->proc, left)) {
		ki_force(app->system, left, KI_CAUSE_HOST_STOP);
		return false;
	}
	service->keeper = service->process = left;
	ki_service_cancel(service, left);
	return true;
}

static void keeper_ended(struct ki_application *app, struct ki_service *service) {
	service->keeper = 0;
	if (adopt(app, service)) {
		return;
	}
	if (service->state != KI_SERVICE_STOPPING) {
		ki_service_exits(service);
		if (service == &app->entry && !app->stopping) {
			entry_ended(app);
		}
		return;
	}
	service->process = 0;
	service->deadline_ns = INT64_MAX;
	if (service->report.result && service->report.result->cause == KI_CAUSE_DEADLINE) {
		struct ki_buf text;
		char after[KI_DURATION_TEXT_MAX];
		ki_duration_format(service->spec->stop_timeout_ns, after);
		ki_buf_init(&text);
		ki_buf_printf(&text, "stop timeout after %s", after);
		ki_service_set(service, KI_SERVICE_STOPPED, ki_buf_cstr(&text));
		ki_application_log(app, KI_LOG_WARN, ki_buf_cstr(&text), service, NULL, NULL);
		ki_buf_fini(&text);
	} else {
		ki_service_set(service, KI_SERVICE_STOPPED, "");
		ki_application_log(app, KI_LOG_INFO, "service stopped", service, NULL, NULL);
	}
}

static void hear_exit(struct ki_application *app, struct ki_signal *signal) {
	kith_pid from = signal->from;
	struct ki_service *service = of_keeper(app, from);
	if (service) {
		if (service->report.process == from) { /* adopted */
			service->report.result = ki_result_ref(ki_signal_relation(signal)->result);
		}
		keeper_ended(app, service);
		return;
	}
	service = of_host(app, ki_pid_host(from));
	if (service && service->state == KI_SERVICE_STOPPING && service->nr_watched) {
		ki_host_service_exit(service);
	}
}

static int64_t timeout_of(const struct ki_message *message) {
	struct ki_value_reader reader;
	struct ki_value_token token;
	if (message->nr_payloads == 0 || !message->payloads[0]) {
		return 0;
	}
	ki_value_reader_payload(&reader, message->payloads[0]);
	return !ki_value_next(&reader, &token) && token.tag == KI_VALUE_INT ? token.i : 0;
}

/* Programs can send here too, if they guess the PID: only the known senders are heard. */
static void hear_message(struct ki_application *app, const struct ki_message *message) {
	struct ki_strv topic = ki_strv_n(message->topic, message->topic_len);
	if (message->signal.from == KI_PID_SYSTEM && ki_strv_eqz(topic, KI_TOPIC_STOP)) {
		begin_stop(app, timeout_of(message));
		return;
	}
	if (message->signal.from == KI_PID_SYSTEM && ki_strv_eqz(topic, KI_TOPIC_IDLE)) {
		nothing_left(app);
		return;
	}
	struct ki_service *service = of_keeper(app, message->signal.from);
	if (service && ki_strv_eqz(topic, KI_TOPIC_RUNNING)) {
		ki_service_runs(service);
	}
}

static void hear(struct ki_application *app, struct ki_signal *signal) {
	if (signal->kind == KI_SIGNAL_EXIT) {
		hear_exit(app, signal);
	} else if (signal->kind == KI_SIGNAL_MESSAGE) {
		hear_message(app, ki_signal_message(signal));
	}
	ki_signal_free(signal);
}

/* ---- Its time ---- */

static int64_t earlier(int64_t a, int64_t b) {
	return a < b ? a : b;
}

/* A stopping process has its deadline from its keeper. */
static bool waits_here(const struct ki_service *service) {
	return service->state == KI_SERVICE_STARTING || service->state == KI_SERVICE_FAILED ||
		(service->state == KI_SERVICE_STOPPING && service->spec->is_host);
}

static int64_t next_deadline(const struct ki_application *app) {
	int64_t next_ns = earlier(
		earlier(app->force_ns, app->tick_ns), earlier(app->look_ns, app->stuck_ns));
	next_ns = earlier(next_ns, app->leave_ns);
	if (waits_here(&app->entry)) {
		next_ns = earlier(next_ns, app->entry.deadline_ns);
	}
	for (size_t i = 0; i < app->graph.nr; i++) {
		if (waits_here(&app->graph.services[i])) {
			next_ns = earlier(next_ns, app->graph.services[i].deadline_ns);
		}
	}
	return next_ns;
}

static void service_due(struct ki_service *service, int64_t now_ns) {
	if (!waits_here(service) || service->deadline_ns > now_ns) {
		return;
	}
	if (service->state == KI_SERVICE_STARTING) {
		ki_service_start_late(service);
	} else if (service->state == KI_SERVICE_FAILED) {
		ki_service_restart(service);
	} else {
		ki_host_service_force(service);
	}
}

static void tick(struct ki_application *app, int64_t now_ns) {
	app->tick_ns = now_ns + KI_NS_PER_SEC;
	ki_application_say_waits(app, now_ns);
	for (size_t i = 0; i < app->graph.nr; i++) {
		struct ki_service *service = &app->graph.services[i];
		if (service->state == KI_SERVICE_STOPPING && service->unwatched) {
			ki_host_service_look(service);
		}
	}
}

static void look_at_clock(struct ki_application *app) {
	int64_t now_ns = ki_sched_now(app->system->sched);
	if (app->force_ns <= now_ns) {
		ki_application_force(app);
	}
	service_due(&app->entry, now_ns);
	for (size_t i = 0; i < app->graph.nr; i++) {
		service_due(&app->graph.services[i], now_ns);
	}
	if (app->tick_ns <= now_ns) {
		tick(app, now_ns);
	}
	if (app->stuck_ns <= now_ns && ki_application_is_stuck(app, now_ns)) {
		app->stuck_ns = INT64_MAX;
		app->stuck = true;
		ki_application_say_stuck(app);
		ki_sched_halt(app->system->sched);
	}
}

/* ---- Its loop ---- */

static void advance(struct ki_application *app) {
	if (!app->stopping) {
		ki_application_start_more(app);
	}
	/* the entry may have failed to start just now */
	if (app->entry.state == KI_SERVICE_EXITED && !app->stopping) {
		entry_ended(app);
	}
	if (ki_application_idle(app, ki_sched_now(app->system->sched))) {
		nothing_left(app);
	}
	if (app->stopping) {
		ki_application_stop_more(app);
	}
}

static int run(struct ki_proc *proc, void *arg) {
	struct ki_application *app = arg;
	app->proc = proc;
	proc->trap_links = true; /* a program may guess its PID and link to it */
	for (;;) {
		advance(app);
		if (app->stopping && ki_application_down(app) && !ki_application_late_ones(app)) {
			break;
		}
		struct ki_signal *signal = NULL;
		int status = ki_native_receive(proc, next_deadline(app), &signal);
		ki_check(status != KITH_EKILLED); /* nobody may: ki_force */
		if (signal) {
			hear(app, signal);
		}
		look_at_clock(app);
	}
	ki_application_stop_workers(app);
	app->ended = true;
	ki_sched_halt(app->system->sched);
	return KITH_OK;
}

/* ---- From outside ---- */

static void service_init(struct ki_application *app, struct ki_service *service) {
	service->app = app;
	service->deadline_ns = INT64_MAX;
	service->keeper_native = (struct ki_native){.run = ki_keeper_run, .arg = service};
	service->keeper_program = (struct ki_program){
		.id = "kith:keeper", .ops = &ki_native_ops, .data = &service->keeper_native};
}

static int states_init(struct ki_application *app) {
	if (ki_states_init(&app->states, app->graph.nr)) {
		return KITH_EEXHAUSTED;
	}
	for (size_t i = 0; i < app->graph.nr; i++) {
		const struct ki_service_spec *spec = app->graph.services[i].spec;
		struct ki_state *state = &app->states.states[i];
		state->id = spec->id;
		state->host = spec->host->id;
		state->process = spec->program ? spec->program->id : NULL;
	}
	ki_states_sort(&app->states);
	return KITH_OK;
}

static int read_states(void *user, struct ki_strv id, struct ki_payload **out) {
	return ki_states_payload(&((struct ki_application *)user)->states, id, out);
}

int ki_application_new(struct ki_system *system, const struct ki_service_spec *specs, size_t nr,
	const struct ki_service_spec *entry, struct ki_application **out) {
	struct ki_application *app = ki_zalloc(sizeof(*app));
	if (!app) {
		return KITH_EEXHAUSTED;
	}
	int status = ki_graph_init(&app->graph, specs, nr);
	if (!status) {
		status = states_init(app);
	}
	if (status) {
		ki_graph_fini(&app->graph);
		ki_free(app);
		return status;
	}
	ki_roll_init(&app->roll);
	app->system = system;
	system->roll = &app->roll;
	system->services = (struct ki_services_view){.user = app, .read = read_states};
	app->force_ns = app->tick_ns = app->look_ns = app->stuck_ns = INT64_MAX;
	app->leave_ns = INT64_MAX;
	app->entry_ns = -1;
	app->native = (struct ki_native){.run = run, .arg = app};
	app->program = (struct ki_program){
		.id = "kith:application", .ops = &ki_native_ops, .data = &app->native};
	for (size_t i = 0; i < nr; i++) {
		service_init(app, &app->graph.services[i]);
	}
	if (entry) {
		app->entry.spec = entry;
		service_init(app, &app->entry);
	}
	*out = app;
	return KITH_OK;
}

bool ki_application_done(const struct ki_application *app) {
	return app->ended || (app->brief && app->entry_ended);
}

void ki_application_free(struct ki_application *app) {
	if (!app) {
		return;
	}
	ki_service_drop_report(&app->entry);
	for (size_t i = 0; i < app->graph.nr; i++) {
		ki_service_drop_report(&app->graph.services[i]);
	}
	ki_states_fini(&app->states);
	ki_roll_fini(&app->roll);
	ki_graph_fini(&app->graph);
	ki_free(app);
}

int ki_application_start(struct ki_application *app) {
	struct ki_spawn spawn = {
		.program = &app->program,
		.host = app->system->hosts[KI_HOST_INDEX_SYSTEM],
		.internal = true,
	};
	struct ki_payload *error = NULL;
	int status = ki_proc_spawn(app->system, &spawn, &app->pid, &error);
	ki_payload_unref(error);
	return status;
}

int ki_application_tell_idle(struct ki_application *app) {
	struct ki_message *message = ki_message_new(ki_strv(KI_TOPIC_IDLE), 0);
	if (!message) {
		return KITH_EEXHAUSTED;
	}
	ki_send(app->system, KI_PID_SYSTEM, app->pid, message);
	return KITH_OK;
}

int ki_application_stop(struct ki_application *app, int64_t timeout_ns) {
	struct ki_message *message = ki_message_new(ki_strv(KI_TOPIC_STOP), 1);
	if (!message) {
		return KITH_EEXHAUSTED;
	}
	message->payloads[0] = ki_value_payload_int(timeout_ns);
	if (!message->payloads[0]) {
		ki_signal_free(&message->signal);
		return KITH_EEXHAUSTED;
	}
	/* Refused: it has ended, so everything has stopped. */
	ki_send(app->system, KI_PID_SYSTEM, app->pid, message);
	return KITH_OK;
}
