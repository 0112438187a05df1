#!/bin/sh
# Records sessions that OpenSSL 3.5 makes: what s_server prints, and what s_client keeps. OPENSSL
# names the program; it runs in an empty directory under TMPDIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
openssl=${OPENSSL:-openssl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$openssl" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
	-out cert.pem -subj /CN=client.test -days 3650 2>/dev/null

# session NAME SERVER-OPTIONS CLIENT-OPTIONS: NAME-server.der and NAME-client.der
session() {
	mkfifo "$1.in"
	"$openssl" s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -naccept 1 $2 \
		<"$1.in" >"$1.server" 2>/dev/null &
	server=$!
	exec 3>"$1.in"
	until port=$(sed -n 's/^ACCEPT.*://p' "$1.server" | grep .); do
		kill -0 "$server"
	done
	mkfifo "$1.done"
	"$openssl" s_client -connect "127.0.0.1:$port" -servername server.test \
		-sess_out "$1.client" $3 <"$1.done" >"$1.text" 2>/dev/null &
	client=$!
	exec 4>"$1.done"
	until grep -q "END SSL S" "$1.server"; do
		kill -0 "$client"
	done
	# Data from the server is the sign that a TLS 1.3 client has read its tickets.
	echo ping >&3
	until grep -q ping "$1.text"; do
		kill -0 "$client"
	done
	echo Q >&4
	wait "$client" "$server"
	exec 3>&- 4>&-
	sed -n '/BEGIN SSL S/,/END SSL S/p' "$1.server" |
		"$openssl" sess_id -outform DER -out "$here/$1-server.der"
	"$openssl" sess_id -in "$1.client" -outform DER -out "$here/$1-client.der"
}

session tls12 "-tls1_2 -alpn h2 -Verify 1" "-alpn h2 -cert cert.pem -key key.pem"
session tls12psk "-tls1_2 -nocert -psk 1234 -psk_hint hint -no_ticket" "-psk 1234 -psk_identity me"
session tls13 "-alpn h2 -Verify 1" "-alpn h2 -cert cert.pem -key key.pem"
session tls13early "-early_data -max_early_data 1000" ""
rm -f "$here/tls12-client.der" "$here/tls13-client.der" "$here/tls13early-server.der"
