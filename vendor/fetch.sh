#!/bin/sh
# usage: vendor/fetch.sh ARCHIVE DIR
# Unpacks ARCHIVE (a name in vendor/SUMS) into DIR. The archive is taken from vendor/cache; when it
# is not there it is fetched first, through Debian's source packages. Nothing is unpacked whose
# SHA-256 is another than the one in vendor/SUMS.
#
# apt works on a list and a cache of its own below a temporary directory, so the machine's lists stay
# as they are, no root is needed, and a suite that the machine does not use can be asked.
set -eu
archive=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
file=$here/cache/$archive

set -- $(grep "^$archive " "$here/SUMS")
[ $# -eq 4 ] || { echo "fetch.sh: $archive has no line in vendor/SUMS" >&2; exit 1; }
package=$2 suite=$3 sum=$4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

by_hand() {
	echo "fetch.sh: $1; put $archive (SHA-256 $sum) into vendor/cache/ by hand" >&2
	exit 1
}

sum_of() {
	if command -v sha256sum >/dev/null; then sha256sum "$1"; else sha256 -r "$1"; fi | cut -d ' ' -f 1
}

# The Debian mirror that this machine is set up to use.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
		2>/dev/null | grep -E '^[[:blank:]]*(deb |URIs:)' |
		grep -Eo '[a-z]+://[^ ]*/debian/?( |$)' | head -n 1
}

fetch() {
	command -v apt-get >/dev/null || by_hand "there is no apt-get here"
	uri=$(mirror)
	[ -n "$uri" ] || by_hand "no Debian mirror is configured here"
	mkdir -p "$work/lists/partial" "$here/cache"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb-src [signed-by=$keys] $uri $suite main" >"$work/list"
	apt="apt-get -qq -o Dir::Etc::SourceList=$work/list -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists=$work/lists -o Dir::Cache=$work -o APT::Sandbox::User="
	$apt update >&2 || by_hand "apt-get update failed"
	(cd "$work" && $apt source --download-only --tar-only "$package" >&2) ||
		by_hand "apt-get has no $package"
	mv "$work"/*.orig.tar.* "$file.$$"
	mv "$file.$$" "$file" # in one step: another build may be looking for it
}

[ -f "$file" ] || fetch
[ "$(sum_of "$file")" = "$sum" ] || by_hand "vendor/cache/$archive is not the one in vendor/SUMS"
mkdir -p "$(dirname "$dir")" "$work/tree"
tar -xzf "$file" -C "$work/tree" --strip-components=1
rm -rf "$dir"
mkdir "$dir"
cp -R "$work/tree/." "$dir"
