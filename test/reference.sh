#!/bin/sh
# usage: test/reference.sh KITH
# Compares doc/reference.md and the manual pages with what there is: each function, entry kind, field
# and option is named there, and what is named is there.
set -u
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/.." && pwd)
case $1 in
/*) kith=$1 ;;
*) kith=$(pwd)/$1 ;;
esac
reference=$top/doc/reference.md
schema=$top/src/config/schema.c
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
bad=0

# differ WHAT IS WRITTEN: sorted lists of what is there and of what is written.
differ() {
	comm -23 "$2" "$3" | sed "s,^,$1: not written of: ," >wrong
	comm -13 "$2" "$3" | sed "s,^,$1: is not there: ," >>wrong
	[ -s wrong ] && cat wrong && bad=1
}

# Prints what stands between the line that matches FROM and the next one that matches TO.
between() { # FROM TO FILE
	awk -v from="$1" -v to="$2" '$0 ~ to { on = 0 } on { print } $0 ~ from { on = 1 }' "$3"
}

# ---- Functions and constants of the modules ----

between '^static const char .const modules' '^};' "$schema" | sed -n 's/^	"\(.*\)",$/\1/p' >modules
listed=$(sed -e '/^process$/,$d' modules | tr '\n' ',')
mkdir src
cat >src/app.yaml <<YAML
namespace: app
entries:
  - {name: processes, kind: process.host, lifecycle: {auto_start: true}}
  - {name: main, kind: process.lua, source: file://main.lua, modules: [$listed]}
YAML
cat >src/main.lua <<'LUA'
-- Prints every name of these modules; of tables in them, too.
local function show(name, value)
	print(name)
	for key, inner in pairs(type(value) == "table" and value or {}) do
		show(name .. "." .. key, inner)
	end
end
return function(...)
	for _, name in ipairs({...}) do
		local found, module = pcall(require, name)
		if found then
			show(name, module)
		end
	end
end
LUA
ours=$(grep -vx 'os\|string\|table\|math\|utf8\|coroutine\|print\|logger' modules)
# shellcheck disable=SC2086
"$kith" run . -x app:main $ours | sort >names

# Constants may be named without their module, and as the first and last of a series.
grep '\.[A-Z_0-9]*$' names | sed 's/.*\.//' | sort -u >constants
for name in $(cat constants); do
	case $name in
	FEBRUARY | MARCH | APRIL | MAY | JUNE | JULY | AUGUST | SEPTEMBER | OCTOBER | NOVEMBER) ;;
	MONDAY | TUESDAY | WEDNESDAY | THURSDAY | FRIDAY) ;;
	*) grep -qw "$name" "$reference" || { echo "constant: not written of: $name" && bad=1; } ;;
	esac
done
grep '\..*[a-z]$' names >functions
words=$(echo $ours time json io system ctx funcs registry supervisor | tr ' ' '|')
kinds=$(between '^const char .const ki_kind_names' '^};' "$schema" | sed 's/[	",]//g')
tr -c 'A-Za-z0-9_.' '\n' <"$reference" | grep -E "^($words)\.[a-z_][a-z_.]*[a-z]\$" |
	grep -vx "$(echo "$kinds" | paste -sd '|' - | sed 's/|/\\|/g')" |
	awk '{ print } sub(/\.[a-z_]*$/, "") && /\./ { print }' | sort -u >written
differ function functions written

# ---- Kinds and fields ----

for page in "$reference" "$top/doc/man/kith.yaml.5"; do
	for kind in $kinds; do
		grep -q "$kind" "$page" || { echo "$page: kind: not written of: $kind" && bad=1; }
	done
	tr -d '\n\t' <"$schema" | tr '{' '\n' | grep '^\.name = "' |
		sed 's/^\.name = "\([a-z_]*\)".*/\1/' | sort -u >fields
	for field in $(cat fields); do
		grep -qw "$field" "$page" || { echo "$page: field: not written of: $field" && bad=1; }
	done
done

# ---- Options and commands ----

options_in() {
	tr -c 'a-z-' '\n' | grep '^--[a-z]' | grep -vx -e --help | sort -u
}

for page in "$reference" "$top/doc/man/kith.1"; do
	for command in run check init version help test bench; do
		"$kith" help $command 2>/dev/null
	done | options_in >options
	sed -e 's/\\-/-/g' -e 's/Fl -/--/g' "$page" | options_in >written
	differ "$page: option" options written
	"$kith" help | sed -n 's/^  kith \([a-z]*\) .*/\1/p' | sort -u >commands
	for command in $(cat commands); do
		grep -q "kith $command\|Ic $command\|Cm $command" "$page" ||
			{ echo "$page: command: not written of: $command" && bad=1; }
	done
done
exit $bad
