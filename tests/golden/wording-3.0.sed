# What openssl s_server 3.5 says in other words than 3.0, or says where 3.0 is silent: from 3.0 to 3.5.
:whole
$! {
	N
	b whole
}
# Names.
s/^((stdout|client)\| (subject|issuer)=|stderr\| (depth=[0-9]+|issuer=|Peer certificate:|Subject:))( ?[A-Za-z]+) = /\1\5=/Mg
:names
s/^((stdout|client)\| (subject|issuer)=|stderr\| (depth=[0-9]+|issuer=|Peer certificate:))([^\n]*, [A-Za-z]+) = /\1\5=/Mg
t names
# Signatures are told by their scheme.
s/^((stdout|client)\| Peer signature type|stderr\| Signature type): ECDSA$/\1: ecdsa_secp256r1_sha256/Mg
# -brief: raw public keys and the temporary key.
s/^stderr\| No peer certificate$/& or raw public key/Mg
s/^stderr\| Ciphersuite: TLS_[^\n]*\n(stderr\| [^\n]*\n)*stderr\| Supported groups:[^\n]*/&\nstderr| Peer Temp Key: X25519, 253 bits/Mg
# TLS 1.3 knows no renegotiation.
s/(^stdout\| CIPHER is TLS_[^\n]*\n(stdout\| [^\n]*\n)?stdout\| )Secure Renegotiation IS supported/\1This TLS version forbids renegotiation./Mg
s/^(client\| )Secure Renegotiation IS supported((\n[^\n]*)*\nclient\| (New|Reused), TLSv1.3, )/\1This TLS version forbids renegotiation.\2/M
# A resumed session of TLS 1.2 shares no suites, said or not.
s/^stdout\| -----END SSL SESSION PARAMETERS-----\n(stdout\| CIPHER is )/stdout| -----END SSL SESSION PARAMETERS-----\nstdout| Shared ciphers:\n\1/Mg
s/^client\| ---\n(client\| Reused, TLSv1.2, )/client| ---\nclient| Ciphers common between both SSL end points:\nclient| \nclient| ---\n\1/M
# -trace.
s/^stdout\| (Sent|Received) Record$/stdout| \1 TLS Record/Mg
# Files that cannot be read: the reason stands in the line.
s/^stderr\| Could not open file or uri for loading [^\n]*$/&: No such file or directory/Mg
s/^(stderr\| Could not open [^\n]*)\nstderr\| error:80000002:[^\n]*/\1/Mg
s/^(stderr\| Could not [^\n]*)\nstderr\| Unable to load [^\n]*/\1/Mg
s/ loading certs of / loading certificates of /
s/ loading params of / loading key parameters of /
s/^stderr\| Could not read /stderr| Could not find /Mg
# Command lines.
s/^status 1\n(stderr\| s_server: Use -help )/status 1\nstderr| s_server: Extra option: "extra"\n\1/
s/^(stderr\| Call to SSL_CONF_cmd\(-groups, [^\n]*)\nstderr\| error:0A080106:[^\n]*/\1/M
s/^status 1\n(stderr\| Can't use -sendfile )/status 1\nstdout| Warning: -sendfile depends on -ktls, enabling -ktls now.\n\1/
