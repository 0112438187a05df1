/*
 * Client certificates. The walk is the core's (core/verify.h); the library only checks signatures.
 */
#include "backends/gnutls/gnutls_backend.h"

/* The algorithm of certificate or list; RSA-PSS keeps its hash in parameters that only the library
 * need read. */
static int algorithm_of(const struct verify_signature *sig)
{
	gnutls_datum_t der = gt_datum(sig->whole);
	int ret;

	if (sig->crl) {
		gnutls_x509_crl_t crl;

		ret = gnutls_x509_crl_init(&crl);
		if (ret < 0)
			return ret;
		ret = gnutls_x509_crl_import(crl, &der, GNUTLS_X509_FMT_DER);
		if (ret >= 0)
			ret = gnutls_x509_crl_get_signature_algorithm(crl);
		gnutls_x509_crl_deinit(crl);
	} else {
		gnutls_x509_crt_t crt;

		ret = gnutls_x509_crt_init(&crt);
		if (ret < 0)
			return ret;
		ret = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
		if (ret >= 0)
			ret = gnutls_x509_crt_get_signature_algorithm(crt);
		gnutls_x509_crt_deinit(crt);
	}
	return ret;
}

/* How strong it must be is judged by the walk. */
static bool check_signature(void *ud, const struct verify_signature *sig)
{
	gnutls_datum_t spki = gt_datum(sig->spki), tbs = gt_datum(sig->tbs);
	gnutls_datum_t value = gt_datum(sig->value);
	int algorithm = algorithm_of(sig), ret;
	gnutls_pubkey_t key;

	(void)ud;
	if (algorithm <= 0 || gnutls_pubkey_init(&key) < 0)
		return false;
	ret = gnutls_pubkey_import(key, &spki, GNUTLS_X509_FMT_DER);
	if (ret >= 0)
		ret = gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t)algorithm,
						 GNUTLS_VERIFY_ALLOW_BROKEN, &tbs, &value);
	gnutls_pubkey_deinit(key);
	return ret >= 0;
}

static bool tell(void *ud, int depth, int x509_error, struct bytes cert)
{
	struct tls_session *s = ud;

	if (s->ctx->host->verify(s->sud, depth, x509_error, cert))
		return true;
	s->abort_alert = verify_alert(x509_error);
	s->abort_text = "certificate verify failed";
	return false;
}

static size_t crls(void *ud, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	struct tls_session *s = ud;

	return s->ctx->host->crls(s->sud, cert, list);
}

size_t gt_peer_chain(struct tls_session *s)
{
	unsigned n = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(s->gs, &n);

	if (!list)
		return 0;
	if (n > GT_MAX_PEER_CHAIN)
		n = GT_MAX_PEER_CHAIN;
	for (unsigned i = 0; i < n; i++)
		s->peer_chain[i] = (struct bytes){list[i].data, list[i].size};
	return n;
}

static bool walk(struct tls_session *s, bool told, int *result)
{
	struct verify_walk w = {
		.params = &s->ctx->verify,
		.store = &s->ctx->store,
		.signature = check_signature,
		.tell = told ? tell : NULL,
		.crls = tls_flag(s->ctx->cfg, TLS_F_CRL_DOWNLOAD) ? crls : NULL,
		.ud = s,
	};

	return verify_chain(&w, s->peer_chain, gt_peer_chain(s), result);
}

int gt_on_verify(gnutls_session_t gs)
{
	struct tls_session *s = gnutls_session_get_ptr(gs);

	s->verified = true;
	if (!gt_peer_chain(s))
		return 0; /* whether it may be missing has been decided */
	return walk(s, true, &s->verify_result) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

int gt_verify_silently(struct tls_session *s)
{
	int result = VERIFY_OK;

	if (gt_peer_chain(s))
		(void)walk(s, false, &result); /* nobody ends it */
	return result;
}
