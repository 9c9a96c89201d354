/*
 * lua/luabody.c: the Lua implementation of process/body.h: the chunk, and the step loop.
 *
 * Owns: struct ki_lua as a whole, from start to destroy. Threads: as process/body.h says.
 * Invariants:
 *	LB1 the frames of the step loop keep nothing that changes while a coroutine runs: they may
 *	    be put by with its strand, and be the loop again much later.
 *	LB2 what came before this turn began woke nobody but this turn: so it waits only when a
 *	    look, or a glance at the mailbox after the last time that it was set aside, found
 *	    nothing.
 *	LB3 where the chunk ran in the template, nothing of steps 7 and 8 of a spawn can fail any
 *	    more; so the copy is made when the process first runs, by the worker that needs it. A
 *	    refusal of memory there ends the process as at its limit (SPEC 15.7).
 * Not here: how coroutines wait (co.c), what the end is (result.c).
 */
#include "lua/program.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "lua/alarm.h"
#include "lua/chunk.h"
#include "lua/co.h"
#include "lua/codec.h"
#include "lua/hook.h"
#include "lua/luaerror.h"
#include "lua/outgoing.h"
#include "lua/result.h"
#include "lua/route.h"
#include "lua/state.h"
#include "lua/template.h"
#include "mem/value.h"

/* ---- start: SPEC 4.2 steps 7 and 8, on the spawner's strand ---- */

static int exhausted(struct ki_payload **error) {
	*error = ki_error_payload_status(KITH_EEXHAUSTED, ki_strv("memory full"));
	return KITH_EEXHAUSTED;
}

/* chunk -> the body, or something that is no function */
static int run_chunk(lua_State *L) {
	ki_chunk_run(L, ki_lua_of(L)->program->method);
	return 1;
}

/* body, unless main has it: makes main ready with its arguments. */
static int start_main(lua_State *L) {
	const struct ki_lua *lua = ki_lua_of(L);
	struct ki_co *main = lua->loaded ? lua->main : ki_co_spawn(L, true);
	luaL_checkstack(main->L, (int)lua->nr_args + LUA_MINSTACK, "too many arguments");
	for (size_t i = 0; i < lua->nr_args; i++) {
		ki_codec_decode(L, lua->args[i]);
		lua_xmove(L, main->L, 1);
	}
	ki_co_ready(main, (int)lua->nr_args);
	return 0;
}

static bool take_args(struct ki_lua *lua, struct ki_payload *const *args, size_t nr_args) {
	lua->args = nr_args > 0 ? ki_alloc(nr_args * sizeof *args) : NULL;
	if (nr_args > 0 && lua->args == NULL) {
		return false;
	}
	for (; lua->nr_args < nr_args; lua->nr_args++) {
		struct ki_payload *arg = args[lua->nr_args];
		lua->args[lua->nr_args] = arg != NULL ? ki_payload_ref(arg) : NULL;
	}
	return true;
}

static void drop_args(struct ki_lua *lua) {
	for (size_t i = 0; i < lua->nr_args; i++) {
		ki_payload_unref(lua->args[i]);
	}
	ki_free(lua->args);
	lua->args = NULL;
	lua->nr_args = 0;
}

static int script_failed(struct ki_strv cause, struct ki_payload **error) {
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_puts(&text, "failed to execute script: ");
	ki_buf_putv(&text, cause);
	*error = ki_error_payload_status(KITH_EINTERNAL, ki_buf_view(&text));
	ki_buf_fini(&text);
	return KITH_EINTERNAL;
}

/* With the text of the error value on top of the stack. */
static int script_raised(lua_State *L, struct ki_payload **error) {
	struct ki_payload *cause = ki_error_from_value(L, -1, ki_strv(""));
	struct ki_error_view view = {0};
	if (cause == NULL || ki_error_read(cause, &view) != KITH_OK) {
		return exhausted(error);
	}
	int status = script_failed(view.message, error);
	ki_payload_unref(cause);
	return status;
}

static int no_method(const char *method, struct ki_payload **error) {
	struct ki_buf text;
	ki_buf_init(&text);
	ki_buf_printf(&text, "method \"%s\" not found in module", method);
	*error = ki_error_payload_status(KITH_ENOTFOUND, ki_strv_n(text.ptr, text.len));
	ki_buf_fini(&text);
	return KITH_ENOTFOUND;
}

