/*
 * Client certificates, judged by the library and told as OpenSSL tells it.
 *
 * The library builds and checks the chain and calls back for each certificate from the top down;
 * OpenSSL reports in another order (verify_chain() in crypto/x509/x509_vfy.c: chain building,
 * extensions, key strength, names, revocation, then signatures and times from the top down). So
 * the flags are collected and told when the last certificate, depth 0, has come.
 */
#include "backends/mbedtls/mbedtls_backend.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

/* X509_V_ERR_* of OpenSSL's x509_vfy.h; the contract speaks them. */
enum {
	V_OK = 0,
	V_UNSPECIFIED = 1,
	V_UNABLE_TO_GET_ISSUER_CERT = 2,
	V_UNABLE_TO_GET_CRL = 3,
	V_CERT_SIGNATURE_FAILURE = 7,
	V_CRL_SIGNATURE_FAILURE = 8,
	V_CERT_NOT_YET_VALID = 9,
	V_CERT_HAS_EXPIRED = 10,
	V_CRL_NOT_YET_VALID = 11,
	V_CRL_HAS_EXPIRED = 12,
	V_DEPTH_ZERO_SELF_SIGNED_CERT = 18,
	V_SELF_SIGNED_CERT_IN_CHAIN = 19,
	V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20,
	V_UNABLE_TO_VERIFY_LEAF_SIGNATURE = 21,
	V_CERT_CHAIN_TOO_LONG = 22,
	V_CERT_REVOKED = 23,
	V_INVALID_PURPOSE = 26,
	V_HOSTNAME_MISMATCH = 62,
	V_EMAIL_MISMATCH = 63,
	V_IP_ADDRESS_MISMATCH = 64,
	V_EE_KEY_TOO_SMALL = 66,
	V_CA_KEY_TOO_SMALL = 67,
	V_CA_MD_TOO_WEAK = 68,
};

/* A flag of our own, in a bit that the library leaves to callbacks: the chain went on, but
 * -verify_depth ends it here. */
#define CUT_OFF MBEDTLS_X509_BADCERT_OTHER

/* As OpenSSL's table in ssl/statem/statem_lib.c. */
static int alert_for(int x509_error)
{
	switch (x509_error) {
	case V_CERT_HAS_EXPIRED:
	case V_CRL_HAS_EXPIRED:
		return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
	case V_CERT_REVOKED:
		return MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED;
	case V_CERT_SIGNATURE_FAILURE:
	case V_CRL_SIGNATURE_FAILURE:
		return MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR;
	case V_INVALID_PURPOSE:
		return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
	case V_UNABLE_TO_GET_ISSUER_CERT:
	case V_UNABLE_TO_GET_CRL:
	case V_DEPTH_ZERO_SELF_SIGNED_CERT:
	case V_SELF_SIGNED_CERT_IN_CHAIN:
	case V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case V_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case V_CERT_CHAIN_TOO_LONG:
		return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
	case V_CERT_NOT_YET_VALID:
	case V_CRL_NOT_YET_VALID:
	case V_HOSTNAME_MISMATCH:
	case V_EMAIL_MISMATCH:
	case V_IP_ADDRESS_MISMATCH:
	case V_EE_KEY_TOO_SMALL:
	case V_CA_KEY_TOO_SMALL:
	case V_CA_MD_TOO_WEAK:
		return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
	case V_UNSPECIFIED:
		return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
	default:
		return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
	}
}

static bool self_issued(const mbedtls_x509_crt *crt)
{
	return crt->issuer_raw.len == crt->subject_raw.len &&
	       memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->issuer_raw.len) == 0;
}

