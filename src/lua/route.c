/*
 * lua/route.c: from the mailbox to the channels of a Lua process.
 *
 * Owns: see route.h. Threads: the worker that runs the process.
 */
#include "lua/route.h"

#include <string.h>

#include "lua/alarm.h"
#include "lua/call.h"
#include "lua/channel.h"
#include "lua/codec.h"
#include "lua/event.h"
#include "lua/lib_io.h"
#include "lua/lib_payload.h"

/* What one arrival takes, in VM instructions. */
enum { ROUTE_STEPS = 4 };

enum kind { EVENTS, INBOX, TOPIC };

struct ki_subscription {
	struct ki_channel channel;
	struct ki_list node;      /* in lua->subscriptions */
	struct ki_sigq queue;     /* channel.count of them */
	struct ki_signal *cursor; /* settle: the last one put into the queue */
	uint8_t kind;
	bool messages; /* gives Message objects */
	uint32_t topic_len;
	char topic[];
};

/* Its address: the table of open subscriptions (RT2): topic, or the number of EVENTS and INBOX, to
 * channel. */
static const char table_key = 't';

static void push_table(lua_State *L) {
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &table_key);
	}
}

/* ---- Queues ---- */

static struct ki_signal *next_of(struct ki_signal *signal) {
	struct ki_mpsc_node *next = signal->node.next;
	return next != NULL ? ki_container_of(next, struct ki_signal, node) : NULL;
}

/* Puts it behind `before`; NULL: in front. */
static void insert(struct ki_sigq *queue, struct ki_signal *before, struct ki_signal *signal) {
	struct ki_signal *next = before != NULL ? next_of(before) : queue->head;
	signal->node.next = next != NULL ? &next->node : NULL;
	if (before != NULL) {
		before->node.next = &signal->node;
	} else {
		queue->head = signal;
	}
	if (next == NULL) {
		queue->tail = signal;
	}
}

static void append(struct ki_sigq *queue, struct ki_signal *signal) {
	insert(queue, queue->tail, signal);
}

/* The first one, or NULL. */
static struct ki_signal *pop(struct ki_sigq *queue) {
	struct ki_signal *signal = queue->head;
	if (signal != NULL) {
		queue->head = next_of(signal);
		if (queue->head == NULL) {
			queue->tail = NULL;
		}
	}
	return signal;
}

static void free_all(struct ki_sigq *queue) {
	struct ki_signal *signal;
	while ((signal = pop(queue)) != NULL) {
		ki_signal_free(signal);
	}
}

void ki_route_drop(struct ki_lua *lua) {
	free_all(&lua->kept);
	free_all(&lua->kept_events);
	ki_list_for_each (at, &lua->subscriptions) {
		free_all(&ki_list_entry(at, struct ki_subscription, node)->queue);
	}
}

/* ---- What receivers get ---- */

