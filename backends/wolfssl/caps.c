#include "backends/wolfssl/wolfssl_backend.h"

#include "core/caps.h"

#include <string.h>

static const enum tls_cap always[] = {
	TLS_CAP_VERSION_HOLES,
	TLS_CAP_CERT,
	TLS_CAP_DCERT,
	TLS_CAP_SNI,
	TLS_CAP_ALPN,
	TLS_CAP_SERVERPREF,
	TLS_CAP_GROUPS,
	TLS_CAP_CIPHER,
	TLS_CAP_EXPORTER,
	TLS_CAP_SESSION_CACHE,
	TLS_CAP_NO_DHE,
	TLS_CAP_NO_RENEGOTIATION,
	TLS_CAP_RAND,
	TLS_CAP_WRITERAND,
	TLS_CAP_DHPARAM,
	TLS_CAP_ETM,
	TLS_CAP_NUM_TICKETS,
	TLS_CAP_TICKETS,
	TLS_CAP_ALLOW_NO_DHE_KEX,
	TLS_CAP_PREFER_NO_DHE_KEX,
	TLS_CAP_NO_RESUME_EPHEMERAL,
	TLS_CAP_NO_RESUMPTION_ON_RENEG,
	TLS_CAP_PRIORITIZE_CHACHA,
	TLS_CAP_IGNORE_UNEXPECTED_EOF,
	TLS_CAP_SESSION_ID_CONTEXT,
	TLS_CAP_CHECK_SS_SIG,
	TLS_CAP_SUITE_B,
	TLS_CAP_X509_STRICT,
	TLS_CAP_CRL_DOWNLOAD,
};

static const struct cap_note never[] = {
	{TLS_CAP_SSL3, "SSL 3.0 is not in Debian's wolfSSL"},
	{TLS_CAP_KEY_URI, "wolfSSL has no key stores to open by URI"},
	{TLS_CAP_NPN, "wolfSSL has no NPN (its functions do nothing)"},
	{TLS_CAP_SECLEVEL, "wolfSSL has no security levels"},
	{TLS_CAP_VERIFY_POLICY, "wolfSSL does no RFC 5280 policy processing"},
	{TLS_CAP_POLICY_PRINT, "wolfSSL does no RFC 5280 policy processing"},
	{TLS_CAP_IGNORE_CRITICAL, "wolfSSL refuses unknown critical extensions by itself"},
	{TLS_CAP_PROXY_CERTS, "wolfSSL knows no proxy certificates"},
	{TLS_CAP_EXTENDED_CRL, "wolfSSL knows no indirect CRLs"},
	{TLS_CAP_USE_DELTAS, "wolfSSL knows no delta CRLs"},
	{TLS_CAP_CA_STORE, "wolfSSL has no certificate stores to open by URI"},
	{TLS_CAP_PROVIDER_PARAM, "wolfSSL has no providers"},
	{TLS_CAP_CHAIN_BUILD, "wolfSSL sends the chain as given and builds none"},
	{TLS_CAP_ID_PREFIX, "wolfSSL chooses session ids internally and offers no callback"},
	{TLS_CAP_PSK_SESSION, "a PSK from a saved session is not built for wolfSSL"},
	{TLS_CAP_P12_CERT, "wolfSSL takes stores that hold the key, too"},
	{TLS_CAP_SRP, "wolfSSL has no SRP cipher suites"},
	{TLS_CAP_RENEGOTIATION, "Debian builds wolfSSL without renegotiation"},
	{TLS_CAP_CLIENT_RENEGOTIATION,
	 "Debian builds wolfSSL without renegotiation; an attempt ends the connection"},
	{TLS_CAP_LEGACY_RENEGOTIATION, "Debian builds wolfSSL without renegotiation"},
	{TLS_CAP_SECURITY_DEBUG, "wolfSSL has no security callback"},
	{TLS_CAP_STATELESS, "wolfSSL cannot send a stateless HelloRetryRequest over TCP"},
	{TLS_CAP_OCSP,
	 "not built: wolfSSL staples only what it finds good, by requests that threads share"},
	{TLS_CAP_SERVERINFO, "wolfSSL has no way to add custom extensions"},
	{TLS_CAP_PIPELINES, "wolfSSL has no pipelined ciphers"},
	{TLS_CAP_RECORD_PADDING, "wolfSSL cannot pad TLS 1.3 records"},
	{TLS_CAP_COMPRESSION, "Debian builds wolfSSL without TLS compression"},
	{TLS_CAP_CERT_COMPRESSION, "wolfSSL has no certificate compression"},
	{TLS_CAP_RAW_PUBLIC_KEY, "Debian builds wolfSSL without raw public keys"},
	{TLS_CAP_EMS, "a wolfSSL server takes every offer of the extended master secret"},
	{TLS_CAP_MIDDLEBOX, "Debian builds wolfSSL without middlebox compatibility mode"},
	{TLS_CAP_BUGS, "wolfSSL has no work-arounds to switch on"},
	{TLS_CAP_STRICT, "wolfSSL has no switch for strict certificate checks"},
	{TLS_CAP_CA_DIR, "wolfSSL reads whole directories, which the core does for it"},
	{TLS_CAP_ASYNC, "Debian builds wolfSSL without asynchronous crypto"},
	{TLS_CAP_ENGINE, "wolfSSL has no engines"},
	{TLS_CAP_PROVIDER, "wolfSSL has no providers"},
	{TLS_CAP_SSL_CONFIG, "wolfSSL has no configuration file"},
	{TLS_CAP_KTLS, "wolfSSL has no kernel TLS"},
	{TLS_CAP_ECH, "Debian builds wolfSSL without encrypted ClientHello"},
	{TLS_CAP_SCTP, "Debian builds wolfSSL without DTLS over SCTP"},
	{TLS_CAP_HEARTBEAT, "wolfSSL has no heartbeat"},
	{TLS_CAP_DTLS, "DTLS is not built for wolfSSL"},
	{TLS_CAP_DTLS1_0, "DTLS is not built for wolfSSL"},
	{TLS_CAP_DTLS1_2, "DTLS is not built for wolfSSL"},
	{TLS_CAP_DTLS_MTU, "DTLS is not built for wolfSSL"},
	{TLS_CAP_DTLS_LISTEN, "DTLS is not built for wolfSSL"},
	{TLS_CAP_SRTP, "DTLS is not built for wolfSSL"},
};