static bool same_name(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* Tell one finding; false when the host wants an end. */
static bool tell(struct tls_session *s, int depth, int error)
{
	mbedtls_x509_crt *crt = s->walk[depth].crt;
	struct bytes der = {crt->raw.p, crt->raw.len};

	if (error)
		s->verify_result = error;
	if (s->ctx->host->verify(s->sud, depth, error, der))
		return true;
	s->verify_failed = true;
	mb_send_fatal(s, alert_for(error));
	return false;
}

/* ---- names ---- */

static bool equal_nocase(const uint8_t *p, size_t n, const char *want)
{
	return n == strlen(want) && strncasecmp((const char *)p, want, n) == 0;
}

/* RFC 6125: a wildcard stands for the whole first label. */
static bool host_matches(const uint8_t *p, size_t n, const char *want)
{
	const char *rest = strchr(want, '.');

	if (equal_nocase(p, n, want))
		return true;
	return n > 2 && p[0] == '*' && p[1] == '.' && rest && rest != want &&
	       equal_nocase(p + 1, n - 1, rest);
}

struct name_check {
	const struct mb_verify_params *vp;
	bool any_host, any_mail; /* the certificate names one */
	bool host, mail, ip;
};

static void check_san(struct name_check *c, uint8_t tag, const uint8_t *p, size_t n)
{
	switch (tag & 0x1f) {
	case MBEDTLS_X509_SAN_DNS_NAME:
		c->any_host = true;
		if (c->vp->hostname && host_matches(p, n, c->vp->hostname))
			c->host = true;
		break;
	case MBEDTLS_X509_SAN_RFC822_NAME:
		c->any_mail = true;
		if (c->vp->email && equal_nocase(p, n, c->vp->email))
			c->mail = true;
		break;
	case MBEDTLS_X509_SAN_IP_ADDRESS:
		if (n == c->vp->ip_n && memcmp(p, c->vp->ip, n) == 0)
			c->ip = true;
		break;
	default:
		break;
	}
}

/* The list may start with an empty element; v3_ext is walked again by the library itself. */
static void check_names(struct name_check *c, const mbedtls_x509_crt *crt)
{
	for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san; san = san->next)
		if (san->buf.p)
			check_san(c, (uint8_t)san->buf.tag, san->buf.p, san->buf.len);
	for (const mbedtls_x509_name *name = &crt->subject; name; name = name->next) {
		if (!name->oid.p)
			continue;
		if (!c->any_host && c->vp->hostname &&
		    MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0 &&
		    host_matches(name->val.p, name->val.len, c->vp->hostname))
			c->host = true;
		if (!c->any_mail && c->vp->email &&
		    MBEDTLS_OID_CMP(MBEDTLS_OID_PKCS9_EMAIL, &name->oid) == 0 &&
		    equal_nocase(name->val.p, name->val.len, c->vp->email))
			c->mail = true;
	}
}

static bool tell_names(struct tls_session *s)
{
	const struct mb_verify_params *vp = &s->ctx->verify;
	struct name_check c = {.vp = vp};

	if (!vp->hostname && !vp->email && !vp->ip_n)
		return true;
	check_names(&c, s->walk[0].crt);
	return (!vp->hostname || c.host || tell(s, 0, V_HOSTNAME_MISMATCH)) &&
	       (!vp->email || c.mail || tell(s, 0, V_EMAIL_MISMATCH)) &&
	       (!vp->ip_n || c.ip || tell(s, 0, V_IP_ADDRESS_MISMATCH));
}

/* ---- the parts, in OpenSSL's order ---- */

/* A trusted issuer of that name exists, so what failed was the signature. */
static bool issuer_known(const struct tls_session *s, const mbedtls_x509_crt *crt)
{
	for (const mbedtls_x509_crt *ca = &s->ctx->ca; ca && ca->raw.p; ca = ca->next)
		if (same_name(&ca->subject_raw, &crt->issuer_raw) &&
		    !(ca->raw.len == crt->raw.len &&
		      memcmp(ca->raw.p, crt->raw.p, ca->raw.len) == 0))
			return true;
	return false;
}

