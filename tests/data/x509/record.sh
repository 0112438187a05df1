#!/bin/sh
# Records what OpenSSL 3.5 prints for the certificates beside this file: NAME.txt for NAME.der, and
# names.txt for the -nameopt forms. OPENSSL names the program, e.g. "chroot DIR openssl".
set -eu
cd "$(dirname "$0")"
openssl=${OPENSSL:-openssl}

case $($openssl version) in
"OpenSSL 3.5."*) ;;
*)
	echo "record.sh: this must be OpenSSL 3.5" >&2
	exit 1
	;;
esac

for der in *.der; do
	$openssl x509 -inform DER -noout -text <"$der" >"${der%.der}.txt"
done

for der in name-*.der; do
	for opt in "" compat oneline RFC2253 multiline ca_default \
		esc_2253 esc_2254 esc_ctrl esc_msb use_quote esc_2253,use_quote utf8 utf8,esc_msb \
		esc_2253,esc_2254,esc_ctrl,esc_msb,use_quote \
		ignore_type show_type show_type,utf8 dump_all dump_all,dump_der dump_nostr \
		dump_nostr,dump_der dump_unknown RFC2253,-dump_unknown \
		sep_comma_plus sep_comma_plus_space sep_semi_plus_space sep_multiline \
		dn_rev multiline,dn_rev oneline,dn_rev \
		nofname sname lname oid align sname,align lname,align oid,align space_eq \
		multiline,-align oneline,-space_eq,+utf8 "Multiline , -esc_msb,utf8"; do
		echo "# ${der%.der} $opt"
		if [ "$opt" ]; then
			$openssl x509 -inform DER -noout -subject -nameopt "$opt" <"$der"
		else
			$openssl x509 -inform DER -noout -subject <"$der"
		fi
	done
done >names.txt
