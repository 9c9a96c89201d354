/*
 * lua/alarm.h: timers that end up as something Lua sees.
 *
 *	at rest --arm--> new (while the chunk loads) or armed --> fired --tell--> at rest
 *
 * A timer that fires is heard of when the process looks into its mailbox, which may be in the slice
 * hook, where no Lua may run; it is told when what arrived is routed, in its place among the
 * arrivals.
 *
 * Owns: struct ki_alarm (luaproc.h), lua->alarms_new, lua->alarms_fired.
 * Threads: the worker that runs the process.
 * Invariants: A1 an alarm is in alarms_new or alarms_fired only while its ki_proc_timer is at rest.
 * Not here: the clock (process/timer.h), what a program makes of alarms (lib_timer.c).
 */
#ifndef KI_LUA_ALARM_H
#define KI_LUA_ALARM_H

#include "lua/luaproc.h"

/* Prepares an alarm at rest. `tell` may raise Lua's memory error; the alarm is at rest then.
 * `release` as in process/timer.h. */
void ki_alarm_init(struct ki_lua *lua, struct ki_alarm *alarm,
	void (*tell)(lua_State *L, struct ki_alarm *alarm),
	void (*release)(struct ki_proc_timer *timer));
/* Arms an alarm at rest. While the chunk loads it is kept back: nobody may wake a process that is
 * not made yet. */
void ki_alarm_arm(struct ki_lua *lua, struct ki_alarm *alarm, int64_t deadline_ns);
/* Stops it: true when it would still have been told. *busy as in ki_proc_timer_stop. */
bool ki_alarm_stop(struct ki_alarm *alarm, bool *busy);

/* Arms what was kept back. */
void ki_alarms_start(struct ki_lua *lua);
/* Tells those that fired right behind the arrival `after`; NULL: before the first. */
void ki_alarms_tell(lua_State *L, const struct ki_signal *after);
/* Tells all. */
void ki_alarms_tell_all(lua_State *L);

/* The monotonic time `ns` from now, without overflow. */
int64_t ki_alarm_deadline(struct ki_lua *lua, int64_t ns);

#endif
