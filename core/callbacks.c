#include "core/callbacks.h"

#include "core/conn.h"
#include "core/crl_fetch.h"
#include "core/out.h"
#include "core/pcapng.h"
#include "core/report.h"
#include "core/staple.h"
#include "core/trace.h"

#include <string.h>
#include <strings.h>

enum { X509_V_OK = 0, X509_V_ERR_CERT_CHAIN_TOO_LONG = 22 }; /* RFC-less: OpenSSL's x509_vfy.h */

static void on_message(void *sud, enum tls_dir dir, uint16_t version, unsigned content_type,
		       struct bytes message)
{
	trace_message(sud, dir, version, content_type, message);
}

static void on_state(void *sud, const char *line)
{
	trace_state(sud, line);
}

static void on_note(void *sud, const char *text)
{
	(void)sud;
	out_printf(2, "%s\n", text);
}

static void on_alert(void *sud, enum tls_dir dir, unsigned level, unsigned description)
{
	trace_alert(sud, dir, level, description);
}

static void on_secret(void *sud, const char *label, struct bytes client_random, struct bytes secret)
{
	struct conn *c = sud;
	struct strbuf line = STRBUF_INIT;

	trace_secret(c, label, secret);
	if (c->srv->keylog_fd < 0 && !c->srv->pcapng)
		return;
	strbuf_addf(&line, "%s ", label);
	strbuf_addhex(&line, client_random, false);
	strbuf_addc(&line, ' ');
	strbuf_addhex(&line, secret, false);
	strbuf_addc(&line, '\n');
	if (c->srv->pcapng)
		pcapng_secrets(c->srv->pcapng, strbuf_bytes(&line));
	if (c->srv->keylog_fd >= 0)
		out_write(c->srv->keylog_fd, strbuf_bytes(&line)); /* one write: lines never mix */
	explicit_bzero(line.p, line.n);
	strbuf_release(&line);
}

/* As verify_callback() in apps/lib/s_cb.c: an error within the depth is forgiven unless
 * -verify_return_error, one beyond it never. */
static bool on_verify(void *sud, int depth, int x509_error, struct bytes cert_der)
{
	struct conn *c = sud;
	const struct server_config *cfg = c->srv->cfg;
	bool ok = x509_error == X509_V_OK;

	c->verify_called = true;
	if (!ok) {
		bool within = cfg->verify_depth < 0 || cfg->verify_depth >= depth;

		ok = within && !cfg->verify_return_error;
		c->verify_error = x509_error;
		c->verify_failed |= !ok;
	}
	report_verify(c, depth, x509_error, ok, cert_der);
	strbuf_reset(&c->policies);
	return ok;
}

static void on_chain_checked(void *sud, size_t n, struct bytes cert_der, unsigned good)
{
	report_chain_checked(sud, n, cert_der, good);
}

static void on_policies(void *sud, const char *text)
{
	struct conn *c = sud;

	strbuf_reset(&c->policies);
	strbuf_adds(&c->policies, text);
}

bool callbacks_is_servername(const struct server_config *cfg, struct bytes name)
{
	return name.n == strlen(cfg->servername) &&
	       strncasecmp((const char *)name.p, cfg->servername, name.n) == 0;
}

static int on_select_sni(void *sud, struct bytes name)
{
	struct conn *c = sud;
	const struct server_config *cfg = c->srv->cfg;
	bool match;

	strbuf_reset(&c->server_name);
	strbuf_add(&c->server_name, name.p, name.n);
	if (!cfg->servername)
		return 0;
	match = callbacks_is_servername(cfg, name);
	report_sni(c, match && c->srv->tls->n_sni_creds);
	if (match)
		return c->srv->tls->n_sni_creds ? 1 : 0;
	return cfg->servername_fatal ? -1 : -2;
}

