#include "backends/mbedtls/mbedtls_backend.h"

#include "core/caps.h"

/*
 * What the running library was built with. mbedtls_version_check_feature() answers for the
 * library, the macro for the headers; they differ when somebody rebuilt the one.
 */
static bool feature(const char *name)
{
#if defined(MBEDTLS_VERSION_FEATURES)
	return mbedtls_version_check_feature(name) == 0;
#else
#error "Mbed TLS without MBEDTLS_VERSION_FEATURES cannot be asked what it can do"
#endif
}

static const enum tls_cap always[] = {
	TLS_CAP_CERT,
	TLS_CAP_DCERT,
	TLS_CAP_CIPHER,
	TLS_CAP_SERVERPREF,
	TLS_CAP_PRIORITIZE_CHACHA,
	TLS_CAP_GROUPS,
	TLS_CAP_NO_DHE,
	TLS_CAP_SESSION_CACHE,
	TLS_CAP_EXT_CACHE,
	TLS_CAP_SESSION_ID_CONTEXT,
	TLS_CAP_NO_RESUMPTION_ON_RENEG,
	TLS_CAP_RAND,
	TLS_CAP_WRITERAND,
	TLS_CAP_EXPORTER,
	TLS_CAP_KEYLOG,
	TLS_CAP_IGNORE_UNEXPECTED_EOF,
	TLS_CAP_CHECK_SS_SIG,
	TLS_CAP_X509_STRICT,
	TLS_CAP_CRL_DOWNLOAD,
	TLS_CAP_SUITE_B,
	TLS_CAP_VERSION_HOLES,
};

static const struct cap_note never[] = {
	{TLS_CAP_SSL3, "SSL 3.0 is not in Mbed TLS (switched off in 2.28, removed in 3.0)"},
	{TLS_CAP_P12_CERT, "Mbed TLS cannot read PKCS#12 key stores"},
	{TLS_CAP_KEY_P12, "Mbed TLS cannot read PKCS#12 key stores"},
	{TLS_CAP_KEY_URI, "Mbed TLS has no key stores to open by URI"},
	{TLS_CAP_NPN, "Mbed TLS never had NPN"},
	{TLS_CAP_SECLEVEL, "Mbed TLS has no security levels"},
	{TLS_CAP_VERIFY_POLICY, "Mbed TLS does no RFC 5280 policy processing"},
	{TLS_CAP_POLICY_PRINT, "Mbed TLS does no RFC 5280 policy processing"},
	{TLS_CAP_IGNORE_CRITICAL, "Mbed TLS refuses unknown critical extensions by itself"},
	{TLS_CAP_PROXY_CERTS, "Mbed TLS knows no proxy certificates"},
	{TLS_CAP_EXTENDED_CRL, "indirect CRLs are not read with Mbed TLS"},
	{TLS_CAP_USE_DELTAS, "delta CRLs are not read with Mbed TLS"},
	{TLS_CAP_CA_STORE, "Mbed TLS has no certificate stores to open by URI"},
	{TLS_CAP_PREFER_NO_DHE_KEX, "Mbed TLS offers no choice of the preferred PSK exchange"},
	{TLS_CAP_PROVIDER_PARAM, "Mbed TLS has no providers"},
	{TLS_CAP_CHAIN_BUILD, "Mbed TLS sends the chain as given and builds none"},
	{TLS_CAP_PSK_HINT, "Mbed TLS servers always send an empty PSK identity hint"},
	{TLS_CAP_PSK_SESSION, "a PSK from a saved session is not built for Mbed TLS"},
	{TLS_CAP_SRP, "Mbed TLS has no SRP"},
	{TLS_CAP_PHA, "Mbed TLS has no post-handshake client authentication"},
	{TLS_CAP_SECURITY_DEBUG, "Mbed TLS has no security decisions to report"},
	{TLS_CAP_STATELESS, "Mbed TLS cannot send a stateless HelloRetryRequest"},
	{TLS_CAP_OCSP, "Mbed TLS has no OCSP stapling"},
	{TLS_CAP_SERVERINFO, "Mbed TLS cannot add custom extensions"},
	{TLS_CAP_PIPELINES, "Mbed TLS has no pipelined ciphers"},
	{TLS_CAP_RECORD_PADDING, "Mbed TLS pads TLS 1.3 records to a size fixed at compile time"},
	{TLS_CAP_COMPRESSION, "TLS compression is not in Mbed TLS (off in 2.28, removed in 3.0)"},
	{TLS_CAP_CERT_COMPRESSION, "Mbed TLS has no certificate compression"},
	{TLS_CAP_RAW_PUBLIC_KEY, "Mbed TLS has no raw public keys"},
	{TLS_CAP_MIDDLEBOX, "Mbed TLS fixes middlebox compatibility at compile time"},
	{TLS_CAP_STRICT, "Mbed TLS has one fixed strictness for certificates"},
	{TLS_CAP_CA_DIR, "Mbed TLS reads whole directories, which the core does for it"},
	{TLS_CAP_ASYNC, "Debian builds Mbed TLS without asynchronous private keys"},
	{TLS_CAP_ENGINE, "Mbed TLS has no engines"},
	{TLS_CAP_PROVIDER, "Mbed TLS has no providers"},
	{TLS_CAP_SSL_CONFIG, "Mbed TLS has no configuration file"},
	{TLS_CAP_KTLS, "Mbed TLS has no kernel TLS"},
	{TLS_CAP_ECH, "Mbed TLS has no encrypted ClientHello"},
	{TLS_CAP_SCTP, "Mbed TLS has no DTLS over SCTP"},
	{TLS_CAP_HEARTBEAT, "Mbed TLS never had heartbeat"},
	{TLS_CAP_DTLS, "DTLS is not built for Mbed TLS"},
	{TLS_CAP_DTLS1_0, "DTLS is not built for Mbed TLS"},
	{TLS_CAP_DTLS1_2, "DTLS is not built for Mbed TLS"},
	{TLS_CAP_DTLS_MTU, "DTLS is not built for Mbed TLS"},
	{TLS_CAP_DTLS_LISTEN, "DTLS is not built for Mbed TLS"},
	{TLS_CAP_SRTP, "DTLS is not built for Mbed TLS"},
};

