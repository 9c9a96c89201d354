/*
 * atomic.h: operations on _Atomic fields with the memory order in the name.
 *
 * Owns: the only spelling of an atomic access in kith. `p` is the address of an _Atomic field.
 * Threads: any.
 * Invariants:
 *   I1 no implicit seq_cst: each access names its order.
 *   I2 no standalone fence exists here: ThreadSanitizer does not model fences.
 *   I3 a compare-and-swap that fails loads with the order of its name less the release part.
 * Not here: the reason for an order; that stands at the call with a tag (STYLE, Atomics).
 *
 * add, sub, or, and: fetch operations, they return the old value. cas is strong, casw may fail
 * without cause and belongs into a loop; on failure `*expected` holds what was found.
 */
#ifndef KI_BASE_ATOMIC_H
#define KI_BASE_ATOMIC_H

#include <stdatomic.h>

#define ki_load_rlx(p) atomic_load_explicit((p), memory_order_relaxed)
#define ki_load_acq(p) atomic_load_explicit((p), memory_order_acquire)
#define ki_load_sc(p) atomic_load_explicit((p), memory_order_seq_cst)

#define ki_store_rlx(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define ki_store_rel(p, v) atomic_store_explicit((p), (v), memory_order_release)
#define ki_store_sc(p, v) atomic_store_explicit((p), (v), memory_order_seq_cst)

#define ki_xchg_rlx(p, v) atomic_exchange_explicit((p), (v), memory_order_relaxed)
#define ki_xchg_acq(p, v) atomic_exchange_explicit((p), (v), memory_order_acquire)
#define ki_xchg_rel(p, v) atomic_exchange_explicit((p), (v), memory_order_release)
#define ki_xchg_acq_rel(p, v) atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define ki_xchg_sc(p, v) atomic_exchange_explicit((p), (v), memory_order_seq_cst)

#define ki_add_rlx(p, v) atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define ki_add_acq(p, v) atomic_fetch_add_explicit((p), (v), memory_order_acquire)
#define ki_add_rel(p, v) atomic_fetch_add_explicit((p), (v), memory_order_release)
#define ki_add_acq_rel(p, v) atomic_fetch_add_explicit((p), (v), memory_order_acq_rel)
#define ki_add_sc(p, v) atomic_fetch_add_explicit((p), (v), memory_order_seq_cst)

#define ki_sub_rlx(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_relaxed)
#define ki_sub_acq(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_acquire)
#define ki_sub_rel(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_release)
#define ki_sub_acq_rel(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel)
#define ki_sub_sc(p, v) atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst)

#define ki_or_rlx(p, v) atomic_fetch_or_explicit((p), (v), memory_order_relaxed)
#define ki_or_acq(p, v) atomic_fetch_or_explicit((p), (v), memory_order_acquire)
#define ki_or_rel(p, v) atomic_fetch_or_explicit((p), (v), memory_order_release)
#define ki_or_acq_rel(p, v) atomic_fetch_or_explicit((p), (v), memory_order_acq_rel)
#define ki_or_sc(p, v) atomic_fetch_or_explicit((p), (v), memory_order_seq_cst)

#define ki_and_rlx(p, v) atomic_fetch_and_explicit((p), (v), memory_order_relaxed)
#define ki_and_acq(p, v) atomic_fetch_and_explicit((p), (v), memory_order_acquire)
#define ki_and_rel(p, v) atomic_fetch_and_explicit((p), (v), memory_order_release)
#define ki_and_acq_rel(p, v) atomic_fetch_and_explicit((p), (v), memory_order_acq_rel)
#define ki_and_sc(p, v) atomic_fetch_and_explicit((p), (v), memory_order_seq_cst)

#define KI_CAS_(how, p, e, d, win, lose)                                                           \
	atomic_compare_exchange_##how##_explicit((p), (e), (d), memory_order_##win,                \
						 memory_order_##lose)

#define ki_cas_rlx(p, e, d) KI_CAS_(strong, p, e, d, relaxed, relaxed)
#define ki_cas_acq(p, e, d) KI_CAS_(strong, p, e, d, acquire, acquire)
#define ki_cas_rel(p, e, d) KI_CAS_(strong, p, e, d, release, relaxed)
#define ki_cas_acq_rel(p, e, d) KI_CAS_(strong, p, e, d, acq_rel, acquire)
#define ki_cas_sc(p, e, d) KI_CAS_(strong, p, e, d, seq_cst, seq_cst)

#define ki_casw_rlx(p, e, d) KI_CAS_(weak, p, e, d, relaxed, relaxed)
#define ki_casw_acq(p, e, d) KI_CAS_(weak, p, e, d, acquire, acquire)
#define ki_casw_rel(p, e, d) KI_CAS_(weak, p, e, d, release, relaxed)
#define ki_casw_acq_rel(p, e, d) KI_CAS_(weak, p, e, d, acq_rel, acquire)
#define ki_casw_sc(p, e, d) KI_CAS_(weak, p, e, d, seq_cst, seq_cst)

#endif
