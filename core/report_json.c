#include "core/report_json.h"

#include "core/names.h"
#include "core/out.h"
#include "core/pem.h"
#include "core/report_text.h"
#include "core/wire_text.h"
#include "core/x509_print.h"

#include <jansson.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef const char *(*name_of)(uint16_t number);

/* ---- values ---- */

/* jansson answers NULL only when there is no memory: then the value is missing. */
static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

/* Takes the buffer over. Bytes that are not UTF-8 become \xNN. */
static json_t *take_text(struct strbuf *sb)
{
	json_t *value = json_stringn(sb->p ? sb->p : "", sb->n);

	if (!value) {
		struct strbuf plain = STRBUF_INIT;

		report_add_printable(&plain, strbuf_bytes(sb));
		value = json_stringn(plain.p, plain.n);
		strbuf_release(&plain);
	}
	strbuf_release(sb);
	return value;
}

static json_t *text(struct bytes b)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add(&sb, b.p, b.n);
	return take_text(&sb);
}

static json_t *word(const char *s)
{
	return s ? text((struct bytes){(const uint8_t *)s, strlen(s)}) : json_null();
}

static json_t *hex(struct bytes b)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addhex(&sb, b, false);
	return take_text(&sb);
}

static json_t *base64(struct bytes b)
{
	struct strbuf sb = STRBUF_INIT;

	base64_encode(&sb, b, 0);
	return take_text(&sb);
}

/* {"id": 4865, "name": "..."}, null for 0. */
static json_t *item(uint16_t id, name_of name)
{
	json_t *o;

	if (!id)
		return json_null();
	o = json_object();
	put(o, "id", json_integer(id));
	put(o, "name", word(name(id)));
	return o;
}

/* ---- events ---- */

static json_t *event(const char *name)
{
	json_t *o = json_object();
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	long us = now.tv_nsec / 1000;

	put(o, "event", json_string(name));
	put(o, "time", json_real((double)now.tv_sec + (double)us / 1e6));
	return o;
}

static json_t *conn_event(const struct conn *c, const char *name)
{
	json_t *o = event(name);

	put(o, "connection", json_integer((json_int_t)c->id));
	return o;
}

static void emit(json_t *o)
{
	char *line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(16));
	struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb, line ? line : "{}");
	strbuf_addc(&sb, '\n');
	out_write(STDOUT_FILENO, strbuf_bytes(&sb));
	strbuf_release(&sb);
	free(line);
	json_decref(o);
}

/* ---- the server ---- */

void json_start(struct server *srv)
{
	struct strbuf address = STRBUF_INIT;
	char running[128] = "", compiled[128] = "";
	json_t *o = event("start");

	listener_address_text(&srv->listener, &address);
	srv->backend->version(running, compiled, sizeof(running));
	put(o, "backend", word(srv->backend->name));
	put(o, "library", word(srv->backend->library));
	put(o, "version", word(running));
	put(o, "address", take_text(&address));
	put(o, "port", json_integer((json_int_t)listener_port(&srv->listener)));
	put(o, "pid", json_integer((json_int_t)getpid()));
	emit(o);
}

void json_stats(struct server *srv)
{
	struct tls_stats st = {0};
	json_t *o = event("stats");

	server_stats(srv, &st);
	put(o, "cached_sessions", json_integer(st.number));
	put(o, "accepts", json_integer(st.accepts));
	put(o, "renegotiations", json_integer(st.accept_renegotiates));
	put(o, "accepts_finished", json_integer(st.accepts_good));
	put(o, "cache_hits", json_integer(st.hits));
	put(o, "cache_misses", json_integer(st.misses));
	put(o, "cache_timeouts", json_integer(st.timeouts));
	put(o, "callback_cache_hits", json_integer(st.cb_hits));
	put(o, "cache_full", json_integer(st.cache_full));
	put(o, "cache_size", json_integer(st.cache_size));
	emit(o);
}

void json_end(struct server *srv)
{
	json_t *o = event("end");

	put(o, "connections", json_integer((json_int_t)srv->accepted));
	put(o, "failures", json_integer((json_int_t)atomic_load(&srv->failures)));
	emit(o);
}

/* ---- a connection ---- */

void json_accept(struct conn *c)
{
	struct strbuf peer = STRBUF_INIT;
	json_t *o = conn_event(c, "accept");

	listener_peer_text(c->transport.fd, &peer);
	put(o, "peer", take_text(&peer));
	put(o, "worker", json_integer((json_int_t)c->worker->number));
	emit(o);
}

void json_hello(struct conn *c)
{
	json_t *o = conn_event(c, "hello");

	(void)json_object_update_new(o, wire_json_hello(c->hello)); /* as for put() */
	emit(o);
}

