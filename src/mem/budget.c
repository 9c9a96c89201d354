/*
 * budget.c: see budget.h. Relaxed throughout: the count orders nothing.
 */
#include "mem/budget.h"

#include <stddef.h>

static bool counts(const struct ki_budget *budget) {
	return budget != NULL && budget->limit_bytes != 0;
}

bool ki_budget_take(struct ki_budget *budget, uint64_t bytes) {
	if (!counts(budget)) {
		return true;
	}
	uint64_t before = ki_add_rlx(&budget->xtaken, bytes);
	if (before <= budget->limit_bytes && bytes <= budget->limit_bytes - before) {
		return true;
	}
	ki_sub_rlx(&budget->xtaken, bytes);
	return false;
}

void ki_budget_add(struct ki_budget *budget, uint64_t bytes) {
	if (counts(budget)) {
		ki_add_rlx(&budget->xtaken, bytes);
	}
}

void ki_budget_give(struct ki_budget *budget, uint64_t bytes) {
	if (counts(budget)) {
		ki_sub_rlx(&budget->xtaken, bytes);
	}
}

bool ki_budget_lacks(const struct ki_budget *budget, uint64_t bytes) {
	if (!counts(budget)) {
		return false;
	}
	uint64_t taken = ki_load_rlx(&budget->xtaken);
	return taken > budget->limit_bytes || bytes > budget->limit_bytes - taken;
}
