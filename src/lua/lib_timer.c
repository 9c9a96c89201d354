/*
 * lua/lib_timer.c: what waits in the module `time` (SPEC 11.1, 11.5): sleep, after, timer, ticker.
 *
 * The channel of a timer and its Timer refer to each other; when nothing else refers to either, the
 * collector takes both, and the Timer's finalizer stops the clock. What the clock holds is a block
 * of the process's heap outside of Lua, since its signal may be on its way when its owner goes.
 *
 * Owns: the blocks, the userdata of Timer and Ticker. Threads: the worker that runs the process.
 * Invariants:
 *	LT1 a block goes when its Timer has gone and its alarm is at rest, or with the heap.
 *	LT2 nr_pending counts the blocks that will still tell something.
 * Not here: when an alarm is told (alarm.c), Time and durations (lib_time.c).
 */
#include "lua/lib_timer.h"

#include <string.h>

#include "lua/alarm.h"
#include "lua/channel.h"
#include "lua/co.h"
#include "lua/lib_time.h"
#include "lua/luaerror.h"
#include "lua/refusal.h"
#include "lua/route.h"
#include "lua/usertype.h"
#include "time/duration.h"

/* Of a ticker: more than these are skipped while nobody receives. */
#define TICKS_MAX 16

struct timer_channel;

/* LT1 */
struct timer_block {
	struct ki_alarm alarm;
	struct timer_channel *channel; /* NULL once it is no longer told */
	bool orphan;                   /* its Timer has gone, or has another: freed at rest */
};

struct timer_channel {
	struct ki_channel channel;
	struct timer_block *block; /* NULL once nothing will be told */
	int64_t period_ns;         /* of a ticker; else 0 */
	/* Unix times in ns, channel.count of them from channel.head on; TICKS_MAX places, 1 where
	 * nothing comes after the first */
	int64_t ticks[];
};

/* Timer or Ticker. */
struct timer {
	struct timer_channel *channel;
};

/* ---- sleep ---- */

static void wake_sleeper(lua_State *L, struct ki_alarm *alarm) {
	struct ki_co *co = ki_container_of(alarm, struct ki_co, sleep);
	ki_lua_of(L)->nr_pending--;
	ki_co_ready(co, 0);
}

static int slept(lua_State *L, int status, lua_KContext ctx) {
	(void)L, (void)status, (void)ctx;
	return 0;
}

static int lib_sleep(lua_State *L) {
	int64_t ns;
	if (ki_duration_read(L, 1, &ns) != KITH_OK) {
		return ki_time_fail(L, lua_tostring(L, -1));
	}
	if (ns <= 0) {
		return ki_co_yield(L, "sleep");
	}
	ki_lua_require_running(L, "sleep");
	struct ki_lua *lua = ki_lua_of(L);
	int64_t deadline_ns = ki_alarm_deadline(lua, ns);
	ki_lua_look(L);
	struct ki_alarm *alarm = &lua->current->sleep;
	ki_alarm_init(lua, alarm, wake_sleeper, NULL);
	ki_alarm_arm(lua, alarm, deadline_ns);
	lua->nr_pending++;
	ki_co_waiter(L, "sleep");
	return ki_co_block(L, 0, slept);
}

/* ---- Blocks ---- */

static void free_block(struct timer_block *block) {
	struct ki_lua *lua = block->alarm.timer.proc->body;
	ki_heap_realloc(&lua->heap, block, sizeof(*block), 0);
}

static void release(struct ki_proc_timer *timer) {
	struct ki_alarm *alarm = ki_container_of(timer, struct ki_alarm, timer);
	struct timer_block *block = ki_container_of(alarm, struct timer_block, alarm);
	if (block->orphan) {
		free_block(block);
	} /* else it was stopped by the end of the process, and goes with the heap */
}

static void tell(lua_State *L, struct ki_alarm *alarm);

/* Gives the channel a block, armed. */
static void start(lua_State *L, struct timer_channel *channel, int64_t deadline_ns) {
	struct ki_lua *lua = ki_lua_of(L);
	struct timer_block *block = ki_heap_realloc(&lua->heap, NULL, 0, sizeof(*block));
	if (block == NULL) {
		lua_gc(L, LUA_GCCOLLECT);
		block = ki_heap_realloc(&lua->heap, NULL, 0, sizeof(*block));
	}
	if (block == NULL) {
		ki_lua_refuse_memory(L);
	}
	block->channel = channel;
	block->orphan = false;
	ki_alarm_init(lua, &block->alarm, tell, release);
	ki_alarm_arm(lua, &block->alarm, deadline_ns);
	channel->block = block;
	lua->nr_pending++;
}