/* The value that listen gives for a message: none, one, or an array of several. */
static void push_values(lua_State *L, const struct ki_message *message) {
	if (message->nr_payloads <= 1) {
		ki_codec_decode(L, message->nr_payloads > 0 ? message->payloads[0] : NULL);
		return;
	}
	lua_createtable(L, (int)message->nr_payloads, 0);
	for (uint32_t i = 0; i < message->nr_payloads; i++) {
		ki_codec_decode(L, message->payloads[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void take(lua_State *L, struct ki_channel *channel) {
	struct ki_subscription *sub = (struct ki_subscription *)channel;
	struct ki_signal *signal = sub->queue.head;
	bool object = sub->kind != EVENTS && sub->messages, held = false;
	luaL_checkstack(L, 6, NULL);
	if (sub->kind == EVENTS) {
		ki_event_push(L, signal);
	} else if (object) {
		held = ki_message_push(L, ki_signal_message(signal));
	} else {
		push_values(L, ki_signal_message(signal));
	}
	pop(&sub->queue); /* only now: what raised above has lost nothing */
	channel->count--;
	if (sub->kind != EVENTS) {
		ki_proc_received(ki_lua_of(L)->proc, ki_signal_message(signal));
	}
	if (!held) {
		ki_signal_free(signal);
	}
}

/* ---- Where a message goes (SPEC 8.2) ---- */

static struct ki_subscription *find(lua_State *L, const struct ki_message *message) {
	struct ki_lua *lua = ki_lua_of(L);
	unsigned others = (lua->inbox != NULL) + (lua->events != NULL);
	if (lua->nr_subscriptions > others) {
		luaL_checkstack(L, 3, NULL);
		push_table(L);
		lua_pushlstring(L, message->topic, message->topic_len);
		lua_rawget(L, -2);
		struct ki_subscription *sub = lua_touserdata(L, -1);
		lua_pop(L, 2);
		if (sub != NULL) {
			return sub;
		}
	}
	return lua->inbox;
}

static void enqueue(struct ki_subscription *sub, struct ki_signal *signal) {
	append(&sub->queue, signal);
	sub->channel.count++;
}

static void route_event(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_signal *signal = ki_proc_take(lua->proc);
	if (lua->events != NULL) {
		enqueue(lua->events, signal);
		ki_channel_pump(L, &lua->events->channel);
	} else {
		append(&lua->kept_events, signal);
	}
}

static void route_message(lua_State *L, struct ki_signal *signal) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_subscription *sub =
		find(L, ki_signal_message(signal)); /* may raise: still arrived */
	ki_proc_take(lua->proc);
	signal->at_ns = ++lua->nr_arrived;
	if (sub != NULL) {
		enqueue(sub, signal);
		ki_channel_pump(L, &sub->channel);
	} else {
		append(&lua->kept, signal);
		lua->nr_kept++;
	}
}

static void route_result(lua_State *L, struct ki_signal *signal) {
	ki_call_route(L, signal); /* may raise: still arrived */
	ki_signal_free(ki_proc_take(ki_lua_of(L)->proc));
}

bool ki_lua_has_arrivals(const struct ki_lua *lua) {
	return lua->proc->arrived_head != NULL || !ki_list_empty(&lua->alarms_fired);
}

/* One by one in order of arrival, alarms among them: of several, the first decides a select. */
void ki_lua_route(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_signal *signal;
	ki_alarms_tell(L, NULL);
	while ((signal = lua->proc->arrived_head) != NULL) {
		if (signal->kind == KI_SIGNAL_MESSAGE) {
			route_message(L, signal);
		} else if (signal->kind == KI_SIGNAL_RESULT) {
			route_result(L, signal);
		} else if (signal->kind == KI_SIGNAL_INPUT) {
			ki_io_route(L, signal);
		} else {
			route_event(L);
		}
		ki_alarms_tell(L, signal); /* compared alone: it may be freed */
		ki_lua_spend(L, ROUTE_STEPS);
	}
	ki_alarms_tell_all(L); /* those whose arrival was routed by a pass that raised */
}

void ki_lua_look(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	if (lua->loading) {
		return;
	}
	lua->full_slice = false;
	if (!ki_proc_look(lua->proc)) {
		ki_task_abandon();
	}
	if (ki_lua_has_arrivals(lua)) {
		ki_lua_route(L);
	}
}

/* ---- Routing anew ---- */

/* Into its place by arrival; `cursor` makes a run of them one walk. */
static void insert_in_order(struct ki_subscription *sub, struct ki_signal *signal) {
	struct ki_sigq *queue = &sub->queue;
	struct ki_signal *before = queue->tail;
	if (before != NULL && before->at_ns > signal->at_ns) {
		before = sub->cursor;
		struct ki_signal *next = before != NULL ? next_of(before) : queue->head;
		while (next->at_ns < signal->at_ns) { /* ends at the tail at the latest */
			before = next;
			next = next_of(next);
		}
	}
	insert(queue, before, signal);
	sub->cursor = signal;
	sub->channel.count++;
}

/* Moves what is kept and fits a subscription there, and wakes receivers: makes RT3 true again. */
static void settle(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	ki_list_for_each (at, &lua->subscriptions) {
		ki_list_entry(at, struct ki_subscription, node)->cursor = NULL;
	}
	struct ki_signal *before = NULL, *signal = lua->kept.head;
	while (signal != NULL) {
		struct ki_signal *next = next_of(signal);
		struct ki_subscription *sub = find(L, ki_signal_message(signal));
		if (sub == NULL) {
			before = signal;
		} else {
			if (before != NULL) {
				before->node.next = signal->node.next;
			} else {
				lua->kept.head = next;
			}
			if (next == NULL) {
				lua->kept.tail = before;
			}
			lua->nr_kept--;
			insert_in_order(sub, signal);
		}
		signal = next;
	}
	ki_list_for_each (at, &lua->subscriptions) {
		ki_channel_pump(L, &ki_list_entry(at, struct ki_subscription, node)->channel);
	}
}

/* Puts all of a closed subscription's messages among the kept ones. */
static void give_back(struct ki_lua *lua, struct ki_subscription *sub) {
	struct ki_sigq *from = sub->kind == EVENTS ? &lua->kept_events : &lua->kept;
	struct ki_sigq merged = {0};
	while (sub->queue.head != NULL || from->head != NULL) {
		bool ours = from->head == NULL ||
			(sub->queue.head != NULL && sub->queue.head->at_ns < from->head->at_ns);
		append(&merged, pop(ours ? &sub->queue : from));
	}
	*from = merged;
	lua->nr_kept += sub->kind != EVENTS ? (unsigned)sub->channel.count : 0;
	sub->channel.count = 0;
}

static void hear_cancel(struct ki_lua *lua, bool hears) {
	ki_store_rlx(&lua->proc->xhears_cancel, hears); /* a hint */
}

void ki_route_untake(struct ki_lua *lua) {
	ki_list_for_each (at, &lua->subscriptions) {
		give_back(lua, ki_list_entry(at, struct ki_subscription, node));
	}
	hear_cancel(lua, false);
	ki_proc_untake(lua->proc, lua->kept_events.head, lua->kept_events.tail);
	ki_proc_untake(lua->proc, lua->kept.head, lua->kept.tail);
	lua->kept = lua->kept_events = (struct ki_sigq){0};
}

/* ---- Opening and closing ---- */

/* Pushes the key of RT2's table. */
static void push_key(lua_State *L, const struct ki_subscription *sub) {
	if (sub->kind == TOPIC) {
		lua_pushlstring(L, sub->topic, sub->topic_len);
	} else {
		lua_pushinteger(L, sub->kind);
	}
}

static void close(lua_State *L, struct ki_channel *channel) {
	struct ki_subscription *sub = (struct ki_subscription *)channel;
	struct ki_lua *lua = ki_lua_of(L);
	luaL_checkstack(L, 4, NULL);
	ki_lua_look(L);
	push_table(L);
	push_key(L, sub);
	lua_pushnil(L);
	lua_rawset(L, -3); /* the key is there: nothing raises from here on, until all is settled */
	lua_pop(L, 1);
	ki_list_remove(&sub->node);
	lua->nr_subscriptions--;
	if (sub->kind == INBOX) {
		lua->inbox = NULL;
	} else if (sub->kind == EVENTS) {
		lua->events = NULL;
		hear_cancel(lua, false);
	}
	give_back(lua, sub);
	ki_channel_shut(channel);
	settle(L);
}

static const struct ki_channel_source source = {
	.what = "subscription",
	.take = take,
	.close = close,
};

bool ki_subscription_is(const struct ki_channel *channel) {
	return channel->source == &source && !channel->closed;
}

/* Pushes the open subscription for the key on top of the stack (popped), or pushes nothing. */
static struct ki_subscription *push_open(lua_State *L) {
	push_table(L);
	lua_insert(L, -2);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	struct ki_subscription *sub = lua_touserdata(L, -1);
	if (sub == NULL) {
		lua_pop(L, 1);
	}
	return sub;
}

/* Pushes a new subscription, open. */
static struct ki_subscription *push_new(lua_State *L, enum kind kind, struct ki_strv topic) {
	struct ki_lua *lua = ki_lua_of(L);
	struct ki_subscription *sub = ki_channel_new(L, sizeof(*sub) + topic.len, &source);
	sub->kind = (uint8_t)kind;
	sub->messages = kind == INBOX;
	sub->topic_len = (uint32_t)topic.len;
	if (topic.len > 0) {
		memcpy(sub->topic, topic.ptr, topic.len);
	}
	push_table(L);
	push_key(L, sub);
	lua_pushvalue(L, -3);
	lua_rawset(L, -3);
	lua_pop(L, 1);
	ki_list_push_back(&lua->subscriptions, &sub->node);
	lua->nr_subscriptions++;
	return sub;
}

/* First what came before the subscription, then what has arrived meanwhile. */
static void catch_up(lua_State *L) {
	settle(L);
	ki_lua_look(L);
}

void ki_subscribe_events(lua_State *L) {
	struct ki_lua *lua = ki_lua_of(L);
	luaL_checkstack(L, 6, NULL);
	lua_pushinteger(L, EVENTS);
	if (push_open(L) == NULL) {
		struct ki_subscription *sub = push_new(L, EVENTS, ki_strv_n(NULL, 0));
		lua->events = sub;
		hear_cancel(lua, true);
		struct ki_signal *signal;
		while ((signal = pop(&lua->kept_events)) != NULL) {
			enqueue(sub, signal);
		}
	}
	ki_lua_look(L);
}

void ki_subscribe_inbox(lua_State *L) {
	luaL_checkstack(L, 6, NULL);
	lua_pushinteger(L, INBOX);
	if (push_open(L) == NULL) {
		ki_lua_of(L)->inbox = push_new(L, INBOX, ki_strv_n(NULL, 0));
	}
	catch_up(L);
}

void ki_subscribe_topic(lua_State *L, int index, bool messages) {
	luaL_checkstack(L, 6, NULL);
	struct ki_strv topic;
	topic.ptr = lua_tolstring(L, index, &topic.len);
	lua_pushvalue(L, index);
	struct ki_subscription *sub = push_open(L);
	if (sub == NULL) {
		sub = push_new(L, TOPIC, topic);
	}
	sub->messages |= messages;
	catch_up(L);
}
