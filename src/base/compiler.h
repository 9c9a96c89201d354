/*
 * compiler.h: what differs between compilers and kinds of build, under one name each.
 *
 * Owns: KI_* attributes, KI_ASAN and KI_TSAN (1 in a build with that sanitizer, else 0).
 * Threads: constants only.
 * Not here: atomic operations (base/atomic.h), the machine (arch/).
 */
#ifndef KI_BASE_COMPILER_H
#define KI_BASE_COMPILER_H

#include <stddef.h>

#define KI_NOINLINE __attribute__((noinline))
#define KI_NORETURN __attribute__((noreturn))
#define KI_UNUSED __attribute__((unused))
#define KI_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ki_likely(x) __builtin_expect(!!(x), 1)
#define ki_unlikely(x) __builtin_expect(!!(x), 0)

#define KI_CACHE_LINE 64

#define ki_countof(array) (sizeof(array) / sizeof((array)[0]))
#define ki_container_of(ptr, type, member)                                                         \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KI_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define KI_TSAN 1
#endif
#endif
#if !defined(KI_ASAN) && defined(__SANITIZE_ADDRESS__)
#define KI_ASAN 1
#endif
#if !defined(KI_TSAN) && defined(__SANITIZE_THREAD__)
#define KI_TSAN 1
#endif
#ifndef KI_ASAN
#define KI_ASAN 0
#endif
#ifndef KI_TSAN
#define KI_TSAN 0
#endif

#endif