void json_sni(struct conn *c, bool switched)
{
	json_t *o = conn_event(c, "sni");

	put(o, "name", text(strbuf_bytes(&c->server_name)));
	put(o, "second_certificate", json_boolean(switched));
	emit(o);
}

void json_alpn(struct conn *c, struct bytes offered, bool found)
{
	json_t *o = conn_event(c, "alpn"), *list = json_array();

	for (size_t i = 0; i < offered.n && i + 1 + offered.p[i] <= offered.n;
	     i += 1u + offered.p[i])
		(void)json_array_append_new(list,
					    text((struct bytes){offered.p + i + 1, offered.p[i]}));
	put(o, "offered", list);
	put(o, "selected", found ? text(strbuf_bytes(&c->alpn)) : json_null());
	emit(o);
}

void json_psk(struct conn *c, uint16_t version, struct bytes identity, bool match)
{
	json_t *o = conn_event(c, "psk");

	put(o, "version", item(version, version_name));
	put(o, "identity", text(identity));
	put(o, "match", json_boolean(match));
	emit(o);
}

static json_t *name_text(const struct conn *c, struct bytes name)
{
	struct strbuf sb = STRBUF_INIT;

	(void)x509_name_print(&sb, name, c->srv->cfg->nameopt); /* shows what there is */
	return take_text(&sb);
}

static void put_certificate(json_t *o, const struct conn *c, struct bytes der)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, der.p, der.n);
	SHA256Final(digest, &sha);
	put(o, "subject", name_text(c, x509_subject(der)));
	put(o, "issuer", name_text(c, x509_issuer(der)));
	put(o, "sha256", hex((struct bytes){digest, sizeof(digest)}));
}

static void put_x509_error(json_t *o, const char *key, int x509_error)
{
	json_t *e = json_object();

	put(e, "code", json_integer(x509_error));
	put(e, "text", word(x509_error_text(x509_error)));
	put(o, key, e);
}

void json_chain_checked(struct conn *c, size_t n, struct bytes cert_der, unsigned good)
{
	json_t *o = conn_event(c, "chain");

	put(o, "number", json_integer((json_int_t)n + 1));
	put_certificate(o, c, cert_der);
	for (const struct report_chain_word *w = report_chain_words; w->text; w++)
		put(o, w->key, json_boolean(good & w->bit));
	put(o, "suite_b",
	    good & TLS_CHAIN_SUITE_B_TESTED ? json_boolean(good & TLS_CHAIN_SUITE_B) : json_null());
	emit(o);
}

void json_verify(struct conn *c, int depth, int x509_error, bool go_on, struct bytes cert_der)
{
	json_t *o = conn_event(c, "verify");

	put(o, "depth", json_integer(depth));
	put_x509_error(o, "result", x509_error);
	put(o, "accepted", json_boolean(go_on));
	if (cert_der.n)
		put_certificate(o, c, cert_der);
	if (c->policies.n)
		put(o, "policies", json_string(c->policies.p));
	emit(o);
}

static json_t *peer_chain(const struct conn *c, const struct tls_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->n_peer_chain; i++) {
		json_t *o = json_object();

		put_certificate(o, c, info->peer_chain[i]);
		put(o, "der", base64(info->peer_chain[i]));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *shared_suites(const struct conn *c, const struct tls_info *info)
{
	uint16_t id[512];
	size_t n = report_shared_suites(c, info, id, sizeof(id) / sizeof(*id));
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, item(id[i], suite_name));
	return list;
}

static json_t *keying_material(struct conn *c)
{
	struct strbuf sb = STRBUF_INIT;

	if (!report_export_key(&sb, c))
		return json_null();
	return take_text(&sb);
}

static void put_session(json_t *o, struct conn *c, const struct tls_info *info)
{
	struct strbuf der = STRBUF_INIT;

	put(o, "session_id", hex(info->session_id));
	if (!c->srv->cfg->show_secrets)
		return;
	put(o, "master_secret", hex(info->master_secret));
	report_add_session_der(&der, c, info);
	put(o, "session", base64(strbuf_bytes(&der)));
	strbuf_release(&der);
}

static const char *early_word(enum tls_early_data what)
{
	switch (what) {
	case TLS_EARLY_NOT_SENT:
		break;
	case TLS_EARLY_REJECTED:
		return "rejected";
	case TLS_EARLY_ACCEPTED:
		return "accepted";
	}
	return "not_sent";
}

