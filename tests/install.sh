#!/bin/sh
# install.sh BUILD: what `cmake --install` makes works when moved, and the program links no TLS
# library, directly or through another library.
set -eu
build=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cmake --install "$build" --prefix "$dir/first" >"$dir/log"
mv "$dir/first" "$dir/second"
program=$dir/second/bin/s_server

libraries=$(ldd "$program")
if echo "$libraries" | grep -E 'lib(ssl|crypto|gnutls|wolfssl|mbed)'; then
	echo "s_server links a TLS library"
	exit 1
fi

installed=$(cd "$dir/second/lib/s_server" && ls *.so | sed 's/\.so$//')
built=$(cd "$build/lib/s_server" && ls *.so | sed 's/\.so$//')
listed=$("$program" --list-backends)
if [ "$installed" != "$built" ]; then
	echo "built: $built, installed: $installed"
	exit 1
fi
for backend in $built; do
	if ! echo "$listed" | grep -q "^$backend .*(built with"; then
		echo "$backend is not usable: $listed"
		exit 1
	fi
done
