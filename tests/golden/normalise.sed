# What differs from run to run, build to build and library to library, so that the rest compares.
# Sessions, certificates.
/-----BEGIN SSL SESSION PARAMETERS-----/,/-----END SSL SESSION PARAMETERS-----/{
	/-----/!d
}
/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/{
	/-----/!d
}
s/^(stdout\| ACCEPT .*:)[0-9]+$/\1PORT/
# Whether a flight is there already.
/^stdout\| DELAY$/d
# The error stack: the reason is common, the rest is the release's or the library's. What is not
# OpenSSL's is dropped.
s/^((stderr|client)\| )[0-9A-F]+:error:([0-9A-F]{8}):([^:]*):[^:]*:([^:]*):.*:([^:]*)$/\1error:\3:\4:\5:\6/
/^(stderr|client)\| error:/{
	/:(SSL routines|system library|BIO routines):/!d
}
s/:sslv3 alert /:ssl\/tls alert /
# -msg, -debug: the bytes, and lengths that follow from certificates.
/^stdout\|     ?[0-9a-f]{2}( [0-9a-f]{2})*$/d
s/\[length [0-9a-f]{4}\]/[length NNNN]/
s/^(stdout\| (read from|write to) ).*$/\1.../
/^stdout\| *[0-9a-f]{4} - /d
# -trace: what is random, or differs between two signatures or two releases of the client.
s/(gmt_unix_time=|ticket_age_add=).*/\1.../
s/ \(len=[0-9]+\): [0-9A-F]+$/ (len=N): HEX/
s/^(stdout\| +(Length = |[A-Za-z]+, Length=|(certificate_list|ASN.1Cert), length=|extensions, length = ))[0-9]+$/\1N/
s/^(stdout\| +Not (Before|After ) ?: ).*/\1DATE/
# Only 3.2 and later report the one that TLS 1.3 ignores.
/^stdout\|     change_cipher_spec \(1\)$/{
	N
	d
}
/^stdout\| <<< TLS 1.3, ChangeCipherSpec /d
# The session of -www.
s/^(client\| +(Session-ID|Session-ID-ctx|Master-Key|Resumption PSK|Start Time): ).*/\1.../
s/^(client\| *)[0-9a-f]{4} - .*/\1DUMP/
/^(client|stdout)\| *([0-9A-Fa-f]{2}:)+([0-9A-Fa-f]{2})?$/d
/^(client|stdout)\| *[0-9A-F]{2}(:[0-9A-F]{2}){7,}$/d
s/^(client\| +(Not Before|Not After *): ).*/\1DATE/
s/^(client\| +Serial Number: ).*/\1.../
s/^(client\| )[^ ]*s_server .*/\1COMMAND LINE/
s/(Keying material: )[0-9A-F]+/\1HEX/
# Where the statistics of a cache depend on the library.
s/^((stdout|client)\| +)[0-9]+( (items in the session cache|session cache|callback cache))/\1N\3/
# Certificates are made anew with each build: dates, keys, signatures.
s/^(stderr\| not(Before|After)=).*/\1DATE/
s/^(stderr\| +(Produced At|This Update|Next Update|Not Before|Not After *): ).*/\1DATE/
s/^(stderr\| +Issuer Key Hash: )[0-9A-F]+$/\1HEX/
s/^(stderr\| +0410)[0-9A-F]{32}$/\1HEX/
/^stderr\| +([0-9A-Fa-f]{2}:){4,}([0-9A-Fa-f]{2})?$/d
/^stderr\| +([0-9a-f]{2}:)*[0-9a-f]{2}$/d
