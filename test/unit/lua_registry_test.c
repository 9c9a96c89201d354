/* process.registry and names as destinations (SPEC 3.4, 12.1). */
#include "lua_stage.h"

/* clang-format off */
#define IDLE {"app:idle", MAIN(process.inbox():receive())}
#define PRELUDE                                                                                    \
	"local reg = process.registry "                                                            \
	"local function fails(want, ...) local v, e = ... "                                        \
	"local msg = e and e:kind() .. ': ' .. e:message() assert(v == nil and msg == want, msg) " \
	"end local function main() local E = process.events() "

TEST(lua_registry, names_are_given_found_and_taken_back) {
	PLAY("ok\n", {"app:main", PRELUDE LUA(
		assert(reg.LOCAL == 0 and reg.EVENTUAL == 1)
		assert(reg.CONSISTENT == 2 and reg.STRONG == 3)
		local me, p = process.pid(), process.spawn_monitored("app:idle")
		assert(reg.register("me") == true and reg.register("me", me) == true)
		assert(reg.register("too", nil, reg.LOCAL) and reg.lookup("too") == me)
		fails("AlreadyExists: name already registered", reg.register("me", p))
		assert(reg.register("idle", p) and reg.lookup("idle") == p)
		fails("NotFound: name not registered", reg.lookup("nobody"))
		fails("NotFound: name not registered", reg.lookup(""))
		assert(reg.unregister("me") == true and reg.unregister("me") == false)
		assert(reg.unregister("idle", 0) == true)
		assert(reg.unregister("nobody") == false)
		assert(reg.register("idle", p))
		process.send("idle", "go")
		assert(E:receive().from == p)
		fails("NotFound: name not registered", reg.lookup("idle"))
		assert(reg.register("idle"))
		print("ok")) " end return {main = main}"}, IDLE);
}

TEST(lua_registry, errors_say_what_is_wrong) {
	PLAY("ok\n", {"app:main", PRELUDE LUA(
		fails("Invalid: name cannot be empty", reg.register(""))
		fails("Invalid: name cannot look like a pid", reg.register("{x"))
		fails("Invalid: pid must be a string", reg.register("", 5))
		fails("Invalid: invalid pid format: missing braces", reg.register("", "x"))
		fails("Invalid: invalid pid format: missing pipe", reg.register("n", "{x}"))
		fails("Invalid: invalid pid format: bad number",
			reg.register("n", "{app:processes|x}"))
		fails("NotFound: node not found",
			reg.register("n", "{far@app:processes|0x00101}"))
		fails("NotFound: process not found",
			reg.register("n", "{app:processes|0x99999}"))
		fails("NotFound: process not found", reg.register("n", "{app:no|0x00101}"))
		fails("Unavailable: eventual registry not available", reg.register("n", nil, 1))
		fails("Unavailable: global registry not available",
			reg.register("n", nil, reg.CONSISTENT))
		fails("Unavailable: global registry not available",
			reg.unregister("n", reg.STRONG))
		fails("Invalid: unknown registry scope", reg.register("n", nil, 4))
		local ok, e = pcall(reg.register)
		assert(e:find("bad argument #1 to 'register' (string expected, got no value)",
			1, true), e)
		assert(not pcall(reg.lookup, {}) and not pcall(function() reg.x = 1 end))
		local r = select(2, reg.register("n", nil, 1))
		assert(r:retryable() == true)
		print("ok")) " end return {main = main}"}, IDLE);
}

TEST(lua_registry, a_name_is_a_destination) {
	PLAY("hello\n! app:deaf Canceled: process terminated\nok\n", {"app:main", PRELUDE LUA(
		local p = process.spawn("app:deaf")
		assert(reg.register("deaf", p))
		assert(process.send("deaf", "t", "hello"))
		time.sleep("1ms")
		assert(process.monitor("deaf") and process.unmonitor("deaf"))
		process.set_options { trap_links = true }
		assert(process.link("deaf") and process.unlink("deaf") and process.monitor(p))
		assert(process.cancel("deaf"))
		assert(process.terminate("deaf"))
		assert(E:receive().from == p)
		local text = "NotFound: could not resolve 'deaf' as PID or registered name"
		fails(text, process.send("deaf", "t"))
		fails(text, process.monitor("deaf"))
		fails(text, process.link("deaf"))
		fails(text, process.cancel("deaf"))
		fails(text, process.terminate("deaf"))
		assert(reg.register("me") and process.send("me", "t"))
		print("ok")) " end return {main = main}"},
		{"app:deaf", MAIN(
			process.events()
			print((process.listen("t"):receive()))
			time.sleep("1h"))});
}

TEST(lua_registry, another_than_the_holder_may_have_registered_it) {
	PLAY("ok\n", {"app:main", PRELUDE LUA(
		local me, p = process.pid(), process.spawn_monitored("app:other", nil)
		reg.register("mine")
		process.send(p, "go", me)
		assert(E:receive().result.error == nil)
		assert(reg.lookup("mine") == me)
		fails("NotFound: name not registered", reg.lookup("given"))
		print("ok")) " end return {main = main}"},
		{"app:other", MAIN(
			local main = process.listen("go"):receive()
			assert(process.registry.unregister("mine") == false)
			assert(process.registry.register("given", main))
			assert(process.registry.unregister("given") == true))});
}

TEST(lua_registry, while_a_chunk_loads_one_may_look_alone) {
	PLAY("nil\tfalse\tapp:main:1: cannot call register while the chunk is loading\n",
		{"app:main", "local r, x = process.registry, process.registry.lookup('x') "
			"print(x, pcall(function() r.register('x') end)) return function() end"});
}
