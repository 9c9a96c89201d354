/*
 * zone.c: see zone.h. tm_gmtoff is not POSIX, so the offset is the local date and time, read as if
 * it were UTC, less the moment itself.
 */
#include "time/zone.h"

#include <time.h>

#include "time/calendar.h"

int ki_local_offset(int64_t unix_sec) {
	time_t when = (time_t)unix_sec;
	struct tm local;
	if (!localtime_r(&when, &local)) {
		return 0; /* a year beyond what struct tm holds */
	}
	return (int)(ki_civil_to_unix((int64_t)local.tm_year + 1900, local.tm_mon + 1,
			     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec) -
		unix_sec);
}