/* The name of length n at p in a (length, name)* list, or NULL. */
static const uint8_t *find_protocol(struct bytes list, const uint8_t *name, size_t n)
{
	for (size_t i = 0; i < list.n && i + 1 + list.p[i] <= list.n; i += 1u + list.p[i])
		if (list.p[i] == n && memcmp(list.p + i + 1, name, n) == 0)
			return list.p + i + 1;
	return NULL;
}

/* Server preference, as SSL_select_next_proto() is used by s_server. */
static bool on_select_alpn(void *sud, struct bytes offered, struct bytes *chosen)
{
	struct conn *c = sud;
	struct bytes ours = c->srv->cfg->alpn;
	const uint8_t *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ours.n && !found; i += 1u + n) {
		n = ours.p[i];
		found = find_protocol(offered, ours.p + i + 1, n);
	}
	if (found) {
		strbuf_reset(&c->alpn);
		strbuf_add(&c->alpn, found, n);
		*chosen = strbuf_bytes(&c->alpn);
	}
	report_alpn(c, offered, found != NULL);
	return found != NULL;
}

/* Before TLS 1.3 every identity gets the key, with a warning; in 1.3 it must match. */
static bool on_psk(void *sud, uint16_t version, struct bytes identity, struct bytes *key)
{
	struct conn *c = sud;
	const struct server_config *cfg = c->srv->cfg;
	bool match = identity.n == strlen(cfg->psk_identity) &&
		     memcmp(identity.p, cfg->psk_identity, identity.n) == 0;

	report_psk(c, version, identity, match);
	*key = cfg->psk_key;
	return match || version < TLS_VERSION_1_3;
}

static size_t on_crls(void *sud, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	return crl_fetch(sud, cert, list);
}

static bool on_staple(void *sud, struct bytes cert, struct bytes *response)
{
	return staple_answer(sud, cert, response);
}

static void on_cache_put(void *sud, struct bytes id, struct bytes session)
{
	struct conn *c = sud;
	struct server *srv = c->srv;

	uv_mutex_lock(&srv->cache_lock);
	if (session_cache_put(srv->cache, id, session))
		srv->stats.cache_full++;
	uv_mutex_unlock(&srv->cache_lock);
	if (tls_flag(srv->tls, TLS_F_EXT_CACHE))
		out_printf(2, "New session added to external cache\n");
}

/* The copy is the connection's: another worker may drop the entry at any time. */
static bool on_cache_get(void *sud, struct bytes id, struct bytes *session)
{
	struct conn *c = sud;
	struct server *srv = c->srv;
	struct bytes entry;
	bool found;

	strbuf_wipe(&c->stored);
	uv_mutex_lock(&srv->cache_lock);
	found = session_cache_get(srv->cache, id, &entry);
	if (found)
		strbuf_add(&c->stored, entry.p, entry.n);
	uv_mutex_unlock(&srv->cache_lock);
	*session = strbuf_bytes(&c->stored);
	if (tls_flag(srv->tls, TLS_F_EXT_CACHE)) {
		out_printf(2, "Lookup session: cache %s\n", found ? "hit" : "miss");
		srv->stats.cb_hits += found;
	} else if (!found) {
		srv->stats.misses++;
	}
	return found;
}

static void on_cache_del(void *sud, struct bytes id)
{
	struct conn *c = sud;

	uv_mutex_lock(&c->srv->cache_lock);
	session_cache_del(c->srv->cache, id);
	uv_mutex_unlock(&c->srv->cache_lock);
}

struct tls_host callbacks_host(void)
{
	return (struct tls_host){
		.message = on_message,
		.state = on_state,
		.note = on_note,
		.alert = on_alert,
		.secret = on_secret,
		.verify = on_verify,
		.chain_checked = on_chain_checked,
		.policies = on_policies,
		.select_sni = on_select_sni,
		.select_alpn = on_select_alpn,
		.psk = on_psk,
		.staple = on_staple,
		.crls = on_crls,
		.cache_put = on_cache_put,
		.cache_get = on_cache_get,
		.cache_del = on_cache_del,
	};
}
