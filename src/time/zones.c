/*
 * zones.c: see zones.h. The list is walked: a program uses few zones.
 */
#include "time/zones.h"

#include <kith_types.h>

#include "base/alloc.h"
#include "sys/file.h"
#include "time/tzif.h"

#define MAX_FILE_BYTES ((size_t)1024 * 1024)
#define MAX_NAME 255

void ki_zones_init(struct ki_zones *zones, const char *folder) {
	*zones = (struct ki_zones){
		.folder = folder ? folder : KI_ZONES_FOLDER, .local = &ki_location_local_utc};
	ki_mutex_init(&zones->lock);
}

/* Frees the local zone, if it is one of its own. */
static void drop_local(struct ki_zones *zones) {
	if (zones->local != &ki_location_local_utc) {
		ki_location_free(zones->local);
		zones->local = &ki_location_local_utc;
	}
}

void ki_zones_fini(struct ki_zones *zones) {
	if (!zones->folder) {
		return;
	}
	drop_local(zones);
	for (size_t i = 0; i < zones->nr; i++) {
		ki_location_free(zones->loaded[i]);
	}
	ki_free(zones->loaded);
	ki_mutex_fini(&zones->lock);
	*zones = (struct ki_zones){0};
}

static bool is_name_char(char c) {
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '+' || c == '.';
}

/* Words between single slashes, none of which begins with a point: so the name stays in the folder
 * and no file has two names but by links. */
static bool is_zone_name(struct ki_strv name) {
	bool begins = true;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (begins ? !is_name_char(c) || c == '.' : !is_name_char(c) && c != '/') {
			return false;
		}
		begins = c == '/';
	}
	return !begins && name.len <= MAX_NAME;
}

/* ENOTFOUND for whatever is wrong with the file. */
static int read_file(const char *path, struct ki_strv name, const struct ki_location **out) {
	struct ki_buf bytes = {0};
	int status = ki_file_read(path, MAX_FILE_BYTES, &bytes);
	if (status == KITH_OK) {
		status = ki_tzif_read(name, ki_buf_view(&bytes), out);
	}
	ki_buf_fini(&bytes);
	return status == KITH_OK || status == KITH_EEXHAUSTED ? status : KITH_ENOTFOUND;
}

static int read_named(const struct ki_zones *zones, struct ki_strv name, struct ki_strv as,
	const struct ki_location **out) {
	if (!is_zone_name(name)) {
		return KITH_ENOTFOUND;
	}
	struct ki_buf path = {0};
	ki_buf_printf(&path, "%s/" KI_STRV_FMT, zones->folder, KI_STRV_ARG(name));
	const char *text = ki_buf_cstr(&path);
	int status = path.failed ? KITH_EEXHAUSTED : read_file(text, as, out);
	ki_buf_fini(&path);
	return status;
}

static const struct ki_location *find_locked(const struct ki_zones *zones, struct ki_strv name) {
	for (size_t i = 0; i < zones->nr; i++) {
		if (ki_strv_eqz(name, zones->loaded[i]->name)) {
			return zones->loaded[i];
		}
	}
	return NULL;
}

static bool append_locked(struct ki_zones *zones, const struct ki_location *location) {
	if (zones->nr == zones->cap) {
		size_t cap = zones->cap ? zones->cap * 2 : 8;
		const struct ki_location **more =
			ki_realloc(zones->loaded, cap * sizeof(zones->loaded[0]));
		if (!more) {
			return false;
		}
		zones->loaded = more;
		zones->cap = cap;
	}
	zones->loaded[zones->nr++] = location;
	return true;
}

/* Takes a fresh location: gives it, or the one that another thread has put in since. */
static int keep(struct ki_zones *zones, const struct ki_location *fresh,
	const struct ki_location **out) {
	ki_mutex_lock(&zones->lock);
	const struct ki_location *found = find_locked(zones, ki_strv(fresh->name));
	bool kept = !found && append_locked(zones, fresh);
	ki_mutex_unlock(&zones->lock);
	if (!kept) {
		ki_location_free(fresh);
	}
	if (!kept && !found) {
		return KITH_EEXHAUSTED;
	}
	*out = kept ? fresh : found;
	return KITH_OK;
}

int ki_zones_load(struct ki_zones *zones, struct ki_strv name, const struct ki_location **out) {
	if (ki_strv_eqz(name, "UTC") || ki_strv_eqz(name, "Local")) {
		*out = name.ptr[0] == 'U' ? &ki_location_utc : zones->local;
		return KITH_OK;
	}
	ki_mutex_lock(&zones->lock);
	const struct ki_location *found = find_locked(zones, name);
	ki_mutex_unlock(&zones->lock);
	if (found) {
		*out = found;
		return KITH_OK;
	}
	const struct ki_location *fresh;
	int status = read_named(zones, name, name, &fresh);
	return status == KITH_OK ? keep(zones, fresh, out) : status;
}

const struct ki_location *ki_zones_local(const struct ki_zones *zones) {
	return zones->local;
}

int ki_zones_set_local(struct ki_zones *zones, struct ki_strv text) {
	const struct ki_strv as = ki_strv("Local");
	if (text.len > 0 && *text.ptr == ':') {
		text = ki_strv_sub(text, 1, text.len);
	}
	if (text.len == 0 || ki_strv_eqz(text, "UTC")) {
		drop_local(zones);
		return KITH_OK;
	}
	const struct ki_location *local;
	int status;
	if (*text.ptr == '/') {
		char *path = ki_strdup_n(text.ptr, text.len);
		status = path ? read_file(path, as, &local) : KITH_EEXHAUSTED;
		ki_free(path);
	} else {
		status = read_named(zones, text, as, &local);
		if (status == KITH_ENOTFOUND) {
			status = ki_location_of_rule(as, text, &local);
		}
	}
	if (status != KITH_OK) {
		return status == KITH_EEXHAUSTED ? status : KITH_ENOTFOUND;
	}
	drop_local(zones);
	zones->local = local;
	return KITH_OK;
}

int ki_zones_set_machine_local(struct ki_zones *zones, const char *path) {
	int status = ki_zones_set_local(zones, ki_strv(path ? path : KI_ZONES_LOCALTIME));
	return status == KITH_ENOTFOUND ? ki_zones_set_local(zones, ki_strv("")) : status;
}
