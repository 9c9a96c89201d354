/*
 * process/signals.c: the life of signals and of results.
 *
 * Owns: their allocation.
 * Threads: as in signals.h.
 * Tags: [RS1] the last reference of a result is given back after all reading of it.
 * Not here: sending and receiving (mailbox.c).
 */
#include "process/signals.h"

#include <string.h>

#include "base/alloc.h"
#include "process/input.h"

struct ki_result *ki_result_ref(struct ki_result *result) {
	ki_add_rlx(&result->xrefs, 1); /* the caller's own reference keeps it alive */
	return result;
}

void ki_result_unref(struct ki_result *result) {
	/* acq_rel: readings of the others come before the freeing, whoever frees. [RS1] */
	if (!result || ki_sub_acq_rel(&result->xrefs, 1) != 1) {
		return;
	}
	/* The last unref of another thread ended here: pairs with its release part. [RS1] */
	ki_payload_unref(result->value);
	ki_payload_unref(result->error);
	ki_free(result);
}

struct ki_message *ki_message_new(struct ki_strv topic, uint32_t nr_payloads) {
	size_t head = sizeof(struct ki_message) + nr_payloads * sizeof(struct ki_payload *);
	struct ki_message *message = ki_alloc(head + topic.len + 1);
	if (!message) {
		return NULL;
	}
	memset(message, 0, head);
	char *text = (char *)message + head;
	if (topic.len) {
		memcpy(text, topic.ptr, topic.len);
	}
	text[topic.len] = '\0';
	message->signal.kind = KI_SIGNAL_MESSAGE;
	message->topic = text;
	message->topic_len = (uint32_t)topic.len;
	message->nr_payloads = nr_payloads;
	return message;
}

void ki_message_measure(struct ki_message *message) {
	message->bytes = message->topic_len;
	for (uint32_t i = 0; i < message->nr_payloads; i++) {
		const struct ki_payload *payload = message->payloads[i];
		size_t bytes = payload ? ki_payload_bytes(payload) : 0;
		/* 2^48 is beyond any limit, and sums of it do not overflow. */
		message->bytes += bytes < (size_t)1 << 48 ? bytes : (size_t)1 << 48;
	}
}

struct ki_message *ki_message_copy(const struct ki_message *message) {
	struct ki_message *copy = ki_message_new(
		ki_strv_n(message->topic, message->topic_len), message->nr_payloads);
	for (uint32_t i = 0; copy && i < message->nr_payloads; i++) {
		if (message->payloads[i]) {
			copy->payloads[i] = ki_payload_ref(message->payloads[i]);
		}
	}
	return copy;
}

struct ki_relation *ki_relation_new(enum ki_signal_kind kind, kith_pid from, kith_pid peer) {
	struct ki_relation *relation = ki_zalloc(sizeof(*relation));
	if (relation) {
		relation->signal.kind = (uint8_t)kind;
		relation->signal.from = from;
		relation->peer = peer;
	}
	return relation;
}

void ki_signal_free(struct ki_signal *signal) {
	if (!signal) {
		return;
	}
	if (signal->kind == KI_SIGNAL_MESSAGE) {
		struct ki_message *message = ki_signal_message(signal);
		for (uint32_t i = 0; i < message->nr_payloads; i++) {
			ki_payload_unref(message->payloads[i]);
		}
	} else if (signal->kind == KI_SIGNAL_CANCEL) {
		struct ki_cancel *cancel = ki_signal_cancel(signal);
		if (cancel->deadline) {
			ki_deadline_unref(cancel->deadline, true);
		}
	} else if (signal->kind == KI_SIGNAL_INPUT) {
		ki_payload_unref(ki_signal_input(signal)->payload);
	} else {
		ki_result_unref(ki_signal_relation(signal)->result);
	}
	ki_free(signal);
}