/* What is on the stack goes to the function. */
static int call(lua_State *L, lua_CFunction function, int nr_results) {
	lua_pushcfunction(L, function);
	lua_insert(L, 1);
	return lua_pcall(L, lua_gettop(L) - 1, nr_results, 0);
}

/* With the compiled chunk on the stack, or nothing yet. */
static int load(struct ki_lua *lua, struct ki_payload **error) {
	lua_State *L = lua->L;
	if (lua_gettop(L) == 0 && ki_lua_compile(L, lua->program) != KITH_OK) {
		return script_raised(L, error);
	}
	if (call(L, run_chunk, 1) != LUA_OK) {
		return script_raised(L, error);
	}
	if (!lua_isfunction(L, -1)) {
		return no_method(lua->program->method, error);
	}
	return call(L, start_main, 0) == LUA_OK ? KITH_OK : script_raised(L, error);
}

static struct ki_lua *new_lua(struct ki_proc *proc, const struct ki_program *program) {
	struct ki_lua *lua = ki_alloc(sizeof(*lua));
	if (lua == NULL) {
		return NULL;
	}
	ki_lua_init(lua, proc, program->data);
	lua->overrun.tell = ki_lua_tell;
	ki_heap_set_limit(&lua->heap, (size_t)proc->limits.max_memory);
	ki_heap_set_budget(&lua->heap, proc->system->memory);
	lua->random_seed = ki_sched_random(proc->system->sched);
	return lua;
}

/* To the chunk, or to a state that the process's own limit has no room for; else there was nothing
 * of a process yet, and it is the runtime that has no room for one more. */
static int memory_refused(struct ki_lua *lua, struct ki_payload **error) {
	if (!lua->loading && !lua->heap.limit_hit) {
		return exhausted(error);
	}
	char text[KI_LUA_MEMORY_TEXT_MAX];
	ki_lua_memory_text(lua, text, sizeof text);
	return script_failed(ki_strv(text), error);
}

static int open_state(struct ki_lua *lua) {
	return lua->template != NULL ? ki_template_clone(lua) : ki_lua_open(lua);
}

static int open_and_load(struct ki_lua *lua, struct ki_payload **error) {
	if (open_state(lua) != KITH_OK) {
		return memory_refused(lua, error);
	}
	ki_lua_hook(lua->L);
	ki_lua_runs(lua, lua->L);
	lua->loading = true;
	int status = load(lua, error);
	lua->loading = false;
	lua_settop(lua->L, 0);
	return status;
}

/* A refusal of memory leads here from wherever it was, through all that the chunk calls. */
static int run_start(struct ki_lua *lua, struct ki_payload **error) {
	jmp_buf refused;
	lua->start = &refused;
	int status;
	if (setjmp(refused) == 0) {
		status = open_and_load(lua, error);
	} else {
		status = memory_refused(lua, error);
	}
	lua->start = NULL;
	return status;
}

/* While the chunk loads, the turn is the spawner's, and this state is what takes its time. In a
 * thread outside of all hosts there are no turns. */
static struct ki_overrun *tell_of_overruns(struct ki_overrun *overrun) {
	return ki_proc_self() != NULL ? ki_task_on_overrun(overrun) : NULL;
}

/* The body is made; what it runs here may be left by a jump. */
static int find_or_run(struct ki_lua *lua, struct ki_payload **error) {
	ki_template_find(lua);
	if (lua->loaded) { /* LB3: no more than a hint of whether there will be room */
		size_t bytes = ki_template_bytes(lua->template);
		struct ki_budget *memory = lua->proc->system->memory;
		return ki_budget_lacks(memory, bytes) ? exhausted(error) : KITH_OK;
	}
	struct ki_overrun *spawner = tell_of_overruns(&lua->overrun);
	int status = run_start(lua, error);
	ki_lua_runs(lua, NULL);
	tell_of_overruns(spawner);
	drop_args(lua);
	return status;
}

/* Nothing of what ran is left: the state is dropped whole, as after a strand that was given up. */
static int forced_out(struct ki_lua *lua) {
	ki_lua_runs(lua, NULL);
	tell_of_overruns(NULL); /* a native body has none */
	return KITH_EKILLED;
}

static int lua_start(struct ki_proc *proc, const struct ki_program *program,
	struct ki_payload *const *args, size_t nr_args, struct ki_payload **error) {
	struct ki_lua *lua = new_lua(proc, program);
	if (lua == NULL) {
		return exhausted(error);
	}
	proc->body = lua; /* from here on destroy lets go of it (B1) */
	if (!take_args(lua, args, nr_args)) {
		return exhausted(error);
	}
	jmp_buf forced;
	lua->forced = &forced;
	int status = setjmp(forced) == 0 ? find_or_run(lua, error) : forced_out(proc->body);
	((struct ki_lua *)proc->body)->forced = NULL;
	return status;
}

