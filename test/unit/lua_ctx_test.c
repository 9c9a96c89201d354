/* Context values: the module ctx, with_context, inheritance (SPEC 12.4, 12.5). */
#include "lua_stage.h"

TEST(lua_ctx, nothing_is_there_at_first) {
	PLAY("nil\tkey not found: user\tNotFound\tfalse\n"
	     "nil\tempty key\tInvalid\tfalse\n"
	     "nil\n"
	     "false\tbad argument #1 to 'get' (string expected, got no value)\n"
	     "false\tapp:main:1: attempt to modify Immutable table\n",
		{"app:main", MAIN(
			local v, err = ctx.get("user")
			print(v, err, err:kind(), err:retryable())
			v, err = ctx.get("")
			print(v, err, err:kind(), err:retryable())
			print((next(ctx.all())))
			print(pcall(ctx.get))
			print(pcall(function() ctx.x = 1 end)))});
}

TEST(lua_ctx, values_are_copies_and_a_child_has_those_of_its_spawner) {
	PLAY("chunk\tme\n"
	     "me\t7\ttrue\t1.5\tb\n"
	     "b\n"
	     "grandchild\tme\tb\n",
		{"app:main", MAIN(
			local t = {user = "me", n = 7, yes = true, x = 1.5, list = {"a", "b"}}
			local s = process.with_context(t)
			t.user = "other" t.list[2] = "c"
			s:exec("app:child"))},
		{"app:child",
			"print('chunk', ctx.get('user'))\n"
			"return function()\n"
			"print(ctx.get('user'), ctx.get('n'), ctx.get('yes'), ctx.get('x'),"
			" ctx.get('list')[2])\n"
			"ctx.all().list[2] = 'z'\n"
			"print(ctx.get('list')[2])\n"
			"process.exec('app:grandchild') end"},
		{"app:grandchild",
			MAIN(print("grandchild", ctx.get("user"), ctx.get("list")[2]))});
}

TEST(lua_ctx, given_values_lie_over_those_of_the_caller) {
	PLAY("1\t2\tnil\n1\t3\t4\n5\t3\t4\n1\t2\tnil\n",
		{"app:main",
			MAIN(process.with_context({a = 1, b = 2}):exec("app:show", nil, true))},
		{"app:show",
			"return function(more)\n"
			"print(ctx.get('a'), ctx.get('b'), (ctx.get('c')))\n"
			"if more then\n"
			"local s = process.with_context{b = 3, c = 4}\n"
			"s:exec('app:show') s:with_context{a = 5}:exec('app:show')\n"
			"process.exec('app:show') end end"});
}

TEST(lua_ctx, what_is_no_context_is_refused) {
	PLAY("app:main:1: bad argument #1 to 'with_context' (table expected, got nil)\n"
	     "app:main:1: bad argument #1 to 'with_context' (table expected, got number)\n"
	     "app:main:1: context keys must be strings, got number\n"
	     "app:main:1: context value f must be a string, number, boolean or table, got "
	     "function\n"
	     "app:main:1: cannot send a function (at .t.g)\n",
		{"app:main", MAIN(
			local s = process.with_context{}
			local function raises(f, ...)
				local args = table.pack(...)
				print(select(2, pcall(function()
					f(table.unpack(args, 1, args.n))
				end)))
			end
			raises(process.with_context, nil)
			raises(s.with_context, s, 1)
			raises(process.with_context, {[1] = 2})
			raises(process.with_context, {f = print})
			raises(s.with_context, s, {t = {g = print}}))});
}