static bool tell_chain(struct tls_session *s, int top)
{
	const struct mb_verify_params *vp = &s->ctx->verify;
	mbedtls_x509_crt *crt = s->walk[top].crt;
	bool untrusted = s->walk[top].flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED;
	int error = V_OK;

	if (s->walk[top].flags & CUT_OFF)
		return tell(s, top, V_CERT_CHAIN_TOO_LONG) &&
		       tell(s, top, V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	if (untrusted && self_issued(crt))
		error = top ? V_SELF_SIGNED_CERT_IN_CHAIN : V_DEPTH_ZERO_SELF_SIGNED_CERT;
	else if (untrusted && !issuer_known(s, crt))
		error = V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	else if (!untrusted && !self_issued(crt) && !vp->partial_chain)
		error = top ? V_UNABLE_TO_GET_ISSUER_CERT : V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	return !error || tell(s, top, error);
}

/* Purpose sslclient, as check_purpose_ssl_client() of OpenSSL: -purpose any leaves it out. */
static bool tell_purpose(struct tls_session *s)
{
	mbedtls_x509_crt *crt = s->walk[0].crt;
	const char *oid = MBEDTLS_OID_CLIENT_AUTH;
	size_t n = MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH);
	unsigned usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
	bool good;

	if (s->ctx->verify.any_purpose)
		return true;
	good = mbedtls_x509_crt_check_key_usage(crt, usage) == 0 ||
	       mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_AGREEMENT) == 0;
	if (s->ctx->verify.server_purpose) {
		oid = MBEDTLS_OID_SERVER_AUTH;
		good = good ||
		       mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_ENCIPHERMENT) == 0;
	}
	good = good && mbedtls_x509_crt_check_extended_key_usage(crt, oid, n) == 0;
	return good || tell(s, 0, V_INVALID_PURPOSE);
}

/* The library blames a certificate for the key of its issuer; OpenSSL for its own. */
static bool weak_key(mbedtls_x509_crt *crt, int level)
{
	static const size_t rsa_bits[] = {0, 1024, 2048, 3072, 7680, 15360};
	static const size_t ec_bits[] = {0, 160, 224, 256, 384, 512};
	size_t bits = mbedtls_pk_get_bitlen(&crt->pk);

	if (mbedtls_pk_can_do(&crt->pk, MBEDTLS_PK_RSA))
		return bits < rsa_bits[level];
	return bits < ec_bits[level];
}

static bool tell_strength(struct tls_session *s, int top)
{
	for (int i = 0; i <= top; i++) {
		if (weak_key(s->walk[i].crt, s->ctx->verify.level) &&
		    !tell(s, i, i ? V_CA_KEY_TOO_SMALL : V_EE_KEY_TOO_SMALL))
			return false;
		if (s->walk[i].flags & MBEDTLS_X509_BADCERT_BAD_MD && !tell(s, i, V_CA_MD_TOO_WEAK))
			return false;
	}
	return true;
}

static bool have_crl(const struct tls_session *s, const mbedtls_x509_crt *crt)
{
	for (const mbedtls_x509_crl *crl = &s->ctx->crl; crl && crl->raw.p; crl = crl->next)
		if (same_name(&crl->issuer_raw, &crt->issuer_raw))
			return true;
	return false;
}

static bool tell_revocation(struct tls_session *s, int top)
{
	const struct tls_config *cfg = s->ctx->cfg;
	bool times = s->ctx->verify.check_time && !s->ctx->verify.have_attime;

	if (!cfg->crl_check && !cfg->crl_check_all)
		return true;
	for (int i = 0; i <= (cfg->crl_check_all ? top : 0); i++) {
		uint32_t f = s->walk[i].flags;

		if (!have_crl(s, s->walk[i].crt) && !tell(s, i, V_UNABLE_TO_GET_CRL))
			return false;
		if (f & MBEDTLS_X509_BADCRL_NOT_TRUSTED && !tell(s, i, V_CRL_SIGNATURE_FAILURE))
			return false;
		if (times && f & MBEDTLS_X509_BADCRL_EXPIRED && !tell(s, i, V_CRL_HAS_EXPIRED))
			return false;
		if (times && f & MBEDTLS_X509_BADCRL_FUTURE && !tell(s, i, V_CRL_NOT_YET_VALID))
			return false;
		if (f & MBEDTLS_X509_BADCERT_REVOKED && !tell(s, i, V_CERT_REVOKED))
			return false;
	}
	return true;
}

