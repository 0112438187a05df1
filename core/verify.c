#include "core/verify_internal.h"

#include "core/der.h"
#include "core/strbuf.h"

#include <stdlib.h>
#include <time.h>

enum {
	MAX_CHAIN = 34, /* certificates in a chain; OpenSSL stops at its depth of 100 */
	MAX_PEER = 32,  /* certificates of the client that are looked at */
};

enum {
	ALERT_BAD_CERTIFICATE = 42,
	ALERT_UNSUPPORTED_CERTIFICATE,
	ALERT_CERTIFICATE_REVOKED,
	ALERT_CERTIFICATE_EXPIRED,
	ALERT_CERTIFICATE_UNKNOWN,
	ALERT_UNKNOWN_CA = 48,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_INTERNAL_ERROR = 80
};

/* x509table[] of OpenSSL's ssl/statem/statem_lib.c. */
int verify_alert(int x509_error)
{
	switch (x509_error) {
	case VERIFY_CERT_HAS_EXPIRED:
	case VERIFY_CRL_HAS_EXPIRED:
		return ALERT_CERTIFICATE_EXPIRED;
	case VERIFY_CERT_REVOKED:
		return ALERT_CERTIFICATE_REVOKED;
	case VERIFY_CERT_SIGNATURE_FAILURE:
	case VERIFY_CRL_SIGNATURE_FAILURE:
		return ALERT_DECRYPT_ERROR;
	case VERIFY_INVALID_PURPOSE:
		return ALERT_UNSUPPORTED_CERTIFICATE;
	case VERIFY_UNABLE_TO_GET_ISSUER_CERT:
	case VERIFY_UNABLE_TO_GET_CRL:
	case VERIFY_UNABLE_TO_GET_CRL_ISSUER:
	case VERIFY_DEPTH_ZERO_SELF_SIGNED_CERT:
	case VERIFY_SELF_SIGNED_CERT_IN_CHAIN:
	case VERIFY_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case VERIFY_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case VERIFY_CERT_CHAIN_TOO_LONG:
	case VERIFY_PATH_LENGTH_EXCEEDED:
	case VERIFY_INVALID_CA:
		return ALERT_UNKNOWN_CA;
	case VERIFY_CERT_NOT_YET_VALID:
	case VERIFY_CRL_NOT_YET_VALID:
	case VERIFY_ERROR_IN_NOT_BEFORE_FIELD:
	case VERIFY_ERROR_IN_NOT_AFTER_FIELD:
	case VERIFY_ERROR_IN_LAST_UPDATE_FIELD:
	case VERIFY_ERROR_IN_NEXT_UPDATE_FIELD:
	case VERIFY_HOSTNAME_MISMATCH:
	case VERIFY_EMAIL_MISMATCH:
	case VERIFY_IP_ADDRESS_MISMATCH:
	case VERIFY_EE_KEY_TOO_SMALL:
	case VERIFY_CA_KEY_TOO_SMALL:
	case VERIFY_CA_MD_TOO_WEAK:
		return ALERT_BAD_CERTIFICATE;
	case VERIFY_UNSPECIFIED:
		return ALERT_INTERNAL_ERROR;
	default:
		return ALERT_CERTIFICATE_UNKNOWN;
	}
}

/* ---- anchors and revocation lists ---- */

bool verify_store_init(struct verify_store *st, const struct tls_config *cfg, size_t *bad)
{
	*st = (struct verify_store){0};
	if (cfg->n_ca)
		st->anchors = xcalloc(cfg->n_ca, sizeof(*st->anchors));
	if (cfg->n_crls)
		st->crls = xcalloc(cfg->n_crls, sizeof(*st->crls));
	for (size_t i = 0; i < cfg->n_ca; i++)
		st->n_anchors += verify_cert_parse(cfg->ca[i], &st->anchors[st->n_anchors]);
	for (size_t i = 0; i < cfg->n_crls; i++) {
		if (!verify_crl_parse(cfg->crls[i], &st->crls[i])) {
			*bad = i;
			verify_store_release(st);
			return false;
		}
		st->n_crls++;
	}
	return true;
}

