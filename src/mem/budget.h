/*
 * budget.h: a bound for several kinds of memory together: the `memory` of a runtime (SPEC 15.6).
 *
 * Owns: struct ki_budget.
 * Threads: any; the limit is set before anything is taken.
 * Invariants:
 *	I1 it counts exactly what was taken and not given back: nothing is put off. Whoever takes
 *	   small pieces often takes them in chunks (a heap's chunks, a stack), so that the count,
 *	   which all threads write, is not written for each piece.
 *	I2 ki_budget_take never makes it exceed its limit. A take that is refused counts for a
 *	   moment: of two at once both may be refused where one would fit.
 *	I3 without a limit it counts nothing, and costs a comparison.
 * Not here: what is refused to whom (heap.h, process/mailbox.c, process/spawn.c).
 */
#ifndef KI_MEM_BUDGET_H
#define KI_MEM_BUDGET_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stdint.h>

struct ki_budget {
	uint64_t limit_bytes; /* 0: none; set once */
	_Atomic(uint64_t) xtaken;
};

/* NULL stands for a budget without a limit, here and below. */

/* False: there is no room for so much, and nothing is taken. */
bool ki_budget_take(struct ki_budget *budget, uint64_t bytes);
/* Counts what nobody can refuse, beyond the limit if need be. */
void ki_budget_add(struct ki_budget *budget, uint64_t bytes);
void ki_budget_give(struct ki_budget *budget, uint64_t bytes);
/* A hint: there is no room for that much now. */
bool ki_budget_lacks(const struct ki_budget *budget, uint64_t bytes);

#endif
