#!/bin/sh
# usage: test/static.sh KITH
# Runs the static command in a root that holds it and a project, and nothing else: no library, no
# loader, no /dev, no /proc, no zones. Entering such a root takes a right: where neither root nor a
# user namespace gives it, that is said, and fails.
set -eu
kith=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

cp "$kith" "$root/kith"
if readelf -l "$root/kith" | grep -q INTERP; then
	echo "static: $kith asks for a loader"
	exit 1
fi

if [ "$(id -u)" = 0 ]; then
	enter="chroot"
else
	enter="unshare --map-root-user chroot"
fi
in_root() { # WANTED-STATUS ARGUMENT...
	wanted=$1
	shift
	status=0
	timeout -s KILL 60 $enter "$root" /kith "$@" >"$root/out" 2>"$root/err" || status=$?
	[ "$status" = "$wanted" ] && return
	echo "static: kith $*: status $status, not $wanted"
	cat "$root/out" "$root/err"
	exit 1
}
says() { # LINE: a whole line of what the last command printed
	grep -qxF -e "$1" "$root/out" "$root/err" && return
	echo "static: no line '$1' in"
	cat "$root/out" "$root/err"
	exit 1
}

in_root 0 init /app
in_root 0 check /app
in_root 0 run --sim --until 12s /app
says "Worker 4 idle"

mkdir -p "$root/one/src"
cat >"$root/one/src/_index.yaml" <<'YAML'
version: "1.0"
namespace: app
entries:
  - {name: host, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}
  - {name: main, kind: process.lua, source: file://main.lua, modules: [time, json]}
  - {name: worker, kind: process.lua, source: file://worker.lua}
YAML
cat >"$root/one/src/main.lua" <<'LUA'
local time, json = require("time"), require("json")
return {main = function()
	local events, sum = process.events(), 0
	for i = 1, 100 do
		assert(process.spawn_monitored("app:worker", nil, i))
	end
	for _ = 1, 100 do
		sum = sum + events:receive().result.value
	end
	time.sleep("5ms")
	print(json.encode({sum = sum, zone = time.now():location():string()}))
	print(pcall(string.rep, "x", 1 << 40))
	local location, err = time.load_location("Europe/Berlin")
	print(location, err)
	return 7
end}
LUA
cat >"$root/one/src/worker.lua" <<'LUA'
return {main = function(i)
	table.sort({3, 1, 2}, function(a, b) coroutine.yield() return a < b end)
	return i
end}
LUA
in_root 7 run /one -x app:main
says '{"sum":5050,"zone":"Local"}'
says "nil	unknown time zone Europe/Berlin"
echo "static: $(wc -c <"$kith") bytes run where nothing else is"
