/*
 * process/pid.c: PIDs to text and back.
 *
 * Owns: nothing.
 * Threads: any.
 * Not here: names, which are looked up when a text is no PID (the caller).
 */
#include "process/pid.h"

#include <string.h>

#include "process/system.h"

size_t ki_pid_format(struct ki_system *system, kith_pid pid, char text[KI_PID_TEXT_MAX]) {
	uint32_t index = ki_pid_host(pid);
	if (index == 0 || index >= system->nr_hosts || !system->hosts[index]) {
		text[0] = '\0';
		return 0;
	}
	/* By hand: each message says whom it is from. */
	struct ki_strv id = ki_strv(system->hosts[index]->id);
	uint64_t number = pid & KI_PID_NUMBER_MASK;
	int digits = 5;
	while (number >> 4 * digits) {
		digits++;
	}
	char *at = text;
	*at++ = '{';
	memcpy(at, id.ptr, id.len);
	at += id.len;
	memcpy(at, "|0x", 3);
	at += 3;
	while (digits-- > 0) {
		*at++ = "0123456789abcdef"[number >> 4 * digits & 15];
	}
	*at++ = '}';
	*at = '\0';
	return (size_t)(at - text);
}

/* A hexadecimal number with its 0x; false when it is none or does not fit. */
static bool read_number(struct ki_strv text, uint64_t *out) {
	if (text.len < 3 || text.ptr[0] != '0' || text.ptr[1] != 'x') {
		return false;
	}
	uint64_t number = 0;
	for (size_t i = 2; i < text.len; i++) {
		char c = text.ptr[i];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
			: c >= 'a' && c <= 'f'        ? (unsigned)(c - 'a' + 10)
			: c >= 'A' && c <= 'F'        ? (unsigned)(c - 'A' + 10)
						      : 16;
		if (digit == 16 || number >> 60) {
			return false;
		}
		number = number << 4 | digit;
	}
	*out = number;
	return number <= KI_PID_NUMBER_MASK;
}

enum ki_pid_fault ki_pid_parse(struct ki_system *system, struct ki_strv text, kith_pid *out) {
	if (text.len < 2 || text.ptr[0] != '{' || text.ptr[text.len - 1] != '}') {
		return KI_PID_NO_BRACES;
	}
	struct ki_strv inner = ki_strv_n(text.ptr + 1, text.len - 2);
	size_t bar = ki_strv_find(inner, '|');
	if (bar == SIZE_MAX) {
		return KI_PID_NO_PIPE;
	}
	struct ki_strv host = ki_strv_n(inner.ptr, bar);
	struct ki_strv number = ki_strv_n(inner.ptr + bar + 1, inner.len - bar - 1);
	size_t at = ki_strv_find(host, '@');
	bool other_node = false;
	if (at != SIZE_MAX) {
		other_node = !ki_strv_eqz(ki_strv_n(host.ptr, at), "local");
		host = ki_strv_n(host.ptr + at + 1, host.len - at - 1);
		bar = ki_strv_find(number, '|'); /* {NODE@HOST|X|0xN} */
		if (bar != SIZE_MAX) {
			number = ki_strv_n(number.ptr + bar + 1, number.len - bar - 1);
		}
	}
	uint64_t n;
	if (!read_number(number, &n)) {
		return KI_PID_BAD_NUMBER;
	}
	if (other_node) {
		return KI_PID_OTHER_NODE;
	}
	struct ki_proc_host *found = ki_system_find_host(system, host);
	if (!found) {
		return KI_PID_UNKNOWN_HOST;
	}
	*out = (kith_pid)found->index << KI_PID_HOST_SHIFT | n;
	return KI_PID_OK;
}

const char *ki_pid_fault_text(enum ki_pid_fault fault) {
	switch (fault) {
	case KI_PID_OK:
		return "";
	case KI_PID_NO_BRACES:
		return "invalid pid format: missing braces";
	case KI_PID_NO_PIPE:
		return "invalid pid format: missing pipe";
	case KI_PID_BAD_NUMBER:
		return "invalid pid format: bad number";
	case KI_PID_OTHER_NODE:
		return "node not found";
	case KI_PID_UNKNOWN_HOST:
		return "host not found";
	}
	return "";
}

int ki_pid_fault_status(enum ki_pid_fault fault) {
	switch (fault) {
	case KI_PID_OK:
		return KITH_OK;
	case KI_PID_NO_BRACES:
	case KI_PID_NO_PIPE:
	case KI_PID_BAD_NUMBER:
		return KITH_EINVAL;
	case KI_PID_OTHER_NODE:
	case KI_PID_UNKNOWN_HOST:
		return KITH_ENOTFOUND;
	}
	return KITH_EINTERNAL;
}