static int64_t seconds(const mbedtls_x509_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900,
			.tm_mon = t->mon - 1,
			.tm_mday = t->day,
			.tm_hour = t->hour,
			.tm_min = t->min,
			.tm_sec = t->sec};

	return (int64_t)timegm(&tm);
}

static bool tell_time(struct tls_session *s, int i)
{
	const struct mb_verify_params *vp = &s->ctx->verify;
	mbedtls_x509_crt *crt = s->walk[i].crt;
	bool early = s->walk[i].flags & MBEDTLS_X509_BADCERT_FUTURE;
	bool late = s->walk[i].flags & MBEDTLS_X509_BADCERT_EXPIRED;

	if (!vp->check_time)
		return true;
	if (vp->have_attime) {
		early = vp->attime < seconds(&crt->valid_from);
		late = vp->attime > seconds(&crt->valid_to);
	}
	return (!early || tell(s, i, V_CERT_NOT_YET_VALID)) &&
	       (!late || tell(s, i, V_CERT_HAS_EXPIRED));
}

/* internal_verify() of OpenSSL. */
static bool tell_signatures(struct tls_session *s, int top)
{
	bool untrusted = s->walk[top].flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED;
	mbedtls_x509_crt *crt = s->walk[top].crt;
	int start = top;

	if (untrusted && !self_issued(crt) && !(s->walk[top].flags & CUT_OFF) &&
	    issuer_known(s, crt)) {
		if (!tell(s, top, V_CERT_SIGNATURE_FAILURE))
			return false;
	} else if (!self_issued(crt) && (untrusted || !s->ctx->verify.partial_chain)) {
		if (top == 0 && !tell(s, 0, V_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
			return false;
		if (top > 0)
			start = top - 1;
	}
	for (int i = start; i >= 0; i--)
		if (!tell_time(s, i) || !tell(s, i, V_OK))
			return false;
	return true;
}

int mb_on_verify(void *sud, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct tls_session *s = sud;
	int top = 0;

	if (depth < 0 || depth >= MB_MAX_CHAIN || s->verify_failed)
		return MBEDTLS_ERR_X509_FATAL_ERROR;
	s->walk[depth] = (struct mb_walk){crt, *flags};
	if (depth > 0)
		return 0;
	while (top + 1 < MB_MAX_CHAIN && s->walk[top + 1].crt)
		top++;
	s->verify_result = V_OK;
	if (s->ctx->verify.depth >= 0 && top > s->ctx->verify.depth + 1) {
		top = s->ctx->verify.depth + 1;
		s->walk[top].flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED | CUT_OFF;
	}
	bool good = tell_chain(s, top) && tell_purpose(s) && tell_strength(s, top) &&
		    tell_names(s) && tell_revocation(s, top) && tell_signatures(s, top);
	memset(s->walk, 0, sizeof(s->walk));
	/* What the library holds against the chain is told; a resumed session remembers it by the
	 * flags. */
	return good ? 0 : MBEDTLS_ERR_X509_FATAL_ERROR;
}

int mb_verify_result_of(uint32_t flags)
{
	if (flags == UINT32_MAX ||
	    flags & (MBEDTLS_X509_BADCERT_SKIP_VERIFY | MBEDTLS_X509_BADCERT_MISSING))
		return V_OK;
	if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		return V_CERT_HAS_EXPIRED;
	if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		return V_CERT_NOT_YET_VALID;
	if (flags & MBEDTLS_X509_BADCERT_REVOKED)
		return V_CERT_REVOKED;
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return V_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
	return V_OK;
}

/* ---- settings ---- */

/* Keys are judged by weak_key(); SHA-1 and MD5 signatures fall at level 1. */
static void set_level(struct tls_ctx *ctx, int64_t level)
{
	mbedtls_x509_crt_profile *p = &ctx->profile;

	ctx->verify.level = level > 5 ? 5 : (int)level;
	*p = (mbedtls_x509_crt_profile){0x0fffffff, 0x0fffffff, 0x0fffffff, 0};
	if (level >= 1)
		p->allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224) |
				 MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
				 MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
				 MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512);
}