/* Takes the block from the channel: true when it would still have told something. */
static bool stop(struct ki_lua *lua, struct timer_channel *channel) {
	struct timer_block *block = channel->block;
	if (block == NULL) {
		return false;
	}
	channel->block = NULL;
	lua->nr_pending--;
	bool busy;
	bool pending = ki_alarm_stop(&block->alarm, &busy);
	if (busy) {
		block->orphan = true;
	} else {
		free_block(block);
	}
	return pending;
}

/* ---- Channels ---- */

static void take(lua_State *L, struct ki_channel *channel) {
	struct timer_channel *timer = (struct timer_channel *)channel;
	ki_time_push_unix_ns(L, timer->ticks[channel->head]);
	channel->head = (channel->head + 1) % TICKS_MAX;
	channel->count--;
}

static void close(lua_State *L, struct ki_channel *channel) {
	stop(ki_lua_of(L), (struct timer_channel *)channel);
	ki_channel_shut(channel);
}

static const struct ki_channel_source source = {.what = "timer", .take = take, .close = close};

static void add_tick(struct timer_channel *channel, int64_t wall_ns) {
	if (channel->channel.count < TICKS_MAX) {
		channel->ticks[(channel->channel.head + channel->channel.count) % TICKS_MAX] =
			wall_ns;
		channel->channel.count++;
	}
}

/* All that fell due since the last one that was told, and the clock set to the next. */
static void tick(lua_State *L, struct timer_channel *channel, struct timer_block *block) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_sched *sched = lua->proc->system->sched;
	int64_t due = block->alarm.deadline_ns, period = channel->period_ns;
	int64_t late = ki_sched_now(sched) - due, missed = late > 0 ? late / period : 0;
	int64_t wall_ns = ki_sched_wall(sched) - late;
	for (int64_t i = 0; i <= missed && i < TICKS_MAX; i++) {
		add_tick(channel, wall_ns + i * period);
	}
	due += missed * period;
	ki_alarm_arm(lua, &block->alarm, due < INT64_MAX - period ? due + period : INT64_MAX);
	ki_channel_pump(L, &channel->channel);
}

static void tell(lua_State *L, struct ki_alarm *alarm) {
	struct timer_block *block = ki_container_of(alarm, struct timer_block, alarm);
	struct timer_channel *channel = block->channel;
	struct ki_lua *lua = ki_lua_of(L);
	if (channel->period_ns > 0) {
		tick(L, channel, block);
		return;
	}
	int64_t late = ki_sched_now(lua->proc->system->sched) - alarm->deadline_ns;
	add_tick(channel, ki_sched_wall(lua->proc->system->sched) - late);
	stop(lua, channel);
	ki_channel_pump(L, &channel->channel);
	ki_channel_shut(&channel->channel);
}

/* ---- Timer and Ticker ---- */

static struct timer *check_timer(lua_State *L, const char *fn) {
	struct timer *timer = ki_usertype_test(L, 1, KI_TYPE_TIMER);
	if (timer == NULL) {
		ki_arg_error(L, 1, fn, "Timer");
	}
	return timer;
}

static struct timer *check_ticker(lua_State *L, const char *fn) {
	struct timer *timer = ki_usertype_test(L, 1, KI_TYPE_TICKER);
	if (timer == NULL) {
		ki_arg_error(L, 1, fn, "Ticker");
	}
	return timer;
}

static int push_channel(lua_State *L) {
	lua_getiuservalue(L, 1, 1);
	return 1;
}

static int timer_channel(lua_State *L) {
	check_timer(L, "channel");
	return push_channel(L);
}

static int ticker_channel(lua_State *L) {
	check_ticker(L, "channel");
	return push_channel(L);
}

static int timer_stop(lua_State *L) {
	struct timer *timer = check_timer(L, "stop");
	bool pending = stop(ki_lua_of(L), timer->channel);
	ki_channel_close(L, &timer->channel->channel);
	lua_pushboolean(L, pending);
	return 1;
}

