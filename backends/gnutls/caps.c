#include "backends/gnutls/gnutls_backend.h"

#include "core/caps.h"

static const enum tls_cap always[] = {
	TLS_CAP_VERSION_HOLES,
	TLS_CAP_CERT,
	TLS_CAP_KEY_PASSWORD,
	TLS_CAP_KEY_P12,
	TLS_CAP_DCERT,
	TLS_CAP_XCERT,
	TLS_CAP_SNI,
	TLS_CAP_CIPHER,
	TLS_CAP_SECLEVEL,
	TLS_CAP_SERVERPREF,
	TLS_CAP_PRIORITIZE_CHACHA,
	TLS_CAP_GROUPS,
	TLS_CAP_SIGALGS,
	TLS_CAP_CLIENT_SIGALGS,
	TLS_CAP_NO_DHE,
	TLS_CAP_CLIENT_CERT,
	TLS_CAP_CA_NAMES,
	TLS_CAP_X509_STRICT,
	TLS_CAP_SUITE_B,
	TLS_CAP_SESSION_CACHE,
	TLS_CAP_NO_RESUME_EPHEMERAL,
	TLS_CAP_SESSION_ID_CONTEXT,
	TLS_CAP_KEYLOG,
	TLS_CAP_EXPORTER,
	TLS_CAP_WORKERS,
	TLS_CAP_RENEGOTIATION,
	TLS_CAP_CLIENT_RENEGOTIATION,
	TLS_CAP_LEGACY_RENEGOTIATION,
	TLS_CAP_NO_RENEGOTIATION,
	TLS_CAP_MAX_SEND_FRAG,
	TLS_CAP_ETM,
	TLS_CAP_EMS,
	TLS_CAP_BUGS,
	TLS_CAP_MESSAGES,
	TLS_CAP_IGNORE_CRITICAL,
	TLS_CAP_CHECK_SS_SIG,
	TLS_CAP_WRITERAND,
	TLS_CAP_IGNORE_UNEXPECTED_EOF,
	TLS_CAP_OCSP,
	TLS_CAP_CRL_DOWNLOAD,
};

static const struct cap_note never[] = {
	{TLS_CAP_SSL3, "Debian builds GnuTLS without SSL 3.0"},
	{TLS_CAP_NPN, "GnuTLS has no next protocol negotiation"},
	{TLS_CAP_VERIFY_POLICY, "GnuTLS does no RFC 5280 policy processing"},
	{TLS_CAP_POLICY_PRINT, "GnuTLS does no RFC 5280 policy processing"},
	{TLS_CAP_PROXY_CERTS, "proxy certificates are not verified with GnuTLS"},
	{TLS_CAP_EXTENDED_CRL, "indirect CRLs are not read with GnuTLS"},
	{TLS_CAP_USE_DELTAS, "delta CRLs are not read with GnuTLS"},
	{TLS_CAP_RAND, "GnuTLS seeds itself from the kernel and takes no files"},
	{TLS_CAP_PROVIDER_PARAM, "GnuTLS has no providers"},
	{TLS_CAP_P12_CERT, "GnuTLS takes stores that hold the key, too"},
	{TLS_CAP_ID_PREFIX, "GnuTLS makes session ids internally and has no setter for servers"},
	{TLS_CAP_SECURITY_DEBUG, "GnuTLS has no security callback"},
	{TLS_CAP_PIPELINES, "GnuTLS has no pipelined ciphers"},
	{TLS_CAP_COMPRESSION, "TLS compression was removed in GnuTLS 3.6"},
	{TLS_CAP_STRICT, "GnuTLS has no switch for strict certificate checks"},
	{TLS_CAP_CA_DIR, "GnuTLS reads whole directories, which the core does for it"},
	{TLS_CAP_ASYNC, "GnuTLS has no asynchronous crypto"},
	{TLS_CAP_ENGINE, "GnuTLS has no engines"},
	{TLS_CAP_PROVIDER, "GnuTLS has no providers"},
	{TLS_CAP_SSL_CONFIG, "GnuTLS has no sections for servers in its configuration file"},
	{TLS_CAP_STATELESS, "GnuTLS cannot send a stateless HelloRetryRequest"},
	{TLS_CAP_KTLS, "Debian builds GnuTLS without kernel TLS, and it wants the socket itself"},
	{TLS_CAP_ECH, "GnuTLS has no encrypted ClientHello"},
	{TLS_CAP_SCTP, "GnuTLS has no DTLS over SCTP"},
};

