/*
 * check.h: stop at a bug.
 *
 * Owns: ki_check (all builds) and ki_assert (only with -DKI_DEBUG).
 * Threads: any.
 * Not here: expected failures, which are a status (kith_types.h), never a check.
 */
#ifndef KI_BASE_CHECK_H
#define KI_BASE_CHECK_H

#include "base/compiler.h"

/* Prints "FILE:LINE: bug: COND" to stderr and aborts. */
KI_NORETURN void ki_check_failed(const char *file, int line, const char *cond);

#define ki_check(cond) (ki_likely(cond) ? (void)0 : ki_check_failed(__FILE__, __LINE__, #cond))

#ifdef KI_DEBUG
#define ki_assert(cond) ki_check(cond)
#else
#define ki_assert(cond) ((void)sizeof(cond))
#endif

#endif
