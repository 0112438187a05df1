/*
 * Client certificates. The walk is the core's (core/verify.h); the library only checks signatures.
 *
 * The library makes a walk of its own first. It has no trust anchors here, so all it can do is to
 * follow the client's own certificates; what it holds against them is dropped.
 */
#include "backends/mbedtls/mbedtls_backend.h"

#include "core/der.h"

#include <limits.h>

/* ---- one signature ---- */

struct algorithm {
	mbedtls_md_type_t md;
	mbedtls_pk_type_t key;
	mbedtls_pk_rsassa_pss_options pss;
};

static mbedtls_asn1_buf borrowed(struct bytes b)
{
	/* The library only reads, but says so of few arguments. */
	return (mbedtls_asn1_buf){DER_OID, b.n, (unsigned char *)(uintptr_t)b.p};
}

static bool read_hash(struct der_reader *r, mbedtls_md_type_t *md)
{
	struct der_reader seq;
	struct bytes oid;
	mbedtls_asn1_buf buf;

	if (!der_enter(r, DER_SEQUENCE, &seq) || !der_get(&seq, DER_OID, &oid))
		return false;
	buf = borrowed(oid);
	return mbedtls_oid_get_md_alg(&buf, md) == 0;
}

/* RSASSA-PSS-params, RFC 4055 3.1; all of it may be absent. */
static bool read_pss(struct der_reader *r, struct algorithm *out)
{
	struct der_reader params, field, mask;
	struct bytes oid;
	int64_t salt = 20;

	out->md = out->pss.mgf1_hash_id = MBEDTLS_MD_SHA1;
	if (der_peek(r, DER_SEQUENCE) && der_enter(r, DER_SEQUENCE, &params)) {
		if (der_peek(&params, DER_CONTEXT_CONSTRUCTED(0)) &&
		    (!der_enter(&params, DER_CONTEXT_CONSTRUCTED(0), &field) ||
		     !read_hash(&field, &out->md)))
			return false;
		if (der_peek(&params, DER_CONTEXT_CONSTRUCTED(1)) &&
		    (!der_enter(&params, DER_CONTEXT_CONSTRUCTED(1), &field) ||
		     !der_enter(&field, DER_SEQUENCE, &mask) || !der_get(&mask, DER_OID, &oid) ||
		     !read_hash(&mask, &out->pss.mgf1_hash_id)))
			return false;
		if (der_peek(&params, DER_CONTEXT_CONSTRUCTED(2)) &&
		    (!der_enter(&params, DER_CONTEXT_CONSTRUCTED(2), &field) ||
		     !der_get_int(&field, DER_INTEGER, &salt)))
			return false;
	}
	out->pss.expected_salt_len = (int)salt;
	return salt >= 0 && salt <= INT_MAX && !r->bad;
}

static bool read_algorithm(struct bytes element, struct algorithm *out)
{
	struct der_reader r = der_read(element), seq;
	struct bytes oid;
	mbedtls_asn1_buf buf;

	if (!der_enter(&r, DER_SEQUENCE, &seq) || !der_get(&seq, DER_OID, &oid))
		return false;
	buf = borrowed(oid);
	if (mbedtls_oid_get_sig_alg(&buf, &out->md, &out->key))
		return false;
	return out->key != MBEDTLS_PK_RSASSA_PSS || read_pss(&seq, out);
}

/* How strong it must be is judged by the walk. */
static bool check_signature(void *ud, const struct verify_signature *sig)
{
	mbedtls_asn1_buf spki = borrowed(sig->spki);
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];
	const mbedtls_md_info_t *md;
	struct algorithm alg;
	mbedtls_pk_context key;
	bool good;

	(void)ud;
	if (!read_algorithm(sig->algorithm, &alg))
		return false;
	md = mbedtls_md_info_from_type(alg.md);
	if (!md || mbedtls_md(md, sig->tbs.p, sig->tbs.n, hash))
		return false;
	mbedtls_pk_init(&key);
	good = mbedtls_pk_parse_subpubkey(&spki.p, spki.p + spki.len, &key) == 0 &&
	       mbedtls_pk_can_do(&key, alg.key) &&
	       mbedtls_pk_verify_ext(alg.key, alg.key == MBEDTLS_PK_RSASSA_PSS ? &alg.pss : NULL,
				     &key, alg.md, hash, mbedtls_md_get_size(md), sig->value.p,
				     sig->value.n) == 0;
	mbedtls_pk_free(&key);
	return good;
}

/* ---- the chain ---- */

size_t mb_peer_chain(const mbedtls_x509_crt *crt, struct bytes chain[MB_MAX_PEER_CHAIN])
{
	size_t n = 0;

	for (; crt && crt->raw.p && n < MB_MAX_PEER_CHAIN; crt = crt->next)
		chain[n++] = (struct bytes){crt->raw.p, crt->raw.len};
	return n;
}

static bool tell(void *ud, int depth, int x509_error, struct bytes cert)
{
	struct tls_session *s = ud;

	if (s->ctx->host->verify(s->sud, depth, x509_error, cert))
		return true;
	s->verify_failed = true;
	mb_send_fatal(s, verify_alert(x509_error));
	return false;
}

static size_t crls(void *ud, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	struct tls_session *s = ud;

	return s->ctx->host->crls(s->sud, cert, list);
}

/* A resumed session has the result in bits of the library's flags that it does not use itself. */
enum { RESULT_SHIFT = 24 };

int mb_on_verify(void *sud, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct tls_session *s = sud;
	struct verify_walk w = {
		.params = &s->ctx->verify,
		.store = &s->ctx->store,
		.signature = check_signature,
		.tell = tell,
		.crls = tls_flag(s->ctx->cfg, TLS_F_CRL_DOWNLOAD) ? crls : NULL,
		.ud = s,
	};
	bool good;

	*flags = 0;
	/* From the top down; the last one called for is the head of the list as the client sent it.
	 */
	if (depth > 0)
		return 0;
	good = verify_chain(&w, s->peer_chain, mb_peer_chain(crt, s->peer_chain),
			    &s->verify_result);
	*flags = (uint32_t)s->verify_result << RESULT_SHIFT;
	return good ? 0 : MBEDTLS_ERR_X509_FATAL_ERROR;
}

int mb_verify_result_of(uint32_t flags)
{
	/* All ones: the library has no result. */
	return flags == UINT32_MAX ? VERIFY_OK : (int)(flags >> RESULT_SHIFT);
}
