/*
 * location.c: see location.h.
 */
#include "time/location.h"

const struct ki_location ki_location_utc = {.name = "UTC", .fixed = true};
const struct ki_location ki_location_local_utc = {.name = "Local", .first = {.abbrev = "UTC"}};

void ki_location_init_fixed(struct ki_location *location, const char *name, int32_t offset_sec) {
	*location = (struct ki_location){
		.name = name, .fixed = true, .first = {.offset_sec = offset_sec}};
}

/* The number of changes at or before unix_sec. */
static size_t changes_until(const struct ki_location *location, int64_t unix_sec) {
	size_t low = 0;
	size_t high = location->nr_changes;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (location->changes[middle].when <= unix_sec) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

struct ki_zone_span ki_location_at(const struct ki_location *location, int64_t unix_sec) {
	if (location->fixed) {
		return (struct ki_zone_span){INT64_MIN, INT64_MAX, location->first.offset_sec,
			false, location->name};
	}
	size_t nr = changes_until(location, unix_sec);
	const struct ki_zone_change *change = location->changes;
	int64_t start = nr > 0 ? change[nr - 1].when : INT64_MIN;
	if (nr == location->nr_changes && location->rule) {
		struct ki_zone_span span = ki_tzrule_at(location->rule, unix_sec);
		span.start = span.start < start ? start : span.start;
		return span;
	}
	int64_t end = nr < location->nr_changes ? change[nr].when : INT64_MAX;
	return ki_zone_span(
		start, end, nr > 0 ? &location->kinds[change[nr - 1].kind] : &location->first);
}

int ki_location_offset(const struct ki_location *location, int64_t unix_sec) {
	return ki_location_at(location, unix_sec).offset_sec;
}

/* a - b, saturating: at the ends of time zones mean nothing. */
static int64_t minus(int64_t a, int64_t b) {
	if (b > 0 ? a < INT64_MIN + b : a > INT64_MAX + b) {
		return b > 0 ? INT64_MIN : INT64_MAX;
	}
	return a - b;
}

bool ki_location_offset_named(const struct ki_location *location, struct ki_strv name,
	int64_t shown_sec, int *out_sec) {
	if (location->fixed) {
		*out_sec = location->first.offset_sec;
		return ki_strv_eqz(name, location->name);
	}
	/* One name may stand for several offsets: first those in use at that time. */
	const struct ki_zone_kind *found = NULL;
	for (size_t i = 0; i < location->nr_kinds; i++) {
		const struct ki_zone_kind *kind = &location->kinds[i];
		if (!ki_strv_eqz(name, kind->abbrev)) {
			continue;
		}
		found = found ? found : kind;
		struct ki_zone_span span =
			ki_location_at(location, minus(shown_sec, kind->offset_sec));
		if (ki_strv_eqz(name, span.abbrev)) {
			*out_sec = span.offset_sec;
			return true;
		}
	}
	if (found) {
		*out_sec = found->offset_sec;
	}
	return found != NULL;
}

int64_t ki_location_to_unix(const struct ki_location *location, int64_t shown_sec) {
	/* The offset at the moment that UTC clocks show this, unless it is not yet, or no more, in
	 * use at the moment it leads to. */
	struct ki_zone_span span = ki_location_at(location, shown_sec);
	int64_t unix_sec = minus(shown_sec, span.offset_sec);
	if (unix_sec < span.start || unix_sec >= span.end) {
		unix_sec = minus(shown_sec, ki_location_offset(location, unix_sec));
	}
	return unix_sec;
}
