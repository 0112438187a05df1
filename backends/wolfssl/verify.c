/*
 * Verification of the client's chain, as X509_verify_cert() of OpenSSL walks it.
 *
 * wolfSSL calls back per certificate, deepest first, with the first error only, never for the
 * anchor, and counts every loaded CA and every CA once overridden as trusted. So the walk is made
 * here, over the DER, once the leaf's callback comes; what the library found is kept, and told
 * where the walk has no word of its own for it (revocation, key sizes, path lengths).
 */
#include "backends/wolfssl/wolfssl_backend.h"

#include <wolfssl/wolfcrypt/asn.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct walk {
	struct tls_session *s;
	struct ws_cert chain[WS_MAX_CHAIN + 4];
	size_t n;      /* of chain */
	size_t n_peer; /* how many of them the client sent */
	bool complete; /* the last one is an anchor */
	bool told;     /* an error was told */
};

/* As OpenSSL's table in ssl/statem/statem_lib.c. */
int ws_verify_alert(int x509_error)
{
	switch (x509_error) {
	case V_CERT_HAS_EXPIRED:
	case V_CRL_HAS_EXPIRED:
		return ALERT_CERTIFICATE_EXPIRED;
	case V_CERT_REVOKED:
		return ALERT_CERTIFICATE_REVOKED;
	case V_CERT_SIGNATURE_FAILURE:
		return ALERT_DECRYPT_ERROR;
	case V_INVALID_PURPOSE:
		return ALERT_UNSUPPORTED_CERTIFICATE;
	case V_UNABLE_TO_GET_ISSUER_CERT:
	case V_UNABLE_TO_GET_CRL:
	case V_DEPTH_ZERO_SELF_SIGNED_CERT:
	case V_SELF_SIGNED_CERT_IN_CHAIN:
	case V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case V_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case V_CERT_CHAIN_TOO_LONG:
	case V_PATH_LENGTH_EXCEEDED:
	case V_INVALID_CA:
		return ALERT_UNKNOWN_CA;
	case V_CERT_NOT_YET_VALID:
	case V_CERT_REJECTED:
	case V_HOSTNAME_MISMATCH:
	case V_EMAIL_MISMATCH:
	case V_IP_ADDRESS_MISMATCH:
	case V_EE_KEY_TOO_SMALL:
	case V_CA_KEY_TOO_SMALL:
	case V_CA_MD_TOO_WEAK:
		return ALERT_BAD_CERTIFICATE;
	case V_UNSPECIFIED:
		return ALERT_INTERNAL_ERROR;
	default:
		return ALERT_CERTIFICATE_UNKNOWN;
	}
}