void verify_store_release(struct verify_store *st)
{
	free(st->anchors);
	free(st->crls);
	*st = (struct verify_store){0};
}

/* ---- building, as build_chain() of crypto/x509/x509_vfy.c ---- */

struct walk {
	const struct verify_walk *in;
	struct verify_cert peer[MAX_PEER];
	size_t n_peer;
	const struct verify_cert *chain[MAX_CHAIN];
	size_t n;
	size_t n_untrusted; /* chain[] from here on comes from the store */
	bool trusted;
	bool too_long;
	struct verify_crl fetched[TLS_MAX_CRLS]; /* for the certificate under check */
	int result;
};

static bool tell(struct walk *w, size_t depth, int error)
{
	if (error)
		w->result = error;
	return !w->in->tell || w->in->tell(w->in->ud, (int)depth, error, w->chain[depth]->x.der);
}

static bool in_chain(const struct walk *w, const struct verify_cert *c)
{
	for (size_t i = 0; i < w->n; i++)
		if (verify_same(w->chain[i]->x.der, c->x.der))
			return true;
	return false;
}

int64_t verify_now(const struct verify_params *p)
{
	return p->have_attime ? p->attime : (int64_t)time(NULL);
}

static int time_error(const struct verify_params *p, const struct verify_cert *c)
{
	int64_t now = verify_now(p), t;

	if (!der_time(c->x.not_before, &t))
		return VERIFY_ERROR_IN_NOT_BEFORE_FIELD;
	if (t > now)
		return VERIFY_CERT_NOT_YET_VALID;
	if (!der_time(c->x.not_after, &t))
		return VERIFY_ERROR_IN_NOT_AFTER_FIELD;
	return t <= now ? VERIFY_CERT_HAS_EXPIRED : VERIFY_OK;
}

/* Of several that may have issued it, one that is valid now. */
static const struct verify_cert *find_issuer(const struct walk *w, const struct verify_cert *from,
					     size_t n, const struct verify_cert *c)
{
	const struct verify_cert *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!verify_likely_issued(&from[i], c) || in_chain(w, &from[i]))
			continue;
		if (!time_error(w->in->params, &from[i]))
			return &from[i];
		if (!found)
			found = &from[i];
	}
	return found;
}

static const struct verify_cert *same_in_store(const struct walk *w, const struct verify_cert *c)
{
	const struct verify_store *st = w->in->store;

	for (size_t i = 0; i < st->n_anchors; i++)
		if (verify_same(st->anchors[i].x.der, c->x.der))
			return &st->anchors[i];
	return NULL;
}

/* The last certificate is its own issuer: the store has the very same, or trust is not to be had.
 */
static void end_self_signed(struct walk *w)
{
	const struct verify_cert *own = same_in_store(w, w->chain[w->n - 1]);

	if (!own)
		return;
	w->chain[w->n - 1] = own;
	if (w->n_untrusted == w->n)
		w->n_untrusted--;
	w->trusted = true;
}

static bool extend(struct walk *w, const struct verify_cert *issuer, bool from_store)
{
	if (!issuer)
		return false;
	w->chain[w->n++] = issuer;
	if (!from_store)
		w->n_untrusted = w->n;
	return true;
}

static void build(struct walk *w)
{
	const struct verify_params *p = w->in->params;
	const struct verify_store *st = w->in->store;
	size_t max = p->depth >= 0 && p->depth + 2 < MAX_CHAIN ? (size_t)p->depth + 2 : MAX_CHAIN;
	bool peer_done = false;

	while (!w->trusted) {
		const struct verify_cert *last = w->chain[w->n - 1];

		if (last->self_issued && verify_likely_issued(last, last)) {
			end_self_signed(w);
			break;
		}
		if (w->n >= max) {
			w->too_long = true;
			break;
		}
		if (extend(w, find_issuer(w, st->anchors, st->n_anchors, last), true)) {
			peer_done = true;
			w->trusted = p->partial_chain;
			continue;
		}
		if (peer_done ||
		    !extend(w, find_issuer(w, w->peer + 1, w->n_peer - 1, last), false))
			break;
	}
	if (!w->trusted && p->partial_chain && w->n_untrusted == w->n &&
	    same_in_store(w, w->chain[0])) {
		w->n = 1;
		w->n_untrusted = 0;
		w->trusted = true;
	}
}

