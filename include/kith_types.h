/*
 * kith_types.h: the vocabulary that every layer of kith, and a program that embeds it, shares.
 *
 * Owns: the status codes with their names and sentences, and the PID as a number.
 * Threads: constants and pure functions only.
 * Not here: functions of the runtime (kith.h).
 */
#ifndef KITH_TYPES_H
#define KITH_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Each row: code, the error kind a Lua program sees for it (SPEC 2.2), one sentence.
 * KITH_OK is 0; every other status is negative.
 */
#define KITH_STATUS_MAP(X)                                                                         \
	X(OK, 0, "", "success")                                                                    \
	X(EINVAL, -1, "Invalid", "an argument is missing, malformed or out of range")              \
	X(ENOTFOUND, -2, "NotFound", "no such process, host, entry or name")                       \
	X(EEXIST, -3, "AlreadyExists", "it exists already")                                        \
	X(EPERM, -4, "PermissionDenied", "the operation is not permitted")                         \
	X(EUNAVAILABLE, -5, "Unavailable", "it is not running at present")                         \
	X(EINTERNAL, -6, "Internal", "an error inside a program or the runtime")                   \
	X(ECANCELED, -7, "Canceled", "it was cancelled or ended by force")                         \
	X(ECONFLICT, -8, "Conflict", "it conflicts with the present state")                        \
	X(ETIMEOUT, -9, "Timeout", "the time allowed ran out")                                     \
	X(ERATELIMITED, -10, "RateLimited", "a queue is full")                                     \
	X(EEXHAUSTED, -11, "ResourceExhausted", "a limit or the machine's memory is used up")      \
	X(EKILLED, -12, "Canceled", "force was applied to the calling process")                    \
	X(ECLOSED, -13, "Unavailable", "the runtime is closed")                                    \
	X(EIO, -14, "Internal", "the system refused an input or output operation")

enum kith_status {
#define KITH_STATUS_ENUM(name, code, kind, text) KITH_##name = (code),
	KITH_STATUS_MAP(KITH_STATUS_ENUM)
#undef KITH_STATUS_ENUM
};

/* A process's number: slot and generation packed (SPEC 3.1). 0 is no process. */
typedef uint64_t kith_pid;

#ifdef __cplusplus
}
#endif

#endif
