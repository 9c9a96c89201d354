/* supervise/roll.c: see roll.h. */
#include "supervise/roll.h"

#include "base/buf.h"
#include "supervise/supervisor_body.h"

void ki_roll_init(struct ki_roll *roll) {
	ki_mutex_init(&roll->mutex);
	ki_list_init(&roll->supervisors);
}

void ki_roll_fini(struct ki_roll *roll) {
	ki_mutex_fini(&roll->mutex);
}

void ki_roll_lock(struct ki_roll *roll) {
	if (roll) {
		ki_mutex_lock(&roll->mutex);
	}
}

void ki_roll_unlock(struct ki_roll *roll) {
	if (roll) {
		ki_mutex_unlock(&roll->mutex);
	}
}

static void visit_child(const struct ki_child *child, const struct ki_roll_visitor *visitor) {
	struct ki_buf name;
	ki_buf_init(&name);
	ki_child_put_name(child, &name);
	/* rlx: each for itself is what it was at some moment */
	struct ki_child_record record = {
		.name = ki_buf_view(&name),
		.process = child->spec->program->id,
		.restart = ki_child_restart_name(child),
		.state = ki_child_state_name((enum ki_child_state)ki_load_rlx(&child->xstate)),
		.pid = ki_load_rlx(&child->xpid),
		.restarts = ki_load_rlx(&child->xrestarts),
		.started_at_ns = ki_load_rlx(&child->xrun_wall_ns),
	};
	visitor->child(visitor->user, &record);
	ki_buf_fini(&name);
}

void ki_roll_each(struct ki_roll *roll, const struct ki_roll_visitor *visitor) {
	ki_roll_lock(roll);
	ki_list_for_each (at, &roll->supervisors) {
		const struct ki_supervisor *sup =
			ki_list_entry(at, struct ki_supervisor, on_roll);
		visitor->begin(visitor->user, sup->proc->pid);
		ki_list_for_each (node, &sup->children.all) {
			visit_child(ki_list_entry(node, struct ki_child, node), visitor);
		}
		visitor->end(visitor->user);
	}
	ki_roll_unlock(roll);
}