static bool tell_trust(struct walk *w)
{
	size_t top = w->n - 1;
	const struct verify_cert *last = w->chain[top];

	if (w->trusted)
		return true;
	if (w->too_long && !tell(w, top, VERIFY_CERT_CHAIN_TOO_LONG))
		return false;
	if (last->self_issued && verify_likely_issued(last, last))
		return tell(w, top,
			    top ? VERIFY_SELF_SIGNED_CERT_IN_CHAIN
				: VERIFY_DEPTH_ZERO_SELF_SIGNED_CERT);
	return tell(w, top,
		    w->n_untrusted < w->n ? VERIFY_UNABLE_TO_GET_ISSUER_CERT
					  : VERIFY_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

/* ---- check_extensions() ---- */

static bool tell_strict(struct walk *w, size_t i)
{
	int errors[VERIFY_STRICT_MAX];
	size_t n = verify_strict_errors(w->chain[i], i + 1 == w->n, errors);

	for (size_t k = 0; k < n; k++)
		if (!tell(w, i, errors[k]))
			return false;
	return true;
}

static bool wrong_ca(const struct walk *w, size_t i)
{
	bool strict = w->in->params->strict || i + 1 < w->n;
	int ca = verify_check_ca(w->chain[i]);

	if (i == 0)
		return w->in->params->strict && ca > 1;
	return ca == 0 || (strict && ca != 1);
}

static bool tell_extensions(struct walk *w)
{
	const struct verify_params *p = w->in->params;
	int64_t path = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct verify_cert *c = w->chain[i];

		if (!p->ignore_critical && c->unhandled_critical &&
		    !tell(w, i, VERIFY_UNHANDLED_CRITICAL_EXTENSION))
			return false;
		if (wrong_ca(w, i) && !tell(w, i, VERIFY_INVALID_CA))
			return false;
		/* Not of self-issued certificates alone (RFC 6818 2). */
		if (p->strict && w->n > 1 && !tell_strict(w, i))
			return false;
		if (!verify_purpose_fits(p->purpose, c, i > 0) &&
		    !tell(w, i, VERIFY_INVALID_PURPOSE))
			return false;
		if (i > 1 && c->path_length >= 0 && path > c->path_length &&
		    !tell(w, i, VERIFY_PATH_LENGTH_EXCEEDED))
			return false;
		if (i > 0 && !c->self_issued)
			path++;
	}
	return true;
}

/* ---- check_auth_level(), check_id() ---- */

static bool tell_leaf_strength(struct walk *w)
{
	return verify_key_bits(&w->chain[0]->key) >= verify_level_bits(w->in->params->level) ||
	       tell(w, 0, VERIFY_EE_KEY_TOO_SMALL);
}

static bool tell_strength(struct walk *w)
{
	unsigned bits = verify_level_bits(w->in->params->level);

	for (size_t i = 0; i < w->n; i++) {
		if (i > 0 && verify_key_bits(&w->chain[i]->key) < bits &&
		    !tell(w, i, VERIFY_CA_KEY_TOO_SMALL))
			return false;
		if (i + 1 < w->n && verify_hash_bits(w->chain[i]->x.outer_sigalg) < bits &&
		    !tell(w, i, VERIFY_CA_MD_TOO_WEAK))
			return false;
	}
	return true;
}

static bool tell_names(struct walk *w)
{
	const struct verify_params *p = w->in->params;
	const struct verify_cert *leaf = w->chain[0];
	struct bytes name;

	return (!p->hostname || verify_host_matches(leaf, p->hostname, &name) ||
		tell(w, 0, VERIFY_HOSTNAME_MISMATCH)) &&
	       (!p->email || verify_email_matches(leaf, p->email) ||
		tell(w, 0, VERIFY_EMAIL_MISMATCH)) &&
	       (!p->ip_n || verify_ip_matches(leaf, (struct bytes){p->ip, p->ip_n}) ||
		tell(w, 0, VERIFY_IP_ADDRESS_MISMATCH));
}

/* ---- check_revocation() ---- */

static int crl_time_error(const struct verify_params *p, const struct verify_crl *crl)
{
	int64_t now = verify_now(p), t;

	if (!p->check_time)
		return VERIFY_OK;
	if (!der_time(crl->this_update, &t))
		return VERIFY_ERROR_IN_LAST_UPDATE_FIELD;
	if (t > now)
		return VERIFY_CRL_NOT_YET_VALID;
	if (!crl->next_update.n)
		return VERIFY_OK;
	if (!der_time(crl->next_update, &t))
		return VERIFY_ERROR_IN_NEXT_UPDATE_FIELD;
	return t <= now ? VERIFY_CRL_HAS_EXPIRED : VERIFY_OK;
}

static size_t fetch_crls(struct walk *w, const struct verify_cert *c)
{
	struct bytes list[TLS_MAX_CRLS];
	size_t given = w->in->crls ? w->in->crls(w->in->ud, c->x.der, list) : 0, n = 0;

	for (size_t i = 0; i < given; i++)
		n += verify_crl_parse(list[i], &w->fetched[n]);
	return n;
}

/* Of those that are for the certificate, the first that is valid now, else the first. */
static const struct verify_crl *find_in(const struct walk *w, const struct verify_crl *crls,
					size_t n, const struct verify_cert *c, bool *valid)
{
	const struct verify_crl *found = NULL;

	for (size_t i = 0; i < n && !*valid; i++) {
		if (crls[i].delta || !verify_same(crls[i].issuer, c->x.issuer))
			continue;
		*valid = !crl_time_error(w->in->params, &crls[i]);
		if (!found || *valid)
			found = &crls[i];
	}
	return found;
}

static const struct verify_crl *find_crl(struct walk *w, const struct verify_cert *c)
{
	const struct verify_store *st = w->in->store;
	bool valid = false;
	const struct verify_crl *fetched = find_in(w, w->fetched, fetch_crls(w, c), c, &valid);
	const struct verify_crl *given = find_in(w, st->crls, st->n_crls, c, &valid);

	return given && (valid || !fetched) ? given : fetched;
}

static bool crl_signed_by(const struct walk *w, const struct verify_crl *crl,
			  const struct verify_cert *issuer)
{
	struct verify_signature sig = {crl->der,       true,           crl->tbs,
				       crl->algorithm, crl->signature, issuer->x.spki};

	return w->in->signature(w->in->ud, &sig);
}

static bool tell_revocation_at(struct walk *w, size_t i)
{
	const struct verify_cert *c = w->chain[i];
	const struct verify_cert *issuer = w->chain[i + 1 < w->n ? i + 1 : i];
	const struct verify_crl *crl = find_crl(w, c);
	int error;

	if (!crl)
		return tell(w, i, VERIFY_UNABLE_TO_GET_CRL);
	if (i + 1 == w->n && !c->self_issued && !tell(w, i, VERIFY_UNABLE_TO_GET_CRL_ISSUER))
		return false;
	if (issuer->has_usage && !(issuer->usage & KU_CRL_SIGN) &&
	    !tell(w, i, VERIFY_KEYUSAGE_NO_CRL_SIGN))
		return false;
	error = crl_time_error(w->in->params, crl);
	if (error && !tell(w, i, error))
		return false;
	if (!crl_signed_by(w, crl, issuer) && !tell(w, i, VERIFY_CRL_SIGNATURE_FAILURE))
		return false;
	if (!w->in->params->ignore_critical && crl->unhandled_critical &&
	    !tell(w, i, VERIFY_UNHANDLED_CRITICAL_CRL_EXTENSION))
		return false;
	return !verify_crl_lists(crl, c->x.serial) || tell(w, i, VERIFY_CERT_REVOKED);
}

static bool tell_revocation(struct walk *w)
{
	const struct verify_params *p = w->in->params;
	size_t last = p->crl_check_all ? w->n : 1;

	for (size_t i = 0; p->crl_check && i < last; i++)
		if (!tell_revocation_at(w, i))
			return false;
	return true;
}

static bool tell_suite_b(struct walk *w)
{
	size_t depth;
	int error = verify_suite_b(w->chain, w->n, w->in->params->suite_b, &depth);

	return !error || tell(w, depth, error);
}

/* ---- internal_verify() ---- */

static bool tell_signature(struct walk *w, size_t i, size_t issuer)
{
	const struct verify_cert *c = w->chain[i], *ca = w->chain[issuer];
	struct verify_signature sig = {c->x.der,          false,          c->x.tbs,
				       c->x.outer_sigalg, c->x.signature, ca->x.spki};

	if ((i != issuer || ca->is_ca) && ca->has_usage && !(ca->usage & KU_KEY_CERT_SIGN) &&
	    !tell(w, issuer, VERIFY_KEYUSAGE_NO_CERTSIGN))
		return false;
	return w->in->signature(w->in->ud, &sig) || tell(w, i, VERIFY_CERT_SIGNATURE_FAILURE);
}

static bool tell_time(struct walk *w, size_t i)
{
	int error = w->in->params->check_time ? time_error(w->in->params, w->chain[i]) : VERIFY_OK;

	return !error || tell(w, i, error);
}

static bool tell_signatures(struct walk *w)
{
	const struct verify_params *p = w->in->params;
	size_t top = w->n - 1, start = top;
	const struct verify_cert *last = w->chain[top];
	bool own_issuer = last->self_issued && verify_likely_issued(last, last);

	if (own_issuer) {
		if (p->check_ss_signature && !tell_signature(w, top, top))
			return false;
	} else if (!p->partial_chain) {
		if (!top && !tell(w, 0, VERIFY_UNABLE_TO_VERIFY_LEAF_SIGNATURE))
			return false;
		if (top)
			start--;
	}
	for (size_t i = start + 1; i-- > 0;) {
		if (i < top && !tell_signature(w, i, i + 1))
			return false;
		if (!tell_time(w, i) || !tell(w, i, VERIFY_OK))
			return false;
	}
	return true;
}

/* ---- check_name_constraints() ---- */

static bool tell_constraints(struct walk *w)
{
	for (size_t i = w->n; i-- > 0;) {
		if (i > 0 && w->chain[i]->self_issued)
			continue;
		for (size_t ca = w->n; --ca > i;) {
			int error = VERIFY_OK;

			if (w->chain[ca]->constraints.n)
				error = verify_constraints(w->chain[ca], w->chain[i], i == 0);
			if (error && !tell(w, i, error))
				return false;
		}
	}
	return true;
}

bool verify_chain(const struct verify_walk *in, const struct bytes *peer, size_t n, int *result)
{
	struct walk *w = xcalloc(1, sizeof(*w));
	bool good = n && verify_cert_parse(peer[0], &w->peer[0]);

	w->in = in;
	if (good) {
		w->n_peer = 1;
		for (size_t i = 1; i < n && w->n_peer < MAX_PEER; i++)
			w->n_peer += verify_cert_parse(peer[i], &w->peer[w->n_peer]);
		w->chain[0] = &w->peer[0];
		w->n = w->n_untrusted = 1;
		good = tell_leaf_strength(w);
	}
	if (good) {
		build(w);
		good = tell_trust(w) && tell_extensions(w) && tell_strength(w) && tell_names(w) &&
		       tell_revocation(w) && tell_suite_b(w) && tell_signatures(w) &&
		       tell_constraints(w);
	}
	*result = w->result;
	free(w);
	return good;
}
