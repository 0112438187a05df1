#include "backends/openssl/openssl_backend.h"

/* What every OpenSSL from 3.0 on does. */
static const enum tls_cap always[] = {
	TLS_CAP_VERSION_HOLES,
	TLS_CAP_CERT,
	TLS_CAP_KEY_PASSWORD,
	TLS_CAP_KEY_P12,
	TLS_CAP_P12_CERT,
	TLS_CAP_KEY_URI,
	TLS_CAP_DCERT,
	TLS_CAP_XCERT,
	TLS_CAP_NOCERT,
	TLS_CAP_SNI,
	TLS_CAP_ALPN,
	TLS_CAP_CIPHER,
	TLS_CAP_SECLEVEL,
	TLS_CAP_SERVERPREF,
	TLS_CAP_PRIORITIZE_CHACHA,
	TLS_CAP_GROUPS,
	TLS_CAP_SIGALGS,
	TLS_CAP_CLIENT_SIGALGS,
	TLS_CAP_DHPARAM,
	TLS_CAP_NO_DHE,
	TLS_CAP_VERIFY_PARAMS,
	TLS_CAP_VERIFY_POLICY,
	TLS_CAP_POLICY_PRINT,
	TLS_CAP_X509_STRICT,
	TLS_CAP_IGNORE_CRITICAL,
	TLS_CAP_CHECK_SS_SIG,
	TLS_CAP_PROXY_CERTS,
	TLS_CAP_CA_DIR,
	TLS_CAP_CRL,
	TLS_CAP_CRL_DOWNLOAD,
	TLS_CAP_EXTENDED_CRL,
	TLS_CAP_USE_DELTAS,
	TLS_CAP_CLIENT_CERT,
	TLS_CAP_SUITE_B,
	TLS_CAP_CHAIN_BUILD,
	TLS_CAP_SESSION_CACHE,
	TLS_CAP_EXT_CACHE,
	TLS_CAP_TICKETS,
	TLS_CAP_NUM_TICKETS,
	TLS_CAP_ALLOW_NO_DHE_KEX,
	TLS_CAP_SESSION_ID_CONTEXT,
	TLS_CAP_ID_PREFIX,
	TLS_CAP_PSK_SESSION,
	TLS_CAP_KEYLOG,
	TLS_CAP_EXPORTER,
	TLS_CAP_WORKERS,
	TLS_CAP_KEY_UPDATE,
	TLS_CAP_RENEGOTIATION,
	TLS_CAP_CLIENT_RENEGOTIATION,
	TLS_CAP_LEGACY_RENEGOTIATION,
	TLS_CAP_NO_RENEGOTIATION,
	TLS_CAP_NO_RESUMPTION_ON_RENEG,
	TLS_CAP_PHA,
	TLS_CAP_SECURITY_DEBUG,
	TLS_CAP_MESSAGES,
	TLS_CAP_STATE,
	TLS_CAP_SERVERINFO,
	TLS_CAP_MAX_SEND_FRAG,
	TLS_CAP_PIPELINES,
	TLS_CAP_RECORD_PADDING,
	TLS_CAP_ETM,
	TLS_CAP_EMS,
	TLS_CAP_MIDDLEBOX,
	TLS_CAP_CA_NAMES,
	TLS_CAP_BUGS,
	TLS_CAP_STRICT,
	TLS_CAP_ASYNC,
	TLS_CAP_PROVIDER,
	TLS_CAP_SSL_CONFIG,
	TLS_CAP_RAND,
	TLS_CAP_WRITERAND,
	TLS_CAP_IGNORE_UNEXPECTED_EOF,
	TLS_CAP_EARLY_DATA,
	TLS_CAP_STATELESS,
};

static const struct {
	enum tls_cap id;
	enum tls_support level;
	const char *note;
} others[] = {
	{TLS_CAP_CA_STORE, TLS_CAP_PARTIAL, "paths and file: URIs"},
	{TLS_CAP_NO_RESUME_EPHEMERAL, TLS_CAP_PARTIAL, "TLS 1.2 and older"},
	{TLS_CAP_KTLS, TLS_CAP_PARTIAL,
	 "on kernels without TLS, where they do not more in openssl either; refused on others"},
	{TLS_CAP_ECH, TLS_CAP_NO, "encrypted ClientHello needs OpenSSL 4.0"},
	{TLS_CAP_HEARTBEAT, TLS_CAP_NO, "OpenSSL 1.1.1 removed heartbeats"},
};

static void yes_if(struct tls_cap_entry cap[TLS_CAP_COUNT], enum tls_cap id, bool there,
		   const char *note)
{
	cap[id] = there ? (struct tls_cap_entry){TLS_CAP_YES, NULL}
			: (struct tls_cap_entry){TLS_CAP_NO, note};
}

