/*
 * reader.c: standard input for the processes of a runtime.
 *
 * Owns: see reader.h. Threads: as there.
 */
#include "api/reader.h"

#include <string.h>

/* What is read at once. */
#define CHUNK_BYTES ((size_t)64 << 10)
/* A line that is longer comes in pieces. */
#define LINE_MAX_BYTES ((size_t)64 << 20)

void ki_reader_init(struct ki_reader *reader, struct ki_system *system, int fd, bool simulated) {
	*reader = (struct ki_reader){.system = system, .fd = fd, .simulated = simulated};
	ki_mutex_init(&reader->mutex);
	ki_cond_init(&reader->cond);
	ki_list_init(&reader->questions);
	ki_buf_init(&reader->rest);
}

/* ---- What was read ---- */

static struct ki_strv unread(const struct ki_reader *reader) {
	return ki_strv_sub(ki_buf_view(&reader->rest), reader->rest_at, SIZE_MAX);
}

static void consume(struct ki_reader *reader, size_t nr) {
	reader->rest_at += nr;
	if (reader->rest_at == reader->rest.len) {
		ki_buf_reset(&reader->rest);
		reader->rest_at = 0;
	}
}

/* True when there is an answer: its bytes, and what of the input it uses up. */
static bool find_answer(struct ki_reader *reader, const struct ki_input *input,
	struct ki_strv *bytes, size_t *used) {
	*bytes = unread(reader);
	if (!input->line) {
		bytes->len = bytes->len < input->max ? bytes->len : input->max;
		*used = bytes->len;
		return bytes->len > 0 || reader->ended;
	}
	size_t newline = ki_strv_find(*bytes, '\n');
	if (newline != SIZE_MAX) {
		bytes->len = newline;
		*used = newline + 1;
		return true;
	}
	*used = bytes->len;
	return bytes->len >= LINE_MAX_BYTES || reader->ended;
}

/* Reads more. KITH_ECANCELED. */
static int fill(struct ki_reader *reader) {
	struct ki_buf *rest = &reader->rest;
	if (reader->rest_at > 0) {
		memmove(rest->ptr, rest->ptr + reader->rest_at, rest->len - reader->rest_at);
		rest->len -= reader->rest_at;
		reader->rest_at = 0;
	}
	if (!reader->has_source) {
		reader->has_source = ki_source_init(&reader->source, reader->fd) == KITH_OK;
	}
	size_t got = 0;
	if (reader->has_source && ki_buf_reserve(rest, CHUNK_BYTES)) {
		int status = ki_source_read(
			&reader->source, rest->ptr + rest->len, CHUNK_BYTES, &got);
		if (status) {
			return status;
		}
		rest->len += got;
	}
	reader->ended = got == 0; /* also without memory to go on */
	return KITH_OK;
}

/* ---- Answering ---- */

static int answer(struct ki_reader *reader, struct ki_input *input) {
	struct ki_strv bytes;
	size_t used;
	if (!ki_pid_alive(reader->system, input->pid)) {
		ki_input_drop(input);
		return KITH_OK;
	}
	while (!find_answer(reader, input, &bytes, &used)) {
		int status = fill(reader);
		if (status) {
			ki_input_drop(input);
			return status;
		}
	}
	if (used > 0) { /* without memory it is as if the input had ended */
		input->payload = ki_payload_new(KI_FORMAT_BYTES, bytes.ptr, bytes.len, NULL, 0);
	}
	if (ki_input_give(reader->system, input)) {
		consume(reader, used);
	} else {
		ki_input_drop(input); /* the next one gets it */
	}
	return KITH_OK;
}

static struct ki_input *next_question(struct ki_reader *reader) {
	ki_mutex_lock(&reader->mutex);
	while (ki_list_empty(&reader->questions) && !reader->stopping) {
		ki_cond_wait(&reader->cond, &reader->mutex);
	}
	struct ki_list *node = reader->stopping ? NULL : ki_list_pop_front(&reader->questions);
	ki_mutex_unlock(&reader->mutex);
	return node ? ki_list_entry(node, struct ki_input, node) : NULL;
}

static void run(void *arg) {
	struct ki_reader *reader = arg;
	struct ki_input *input;
	while ((input = next_question(reader)) != NULL && answer(reader, input) == KITH_OK) {
	}
}

/* The end of the input, for want of anybody who reads. */
static void refuse(struct ki_reader *reader, struct ki_input *input) {
	if (!ki_input_give(reader->system, input)) {
		ki_input_drop(input);
	}
}

void ki_reader_ask(struct ki_reader *reader, struct ki_input *input) {
	if (reader->simulated) {
		answer(reader, input);
		return;
	}
	ki_mutex_lock(&reader->mutex);
	if (!reader->started) {
		reader->has_source = ki_source_init(&reader->source, reader->fd) == KITH_OK;
		reader->started = reader->has_source &&
			ki_thread_start(&reader->thread, run, reader, 0) == KITH_OK;
		if (!reader->started && reader->has_source) {
			ki_source_fini(&reader->source);
			reader->has_source = false;
		}
	}
	bool taken = reader->started;
	if (taken) {
		ki_list_push_back(&reader->questions, &input->node);
		ki_cond_signal(&reader->cond);
	}
	ki_mutex_unlock(&reader->mutex);
	if (!taken) {
		refuse(reader, input);
	}
}

void ki_reader_fini(struct ki_reader *reader) {
	if (reader->started) {
		ki_mutex_lock(&reader->mutex);
		reader->stopping = true;
		ki_cond_signal(&reader->cond);
		ki_mutex_unlock(&reader->mutex);
		ki_source_interrupt(&reader->source);
		ki_thread_join(&reader->thread);
	}
	struct ki_list *node;
	while ((node = ki_list_pop_front(&reader->questions)) != NULL) {
		ki_input_drop(ki_list_entry(node, struct ki_input, node));
	}
	if (reader->has_source) {
		ki_source_fini(&reader->source);
	}
	ki_buf_fini(&reader->rest);
	ki_mutex_fini(&reader->mutex);
	ki_cond_fini(&reader->cond);
}