static const struct cap_note limits[] = {
	{TLS_CAP_NOCERT, "PSK suites only: Mbed TLS has no anonymous suites"},
	{TLS_CAP_XCERT, "no execution-time chain building"},
	{TLS_CAP_CLIENT_CERT,
	 "RSA and ECDSA certificates; unknown critical extensions are refused"},
	{TLS_CAP_CRL, "no delta or indirect CRLs, no issuing distribution points"},
	{TLS_CAP_CA_NAMES, "TLS 1.2 and older: Mbed TLS names none in TLS 1.3"},
	{TLS_CAP_VERIFY_PARAMS, "purposes timestampsign, codesign and ocsphelper are not checked"},
	{TLS_CAP_MAX_SEND_FRAG, "application data only, handshake messages keep their size"},
	{TLS_CAP_NO_RESUME_EPHEMERAL, "TLS 1.2 and older, as in OpenSSL"},
	{TLS_CAP_MESSAGES, "read off the wire with the secrets of Mbed TLS: not where a suite "
			   "without AEAD encrypts"},
	{TLS_CAP_STATE, "told from the messages, as far as these can be read"},
};

static void versions(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	cap_yes_if(cap, TLS_CAP_TLS1_0, feature("MBEDTLS_SSL_PROTO_TLS1"),
		   "TLS 1.0 was removed in Mbed TLS 3.0");
	cap_yes_if(cap, TLS_CAP_TLS1_1, feature("MBEDTLS_SSL_PROTO_TLS1_1"),
		   "TLS 1.1 was removed in Mbed TLS 3.0");
	cap_yes_if(cap, TLS_CAP_TLS1_2, feature("MBEDTLS_SSL_PROTO_TLS1_2"),
		   "this Mbed TLS was built without TLS 1.2");
#if HAVE_MBEDTLS_TLS13
	const char *why = "this Mbed TLS was built without TLS 1.3";
	bool there = feature("MBEDTLS_SSL_PROTO_TLS1_3");
#else
	const char *why = "Mbed TLS 2.28 has no TLS 1.3 server";
	bool there = false;
#endif
	cap_no(cap, TLS_CAP_EARLY_DATA,
	       !there                              ? why
	       : feature("MBEDTLS_SSL_EARLY_DATA") ? "early data is not served with Mbed TLS"
						   : "Debian builds Mbed TLS without early data");
	cap_yes_if(cap, TLS_CAP_TLS1_3, there, why);
	cap_yes_if(cap, TLS_CAP_CIPHERSUITES, there, why);
	cap_yes_if(cap, TLS_CAP_KEY_UPDATE, there, why);
	cap_yes_if(cap, TLS_CAP_NUM_TICKETS, there && feature("MBEDTLS_SSL_SESSION_TICKETS"), why);
	if (!there)
		cap_partial(cap, TLS_CAP_NUM_TICKETS, "no effect without TLS 1.3, as in OpenSSL");
	cap_yes_if(cap, TLS_CAP_ALLOW_NO_DHE_KEX, there, why);
	if (there)
		cap_partial(
			cap, TLS_CAP_ALLOW_NO_DHE_KEX,
			"certificates are preferred to PSK without (EC)DHE; a group must be in common");
}

