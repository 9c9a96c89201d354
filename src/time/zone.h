/*
 * zone.h: the local zone, as the C library knows it (TZ, else /etc/localtime, else UTC).
 *
 * Owns: nothing.
 * Threads: any.
 * Not here: zones by name, `timezone` of kith.yaml.
 */
#ifndef KI_TIME_ZONE_H
#define KI_TIME_ZONE_H

#include <stdint.h>

/* Seconds east of UTC that the local zone had, or will have, at that moment; 0 when unknown. */
int ki_local_offset(int64_t unix_sec);

#endif