static bool number(const char *text, int64_t *out)
{
	char *end;

	if (!text || !*text)
		return false;
	*out = strtoll(text, &end, 0);
	return *end == '\0';
}

static enum tls_status purpose(struct mb_verify_params *vp, const char *value,
			       struct tls_error *err)
{
	vp->any_purpose = value && strcmp(value, "any") == 0;
	vp->server_purpose = value && strcmp(value, "sslserver") == 0;
	if (vp->any_purpose || vp->server_purpose || (value && strcmp(value, "sslclient") == 0))
		return TLS_OK;
	mb_error_text(err, "-purpose %s: checked for sslclient, sslserver and any only",
		      value ? value : "");
	return TLS_UNSUPPORTED;
}

static bool address(struct mb_verify_params *vp, const char *value)
{
	if (value && inet_pton(AF_INET, value, vp->ip) == 1)
		vp->ip_n = 4;
	else if (value && inet_pton(AF_INET6, value, vp->ip) == 1)
		vp->ip_n = 16;
	else
		return false;
	return true;
}

static bool verify_name(struct mb_verify_params *vp, const char *value)
{
	if (!value)
		return false;
	if (strcmp(value, "default") == 0 || strcmp(value, "ssl_client") == 0)
		return true;
	vp->server_purpose = strcmp(value, "ssl_server") == 0;
	return vp->server_purpose;
}

enum tls_status mb_verify_setting(struct tls_ctx *ctx, const struct tls_setting *set,
				  struct tls_error *err)
{
	struct mb_verify_params *vp = &ctx->verify;
	bool good = true;
	int64_t n = 0;

	if (strcmp(set->name, "no_check_time") == 0)
		vp->check_time = false;
	else if (strcmp(set->name, "partial_chain") == 0)
		vp->partial_chain = true;
	else if (strcmp(set->name, "attime") == 0)
		good = vp->have_attime = number(set->value, &vp->attime);
	else if (strcmp(set->name, "verify_hostname") == 0)
		vp->hostname = set->value;
	else if (strcmp(set->name, "verify_email") == 0)
		vp->email = set->value;
	else if (strcmp(set->name, "verify_ip") == 0)
		good = address(vp, set->value);
	else if (strcmp(set->name, "auth_level") == 0) {
		good = number(set->value, &n);
		if (good && n >= 0)
			set_level(ctx, n);
	} else if (strcmp(set->name, "purpose") == 0)
		return purpose(vp, set->value, err);
	else if (strcmp(set->name, "verify_name") == 0 && verify_name(vp, set->value))
		return TLS_OK;
	else {
		mb_error_text(err, "-%s%s%s cannot be had with Mbed TLS", set->name,
			      set->value ? " " : "", set->value ? set->value : "");
		return TLS_UNSUPPORTED;
	}
	if (good)
		return TLS_OK;
	mb_error_text(err, "-%s %s: bad value", set->name, set->value ? set->value : "");
	return TLS_FAIL;
}

void mb_verify_defaults(struct tls_ctx *ctx)
{
	int level = ctx->cfg->security_level;

	ctx->verify.check_time = true;
	ctx->verify.depth = ctx->cfg->verify_depth;
	set_level(ctx, level < 0 ? 1 : level);
}