static void built_in(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	static const char renegotiation[] = "this Mbed TLS was built without renegotiation";
	static const struct {
		enum tls_cap id;
		const char *feature, *why;
	} rows[] = {
		{TLS_CAP_WORKERS, "MBEDTLS_THREADING_C", "this Mbed TLS was built without threads"},
		{TLS_CAP_SNI, "MBEDTLS_SSL_SERVER_NAME_INDICATION",
		 "this Mbed TLS was built without server name indication"},
		{TLS_CAP_ALPN, "MBEDTLS_SSL_ALPN", "this Mbed TLS was built without ALPN"},
		{TLS_CAP_TICKETS, "MBEDTLS_SSL_SESSION_TICKETS",
		 "this Mbed TLS was built without session tickets"},
		{TLS_CAP_ETM, "MBEDTLS_SSL_ENCRYPT_THEN_MAC",
		 "this Mbed TLS was built without encrypt-then-MAC"},
		{TLS_CAP_EMS, "MBEDTLS_SSL_EXTENDED_MASTER_SECRET",
		 "this Mbed TLS was built without the extended master secret"},
		{TLS_CAP_DHPARAM, "MBEDTLS_DHM_C",
		 "this Mbed TLS was built without finite-field Diffie-Hellman"},
		{TLS_CAP_RENEGOTIATION, "MBEDTLS_SSL_RENEGOTIATION", renegotiation},
		{TLS_CAP_CLIENT_RENEGOTIATION, "MBEDTLS_SSL_RENEGOTIATION", renegotiation},
		{TLS_CAP_LEGACY_RENEGOTIATION, "MBEDTLS_SSL_RENEGOTIATION", renegotiation},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cap_yes_if(cap, rows[i].id, feature(rows[i].feature), rows[i].why);
}

void mb_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	caps_yes(cap, always, sizeof(always) / sizeof(*always));
	caps_no(cap, never, sizeof(never) / sizeof(*never));
	caps_partial(cap, limits, sizeof(limits) / sizeof(*limits));
	versions(cap);

	cap_yes(cap, TLS_CAP_ID_PREFIX);
#if HAVE_MBEDTLS_IANA_LISTS
	cap_partial(cap, TLS_CAP_SIGALGS, "no RSA-PSS in TLS 1.2, no EdDSA");
	cap_partial(cap, TLS_CAP_CLIENT_SIGALGS, "no EdDSA; not on renegotiation");
	cap_no(cap, TLS_CAP_BUGS, "Mbed TLS 3.x has no work-arounds to switch on");
#else
	cap_partial(cap, TLS_CAP_SIGALGS,
		    "Mbed TLS 2.28 chooses by hash only; no RSA-PSS, no EdDSA");
	cap_partial(cap, TLS_CAP_CLIENT_SIGALGS,
		    "Mbed TLS 2.28 chooses by hash only; not on renegotiation");
	cap_partial(cap, TLS_CAP_BUGS, "TLS 1.0 record splitting only");
#endif
	if (HAVE_MBEDTLS_PBES2_AES)
		cap_partial(cap, TLS_CAP_KEY_PASSWORD, "no scrypt");
	else
		cap_partial(cap, TLS_CAP_KEY_PASSWORD, "no scrypt; PKCS#8 with (3)DES and AES-CBC");
	built_in(cap);
	cap_partial(cap, TLS_CAP_PSK,
		    HAVE_MBEDTLS_TLS13 ? "keys of up to 48 bytes; SHA-256 suites only in TLS 1.3"
				       : "keys of up to 32 bytes");
	cap_yes(cap, TLS_CAP_NO_RENEGOTIATION);
}

/* ---- algorithms ---- */

struct group_row {
	uint16_t iana;
	mbedtls_ecp_group_id id;
};

