/* Where the runtime's own Errors were made: stack() and errors.call_stack (SPEC 2.1, 2.2). */
#include "lua_stage.h"

/* Prints the first line of what an Error says of where it was made. */
#define WHERE                                                                                      \
	"local function where(err)\n"                                                              \
	"local call = errors.call_stack(err)\n"                                                    \
	"local frame = call and call.frames[1]\n"                                                  \
	"print(err, frame and frame.source, frame and frame.line,\n"                               \
	"err:stack():match('^stack traceback:\\n\\t(.-): in '))\n"                                 \
	"end\n"

TEST(lua_place, error_of_a_function_was_made_where_it_was_called) {
	PLAY("could not resolve 'nobody' as PID or registered name\tapp:main\t9\tapp:main:9\n"
	     "key not found: k\tapp:main\t10\tapp:main:10\n"
	     "factory not found\tapp:main\t11\tapp:main:11\n"
	     "function not found\tapp:main\t12\tapp:main:12\n"
	     "failed to execute script: app:raises:1: x\tapp:main\t13\tapp:main:13\n"
	     "host not found\tapp:main\t14\tapp:main:14\n",
		{"app:main", WHERE
			"local function second(_, err) return err end\n"
			"return function()\n"
			"where(second(process.send('nobody', 't')))\n"
			"where(second(ctx.get('k')))\n"
			"where(second(process.spawn('app:nothing')))\n"
			"where(second(funcs.call('app:nothing')))\n"
			"where(second(process.spawn('app:raises')))\n"
			"where(second(process.spawn('app:raises', 'app:nowhere')))\n"
			"end\n"},
		{"app:raises", "error('x')"});
}

TEST(lua_place, timeout_was_made_where_somebody_waits) {
	PLAY("call timed out\tapp:main\t9\tapp:main:9\n"
	     "call timed out\tapp:main\t10\tapp:main:10\n"
	     "call timed out\tnil\tnil\tnil\n",
		{"app:main", WHERE
			"local function second(_, err) return err end\n"
			"return function() local s = process.with_options{timeout = 1}\n"
			"where(second(s:exec('app:sleeps')))\n"
			"table.sort({1, 2}, function() where(second(s:exec('app:sleeps'))) end)\n"
			"local e = funcs.new():with_options{timeout = 1}\n"
			"where((e:async('app:sleeps'):channel():receive()))\n"
			"end\n"},
		{"app:sleeps", "return function() local events = process.events()\n"
			"events:receive() end"});
}

TEST(lua_place, error_of_another_process_keeps_its_own) {
	PLAY("! app:fails NotFound: could not resolve 'nobody' as PID or registered name\n"
	     "could not resolve 'nobody' as PID or registered name\tapp:fails\t1\tapp:fails:1\n",
		{"app:main", WHERE
			"return function()\n"
			"local _, err = process.exec('app:fails')\n"
			"where(err)\n"
			"end\n"},
		{"app:fails", MAIN(local ok, err = process.send("nobody", "t") return ok, err)});
}
