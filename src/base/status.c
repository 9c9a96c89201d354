/*
 * status.c: see status.h. A walk over the table: statuses are few, and names are for people.
 */
#include "base/status.h"

#include "base/compiler.h"

static const struct {
	int code;
	const char *name;
	const char *kind;
	const char *text;
} statuses[] = {
#define STATUS_ROW(name, code, kind, text) {code, #name, kind, text},
	KITH_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

static size_t index_of(int status) {
	for (size_t i = 0; i < ki_countof(statuses); i++) {
		if (statuses[i].code == status) {
			return i;
		}
	}
	return ki_countof(statuses);
}

const char *ki_status_name(int status) {
	size_t i = index_of(status);
	return i < ki_countof(statuses) ? statuses[i].name : "EUNKNOWN";
}

const char *ki_status_kind(int status) {
	size_t i = index_of(status);
	return i < ki_countof(statuses) ? statuses[i].kind : "";
}

const char *ki_status_text(int status) {
	size_t i = index_of(status);
	return i < ki_countof(statuses) ? statuses[i].text : "unknown status";
}