/* OpenSSL's order first, then the rest by strength. */
static const struct group_row group_rows[] = {
	{29, MBEDTLS_ECP_DP_CURVE25519}, {23, MBEDTLS_ECP_DP_SECP256R1},
	{30, MBEDTLS_ECP_DP_CURVE448},   {25, MBEDTLS_ECP_DP_SECP521R1},
	{24, MBEDTLS_ECP_DP_SECP384R1},  {28, MBEDTLS_ECP_DP_BP512R1},
	{27, MBEDTLS_ECP_DP_BP384R1},    {26, MBEDTLS_ECP_DP_BP256R1},
	{22, MBEDTLS_ECP_DP_SECP256K1},  {21, MBEDTLS_ECP_DP_SECP224R1},
	{20, MBEDTLS_ECP_DP_SECP224K1},  {19, MBEDTLS_ECP_DP_SECP192R1},
	{18, MBEDTLS_ECP_DP_SECP192K1},
#if HAVE_MBEDTLS_TLS13 && defined(PSA_WANT_ALG_FFDH)
/* What PSA has is told at compile time only. */
#if defined(PSA_WANT_DH_RFC7919_2048)
	{256, MBEDTLS_ECP_DP_NONE},
#endif
#if defined(PSA_WANT_DH_RFC7919_3072)
	{257, MBEDTLS_ECP_DP_NONE},
#endif
#if defined(PSA_WANT_DH_RFC7919_4096)
	{258, MBEDTLS_ECP_DP_NONE},
#endif
#if defined(PSA_WANT_DH_RFC7919_6144)
	{259, MBEDTLS_ECP_DP_NONE},
#endif
#if defined(PSA_WANT_DH_RFC7919_8192)
	{260, MBEDTLS_ECP_DP_NONE},
#endif
#endif
};

static bool group_there(const struct group_row *row)
{
	const mbedtls_ecp_curve_info *info;

	if (row->id == MBEDTLS_ECP_DP_NONE)
		return true;
	info = mbedtls_ecp_curve_info_from_grp_id(row->id);
	return info && info->tls_id == row->iana;
}

mb_group mb_group_by_iana(uint16_t id)
{
	for (size_t i = 0; i < sizeof(group_rows) / sizeof(group_rows[0]); i++) {
		if (group_rows[i].iana != id || !group_there(&group_rows[i]))
			continue;
#if HAVE_MBEDTLS_IANA_LISTS
		return id;
#else
		return group_rows[i].id;
#endif
	}
	return 0;
}

static const uint16_t all_sigalgs[] = {
	0x0403, 0x0503, 0x0603, /* ECDSA with SHA-256, 384, 512 */
#if HAVE_MBEDTLS_TLS13
	0x0804, 0x0805, 0x0806, /* RSA-PSS, TLS 1.3 only */
#endif
	0x0401, 0x0501, 0x0601, /* RSA PKCS#1 v1.5 */
	0x0303, 0x0301,         /* SHA-224 */
	0x0203, 0x0201,         /* SHA-1 */
};

static size_t list_suites(uint16_t *out, size_t max)
{
	const int *id = mbedtls_ssl_list_ciphersuites();
	size_t n = 0;

	for (; *id && n < max; id++)
		if (mbedtls_ssl_ciphersuite_from_id(*id))
			out[n++] = (uint16_t)*id;
	return n;
}

void mb_algorithms(struct tls_algorithms *out)
{
	static uint16_t suites[MB_MAX_SUITES], groups[MB_MAX_GROUPS];
	struct tls_cap_entry cap[TLS_CAP_COUNT] = {{TLS_CAP_NO, NULL}};
	size_t n_groups = 0;

	versions(cap);
	out->versions = 0;
	if (cap[TLS_CAP_TLS1_0].level)
		out->versions |= TLS_VERSION_BIT(TLS_VERSION_1_0);
	if (cap[TLS_CAP_TLS1_1].level)
		out->versions |= TLS_VERSION_BIT(TLS_VERSION_1_1);
	if (cap[TLS_CAP_TLS1_2].level)
		out->versions |= TLS_VERSION_BIT(TLS_VERSION_1_2);
	if (cap[TLS_CAP_TLS1_3].level)
		out->versions |= TLS_VERSION_BIT(TLS_VERSION_1_3);
	for (size_t i = 0; i < sizeof(group_rows) / sizeof(group_rows[0]); i++)
		if (group_there(&group_rows[i]))
			groups[n_groups++] = group_rows[i].iana;
	out->suites = (struct u16list){suites, list_suites(suites, MB_MAX_SUITES)};
	out->groups = (struct u16list){groups, n_groups};
	out->sigalgs = (struct u16list){all_sigalgs, sizeof(all_sigalgs) / sizeof(all_sigalgs[0])};
}