void json_handshake(struct conn *c, const struct tls_info *info)
{
	json_t *o = conn_event(c, "handshake");

	put(o, "version", item(info->version, version_name));
	put(o, "cipher_suite", item(info->suite, suite_name));
	put(o, "cipher_suite_iana", word(suite_iana_name(info->suite)));
	put(o, "group", item(info->group, group_name));
	put(o, "signature_algorithm", item(info->own_sigalg, sigalg_iana_name));
	put(o, "peer_signature_algorithm", item(info->peer_sigalg, sigalg_iana_name));
	put(o, "server_name", c->server_name.n ? text(strbuf_bytes(&c->server_name)) : json_null());
	put(o, "alpn", info->alpn.n ? text(info->alpn) : json_null());
	put(o, "npn", info->npn.n ? text(info->npn) : json_null());
	put(o, "resumed", json_boolean(info->resumed));
	put(o, "early_data", word(early_word(info->early_data)));
	put(o, "early_bytes", json_integer((json_int_t)c->early_bytes));
	put(o, "psk_identity", info->psk_identity.n ? text(info->psk_identity) : json_null());
	put(o, "extended_master_secret", json_boolean(info->extended_master_secret));
	put(o, "encrypt_then_mac", json_boolean(info->encrypt_then_mac));
	put(o, "secure_renegotiation", json_boolean(info->secure_renegotiation));
	put(o, "certificate_requested", json_boolean(info->certificate_requested));
	put(o, "shared_ciphers", shared_suites(c, info));
	put(o, "peer_certificates", peer_chain(c, info));
	put_x509_error(o, "verify_result", info->verify_result);
	if (c->srv->cfg->keymatexport)
		put(o, "keying_material", keying_material(c));
	put_session(o, c, info);
	emit(o);
}

void json_data(struct conn *c, struct bytes data)
{
	json_t *o = conn_event(c, "data");

	put(o, "length", json_integer((json_int_t)data.n));
	put(o, "data", base64(data));
	emit(o);
}

void json_early_data(struct conn *c, struct bytes data)
{
	json_t *o = conn_event(c, "early_data");

	put(o, "length", json_integer((json_int_t)data.n));
	put(o, "data", base64(data));
	emit(o);
}

static const char *status_word(enum tls_status status)
{
	switch (status) {
	case TLS_OK:
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return "ok";
	case TLS_UNSUPPORTED:
		return "unsupported";
	case TLS_CLOSED:
	case TLS_EOF:
	case TLS_FAIL:
		break;
	}
	return "failed";
}

void json_command(struct conn *c, char letter, enum tls_status status, const struct tls_error *err)
{
	json_t *o = conn_event(c, "command");
	const uint8_t name = (uint8_t)letter;

	put(o, "command", text((struct bytes){&name, 1}));
	put(o, "result", json_string(status_word(status)));
	put(o, "text", err->text[0] ? word(err->text) : json_null());
	emit(o);
}

static void put_alert(json_t *o, unsigned description)
{
	put(o, "description", json_integer((json_int_t)description));
	put(o, "name", word(alert_iana_name(description)));
}

void json_alert(struct conn *c, enum tls_dir dir, unsigned level, unsigned description)
{
	json_t *o = conn_event(c, "alert");

	put(o, "direction", json_string(dir == TLS_IN ? "received" : "sent"));
	put(o, "level", json_string(level == 2 ? "fatal" : "warning"));
	put_alert(o, description);
	emit(o);
}

void json_failure(struct conn *c, bool in_handshake, const struct tls_error *err)
{
	struct strbuf lines = STRBUF_INIT;
	json_t *o = conn_event(c, "failure");

	put(o, "in_handshake", json_boolean(in_handshake));
	if (err->alert >= 0) {
		json_t *alert = json_object();

		put(alert, "direction", json_string(err->alert_received ? "received" : "sent"));
		put_alert(alert, (unsigned)err->alert);
		put(o, "alert", alert);
	} else {
		put(o, "alert", json_null());
	}
	report_add_cause(&lines, c, in_handshake, err);
	put(o, "cause", lines.n ? take_text(&lines) : json_null());
	put(o, "native_code", json_integer(err->native));
	put(o, "text", word(err->text));
	if (c->verify_error)
		put_x509_error(o, "verify_error", c->verify_error);
	emit(o);
}

void json_timeout(struct conn *c)
{
	json_t *o = conn_event(c, "timeout");

	put(o, "in_handshake", json_boolean(!c->handshake_done));
	emit(o);
}

void json_file(struct conn *c, const char *name)
{
	json_t *o = conn_event(c, "file");

	put(o, "name", word(name));
	emit(o);
}

void json_closed(struct conn *c)
{
	json_t *o = conn_event(c, "closed");

	put(o, "handshake_done", json_boolean(c->handshake_done));
	put(o, "failed", json_boolean(c->failed));
	put(o, "timed_out", json_boolean(c->timed_out));
	emit(o);
}