static const struct cap_note limits[] = {
	{TLS_CAP_NOCERT, "PSK and ADH suites: wolfSSL has no AECDH"},
	{TLS_CAP_XCERT, "no execution-time chain building"},
	{TLS_CAP_CLIENT_CERT,
	 "unknown critical extensions always end the handshake; up to TLS 1.2 a server asks for "
	 "certificates of its own kind only, RSA or ECDSA"},
	{TLS_CAP_VERIFY_PARAMS, "purposes timestampsign, codesign and ocsphelper are not checked"},
	{TLS_CAP_CRL, "no delta or indirect CRLs, no issuing distribution points"},
	{TLS_CAP_KEY_UPDATE,
	 "K only: wolfSSL always asks the peer to update too, so k is refused unless an answer is "
	 "outstanding"},
	{TLS_CAP_PHA, "one request per connection: wolfSSL fails on a second one"},
	{TLS_CAP_MAX_SEND_FRAG, "application data only, handshake messages keep their size"},
	{TLS_CAP_MESSAGES, "read off the wire with the secrets of wolfSSL: not where a suite "
			   "without AEAD encrypts"},
	{TLS_CAP_STATE, "told from the messages, as far as these can be read"},
};

static void versions(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	static const char *const why[] = {
		"TLS 1.0 is not in Debian's wolfSSL", "this wolfSSL was built without TLS 1.1",
		"this wolfSSL was built without TLS 1.2", "this wolfSSL was built without TLS 1.3"};
	struct tls_algorithms can;

	ws_algorithms(&can);
	caps_versions(cap, can.versions, why);
}

static void built_in(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	bool passwords = false, p12 = false, psk = false, ext_cache = false;

#if defined(WOLFSSL_ENCRYPTED_KEYS)
	passwords = true;
#endif
#if defined(HAVE_PKCS12)
	p12 = true;
#endif
#if !defined(NO_PSK)
	psk = true;
#endif
#if defined(HAVE_EXT_CACHE)
	ext_cache = true;
#endif
	cap_yes_if(cap, TLS_CAP_KEY_PASSWORD, passwords, "this wolfSSL reads no encrypted keys");
	cap_yes_if(cap, TLS_CAP_KEY_P12, p12, "this wolfSSL was built without PKCS#12");
	cap_yes_if(cap, TLS_CAP_PSK, psk, "this wolfSSL was built without pre-shared keys");
	cap_yes_if(cap, TLS_CAP_PSK_HINT, psk, "this wolfSSL was built without pre-shared keys");
	cap_yes_if(cap, TLS_CAP_EXT_CACHE, ext_cache,
		   "this wolfSSL was built without an external session cache");
	cap_yes_if(cap, TLS_CAP_WORKERS, HAVE_WS_THREADS, "this wolfSSL was built without threads");
	cap_yes_if(cap, TLS_CAP_KEYLOG, HAVE_WS_HKDF_HOOK,
		   "this wolfSSL was built without the callbacks that tell TLS 1.3 secrets");
	cap_no(cap, TLS_CAP_EARLY_DATA,
	       HAVE_WS_EARLY_DATA ? "early data is not served with wolfSSL"
				  : "Debian builds wolfSSL without TLS 1.3 early data");
}

static void by_release(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	cap_yes_if(cap, TLS_CAP_SIGALGS, HAVE_WS_OWN_SIGALGS,
		   "wolfSSL 5.5 signs as it likes, whatever the list");
	if (HAVE_WS_OWN_SIGALGS)
		cap_no(cap, TLS_CAP_CLIENT_SIGALGS,
		       "wolfSSL has one signature algorithm list for both directions");
	else
		cap_partial(cap, TLS_CAP_CLIENT_SIGALGS,
			    "TLS 1.2: wolfSSL 5.5 always lists the same in TLS 1.3");
	if (HAVE_WS_CA_NAMES_13)
		cap_yes(cap, TLS_CAP_CA_NAMES);
	else
		cap_partial(cap, TLS_CAP_CA_NAMES,
			    "TLS 1.2 and older: wolfSSL 5.5 names none in TLS 1.3");
}

void ws_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	caps_yes(cap, always, sizeof(always) / sizeof(*always));
	caps_no(cap, never, sizeof(never) / sizeof(*never));
	caps_partial(cap, limits, sizeof(limits) / sizeof(*limits));
	versions(cap);
	built_in(cap);
	by_release(cap);
}