/* ---- step ---- */

static int route(lua_State *L) {
	ki_lua_route(L);
	return 0;
}

/* Looks into the mailbox and makes ready whom that concerns. False when the process has to end. */
static bool look(struct ki_lua *lua) {
	lua->full_slice = false;
	if (!ki_proc_look(lua->proc)) {
		return false;
	}
	ki_alarms_start(lua);
	if (!ki_lua_has_arrivals(lua)) {
		return true;
	}
	lua_pushcfunction(lua->L, route);
	int status = lua_pcall(lua->L, 0, 0, 0);
	if (status != LUA_OK) {
		ki_lua_end_error(lua->L, status, ki_strv(""));
	}
	return !lua->ended;
}

/* The state is made where it runs: LB3. False when the process has to end. */
static bool begin(struct ki_lua *lua) {
	if (ki_template_clone(lua) != KITH_OK) {
		ki_lua_end_memory(lua);
		return false;
	}
	ki_lua_hook(lua->L);
	ki_lua_hook(lua->main->L);
	int status = call(lua->L, start_main, 0);
	if (status != LUA_OK) {
		ki_lua_end_error(lua->L, status, ki_strv(""));
	}
	drop_args(lua);
	return !lua->ended;
}

/* Nothing in it can go on: could anything but force wake it (SPEC 10.8)? */
static enum ki_step wait(struct ki_lua *lua) {
	if (lua->nr_subscriptions > 0 || lua->nr_pending > 0) {
		return KI_STEP_WAIT;
	}
	ki_lua_end_deadlock(lua);
	return KI_STEP_DONE;
}

static enum ki_step lua_step(struct ki_proc *proc) {
	struct ki_lua *lua = proc->body;
	ki_lua_runs(lua, NULL); /* what ran on a strand that was given up does not */
	ki_task_on_overrun(&lua->overrun);
	if (lua->L == NULL && !begin(lua)) {
		return KI_STEP_DONE;
	}
	while (!lua->ended && look(lua)) {
		if (ki_list_empty(&lua->ready) && !ki_proc_unlooked(proc)) {
			return wait(lua);
		} /* else something came while the routing gave way, and woke nobody: LB2 */
		while (!lua->ended && !ki_list_empty(&lua->ready)) {
			ki_co_resume(ki_list_entry(lua->ready.next, struct ki_co, node));
		}
	}
	return KI_STEP_DONE;
}

/* ---- The end ---- */

static void lua_destroy(struct ki_proc *proc) {
	struct ki_lua *lua = proc->body;
	if (lua == NULL) {
		return;
	}
	ki_list_for_each (at, &lua->cos) {
		struct ki_co *co = ki_list_entry(at, struct ki_co, all);
		if (co->kept != NULL) {
			ki_strand_drop(co->kept);
		}
	}
	ki_route_drop(lua);
	ki_outgoing_drop(lua);
	ki_lua_release(lua);
	ki_heap_drop(&lua->heap);
	drop_args(lua);
	ki_free(lua);
	proc->body = NULL;
}

/* The function that main waits in, or NULL. It is the first coroutine. */
static const char *waits_in(const struct ki_lua *lua) {
	if (ki_list_empty(&lua->cos)) {
		return NULL; /* the chunk loads */
	}
	const struct ki_co *main = ki_list_entry(lua->cos.next, struct ki_co, all);
	return main->state == KI_CO_WAITING ? main->waits_in : NULL;
}

static void lua_view(struct ki_proc *proc, struct ki_body_view *out) {
	const struct ki_lua *lua = proc->body;
	*out = (struct ki_body_view){
		.memory = lua->heap.used_bytes,
		.kept = lua->nr_kept,
		.waiting_in = waits_in(lua),
		.subscriptions = lua->nr_subscriptions,
		.threads = lua->L != NULL ? lua->nr_cos : 1,
		.channels = lua->nr_channel_waits,
		.blocked = lua->nr_pending > 0,
	};
}

const struct ki_body_ops ki_lua_ops = {
	.name = "lua",
	.start = lua_start,
	.step = lua_step,
	.destroy = lua_destroy,
	.view = lua_view,
};