static bool same(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool self_issued(const struct ws_cert *c)
{
	return same(c->issuer, c->subject);
}

static bool signed_by(const struct ws_cert *c, const struct ws_cert *issuer)
{
	struct bytes key = issuer->spki;
	int oid = 0;

	switch (issuer->key_type) {
	case WS_KEY_RSA:
		oid = RSAk;
		break;
	case WS_KEY_EC:
		oid = ECDSAk;
		break;
	case WS_KEY_ED25519:
		oid = ED25519k;
		key = issuer->key;
		break;
	case WS_KEY_ED448:
		oid = ED448k;
		key = issuer->key;
		break;
	case WS_KEY_NONE:
		return false;
	}
	return wc_CheckCertSigPubKey(c->der.p, (word32)c->der.n, NULL, key.p, (word32)key.n, oid) ==
	       0;
}

/* Tell one finding; false when the host wants an end. */
static bool tell(struct walk *w, size_t depth, int error)
{
	struct tls_session *s = w->s;

	if (error) {
		s->verify_result = error;
		w->told = true;
	}
	if (s->ctx->host->verify(s->sud, (int)depth, error, w->chain[depth].der))
		return true;
	s->verify_rejected = true;
	/* The library's own choice of alert is coarse; before encryption ours can go instead. */
	if (!s->out.encrypted)
		s->mute = true;
	return false;
}

/* ---- the chain ---- */

static const struct ws_cert *find_anchor(const struct tls_ctx *ctx, const struct ws_cert *c)
{
	const struct ws_cert *named = NULL;

	for (size_t i = 0; i < ctx->n_anchors; i++) {
		const struct ws_cert *a = &ctx->anchors[i];

		if (!same(a->subject, c->issuer))
			continue;
		if (signed_by(c, a))
			return a;
		named = a;
	}
	return named; /* of that name, so what fails is the signature */
}

static bool is_anchor(const struct tls_ctx *ctx, const struct ws_cert *c)
{
	for (size_t i = 0; i < ctx->n_anchors; i++)
		if (same(ctx->anchors[i].der, c->der))
			return true;
	return false;
}

static bool in_chain(const struct walk *w, const struct ws_cert *c)
{
	for (size_t i = 0; i < w->n; i++)
		if (same(w->chain[i].der, c->der))
			return true;
	return false;
}

static bool extend_from_peer(struct walk *w)
{
	const struct tls_session *s = w->s;

	for (size_t i = 1; i < s->n_peer_chain; i++) {
		struct ws_cert next;

		if (!ws_cert_parse(&next, s->peer_chain[i]) ||
		    !same(next.subject, w->chain[w->n - 1].issuer) || in_chain(w, &next) ||
		    !signed_by(&w->chain[w->n - 1], &next))
			continue;
		w->chain[w->n++] = next;
		w->n_peer = w->n;
		return true;
	}
	return false;
}

static void build(struct walk *w)
{
	const struct tls_ctx *ctx = w->s->ctx;
	size_t max = sizeof(w->chain) / sizeof(w->chain[0]);
	bool trusted = false;

	while (w->n < max) {
		const struct ws_cert *last = &w->chain[w->n - 1], *anchor;

		if (is_anchor(ctx, last)) {
			trusted = true;
			if (ctx->verify.partial_chain)
				break;
		}
		if (self_issued(last))
			break;
		anchor = find_anchor(ctx, last);
		if (anchor && !in_chain(w, anchor)) {
			w->chain[w->n++] = *anchor;
			trusted = true;
			continue;
		}
		if (trusted || !extend_from_peer(w))
			break;
	}
	w->complete = trusted && (self_issued(&w->chain[w->n - 1]) || ctx->verify.partial_chain);
}

static bool tell_chain(struct walk *w)
{
	const struct ws_verify_params *vp = &w->s->ctx->verify;
	size_t top = w->n - 1;
	bool anchored = top >= w->n_peer || is_anchor(w->s->ctx, &w->chain[top]);

	if (vp->depth >= 0 && top > (size_t)vp->depth + 1)
		return tell(w, top, V_CERT_CHAIN_TOO_LONG);
	if (w->complete)
		return true;
	if (self_issued(&w->chain[top]))
		return tell(w, top,
			    top ? V_SELF_SIGNED_CERT_IN_CHAIN : V_DEPTH_ZERO_SELF_SIGNED_CERT);
	return tell(w, top,
		    anchored && top ? V_UNABLE_TO_GET_ISSUER_CERT
				    : V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

/* ---- purpose and strength ---- */

static bool has_usage(struct bytes list, uint8_t last)
{
	uint8_t oid[] = {0x2b, 6, 1, 5, 5, 7, 3, last};
	struct bytes one;
	uint8_t tag;

	while (ws_der_next(&list, &tag, &one))
		if (tag == 0x06 && one.n == sizeof(oid) && memcmp(one.p, oid, sizeof(oid)) == 0)
			return true;
	return false;
}

/* check_purpose_ssl_client() and _server() of OpenSSL. */
static bool purpose_fits(const struct walk *w)
{
	const struct ws_cert *c = &w->chain[0];
	bool server = w->s->ctx->verify.server_purpose;
	unsigned want = 1u << 0 | 1u << 4 | (server ? 1u << 2 : 0);

	if (c->ext_key_usage.p && !has_usage(c->ext_key_usage, server ? 1 : 2))
		return false;
	return !c->has_key_usage || (c->key_usage & want);
}

static bool tell_purpose(struct walk *w)
{
	for (size_t i = 1; i < w->n; i++) {
		const struct ws_cert *c = &w->chain[i];
		bool ca = c->has_basic ? c->is_ca : self_issued(c);

		if (!ca && !tell(w, i, V_INVALID_CA))
			return false;
		if (c->has_key_usage && !(c->key_usage & 1u << 5) &&
		    !tell(w, i, V_KEYUSAGE_NO_CERTSIGN))
			return false;
	}
	return w->s->ctx->verify.any_purpose || purpose_fits(w) || tell(w, 0, V_INVALID_PURPOSE);
}

/* crypto/x509/x509_vfy.c minbits_table, for RSA and for curves. */
static bool key_fits(const struct ws_cert *c, int level)
{
	static const unsigned rsa_bits[] = {0, 1024, 2048, 3072, 7680, 15360};

	if (c->key_type == WS_KEY_RSA)
		return c->rsa_bits >= rsa_bits[level];
	if (c->key_type == WS_KEY_EC && level >= 4)
		return c->group == 25 || (c->group == 24 && level == 4);
	return level < 4 || c->key_type != WS_KEY_ED25519;
}

static bool tell_strength(struct walk *w)
{
	int level = w->s->ctx->verify.level;

	for (size_t i = 0; i < w->n && level > 0; i++) {
		if (!key_fits(&w->chain[i], level) &&
		    !tell(w, i, i ? V_CA_KEY_TOO_SMALL : V_EE_KEY_TOO_SMALL))
			return false;
		if (i + 1 < w->n && w->chain[i].weak_hash && !tell(w, i, V_CA_MD_TOO_WEAK))
			return false;
	}
	return true;
}

/* ---- names ---- */

static bool equal_nocase(struct bytes b, const char *want)
{
	return b.n == strlen(want) && strncasecmp((const char *)b.p, want, b.n) == 0;
}

/* RFC 6125: a wildcard stands for the whole first label. */
static bool host_matches(struct bytes b, const char *want)
{
	const char *rest = strchr(want, '.');

	if (equal_nocase(b, want))
		return true;
	return b.n > 2 && b.p[0] == '*' && b.p[1] == '.' && rest && rest != want &&
	       equal_nocase((struct bytes){b.p + 1, b.n - 1}, rest);
}

struct names {
	bool any_host, any_mail, host, mail, ip;
};

static void check_alt_names(struct names *found, const struct ws_verify_params *vp,
			    struct bytes list)
{
	struct bytes one;
	uint8_t tag;

	while (ws_der_next(&list, &tag, &one)) {
		if (tag == 0x82) {
			found->any_host = true;
			found->host =
				found->host || (vp->hostname && host_matches(one, vp->hostname));
		} else if (tag == 0x81) {
			found->any_mail = true;
			found->mail = found->mail || (vp->email && equal_nocase(one, vp->email));
		} else if (tag == 0x87) {
			found->ip = found->ip || (vp->ip_n && one.n == vp->ip_n &&
						  memcmp(one.p, vp->ip, one.n) == 0);
		}
	}
}

/* commonName and emailAddress, where no alternative name of the kind is there. */
static void check_subject(struct names *found, const struct ws_verify_params *vp,
			  struct bytes subject)
{
	struct bytes names, set, pair, oid, value;
	uint8_t tag;

	if (!ws_der_next(&subject, &tag, &names))
		return;
	while (ws_der_next(&names, &tag, &set))
		while (ws_der_next(&set, &tag, &pair)) {
			if (!ws_der_next(&pair, &tag, &oid) || !ws_der_next(&pair, &tag, &value))
				continue;
			if (!found->any_host && vp->hostname && oid.n == 3 &&
			    memcmp(oid.p, "\x55\x04\x03", 3) == 0)
				found->host = found->host || host_matches(value, vp->hostname);
			if (!found->any_mail && vp->email && oid.n == 9 &&
			    memcmp(oid.p, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9) == 0)
				found->mail = found->mail || equal_nocase(value, vp->email);
		}
}

static bool tell_names(struct walk *w)
{
	const struct ws_verify_params *vp = &w->s->ctx->verify;
	struct names found = {0};

	check_alt_names(&found, vp, w->chain[0].alt_names);
	check_subject(&found, vp, w->chain[0].subject);
	return (!vp->hostname || found.host || tell(w, 0, V_HOSTNAME_MISMATCH)) &&
	       (!vp->email || found.mail || tell(w, 0, V_EMAIL_MISMATCH)) &&
	       (!vp->ip_n || found.ip || tell(w, 0, V_IP_ADDRESS_MISMATCH));
}

/* ---- what the library found ---- */

/* The callback hands out X509_V numbers for some errors, others by version, else the library's. */
static int library_error(int code)
{
	switch (code) {
	case CRL_CERT_REVOKED:
	case V_CERT_REVOKED:
		return V_CERT_REVOKED;
	case CRL_MISSING:
	case V_UNABLE_TO_GET_CRL:
		return V_UNABLE_TO_GET_CRL;
	case CRL_CERT_DATE_ERR:
		return V_CRL_HAS_EXPIRED;
	case ASN_PATHLEN_INV_E:
	case ASN_PATHLEN_SIZE_E:
	case V_PATH_LENGTH_EXCEEDED:
		return V_PATH_LENGTH_EXCEEDED;
	case MAX_CHAIN_ERROR:
		return V_CERT_CHAIN_TOO_LONG;
	case RSA_KEY_SIZE_E:
	case ECC_KEY_SIZE_E:
		return V_EE_KEY_TOO_SMALL;
	case KEYUSE_SIGNATURE_E:
		return V_INVALID_PURPOSE;
	default:
		return V_CERT_REJECTED;
	}
}

/* Errors that the walk looks for itself, with the user's settings: it knows better. */
static bool walk_knows(int code)
{
	switch (code) {
	case 0:
	case ASN_BEFORE_DATE_E:
	case ASN_AFTER_DATE_E:
	case V_CERT_NOT_YET_VALID:
	case V_CERT_HAS_EXPIRED:
	case 13: /* ERROR_IN_CERT_NOT_BEFORE_FIELD, the name of 5.5.4 for the two */
	case 14:
	case EXTKEYUSE_AUTH_E:
		return true;
	default:
		return false;
	}
}

static bool trust_error(int code)
{
	switch (code) {
	case ASN_NO_SIGNER_E:
	case ASN_SELF_SIGNED_E:
	case ASN_SIG_CONFIRM_E:
	case V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case V_DEPTH_ZERO_SELF_SIGNED_CERT:
	case V_CERT_SIGNATURE_FAILURE:
		return true;
	default:
		return false;
	}
}

static bool tell_library(struct walk *w)
{
	for (size_t i = w->n_peer; i-- > 0;) {
		int code = w->s->lib_error[i];

		if (walk_knows(code) || trust_error(code))
			continue;
		if (!tell(w, i, library_error(code)))
			return false;
	}
	return true;
}

/* The walk found no fault with the trust and the library did: its word counts. */
static bool tell_distrust(struct walk *w)
{
	int code = w->s->lib_error[0];

	if (w->told || !trust_error(code))
		return true;
	if (code == ASN_SIG_CONFIRM_E || code == V_CERT_SIGNATURE_FAILURE)
		return tell(w, 0, V_CERT_SIGNATURE_FAILURE);
	return tell(w, 0, V_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

/* ---- signatures and times, internal_verify() of OpenSSL ---- */

static bool tell_time(struct walk *w, size_t i)
{
	const struct ws_verify_params *vp = &w->s->ctx->verify;
	int64_t now = vp->have_attime ? vp->attime : (int64_t)time(NULL);

	if (!vp->check_time)
		return true;
	return (now >= w->chain[i].not_before || tell(w, i, V_CERT_NOT_YET_VALID)) &&
	       (now <= w->chain[i].not_after || tell(w, i, V_CERT_HAS_EXPIRED));
}

static bool tell_signatures(struct walk *w)
{
	size_t i = w->n;

	if (!w->complete && !self_issued(&w->chain[w->n - 1])) {
		if (w->n == 1 && !tell(w, 0, V_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
			return false;
		if (w->n > 1)
			i--;
	}
	while (i-- > 0) {
		if (i + 1 < w->n && !signed_by(&w->chain[i], &w->chain[i + 1]) &&
		    !tell(w, i, V_CERT_SIGNATURE_FAILURE))
			return false;
		if (!tell_time(w, i))
			return false;
		if (i == 0 && !tell_distrust(w))
			return false;
		if (!tell(w, i, V_OK))
			return false;
	}
	return true;
}

/* ---- the callback ---- */

static void keep_chain(struct tls_session *s, const WOLFSSL_X509_STORE_CTX *store)
{
	for (size_t i = 0; i < s->n_peer_chain; i++)
		free((void *)(uintptr_t)s->peer_chain[i].p);
	s->n_peer_chain = 0;
	for (int i = 0; i < store->totalCerts && i < WS_MAX_CHAIN; i++) {
		size_t n = store->certs[i].length;
		uint8_t *copy = malloc(n ? n : 1);

		if (!copy)
			return;
		memcpy(copy, store->certs[i].buffer, n);
		s->peer_chain[s->n_peer_chain++] = (struct bytes){copy, n};
	}
}

int ws_on_verify(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	struct tls_session *s = ws_current();
	int depth = store->error_depth;
	struct walk *w;
	bool good;

	if (s && depth == 0)
		s->pha_open = false;
	/* No certificate came: the library decides by the mode, as the user asked. */
	if (!s || store->totalCerts <= 0)
		return ok;
	if (depth >= 0 && depth < WS_MAX_CHAIN)
		s->lib_error[depth] = ok ? 0 : store->error;
	if (depth > 0)
		return 1;
	keep_chain(s, store);
	w = calloc(1, sizeof(*w));
	if (!w || !s->n_peer_chain) {
		free(w);
		return 0;
	}
	w->s = s;
	w->n = w->n_peer = 1;
	s->verify_result = V_OK;
	good = ws_cert_parse(&w->chain[0], s->peer_chain[0]);
	if (good) {
		build(w);
		good = tell_chain(w) && tell_purpose(w) && tell_strength(w) && tell_names(w) &&
		       tell_library(w) && tell_signatures(w);
	}
	memset(s->lib_error, 0, sizeof(s->lib_error));
	free(w);
	return good;
}

/* ---- settings ---- */

static bool number(const char *text, int64_t *out)
{
	char *end;

	if (!text || !*text)
		return false;
	*out = strtoll(text, &end, 0);
	return *end == '\0';
}

static bool address(struct ws_verify_params *vp, const char *value)
{
	if (value && inet_pton(AF_INET, value, vp->ip) == 1)
		vp->ip_n = 4;
	else if (value && inet_pton(AF_INET6, value, vp->ip) == 1)
		vp->ip_n = 16;
	else
		return false;
	return true;
}

static enum tls_status purpose(struct ws_verify_params *vp, const char *value,
			       struct tls_error *err)
{
	vp->any_purpose = value && strcmp(value, "any") == 0;
	vp->server_purpose = value && strcmp(value, "sslserver") == 0;
	if (vp->any_purpose || vp->server_purpose || (value && strcmp(value, "sslclient") == 0))
		return TLS_OK;
	ws_error_text(err, "-purpose %s: checked for sslclient, sslserver and any only",
		      value ? value : "");
	return TLS_UNSUPPORTED;
}

static bool limited(const char *text, int max, int *out)
{
	int64_t n = 0;

	if (!number(text, &n))
		return false;
	if (n >= 0)
		*out = n > max ? max : (int)n;
	return true;
}

enum tls_status ws_verify_setting(struct tls_ctx *ctx, const struct tls_setting *set,
				  struct tls_error *err)
{
	struct ws_verify_params *vp = &ctx->verify;
	bool good = true;

	if (strcmp(set->name, "no_check_time") == 0) {
		vp->check_time = false;
	} else if (strcmp(set->name, "partial_chain") == 0) {
		vp->partial_chain = true;
	} else if (strcmp(set->name, "attime") == 0) {
		good = vp->have_attime = number(set->value, &vp->attime);
	} else if (strcmp(set->name, "verify_hostname") == 0) {
		vp->hostname = set->value;
	} else if (strcmp(set->name, "verify_email") == 0) {
		vp->email = set->value;
	} else if (strcmp(set->name, "verify_ip") == 0) {
		good = address(vp, set->value);
	} else if (strcmp(set->name, "auth_level") == 0) {
		good = limited(set->value, 5, &vp->level);
	} else if (strcmp(set->name, "purpose") == 0) {
		return purpose(vp, set->value, err);
	} else if (strcmp(set->name, "verify_name") == 0 && set->value &&
		   (strcmp(set->value, "default") == 0 || strcmp(set->value, "ssl_client") == 0)) {
		return TLS_OK;
	} else if (strcmp(set->name, "verify_name") == 0 && set->value &&
		   strcmp(set->value, "ssl_server") == 0) {
		vp->server_purpose = true;
	} else {
		ws_error_text(err, "-%s%s%s cannot be had with wolfSSL", set->name,
			      set->value ? " " : "", set->value ? set->value : "");
		return TLS_UNSUPPORTED;
	}
	if (good)
		return TLS_OK;
	ws_error_text(err, "-%s %s: bad value", set->name, set->value ? set->value : "");
	return TLS_FAIL;
}

void ws_verify_defaults(struct tls_ctx *ctx)
{
	int level = ctx->cfg->security_level;

	ctx->verify.check_time = true;
	ctx->verify.depth = ctx->cfg->verify_depth;
	ctx->verify.level = level < 0 ? 1 : level > 5 ? 5 : level;
}
