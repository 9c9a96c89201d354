#!/bin/sh
# usage: test/command_test.sh KITH
# kith test (SPEC 22.2): what is run, in which order, what is printed and where, and the exit status.
set -u
case $1 in
/*) kith=$1 ;;
*) kith=$(pwd)/$1 ;;
esac
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
bad=0

# run STATUS ARGS..: kith test; what it prints is in out and err.
run() {
	want_status=$1
	shift
	timeout 60 "$kith" test "$@" >out 2>err </dev/null
	status=$?
	[ $status = "$want_status" ] && return
	echo "kith test $*: status $status, expected $want_status"
	sed 's/^/	/' out err
	bad=1
}

# is FILE <<TEXT: FILE holds that text.
is() {
	cat >want
	diff want "$1" >difference && return
	echo "kith test: $1 is not what it should be"
	sed 's/^/	/' difference
	bad=1
}

# has FILE TEXT
has() {
	grep -qF -- "$2" "$1" && return
	echo "kith test: no \"$2\" in $1:"
	sed 's/^/	/' "$1"
	bad=1
}

mkdir -p app/src
cat >app/src/app.yaml <<'YAML'
namespace: app
entries:
  - {name: processes, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}
  - {name: service, kind: process.lua, source: file://service.lua, lifecycle: {auto_start: true}}
YAML
cat >app/src/service.lua <<'LUA'
return function()
	process.registry.register("service")
	local inbox, asked = process.inbox(), 0
	process.events()
	while true do
		local msg = inbox:receive()
		asked = asked + 1
		process.send(msg:from(), "asked", asked)
	end
end
LUA
cat >app/src/tests.yaml <<'YAML'
namespace: app.tests
meta: {type: test}
entries:
  - {name: fresh, kind: process.lua, source: file://fresh.lua, meta: {suite: a, order: 2}}
  - {name: again, kind: process.lua, source: file://fresh.lua, meta: {suite: a, order: 1}}
  - {name: boom, kind: process.lua, source: file://boom.lua, meta: {suite: b}}
  - {name: dice, kind: process.lua, source: file://dice.lua, meta: {suite: c}}
  - name: hour
    kind: process.lua
    modules: [time]
    source: return function() require("time").sleep("1h") end
    meta: {suite: c, timeout: 61m}
  - name: late
    kind: process.lua
    modules: [time]
    source: return function() require("time").sleep("61s") end
    meta: {suite: d}
  - name: loop
    kind: process.lua
    source: return function() while true do end end
    meta: {suite: d, timeout: 200ms}
  - {name: none, kind: registry.entry}
YAML
# Its service cannot start before 0.8 s have passed; the test then has all of its time.
mkdir -p slow/src
cat >slow/src/app.yaml <<'YAML'
namespace: app
entries:
  - {name: processes, kind: process.host, lifecycle: {auto_start: true}}
  - name: slow
    kind: process.lua
    source: while os.clock() < WHEN do end return function() end
    lifecycle:
      auto_start: true
      start_timeout: 200ms
      restart: {initial_delay: 200ms, backoff_factor: 1, jitter: 0}
  - name: test
    kind: process.lua
    modules: [time]
    source: return function() require("time").sleep("900ms") end
    meta: {type: test, timeout: 1s}
YAML
cat >app/src/fresh.lua <<'LUA'
return function()
	local asked = process.listen("asked")
	assert(process.send("service", "ask"))
	local nr = asked:receive()
	if nr ~= 1 then
		return nil, "asked before: " .. nr
	end
	print("asked once")
end
LUA
cat >app/src/boom.lua <<'LUA'
local function deep()
	error("boom")
end
return function()
	print("about to fail")
	deep()
end
LUA
cat >app/src/dice.lua <<'LUA'
return function()
	local n = math.random(6)
	print("drew " .. n)
	assert(n ~= 6, "six")
end
LUA

run 0 app --only 'app.tests:[fah]*'
is out <<TEXT
asked once
ok app.tests:again
asked once
ok app.tests:fresh
ok app.tests:hour
3 passed, 0 failed
TEXT
is err </dev/null

run 1 app
is out <<TEXT
asked once
ok app.tests:again
asked once
ok app.tests:fresh
about to fail
FAIL app.tests:boom seed 1: app.tests:boom:2: boom
  kith test --only app.tests:boom --seed 1 app
$("$kith" test app --only dice --seed 1 | sed '$d')
ok app.tests:hour
FAIL app.tests:late seed 1: timeout: has not ended after 60s (virtual)
  kith test --only app.tests:late --seed 1 app
FAIL app.tests:loop seed 1: timeout: has not ended after 0.2s (virtual)
  kith test --only app.tests:loop --seed 1 app
4 passed, 3 failed
TEXT
has err 'app.tests:boom:2: in'

# Over many seeds what passing runs print is not seen; the command repeats the failing one.
run 1 app --only dice --seed 1 --seeds 1000
seed=$(sed -n 's/^FAIL .* seed \([0-9]*\): .*/\1/p' out)
is out <<TEXT
drew 6
FAIL app.tests:dice seed $seed: app.tests:dice:4: six
  kith test --only app.tests:dice --seed $seed app
