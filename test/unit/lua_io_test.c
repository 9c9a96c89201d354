/* The module io (SPEC 12.11), with answers that come when the test says. */
#include "lua_stage.h"

#include "process/input.h"

/* clang-format off */

static const char *const io_module[] = {"io", "time"};

/* What stands in for standard input: answers at once or keeps the question. */
struct fake {
	struct stage stage;
	struct ki_buf errors;
	const char *answers[8]; /* NULL: the end */
	size_t nr_answers, nr_asked;
	bool wait;
	struct ki_input *kept;
};

static void fake_input(void *user, struct ki_input *input) {
	struct fake *f = user;
	ki_buf_printf(&f->errors, "%s%d;", input->line ? "line" : "read ",
		input->line ? 0 : (int)input->max);
	if (f->wait) {
		IS_NULL(f->kept);
		f->kept = input;
		return;
	}
	const char *text = f->nr_asked < f->nr_answers ? f->answers[f->nr_asked++] : NULL;
	if (text) {
		input->payload = ki_payload_new(KI_FORMAT_BYTES, text, strlen(text), NULL, 0);
	}
	TRUE(ki_input_give(&f->stage.system, input));
}

static void fake_error(void *user, const char *text, size_t len) {
	struct fake *f = user;
	ki_buf_put(&f->errors, text, len);
}

static void fake_open(struct fake *f, const char *source) {
	const struct entry entry = {"app:main", source};
	*f = (struct fake){0};
	ki_buf_init(&f->errors);
	stage_open(&f->stage, &entry, 1, 1);
	f->stage.lua[0].modules = io_module;
	f->stage.lua[0].nr_modules = 2;
	f->stage.system.hooks.input = fake_input;
	f->stage.system.hooks.error_output = fake_error;
}

static void fake_close(struct fake *f, const char *want, const char *want_errors) {
	EQ_STR(ki_buf_cstr(&f->errors), want_errors);
	EQ_UINT(ki_inputs_pending(&f->stage.system), 0);
	stage_close(&f->stage, want);
	ki_buf_fini(&f->errors);
}

TEST(lua_io, writes_units_of_what_tostring_gives) {
	struct fake f;
	fake_open(&f, MAIN(
		assert(io.write("a", 1, nil, true) == true and io.write() == true)
		assert(io.print("x", 2.0, nil) == true and io.eprint("e", 1) == true)
		assert(io.flush() == true and io == require("io"))
		assert(not pcall(function() io.x = 1 end))
		local odd = setmetatable({}, {__tostring = function() error("T", 0) end})
		print(pcall(io.write, odd))));
	stage_start(&f.stage, NULL, 0);
	stage_run(&f.stage, -1);
	fake_close(&f, "a1niltruex\t2.0\tnil\nfalse\tT\n", "e\t1\n");
}

TEST(lua_io, reads_until_the_end) {
	struct fake f;
	fake_open(&f, MAIN(
		print(io.readline(), io.read(), io.read(5), io.readline(), io.read(1))
		local v, e = io.read(0)
		print(v, e, e:kind(), select(2, pcall(io.read, "x")))));
	f.answers[0] = "one"; f.answers[1] = "more"; f.answers[2] = "12345"; f.answers[3] = "";
	f.nr_answers = 4;
	stage_start(&f.stage, NULL, 0);
	stage_run(&f.stage, -1);
	fake_close(&f, "one\tmore\t12345\t\tnil\n"
		"nil\tnumber of bytes must be greater than 0\tInvalid\t"
		"bad argument #1 to 'read' (integer expected, got string)\n",
		"line0;read 1024;read 5;line0;read 1;");
}

TEST(lua_io, only_the_coroutine_waits) {
	struct fake f;
	fake_open(&f, MAIN(
		coroutine.spawn(function() for i = 1, 3 do time.sleep("1ms") print(i) end end)
		print(io.readline())
		time.sleep("5ms")
		print("end")));
	f.wait = true;
	stage_start(&f.stage, NULL, 0);
	stage_run(&f.stage, 10000000);
	EQ_STR(ki_buf_cstr(&f.stage.output), "1\n2\n3\n");
	EQ_UINT(ki_inputs_pending(&f.stage.system), 1);
	f.kept->payload = ki_payload_new(KI_FORMAT_BYTES, "late", 4, NULL, 0);
	TRUE(ki_input_give(&f.stage.system, f.kept));
	stage_run(&f.stage, -1);
	fake_close(&f, "1\n2\n3\nlate\nend\n", "line0;");
}

