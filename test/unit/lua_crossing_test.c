/* What crosses between processes, sentence by sentence (SPEC 9). */
#include "lua_stage.h"

/* Sends back what it receives, payload by payload. */
#define ECHO                                                                                       \
	{"app:echo", MAIN(                                                                         \
		local inbox = process.inbox()                                                      \
		while true do                                                                      \
			local m = inbox:receive()                                                  \
			local p = m:payload()                                                      \
			if type(p) ~= "table" then p = { p } end                                   \
			process.send(m:from(), m:topic(), table.unpack(p))                         \
		end)}

TEST(lua_crossing, message_has_topic_sender_and_payloads_9_1) {
	PLAY("t\ttrue\tnil\tprocess.Message{topic=t}\n"
	     "u\tuserdata\t1\n"
	     "v\ttable\t3\t1\tnil\tx\n"
	     "true\ttrue\n"
	     "first\ttrue\n",
		{"app:main", MAIN(
			local echo, inbox = process.spawn("app:echo"), process.inbox()
			process.send(echo, "t")
			local m = inbox:receive()
			print(m:topic(), m:from() == echo, m:payload(), tostring(m))
			process.send(echo, "u", 1)
			m = inbox:receive()
			print(m:topic(), type(m:payload()), m:payload():data())
			process.send(echo, "v", 1, nil, "x")
			m = inbox:receive()
			local p = m:payload()
			print(m:topic(), type(p), #p, p[1]:data(), p[2]:data(), p[3]:data())
			print(m:payload() == p, type(m) == "userdata")
			process.with_options({}):with_message("first"):spawn("app:tells"))},
		ECHO, {"app:tells", MAIN(
			local m = process.inbox():receive()
			print(m:topic(), m:from() == ""))});
}

TEST(lua_crossing, payload_gives_one_table_or_a_fresh_one_9_2) {
	PLAY("true\tfalse\tfalse\n"
	     "lua/any\tpayload{format=lua/any}\ttrue\n"
	     "json/plain yaml/plain text/plain application/octet-stream lua/any golang/any "
	     "application/msgpack golang/error\n"
	     "golang/error\tx\tpayload{format=golang/error}\n",
		{"app:main", MAIN(
			local p = payload.new({ 1 })
			print(p:data() == p:data(), p:unmarshal() == p:data(),
				p:unmarshal() == p:unmarshal())
			print(p:get_format(), tostring(p), type(p) == "userdata")
			local f = payload.format
			print(table.concat({ f.JSON, f.YAML, f.STRING, f.BYTES, f.LUA, f.GOLANG,
				f.MSGPACK, f.ERROR }, " "))
			local e = payload.new(errors.new("x"))
			print(e:get_format(), e:data():message(), tostring(e)))});
}

/* Each format of the four to each; what each way gives. */
TEST(lua_crossing, conversions_exist_among_four_formats_9_2) {
	PLAY("LUA LUA true\nLUA JSON true\nLUA STRING {\"a\":[1,2]}\nLUA BYTES {\"a\":[1,2]}\n"
	     "JSON LUA true\nJSON JSON true\nJSON STRING {\"a\":[1,2]}\nJSON BYTES {\"a\":[1,2]}\n"
	     "STRING LUA {\"a\":[1,2]}\nSTRING JSON true\n"
	     "STRING STRING {\"a\":[1,2]}\nSTRING BYTES {\"a\":[1,2]}\n"
	     "BYTES LUA {\"a\":[1,2]}\nBYTES JSON true\n"
	     "BYTES STRING {\"a\":[1,2]}\nBYTES BYTES {\"a\":[1,2]}\n",
		{"app:main", MAIN(
			local f, names = payload.format, { "LUA", "JSON", "STRING", "BYTES" }
			for _, from in ipairs(names) do
				local p = payload.new({ a = { 1, 2 } }):transcode(f[from])
				assert(p:get_format() == f[from])
				for _, to in ipairs(names) do
					local q = p:transcode(f[to])
					assert(q:get_format() == f[to])
					local d = q:data()
					print(from .. " " .. to .. " " .. tostring(
						type(d) == "string" and d or
						(math.type(d.a[2]) == "integer" and #d.a == 2)))
				end
			end)});
}

TEST(lua_crossing, other_conversions_say_so_9_2) {
	PLAY("8\n", {"app:main", MAIN(
		local f, said = payload.format, 0
		local function refuses(p, to)
			local q, e = p:transcode(to)
			assert(q == nil and e:kind() == "Internal" and e:retryable() == false)
			local want = "cannot transcode " .. p:get_format() .. " to " .. to
			assert(e:message() == want, tostring(e))
			said = said + 1
		end
		for _, to in ipairs{ f.YAML, f.GOLANG, f.MSGPACK, f.ERROR, "no/such" } do
			refuses(payload.new(1), to)
		end
		refuses(payload.new(errors.new("x")), f.LUA)
		refuses(payload.new(errors.new("x")), f.JSON)
		refuses(payload.new("{"):transcode(f.STRING), f.JSON)
		local e = payload.new(errors.new("x"))
		assert(e:transcode(f.ERROR) == e)
		print(said))});
}

TEST(lua_crossing, formats_stay_on_the_way_9_2) {
	PLAY("json/plain\ttrue\n"
	     "text/plain\ttext\n"
	     "application/octet-stream\t3\n"
	     "golang/error\tNotFound\n",
		{"app:main", MAIN(
			local echo, inbox = process.spawn("app:echo"), process.inbox()
			local function back(p)
				process.send(echo, "t", p)
				return inbox:receive():payload()
			end
			local f = payload.format
			local p = back(payload.new({ true }):transcode(f.JSON))
			print(p:get_format(), p:data()[1])
			p = back(payload.new("text"):transcode(f.STRING))
			print(p:get_format(), p:data())
			p = back(payload.new("a\0b"):transcode(f.BYTES))
			print(p:get_format(), #p:data())
			p = back(payload.new(errors.new({ message = "x", kind = "NotFound" })))
			print(p:get_format(), p:data():kind()))},
		ECHO);
}

TEST(lua_crossing, a_payload_is_forwarded_unchanged_9_2) {
	PLAY("1\t1\n"
	     "userdata\t1\n"
	     "userdata\t1\n"
	     "userdata\t1\n",
		{"app:main", MAIN(
			local echo, inbox = process.spawn("app:echo"), process.inbox()
			local p = payload.new({ 1 })
			p:data()[1] = 2
			process.send(echo, "t", p)
			print(inbox:receive():payload():data()[1], p:unmarshal()[1])
			process.send(echo, "t", { p })
			local inside = inbox:receive():payload():data()[1]
			print(type(inside), inside:data()[1])
			local result = process.exec("app:returns", nil, p)
			print(type(result), result:data()[1]))},
		{"app:returns", MAIN(
			local p = ...
			print(type(p), p:data()[1])
			return p)},
		ECHO);
}

TEST(lua_crossing, values_arrive_as_they_were_9_3) {
	PLAY("nil\tfalse\ttrue\tinteger\tfloat\ttrue\tinf\t-inf\n"
	     "nil\ttrue\ttrue\ttrue\tfalse\n"
	     "Invalid\tx\ttrue\t7\ttrue\n"
	     "true\t1h0m0s\n",
		{"app:main", MAIN(
			local echo, inbox = process.spawn("app:echo"), process.inbox()
			local function back(...)
				process.send(echo, "t", ...)
				local out = {}
				for i, p in ipairs(inbox:receive():payload()) do
					out[i] = p:data()
				end
				return table.unpack(out, 1, select("#", ...))
			end
			local a, b, c, d, e, f, g, h =
				back(nil, false, true, 1, 1.0, 0/0, 1/0, -1/0)
			print(a, b, c, math.type(d), math.type(e), f ~= f, g, h)
			local shared = {}
			local cycle = setmetatable({ shared, shared }, { __name = "x" })
			cycle.self = cycle
			local one, two = back(cycle, { shared })
			print(getmetatable(one), one.self == one, one[1] == one[2],
				one ~= cycle, one[1] == two[1])
			local err = errors.new({ message = "x", kind = "Invalid",
				retryable = true, details = { n = 7 } })
			local got = back(err, 1)
			print(got:kind(), got:message(), got:retryable(), got:details().n,
				got ~= err)
			local now, hour = back(time.unix(5, 6), time.parse_duration("1h"))
			print(now == time.unix(5, 6), tostring(hour)))},
		ECHO);
}

TEST(lua_crossing, copies_are_made_everywhere_9_3) {
	PLAY("spawn\t1\nmessage\t1\ncontext\t1\nresult\t1\nmine\t2\n",
		{"app:main", MAIN(
			local t = { 1 }
			local s = process.with_context({ t = t }):with_message("m", t)
			t[1] = 2
			local r = s:exec("app:child", nil, { 1 })
			print("result", r[1])
			print("mine", t[1]))},
		{"app:child", MAIN(
			local a = ...
			print("spawn", a[1])
			print("message", process.inbox():receive():payload():data()[1])
			print("context", require("ctx").get("t")[1])
			return a)});
}

TEST(lua_crossing, what_cannot_be_sent_is_refused_with_its_path_9_4) {
	PLAY("cannot send a function\n"
	     "cannot send a coroutine\n"
	     "cannot send a channel\n"
	     "cannot send a Message\n"
	     "cannot send a Timer\n"
	     "cannot send a function (at .path.to.key)\n"
	     "cannot send a function (at [3])\n"
	     "cannot send a function (at [\"a b\"])\n"
	     "cannot send a function (at #2)\n"
	     "cannot send a function (at #2.x)\n"
	     "cannot send a function (as a key of .x)\n"
	     "payload nested deeper than 200\n"
	     "0\n" /* messages arrived */
	     "nil\tcannot send a function (at #2)\tInvalid\n"
	     "nil\tcannot send a function\tInvalid\n",
		{"app:main", MAIN(
			local inbox = process.inbox()
			local got = 0
			process.send(process.pid(), "t")
			local m = inbox:receive()
			local function no(...)
				local ok, e = process.send(process.pid(), "t", ...)
				assert(ok == nil and e:kind() == "Invalid" and
					e:retryable() == false)
				print(e)
			end
			no(print)
			no(coroutine.create(print))
			no(channel.new())
			no(m)
			no(time.timer("1h"))
			no({ path = { to = { key = print } } })
			no({ 1, 2, print })
			no({ ["a b"] = print })
			no(1, print)
			no(1, { x = print })
			no({ x = { [print] = 1 } })
			local deep = {}
			for i = 1, 200 do deep = { deep } end
			no(deep)
			local r = channel.select({ inbox:case_receive() }, true)
			print(r.default and 0 or 1)
			local p, e = process.spawn("app:never", nil, 1, print)
			print(p, e, e:kind())
			p, e = process.exec("app:never", nil, print)
			print(p, e, e:kind()))},
		{"app:never", LUA(print("the chunk ran") return print)});
}

TEST(lua_crossing, a_result_that_cannot_be_sent_is_an_error_9_4_4_5) {
	PLAY("! app:bad Invalid: cannot send a function (at .x)\n"
	     "nil\tcannot send a function (at .x)\tInvalid\n",
		{"app:main", MAIN(
			local v, e = process.exec("app:bad")
			print(v, e, e:kind()))},
		{"app:bad", MAIN(return { x = print })});
}
