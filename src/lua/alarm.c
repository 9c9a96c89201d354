/*
 * lua/alarm.c: timers that end up as something Lua sees.
 *
 * Owns: see alarm.h. Threads: the worker that runs the process.
 * Not here: the clock (process/timer.c), what a program makes of them (lib_timer.c).
 */
#include "lua/alarm.h"

#include "base/check.h"

static void fired(struct ki_proc_timer *timer) {
	struct ki_alarm *alarm = ki_container_of(timer, struct ki_alarm, timer);
	struct ki_lua *lua = timer->proc->body;
	alarm->after = timer->proc->arrived_tail;
	ki_list_push_back(&lua->alarms_fired, &alarm->node);
}

void ki_alarm_init(struct ki_lua *lua, struct ki_alarm *alarm,
	void (*tell)(lua_State *L, struct ki_alarm *alarm),
	void (*release)(struct ki_proc_timer *timer)) {
	ki_proc_timer_init(&alarm->timer, lua->proc, fired, release);
	ki_list_init(&alarm->node);
	alarm->tell = tell;
}

void ki_alarm_arm(struct ki_lua *lua, struct ki_alarm *alarm, int64_t deadline_ns) {
	ki_assert(ki_list_empty(&alarm->node)); /* A1 */
	alarm->deadline_ns = deadline_ns;
	if (lua->loading) {
		ki_list_push_back(&lua->alarms_new, &alarm->node);
	} else {
		ki_proc_timer_arm(&alarm->timer, deadline_ns);
	}
}

bool ki_alarm_stop(struct ki_alarm *alarm, bool *busy) {
	*busy = false;
	if (!ki_list_empty(&alarm->node)) { /* A1 */
		ki_list_remove(&alarm->node);
		return true;
	}
	return ki_proc_timer_stop(&alarm->timer, busy);
}

void ki_alarms_start(struct ki_lua *lua) {
	for (struct ki_list *at; (at = ki_list_pop_front(&lua->alarms_new)) != NULL;) {
		struct ki_alarm *alarm = ki_list_entry(at, struct ki_alarm, node);
		ki_proc_timer_arm(&alarm->timer, alarm->deadline_ns);
	}
}

static void tell_first(lua_State *L, struct ki_list *list) {
	struct ki_alarm *alarm = ki_list_entry(ki_list_pop_front(list), struct ki_alarm, node);
	alarm->tell(L, alarm);
}

void ki_alarms_tell(lua_State *L, const struct ki_signal *after) {
	struct ki_list *list = &ki_lua_of(L)->alarms_fired;
	while (!ki_list_empty(list) &&
		ki_list_entry(list->next, struct ki_alarm, node)->after == after) {
		tell_first(L, list);
	}
}

void ki_alarms_tell_all(lua_State *L) {
	struct ki_list *list = &ki_lua_of(L)->alarms_fired;
	while (!ki_list_empty(list)) {
		tell_first(L, list);
	}
}

int64_t ki_alarm_deadline(struct ki_lua *lua, int64_t ns) {
	int64_t now = ki_sched_now(lua->proc->system->sched);
	return ns < INT64_MAX - now ? now + ns : INT64_MAX;
}