/* No deadlock is seen, and the answer of one that has ended goes to nobody. */
TEST(lua_io, a_process_that_waits_for_input_can_be_ended) {
	struct fake f;
	fake_open(&f, MAIN(local ok = pcall(io.read) print("never", ok)));
	f.wait = true;
	kith_pid pid = stage_start(&f.stage, NULL, 0);
	stage_run(&f.stage, 1000000);
	EQ_STR(ki_buf_cstr(&f.stage.output), "");
	OK(ki_force(&f.stage.system, pid, KI_CAUSE_TERMINATE));
	stage_run(&f.stage, -1);
	f.kept->payload = ki_payload_new(KI_FORMAT_BYTES, "lost", 4, NULL, 0);
	FALSE(ki_input_give(&f.stage.system, f.kept));
	ki_input_drop(f.kept);
	fake_close(&f, "! app:main Canceled: process terminated\n", "read 1024;");
}

TEST(lua_io, two_coroutines_are_served_in_turn) {
	struct fake f;
	fake_open(&f, MAIN(
		coroutine.spawn(function() print("a", io.readline()) end)
		table.sort({2, 1}, function(x, y) print("b", io.readline()) return x < y end)
		time.sleep("1ms")));
	f.answers[0] = "1"; f.answers[1] = "2"; f.nr_answers = 2;
	stage_start(&f.stage, NULL, 0);
	stage_run(&f.stage, -1);
	fake_close(&f, "a\t1\nb\t2\n", "line0;line0;");
}

/* The answer to a question of the body before an upgrade: nobody takes it, so that who gives it
 * still has it; one that had been given goes with who asked. */
TEST(lua_io, an_answer_for_the_body_before_an_upgrade_is_nobodys_12_3) {
	for (int given = 0; given < 2; given++) {
		struct fake f;
		fake_open(&f, MAIN(
			if ... then print("next", io.readline()) return end
			coroutine.spawn(function() print("never", io.readline()) end)
			local t = os.clock()
			while os.clock() == t do end
			process.upgrade(nil, true)));
		f.wait = true;
		stage_start(&f.stage, NULL, 0);
		stage_run(&f.stage, 500000); /* it is in the middle of its loop */
		struct ki_input *before = f.kept;
		NOT_NULL(before);
		if (given) {
			TRUE(ki_input_give(&f.stage.system, before));
		}
		f.kept = NULL;
		stage_run(&f.stage, 10000000);
		NOT_NULL(f.kept);
		if (!given) {
			FALSE(ki_input_give(&f.stage.system, before));
			ki_input_drop(before);
		}
		f.kept->payload = ki_payload_new(KI_FORMAT_BYTES, "mine", 4, NULL, 0);
		TRUE(ki_input_give(&f.stage.system, f.kept));
		stage_run(&f.stage, -1);
		fake_close(&f, "next\tmine\n", "line0;line0;");
	}
}

TEST(lua_io, is_absent_unless_declared) {
	play("nil\tfalse\n", MAIN(print(io, (pcall(require, "io")))));
}

TEST(lua_io, arguments_are_those_of_the_command_line) {
	struct fake f;
	fake_open(&f, "local early = #io.args() return function(...) local a = io.args() "
		"a[1] = 'changed' print(early, io.args()[1], io.args()[2], #io.args(), ...) "
		"if ... ~= 'again' then process.upgrade(nil, 'again') end end");
	struct ki_payload *args[] = {ki_value_payload_str(ki_strv("x")),
		ki_value_payload_str(ki_strv("y"))};
	f.stage.system.command_args = args;
	f.stage.system.nr_command_args = 2;
	for (int i = 0; i < 2; i++) {
		struct ki_spawn spawn = {.program = &f.stage.programs[0], .host = f.stage.host,
			.args = args, .nr_args = 2, .command = i == 0};
		struct ki_payload *error = NULL;
		kith_pid pid;
		OK(ki_proc_spawn(&f.stage.system, &spawn, &pid, &error));
		stage_run(&f.stage, -1);
	}
	ki_payload_unref(args[0]);
	ki_payload_unref(args[1]);
	fake_close(&f, "2\tx\ty\t2\tx\ty\n2\tx\ty\t2\tagain\n"
		"0\tnil\tnil\t0\tx\ty\n0\tnil\tnil\t0\tagain\n", "");
}
