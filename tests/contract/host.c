/* The host's side of the contract: everything is recorded, decisions are given beforehand. */
#include "tests/contract/bench.h"

#include "core/session_cache.h"

#include <stdio.h>
#include <string.h>

/* One store for all sessions of the run. */
static struct session_cache *store;

static void note(char *log, const char *text)
{
	size_t at = strlen(log);

	(void)snprintf(log + at, BENCH_LOG - at, "%s\n", text);
}

static void keep(char out[256], struct bytes b)
{
	size_t n = b.n < 255 ? b.n : 255;

	if (n)
		memcpy(out, b.p, n);
	out[n] = '\0';
}

static void on_message(void *sud, enum tls_dir dir, uint16_t version, unsigned type,
		       struct bytes message)
{
	struct peer *p = sud;

	(void)dir;
	CHECK(version >> 8 == 3 || version == 0);
	CHECK(type == 20 || type == 21 || type == 22 || type == 256 || type == 257);
	CHECK(message.p && message.n);
	if (type == 22)
		CHECK_INT(message.n, 4 + (message.p[1] << 16 | message.p[2] << 8 | message.p[3]));
	p->seen.messages++;
}

static void on_state(void *sud, const char *line)
{
	struct peer *p = sud;

	CHECK(!strchr(line, '\n'));
	p->seen.states++;
	note(p->seen.state_lines, line);
}

static void on_note(void *sud, const char *text)
{
	struct peer *p = sud;

	CHECK(*text && text[strlen(text) - 1] != '\n');
	if (p)
		note(p->seen.notes, text);
}

static void on_alert(void *sud, enum tls_dir dir, unsigned level, unsigned description)
{
	struct peer *p = sud;

	CHECK(level == 1 || level == 2);
	CHECK(description < 256);
	if (dir == TLS_IN) {
		p->seen.alerts_in++;
		p->seen.last_alert_in = (int)description;
	} else {
		p->seen.alerts_out++;
		p->seen.last_alert_out = (int)description;
	}
}

static void on_secret(void *sud, const char *label, struct bytes random, struct bytes secret)
{
	struct strbuf line = STRBUF_INIT;
	struct peer *p = sud;

	CHECK_INT(random.n, 32);
	CHECK(p->have_hello && memcmp(random.p, p->hello.random.p, 32) == 0);
	CHECK(secret.n == 32 || secret.n == 48);
	p->seen.secrets++;
	strbuf_addf(&line, "%s ", label);
	strbuf_addhex(&line, random, false);
	strbuf_addc(&line, ' ');
	strbuf_addhex(&line, secret, false);
	note(p->seen.secret_lines, line.p);
	strbuf_release(&line);
}

static bool on_verify(void *sud, int depth, int x509_error, struct bytes cert)
{
	struct peer *p = sud;

	if (p->seen.n_verify < BENCH_MAX_VERIFY) {
		p->seen.verify[p->seen.n_verify].depth = depth;
		p->seen.verify[p->seen.n_verify].error = x509_error;
		p->seen.verify[p->seen.n_verify++].cert_n = cert.n;
	}
	return x509_error == 0 || p->decide.verify_ok;
}

static void on_chain_checked(void *sud, size_t n, struct bytes cert_der, unsigned good)
{
	(void)sud;
	(void)n;
	(void)good;
	CHECK(cert_der.n);
}

static void on_policies(void *sud, const char *text)
{
	(void)sud;
	CHECK(*text);
}

static int on_sni(void *sud, struct bytes name)
{
	struct peer *p = sud;

	p->seen.n_sni++;
	keep(p->seen.sni, name);
	return p->decide.sni;
}

static bool on_alpn(void *sud, struct bytes offered, struct bytes *chosen)
{
	struct peer *p = sud;

	p->seen.n_alpn++;
	keep(p->seen.alpn_offered, offered);
	if (!p->decide.alpn)
		return false;
	*chosen = (struct bytes){(const uint8_t *)p->decide.alpn, strlen(p->decide.alpn)};
	return true;
}

static bool on_psk(void *sud, uint16_t version, struct bytes identity, struct bytes *key)
{
	struct peer *p = sud;

	p->seen.n_psk++;
	p->seen.psk_version = version;
	keep(p->seen.psk_identity, identity);
	*key = p->decide.psk_key;
	return p->decide.psk_ok && (!p->decide.psk_identity ||
				    (identity.n == strlen(p->decide.psk_identity) &&
				     memcmp(identity.p, p->decide.psk_identity, identity.n) == 0));
}

static bool on_staple(void *sud, struct bytes cert, struct bytes *response)
{
	const struct tls_credential *own;
	struct peer *p = sud;

	own = &p->bench->config.tls.creds[0];
	CHECK(cert.n == own->cert.n && memcmp(cert.p, own->cert.p, cert.n) == 0);
	p->seen.n_staple++;
	*response = p->decide.staple;
	return response->n > 0;
}

static size_t on_crls(void *sud, struct bytes cert, struct bytes list[TLS_MAX_CRLS])
{
	struct peer *p = sud;

	CHECK(cert.n > 100 && cert.p[0] == 0x30);
	p->seen.n_crls++;
	list[0] = p->decide.crl;
	return p->decide.crl.n > 0;
}

static void on_put(void *sud, struct bytes id, struct bytes session)
{
	struct peer *p = sud;

	CHECK(id.n && session.n);
	p->seen.n_put++;
	(void)session_cache_put(store, id, session); /* whether another one had to go */
}

static bool on_get(void *sud, struct bytes id, struct bytes *session)
{
	struct peer *p = sud;
	bool found = session_cache_get(store, id, session);

	p->seen.n_get++;
	p->seen.n_hit += found;
	return found;
}

static void on_del(void *sud, struct bytes id)
{
	struct peer *p = sud;

	p->seen.n_del++;
	session_cache_del(store, id);
}

struct tls_host recording_host(void)
{
	if (!store)
		store = session_cache_new(128);
	return (struct tls_host){
		.message = on_message,
		.state = on_state,
		.note = on_note,
		.alert = on_alert,
		.secret = on_secret,
		.verify = on_verify,
		.chain_checked = on_chain_checked,
		.policies = on_policies,
		.select_sni = on_sni,
		.select_alpn = on_alpn,
		.psk = on_psk,
		.staple = on_staple,
		.crls = on_crls,
		.cache_put = on_put,
		.cache_get = on_get,
		.cache_del = on_del,
	};
}
