/*
 * process/upgrade.c: see upgrade.h.
 *
 * Owns: struct ki_upgrade. Threads: as there.
 */
#include "process/upgrade.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/check.h"
#include "mem/value.h"
#include "process/calls.h"
#include "process/input.h"
#include "process/mailbox.h"

struct ki_upgrade {
	const struct ki_program *program;
	struct ki_message *args; /* its last payload is room for the error of a start */
};

int ki_proc_upgrade(
	struct ki_proc *proc, const struct ki_program *program, struct ki_message *args) {
	ki_assert(!proc->upgrade);
	struct ki_upgrade *upgrade = ki_alloc(sizeof(*upgrade));
	if (!upgrade) {
		ki_signal_free(&args->signal);
		return KITH_EEXHAUSTED;
	}
	*upgrade = (struct ki_upgrade){program, args};
	proc->upgrade = upgrade;
	return KITH_OK;
}

void ki_upgrade_drop(struct ki_proc *proc) {
	struct ki_upgrade *upgrade = proc->upgrade;
	if (upgrade) {
		proc->upgrade = NULL;
		ki_signal_free(&upgrade->args->signal);
		ki_free(upgrade);
	}
}

/* UP2 */
static void drop_body(struct ki_proc *proc) {
	ki_proc_calls_cancel(proc);
	ki_proc_timers_stop(proc);
	ki_proc_hold(proc);
	ki_inputs_abandon(proc);
	ki_check(ki_list_empty(&proc->timers));
	ki_add_rlx(&proc->shown.xupgrades, 1); /* a counter */
	proc->program->ops->destroy(proc);
}

static void fail(struct ki_proc *proc, const struct ki_payload *error) {
	struct ki_error_view view = {.message = ki_strv("out of memory")};
	if (error) {
		ki_error_read(error, &view);
	}
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_puts(&text, "upgrade: init failed: ");
	ki_buf_putv(&text, view.message);
	ki_proc_end_error(proc, ki_error_payload_status(KITH_EINTERNAL, ki_buf_view(&text)));
	ki_buf_fini(&text);
}

bool ki_upgrade_do(struct ki_proc *proc) {
	struct ki_upgrade *upgrade = proc->upgrade;
	if (!upgrade) {
		return true;
	}
	drop_body(proc);
	proc->program = upgrade->program;
	struct ki_message *args = upgrade->args;
	uint32_t nr = args->nr_payloads - 1;
	int status = proc->program->ops->start(
		proc, proc->program, args->payloads, nr, &args->payloads[nr]);
	if (status) {
		fail(proc, args->payloads[nr]);
	}
	ki_upgrade_drop(proc); /* a start that was abandoned leaves it to the end */
	ki_proc_show(proc);
	return !status;
}
