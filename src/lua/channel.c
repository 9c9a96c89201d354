/*
 * lua/channel.c: channels.
 *
 * Owns: see channel.h. Threads: the worker that runs the process.
 */
#include "lua/channel.h"

#include <string.h>

#include "base/check.h"
#include "lua/co.h"
#include "lua/usertype.h"

void ki_channel_open(lua_State *L, const luaL_Reg *methods) {
	ki_usertype_push(L, "channel", methods, NULL);
	ki_usertype_set(L, KI_TYPE_CHANNEL);
}

void *ki_channel_new(lua_State *L, size_t size, const struct ki_channel_source *source) {
	struct ki_channel *channel =
		ki_usertype_new(L, KI_TYPE_CHANNEL, size, KI_CHANNEL_NR_VALUES);
	memset(channel, 0, size);
	channel->source = source;
	ki_list_init(&channel->receivers);
	ki_list_init(&channel->senders);
	return channel;
}

struct ki_channel *ki_channel_test(lua_State *L, int index) {
	return ki_usertype_test(L, index, KI_TYPE_CHANNEL);
}

/* ---- Who waits ---- */

void ki_channel_wait(struct ki_channel *channel, struct ki_waiter *waiter, bool to_send) {
	ki_list_push_back(to_send ? &channel->senders : &channel->receivers, &waiter->node);
	waiter->co->lua->nr_channel_waits++;
}

/* The first of a list; it has come about, and none of its other cases will. (CH2) */
static struct ki_co *hit(struct ki_list *list, bool ok) {
	struct ki_waiter *waiter = ki_list_entry(list->next, struct ki_waiter, node);
	struct ki_co *co = waiter->co;
	for (int i = 0; i < co->nr_waiters; i++) {
		ki_list_remove(&co->waiters[i].node);
	}
	co->lua->nr_channel_waits -= (unsigned)co->nr_waiters;
	co->nr_waiters = 0;
	co->hit = waiter->index;
	co->hit_ok = ok;
	return co;
}

/* Gives the value on top of the stack to the first receiver. */
static void give(lua_State *L, struct ki_channel *channel) {
	struct ki_co *co = hit(&channel->receivers, true);
	lua_xmove(L, co->at, 1);
	lua_pushboolean(co->at, 1);
	ki_co_ready(co, 2);
}

/* Pushes what the first sender waits to send. */
static void push_sent(lua_State *L, struct ki_channel *channel) {
	struct ki_waiter *waiter = ki_list_entry(channel->senders.next, struct ki_waiter, node);
	lua_State *at = waiter->co->at;
	if (waiter->in_case) {
		lua_getiuservalue(at, waiter->value, KI_CASE_VALUE);
	} else {
		lua_pushvalue(at, waiter->value);
	}
	lua_xmove(at, L, 1);
}

void ki_channel_shut(struct ki_channel *channel) {
	channel->closed = true;
	while (!ki_list_empty(&channel->receivers)) {
		struct ki_co *co = hit(&channel->receivers, false);
		lua_pushnil(co->at);
		lua_pushboolean(co->at, 0);
		ki_co_ready(co, 2);
	}
	while (!ki_list_empty(&channel->senders)) {
		ki_co_ready(hit(&channel->senders, false), 0);
	}
}

void ki_channel_close(lua_State *L, struct ki_channel *channel) {
	if (channel->closed) {
		return;
	}
	if (channel->source != NULL) {
		channel->source->close(L, channel);
	} else {
		ki_channel_shut(channel);
	}
}

/* ---- Values ---- */

static lua_Integer slot(const struct ki_channel *channel, lua_Integer offset) {
	lua_Integer at = channel->head + offset;
	return at < channel->capacity ? at : at - channel->capacity;
}

static void push_values(lua_State *L, int index) {
	if (lua_getiuservalue(L, index, KI_CHANNEL_VALUES) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, index, KI_CHANNEL_VALUES);
	}
}

/* Pushes the oldest value of the ring; its place goes to the first waiting sender. */
static void take_buffered(lua_State *L, int index, struct ki_channel *channel) {
	lua_Integer place = channel->head + 1;
	push_values(L, index);
	lua_rawgeti(L, -1, place);
	if (!ki_list_empty(&channel->senders)) { /* CH1: it is full, so its end is at this place */
		push_sent(L, channel);
		lua_rawseti(L, -3, place);
		channel->head = slot(channel, 1);
		ki_co_ready(hit(&channel->senders, true), 0);
	} else {
		lua_pushnil(L);
		lua_rawseti(L, -3, place);
		channel->count--;
		channel->head = channel->count > 0 ? slot(channel, 1) : 0;
	}
	lua_remove(L, -2);
}

int ki_channel_take(lua_State *L, int index) {
	struct ki_channel *channel = lua_touserdata(L, index);
	if (channel->count > 0 && channel->source != NULL && channel->source->take != NULL) {
		channel->source->take(L, channel);
		ki_task_waited(&ki_lua_of(L)->proc->task); /* though not for long */
	} else if (channel->count > 0) {
		take_buffered(L, index, channel);
	} else if (!ki_list_empty(&channel->senders)) {
		push_sent(L, channel);
		ki_co_ready(hit(&channel->senders, true), 0);
	} else if (channel->closed) {
		lua_pushnil(L);
		lua_pushboolean(L, 0);
		return 2;
	} else {
		return 0;
	}
	lua_pushboolean(L, 1);
	return 2;
}

bool ki_channel_takes(const struct ki_channel *channel) {
	return !ki_list_empty(&channel->receivers) || channel->count < channel->capacity;
}

void ki_channel_put(lua_State *L, int index) {
	struct ki_channel *channel = lua_touserdata(L, index);
	if (!ki_list_empty(&channel->receivers)) {
		give(L, channel);
		return;
	}
	push_values(L, index);
	lua_insert(L, -2);
	lua_rawseti(L, -2, slot(channel, channel->count) + 1);
	lua_pop(L, 1);
	channel->count++;
}

void ki_channel_pump(lua_State *L, struct ki_channel *channel) {
	while (channel->count > 0 && !ki_list_empty(&channel->receivers)) {
		channel->source->take(L, channel);
		give(L, channel);
	}
}