0 passed, 1 failed
TEXT
command=$(sed -n 's/^  kith test //p' out)
run 1 $command
has out "FAIL app.tests:dice seed $seed: app.tests:dice:4: six"
run 0 app --only=dice --seed $((seed + 1))

# Real time: one of them has to wait, and the loop runs on a thread.
run 1 app --real --only '*[hp]'
is out <<TEXT
asked once
ok app.tests:fresh
FAIL app.tests:loop seed 1: timeout: has not ended after 0.2s
  kith test --only app.tests:loop --seed 1 --real app
1 passed, 1 failed
TEXT

sed 's/WHEN/0.8/' slow/src/app.yaml >slow/src/new && mv slow/src/new slow/src/app.yaml
run 0 slow
is out <<TEXT
ok app:test
1 passed, 0 failed
TEXT
sed 's/< 0.8/< 1000/' slow/src/app.yaml >slow/src/new && mv slow/src/new slow/src/app.yaml
run 1 slow
has out 'FAIL app:test seed 1: timeout: the services have not started after 1s (virtual)'

# An ID stands for itself alone, also where it is part of another.
mkdir -p 'odd names/src'
cat >'odd names/src/app.yaml' <<'YAML'
namespace: app
meta: {type: test}
entries:
  - {name: processes, kind: process.host, lifecycle: {auto_start: true}}
  - {name: one, kind: process.lua, source: return function() return false end}
  - {name: one_more, kind: function.lua, source: return function() end}
YAML
run 1 'odd names' --only app:one
is out <<TEXT
FAIL app:one seed 1: returned false
  kith test --only app:one --seed 1 'odd names'
0 passed, 1 failed
TEXT
run 1 'odd names' --only one
has out '1 passed, 1 failed'
(cd 'odd names' && "$kith" test --only app:one) >out
has out '  kith test --only app:one --seed 1'

# No tests, no project, problems, wrong usage.
mkdir -p empty/src
cat >empty/src/app.yaml <<'YAML'
namespace: app
entries:
  - {name: processes, kind: process.host, lifecycle: {auto_start: true}}
YAML
run 0 empty
is out <<TEXT
0 passed, 0 failed
TEXT
run 2 empty --only x
is out </dev/null
run 1 nowhere
sed 's/200ms/200/; s/order: 2/order: two/; s/kind: registry.entry/kind: registry.entri/' \
	app/src/tests.yaml >odd && cp odd app/src/tests.yaml
run 1 app
is out </dev/null
has err 'src/tests.yaml:4:88: meta.order is two in process.lua "app.tests:fresh"; expected a number'
has err 'expected a duration above 0, such as 90s'
has err 'unknown kind "registry.entri"'
has err '3 problems, nothing started'
run 2 --seeds 0
run 2 --seeds
run 2 --seed x
run 2 --seed 18446744073709551615 --seeds 2
run 2 a b
run 2 --until 1s
run 2 --real=yes
run 0 --help
has out '--seeds COUNT'

exit $bad
