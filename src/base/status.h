/*
 * status.h: names and sentences of enum kith_status.
 *
 * Owns: the look-up in KITH_STATUS_MAP. An unknown code gives "EUNKNOWN", "" and a sentence.
 * Threads: any; constant strings.
 * Not here: the codes themselves (kith_types.h).
 */
#ifndef KI_BASE_STATUS_H
#define KI_BASE_STATUS_H

#include <kith_types.h>

/* "ENOTFOUND" */
const char *ki_status_name(int status);
/* The kind of Error a Lua program sees (SPEC 2.2): "NotFound"; "" for KITH_OK. */
const char *ki_status_kind(int status);
/* One sentence without a full stop. */
const char *ki_status_text(int status);

#endif