SSL_CTX *os_probe_ctx(void)
{
	SSL_CTX *sctx = SSL_CTX_new_ex(NULL, os_propq(), TLS_server_method());

	if (!sctx)
		return NULL;
	/* Whatever the configuration file says: versions are open, weak suites are in. */
	(void)SSL_CTX_clear_options(sctx, SSL_OP_NO_SSL_MASK);
	if (SSL_CTX_set_min_proto_version(sctx, 0) && SSL_CTX_set_max_proto_version(sctx, 0) &&
	    SSL_CTX_set_cipher_list(sctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") &&
	    SSL_CTX_set_ciphersuites(sctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
					   "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
					   "TLS_AES_128_CCM_8_SHA256"))
		return sctx;
	SSL_CTX_free(sctx);
	return NULL;
}

static void versions(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	static const struct {
		enum tls_cap id;
		uint16_t version;
		const char *note;
	} all[] = {
		{TLS_CAP_TLS1_0, TLS_VERSION_1_0, "this OpenSSL was built without TLS 1.0"},
		{TLS_CAP_TLS1_1, TLS_VERSION_1_1, "this OpenSSL was built without TLS 1.1"},
		{TLS_CAP_TLS1_2, TLS_VERSION_1_2, "this OpenSSL was built without TLS 1.2"},
		{TLS_CAP_TLS1_3, TLS_VERSION_1_3, "this OpenSSL was built without TLS 1.3"},
	};
	struct tls_algorithms can;

	os_algorithms(&can);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		uint32_t bit = TLS_VERSION_BIT(all[i].version);

		yes_if(cap, all[i].id, can.versions & bit, all[i].note);
		if (can.versions & os_weak_versions() & bit)
			cap[all[i].id] = (struct tls_cap_entry){TLS_CAP_PARTIAL,
								"with @SECLEVEL=0 in -cipher only"};
	}
	cap[TLS_CAP_CIPHERSUITES] = cap[TLS_CAP_TLS1_3];
	cap[TLS_CAP_SSL3] =
		(struct tls_cap_entry){TLS_CAP_NO, "SSL 3.0 is not offered, Debian has none"};
}

static bool has_compression(void)
{
	return sk_SSL_COMP_num(SSL_COMP_get_compression_methods()) > 0;
}

/* Cannot be asked but by trying: with nothing to compress the call still fails without a method. */
static bool has_cert_compression(void)
{
#if HAVE_OSSL_CERT_COMP
	SSL_CTX *sctx = os_probe_ctx();
	int any[] = {TLSEXT_comp_cert_zlib, TLSEXT_comp_cert_brotli, TLSEXT_comp_cert_zstd};
	bool has = false;

	for (size_t i = 0; sctx && i < sizeof(any) / sizeof(*any); i++)
		has = has || SSL_CTX_set1_cert_comp_preference(sctx, &any[i], 1) == 1;
	SSL_CTX_free(sctx);
	return has;
#else
	return false;
#endif
}

static void built_in(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	bool psk = false, npn = false;

#if !defined(OPENSSL_NO_PSK)
	psk = true;
#endif
#if !defined(OPENSSL_NO_NEXTPROTONEG)
	npn = true;
#endif
	yes_if(cap, TLS_CAP_NPN, npn, "this OpenSSL was built without NPN");
	yes_if(cap, TLS_CAP_PSK, psk, "this OpenSSL was built without pre-shared keys");
	yes_if(cap, TLS_CAP_PSK_HINT, psk, "this OpenSSL was built without pre-shared keys");
	yes_if(cap, TLS_CAP_SRP, HAVE_OSSL_SRP, "this OpenSSL was built without SRP");
	yes_if(cap, TLS_CAP_ENGINE, HAVE_OSSL_ENGINE, "this OpenSSL was built without engines");
	yes_if(cap, TLS_CAP_RAW_PUBLIC_KEY, HAVE_OSSL_RPK, "raw public keys need OpenSSL 3.2");
	yes_if(cap, TLS_CAP_PREFER_NO_DHE_KEX, HAVE_OSSL_PREFER_NO_DHE_KEX, "needs OpenSSL 3.3");
	yes_if(cap, TLS_CAP_PROVIDER_PARAM, HAVE_OSSL_PROVIDER_PARAM, "needs OpenSSL 3.5");
	yes_if(cap, TLS_CAP_COMPRESSION, has_compression(),
	       "this OpenSSL was built without TLS compression");
	yes_if(cap, TLS_CAP_CERT_COMPRESSION, has_cert_compression(),
	       HAVE_OSSL_CERT_COMP ? "this OpenSSL was built without compression libraries"
				   : "certificate compression needs OpenSSL 3.2");
	yes_if(cap, TLS_CAP_OCSP, HAVE_OSSL_OCSP, "this OpenSSL was built without OCSP");
}

void os_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		cap[always[i]] = (struct tls_cap_entry){TLS_CAP_YES, NULL};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		cap[others[i].id] = (struct tls_cap_entry){others[i].level, others[i].note};
	versions(cap);
	built_in(cap);
	ERR_clear_error();
}
