/*
 * held.c: what a run says, held back until it is known whether anybody wants to see it.
 *
 * Output and log lines are kept in one order, so that they read as they would have live.
 *
 * Owns: struct ki_cli_held. Threads: any, but for init and fini.
 * Not here: which runs are shown (test.c).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* A loop that prints must not fill the memory: its start is what tells. */
static const size_t HELD_MAX = (size_t)64 << 20;

void ki_cli_held_init(struct ki_cli_held *held) {
	*held = (struct ki_cli_held){0};
	pthread_mutex_init(&held->mutex, NULL);
}

void ki_cli_held_fini(struct ki_cli_held *held) {
	pthread_mutex_destroy(&held->mutex);
	free(held->text);
	free(held->pieces);
}

/* Room for `more` elements of `size` bytes behind the `nr` at `items`, which may move; or NULL. */
static void *reserve(void *items, size_t *room, size_t nr, size_t more, size_t size) {
	if (nr + more <= *room) {
		return items;
	}
	size_t wanted = nr + more > 2 * *room ? nr + more : 2 * *room;
	void *bigger = realloc(items, wanted * size);
	if (bigger) {
		*room = wanted;
	}
	return bigger;
}

static bool make_room(struct ki_cli_held *held, size_t len) {
	char *text = reserve(held->text, &held->room, held->len, len, 1);
	if (!text) {
		return false;
	}
	held->text = text;
	struct ki_cli_piece *pieces = reserve(held->pieces, &held->room_pieces, held->nr_pieces, 1,
		sizeof(*held->pieces));
	if (!pieces) {
		return false;
	}
	held->pieces = pieces;
	return true;
}

static void keep(
	struct ki_cli_held *held, enum kith_log_level level, const char *text, size_t len) {
	pthread_mutex_lock(&held->mutex);
	held->full = held->full || len > HELD_MAX - held->len || !make_room(held, len);
	if (!held->full) {
		memcpy(held->text + held->len, text, len);
		held->len += len;
		held->pieces[held->nr_pieces++] =
			(struct ki_cli_piece){.len = len, .level = level};
	}
	pthread_mutex_unlock(&held->mutex);
}

int ki_cli_held_output(void *user, const char *text, size_t len) {
	keep(user, KITH_LOG_DEFAULT, text, len);
	return 0;
}

/* In place of a level: what io.eprint writes. */
void ki_cli_held_error_output(void *user, const char *text, size_t len) {
	keep(user, KITH_LOG_OFF, text, len);
}

void ki_cli_held_log(void *user, enum kith_log_level level, const char *text, size_t len) {
	keep(user, level, text, len);
}

static void drop(struct ki_cli_held *held) {
	held->len = 0;
	held->nr_pieces = 0;
	held->full = false;
}

bool ki_cli_held_show(struct ki_cli_held *held, bool all) {
	bool coloured = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	bool written = true;
	pthread_mutex_lock(&held->mutex);
	const char *text = held->text;
	for (size_t i = 0; i < held->nr_pieces && written; i++) {
		const struct ki_cli_piece *piece = &held->pieces[i];
		if (piece->level == KITH_LOG_DEFAULT) {
			written = ki_cli_out(text, piece->len);
		} else if (piece->level == KITH_LOG_OFF) {
			ki_cli_err(text, piece->len);
		} else if (all) {
			ki_cli_log(&coloured, piece->level, text, piece->len);
		}
		text += piece->len;
	}
	if (held->full) {
		ki_cli_fail(EXIT_FAILED, "it said more than can be kept");
	}
	drop(held);
	pthread_mutex_unlock(&held->mutex);
	return written;
}

void ki_cli_held_drop(struct ki_cli_held *held) {
	pthread_mutex_lock(&held->mutex);
	drop(held);
	pthread_mutex_unlock(&held->mutex);
}
