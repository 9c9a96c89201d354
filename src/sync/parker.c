/*
 * parker.c: see parker.h, where algorithm, proofs and tags stand.
 */
#include "sync/parker.h"

#include "arch/cpu.h"
#include "base/check.h"
#include "sys/clock.h"
#include "sys/machine.h"

enum {
	EMPTY,
	TOKEN,
	PARKED,
};

/* About 20 us of pauses at most: what a wake-up through the system costs a sleeper. */
#define SPIN_MIN 32u
#define SPIN_MAX 1024u

void ki_parker_init(struct ki_parker *p) {
	ki_store_rlx(&p->xstate, EMPTY); /* rlx: nobody else knows the parker yet */
	ki_mutex_init(&p->mutex);
	ki_cond_init(&p->cond);
	/* With one processor the one we wait for cannot run while we spin. */
	p->spin_max = ki_machine_cpus() > 1 ? SPIN_MAX : 0;
	p->spin = p->spin_max / 4;
}

void ki_parker_fini(struct ki_parker *p) {
	ki_cond_fini(&p->cond);
	ki_mutex_fini(&p->mutex);
}

static bool take_token(struct ki_parker *p) {
	uint32_t expected = TOKEN;
	/* acq: what the waker did before its unpark. [PK1] */
	return ki_cas_acq(&p->xstate, &expected, EMPTY);
}

/* Spins for the number of turns that paid lately: doubled by a success, halved by a failure. */
static bool spin_for_token(struct ki_parker *p) {
	for (uint32_t i = 0; i < p->spin; i++) {
		/* rlx: only decides when to try; the CAS judges. */
		if (ki_load_rlx(&p->xstate) == TOKEN && take_token(p)) {
			p->spin = p->spin * 2 < p->spin_max ? p->spin * 2 : p->spin_max;
			return true;
		}
		ki_cpu_relax();
	}
	if (p->spin > SPIN_MIN) {
		p->spin /= 2;
	}
	return false;
}

/* With the mutex held and PARKED stored: waits until there is a token or the deadline (< 0: none)
 * has passed. */
static bool sleep_for_token(struct ki_parker *p, int64_t deadline_ns) {
	bool in_time = true;
	while (!take_token(p)) {
		if (!in_time) {
			uint32_t parked = PARKED;
			/* acq: if it fails, then since a token came at the last moment. [PK1] */
			if (ki_cas_acq(&p->xstate, &parked, EMPTY)) {
				return false;
			}
			continue;
		}
		if (deadline_ns < 0) {
			ki_cond_wait(&p->cond, &p->mutex);
		} else {
			in_time = ki_cond_wait_until(&p->cond, &p->mutex, deadline_ns);
		}
	}
	return true;
}

static bool park(struct ki_parker *p, int64_t deadline_ns) {
	if (take_token(p)) {
		return true;
	}
	if (deadline_ns >= 0 && ki_clock_mono_ns() >= deadline_ns) {
		return false;
	}
	if (spin_for_token(p)) {
		return true;
	}
	ki_mutex_lock(&p->mutex);
	uint32_t expected = EMPTY;
	/* rlx: publishes nothing; a failure means TOKEN, and taking it acquires. (I2) */
	ki_cas_rlx(&p->xstate, &expected, PARKED);
	bool woken = sleep_for_token(p, deadline_ns);
	ki_mutex_unlock(&p->mutex);
	return woken;
}

void ki_parker_park(struct ki_parker *p) {
	bool woken = park(p, -1);
	ki_check(woken);
}

bool ki_parker_park_until(struct ki_parker *p, int64_t deadline_ns) {
	return park(p, deadline_ns < 0 ? 0 : deadline_ns);
}

void ki_parker_unpark(struct ki_parker *p) {
	/* rel: what we did before is seen by the woken. [PK1] */
	if (ki_xchg_rel(&p->xstate, TOKEN) == PARKED) {
		ki_mutex_lock(&p->mutex); /* the owner waits by now, or has gone on (I3) */
		ki_cond_signal(&p->cond);
		ki_mutex_unlock(&p->mutex);
	}
}