static const struct cap_note limits[] = {
	{TLS_CAP_KEY_URI, "pkcs11: and the other URIs that GnuTLS knows"},
	{TLS_CAP_DHPARAM, "TLS 1.2 and older; clients that offer RFC 7919 groups get one of those"},
	{TLS_CAP_VERIFY_PARAMS, "purposes timestampsign, codesign and ocsphelper are not checked"},
	{TLS_CAP_CRL, "no delta or indirect CRLs, no issuing distribution points"},
	{TLS_CAP_TICKETS, "with -no_ticket the tickets of TLS 1.3 are still stateless"},
	{TLS_CAP_EXT_CACHE, "TLS 1.2 and older: the tickets of TLS 1.3 are stateless"},
	{TLS_CAP_NO_RESUMPTION_ON_RENEG, "always in force: GnuTLS never resumes on renegotiation"},
	{TLS_CAP_PHA, "only with a certificate of our own"},
	{TLS_CAP_STATE, "GnuTLS reports none: they are told from the messages"},
	{TLS_CAP_RECORD_PADDING, "application data only"},
};

static void versions(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	static const char *const why[] = {
		"this GnuTLS has no TLS 1.0", "this GnuTLS has no TLS 1.1",
		"this GnuTLS has no TLS 1.2", "this GnuTLS has no TLS 1.3"};
	static const enum tls_cap tls13[] = {TLS_CAP_KEY_UPDATE, TLS_CAP_ALLOW_NO_DHE_KEX,
					     TLS_CAP_MIDDLEBOX, TLS_CAP_NUM_TICKETS};
	struct tls_algorithms can;

	gt_algorithms(&can);
	caps_versions(cap, can.versions, why);
	for (size_t i = 0; i < sizeof(tls13) / sizeof(*tls13); i++)
		cap_yes_if(cap, tls13[i], can.versions & TLS_VERSION_BIT(TLS_VERSION_1_3), why[3]);
	cap_partial(cap, TLS_CAP_EARLY_DATA,
		    "no external keys; a ticket that comes again resumes, without early data");
	if (!(can.versions & TLS_VERSION_BIT(TLS_VERSION_1_3)))
		cap_no(cap, TLS_CAP_EARLY_DATA, why[3]);
}

static void built_in(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	bool psk = gt_has_feature("psk");

	if (psk)
		cap_partial(
			cap, TLS_CAP_PSK,
			"in TLS 1.3 with SHA-256 suites, and only the client's first identity that "
			"is not a ticket");
	else
		cap_no(cap, TLS_CAP_PSK, "this GnuTLS was built without pre-shared keys");
	cap_yes_if(cap, TLS_CAP_PSK_HINT, psk, "this GnuTLS was built without pre-shared keys");
	cap_yes_if(cap, TLS_CAP_ALPN, gt_has_feature("alpn"), "this GnuTLS was built without ALPN");
	cap_yes_if(cap, TLS_CAP_NOCERT, psk || gt_has_feature("auth-anon"),
		   "this GnuTLS was built without anonymous suites and pre-shared keys");
	cap_no(cap, TLS_CAP_SRP,
	       gt_has_feature("srp") ? "SRP of GnuTLS is not used: newer Debian builds it without"
				     : "this GnuTLS was built without SRP");
	if (!gt_has_feature("heartbeat"))
		cap_no(cap, TLS_CAP_HEARTBEAT, "this GnuTLS was built without heartbeat");
}

void gt_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	caps_yes(cap, always, sizeof(always) / sizeof(*always));
	caps_no(cap, never, sizeof(never) / sizeof(*never));
	caps_partial(cap, limits, sizeof(limits) / sizeof(*limits));
	versions(cap);
	built_in(cap);
}