static int ticker_stop(lua_State *L) {
	struct timer *timer = check_ticker(L, "stop");
	ki_channel_close(L, &timer->channel->channel);
	lua_pushboolean(L, 1);
	return 1;
}

/* Reads a duration above 0 at index. Gives 0, or KITH_EINVAL with the message pushed. */
static int read_positive(lua_State *L, int index, const char *fn, int64_t *ns) {
	int status = ki_duration_read(L, index, ns);
	if (status == KITH_OK && *ns <= 0) {
		lua_pushfstring(L, "%s: duration must be > 0", fn);
		status = KITH_EINVAL;
	}
	return status;
}

static int timer_reset(lua_State *L) {
	struct timer *timer = check_timer(L, "reset");
	int64_t ns;
	if (read_positive(L, 2, "time.timer", &ns) != KITH_OK) {
		return luaL_error(L, "%s", lua_tostring(L, -1));
	}
	bool pending = stop(ki_lua_of(L), timer->channel);
	if (pending) {
		start(L, timer->channel, ki_alarm_deadline(ki_lua_of(L), ns));
	}
	lua_pushboolean(L, pending);
	return 1;
}

static int collect(lua_State *L) {
	struct timer *timer = lua_touserdata(L, 1);
	if (timer->channel != NULL) { /* else memory was refused to it */
		stop(ki_lua_of(L), timer->channel);
	}
	return 0;
}

/* Pushes a Timer or Ticker, and its channel above it. Gives 0, or the number of results pushed. */
static int push_timer(lua_State *L, const char *fn, enum ki_usertype type) {
	int64_t ns;
	if (read_positive(L, 1, fn, &ns) != KITH_OK) {
		return ki_time_fail(L, lua_tostring(L, -1));
	}
	struct ki_lua *lua = ki_lua_of(L);
	struct timer *timer = ki_usertype_new(L, type, sizeof(*timer), 1);
	timer->channel = NULL;
	bool periodic = type == KI_TYPE_TICKER;
	size_t ticks_size = (periodic ? TICKS_MAX : 1) * sizeof(timer->channel->ticks[0]);
	struct timer_channel *channel =
		ki_channel_new(L, sizeof(*channel) + ticks_size, &source);
	channel->period_ns = periodic ? ns : 0;
	timer->channel = channel;
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, -3, 1);
	lua_pushvalue(L, -2);
	lua_setiuservalue(L, -2, KI_CHANNEL_SOURCE);
	start(L, channel, ki_alarm_deadline(lua, ns));
	return 0;
}

static int lib_after(lua_State *L) {
	int failed = push_timer(L, "time.after", KI_TYPE_TIMER);
	return failed != 0 ? failed : 1;
}

static int lib_timer(lua_State *L) {
	int failed = push_timer(L, "time.timer", KI_TYPE_TIMER);
	lua_pop(L, failed == 0); /* the channel */
	return failed != 0 ? failed : 1;
}

static int lib_ticker(lua_State *L) {
	int failed = push_timer(L, "time.ticker", KI_TYPE_TICKER);
	lua_pop(L, failed == 0);
	return failed != 0 ? failed : 1;
}

/* ---- Opening ---- */

static void make_type(
	lua_State *L, enum ki_usertype type, const char *name, const luaL_Reg *methods) {
	static const luaL_Reg meta[] = {{"__gc", collect}, {NULL, NULL}};
	ki_usertype_push(L, name, methods, meta);
	ki_usertype_set(L, type);
}

void ki_timer_open(lua_State *L) {
	static const luaL_Reg timer_methods[] = {
		{"response", timer_channel},
		{"channel", timer_channel},
		{"stop", timer_stop},
		{"reset", timer_reset},
		{NULL, NULL},
	};
	static const luaL_Reg ticker_methods[] = {
		{"response", ticker_channel},
		{"channel", ticker_channel},
		{"stop", ticker_stop},
		{NULL, NULL},
	};
	static const luaL_Reg functions[] = {
		{"sleep", lib_sleep},
		{"after", lib_after},
		{"timer", lib_timer},
		{"ticker", lib_ticker},
		{NULL, NULL},
	};
	make_type(L, KI_TYPE_TIMER, "Timer", timer_methods);
	make_type(L, KI_TYPE_TICKER, "Ticker", ticker_methods);
	luaL_setfuncs(L, functions, 0);
}
