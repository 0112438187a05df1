#include "tests/unit/fake_backend.h"

#include "core/strbuf.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum phase { PHASE_HELLO, PHASE_FINISHED, PHASE_OPEN, PHASE_RENEGOTIATE };

struct tls_ctx {
	const struct tls_host *host;
	const struct tls_config *cfg;
};

struct tls_session {
	struct tls_ctx *ctx;
	const struct tls_transport *io;
	void *sud;
	enum phase phase;
	size_t skip;        /* bytes of the ClientHello still to be passed over */
	struct strbuf in;   /* of an incomplete frame */
	struct strbuf data; /* decrypted, not yet read */
	struct strbuf out;  /* not yet sent */
	struct strbuf said; /* what write() is to be called with again */
	uint16_t version;
	bool resumed, unasked;
	enum tls_early_data early;
	char identity[64];
};

static struct {
	atomic_long calls; /* failures are injected by number */
	long fail_at;
	bool messages;
	const char *ctx;
} fake;

static bool injected(struct tls_error *err, const char *where)
{
	if (++fake.calls != fake.fail_at)
		return false;
	err->alert = 80;
	err->native = 4711;
	(void)snprintf(err->text, sizeof(err->text), "injected in %s", where);
	return true;
}

static enum tls_status failed(struct tls_error *err, int alert, bool received, const char *text)
{
	err->alert = alert;
	err->alert_received = received;
	err->native = -7;
	(void)snprintf(err->text, sizeof(err->text), "%s", text);
	return TLS_FAIL;
}

/* ---- frames ---- */

static enum tls_status flush(struct tls_session *s)
{
	while (s->out.n) {
		size_t done = 0;
		enum tls_status status = s->io->send(s->io->ud, s->out.p, s->out.n, &done);

		if (status != TLS_OK)
			return status;
		strbuf_consume(&s->out, done);
	}
	return TLS_OK;
}

static void put_frame(struct tls_session *s, char type, const void *p, size_t n)
{
	const uint8_t header[] = {(uint8_t)type, (uint8_t)(n >> 8), (uint8_t)n};

	strbuf_add(&s->out, header, sizeof(header));
	strbuf_add(&s->out, p, n);
}

/* Exactly n bytes into s->in. */
static enum tls_status gather(struct tls_session *s, size_t n)
{
	uint8_t buf[4096];

	while (s->in.n < n) {
		size_t done = 0, want = n - s->in.n;
		enum tls_status status;

		if (want > sizeof(buf))
			want = sizeof(buf);
		status = s->io->recv(s->io->ud, buf, want, &done);
		if (status != TLS_OK)
			return status;
		strbuf_add(&s->in, buf, done);
	}
	return TLS_OK;
}

static enum tls_status skip_hello(struct tls_session *s)
{
	uint8_t buf[512];

	while (s->skip) {
		size_t done = 0, want = s->skip < sizeof(buf) ? s->skip : sizeof(buf);
		enum tls_status status = s->io->recv(s->io->ud, buf, want, &done);

		if (status != TLS_OK)
			return status;
		s->skip -= done;
	}
	return TLS_OK;
}

/* The payload stays in s->in behind the header until frame_done(). */
static enum tls_status get_frame(struct tls_session *s)
{
	enum tls_status status = skip_hello(s);

	if (status == TLS_OK)
		status = gather(s, FRAME_HEADER);
	if (status != TLS_OK)
		return status;
	return gather(s, FRAME_HEADER + ((size_t)(uint8_t)s->in.p[1] << 8 | (uint8_t)s->in.p[2]));
}

static void frame_done(struct tls_session *s)
{
	strbuf_release(&s->in);
}

static enum tls_status transport_failed(enum tls_status status, struct tls_error *err)
{
	if (status == TLS_FAIL)
		return failed(err, -1, false, "the transport failed");
	return status;
}

/* ---- the script ---- */

static enum tls_status do_sni(struct tls_session *s, const char *name, struct tls_error *err)
{
	int choice = s->ctx->host->select_sni(s->sud,
					      (struct bytes){(const uint8_t *)name, strlen(name)});

	return choice == -1 ? failed(err, 112, false, "no such name") : TLS_OK;
}

static enum tls_status do_alpn(struct tls_session *s, const char *names, struct tls_error *err)
{
	struct strbuf list = STRBUF_INIT;
	struct bytes chosen;
	bool ok;

	while (*names) {
		size_t n = strcspn(names, ",");

		strbuf_addc(&list, (char)n);
		strbuf_add(&list, names, n);
		names += n + (names[n] == ',');
	}
	ok = s->ctx->host->select_alpn(s->sud, strbuf_bytes(&list), &chosen);
	strbuf_release(&list);
	return ok ? TLS_OK : failed(err, 120, false, "no protocol in common");
}

static enum tls_status do_psk(struct tls_session *s, const char *identity, struct tls_error *err)
{
	struct bytes key;
	struct bytes id = {(const uint8_t *)identity, strlen(identity)};

	(void)snprintf(s->identity, sizeof(s->identity), "%s", identity);
	if (!s->ctx->host->psk(s->sud, s->version, id, &key))
		return s->version >= TLS_VERSION_1_3 ? TLS_OK
						     : failed(err, 115, false, "no such identity");
	return TLS_OK;
}

static enum tls_status do_verify(struct tls_session *s, const char *words, struct tls_error *err)
{
	char *end = NULL;
	int depth = (int)strtol(words, &end, 10), error = (int)strtol(end, NULL, 10);

	if (!s->ctx->host->verify(s->sud, depth, error, (struct bytes){NULL, 0}))
		return failed(err, 48, false, "certificate refused");
	return TLS_OK;
}

static void do_message(struct tls_session *s, const char *hex)
{
	uint8_t buf[256];
	size_t n = 0;

	for (; n < sizeof(buf) && hex[0] && hex[1]; hex += 2) {
		char digits[] = {hex[0], hex[1], '\0'};

		buf[n++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	s->ctx->host->message(s->sud, TLS_IN, s->version, 22, (struct bytes){buf, n});
}

static enum tls_status do_line(struct tls_session *s, char *line, struct tls_error *err)
{
	const struct tls_host *host = s->ctx->host;
	char *rest = strchr(line, ' ');
	const struct bytes random = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};

	if (rest)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (strcmp(line, "sni") == 0)
		return do_sni(s, rest, err);
	if (strcmp(line, "alpn") == 0)
		return do_alpn(s, rest, err);
	if (strcmp(line, "psk") == 0)
		return do_psk(s, rest, err);
	if (strcmp(line, "verify") == 0)
		return do_verify(s, rest, err);
	if (strcmp(line, "fail") == 0)
		return failed(err, (int)strtol(rest, NULL, 10), false, rest);
	if (strcmp(line, "state") == 0)
		host->state(s->sud, rest);
	else if (strcmp(line, "message") == 0)
		do_message(s, rest);
	else if (strcmp(line, "secret") == 0)
		host->secret(s->sud, rest, random, random);
	else if (strcmp(line, "version") == 0)
		s->version = (uint16_t)strtoul(rest, NULL, 16);
	else if (strcmp(line, "resumed") == 0)
		s->resumed = true;
	else if (strcmp(line, "early-rejected") == 0)
		s->early = TLS_EARLY_REJECTED;
	else if (strcmp(line, "store") == 0)
		host->cache_put(s->sud, (struct bytes){(const uint8_t *)rest, strlen(rest)},
				random);
	else
		return failed(err, 80, false, "bad script");
	return TLS_OK;
}

static enum tls_status run_script(struct tls_session *s, struct tls_error *err)
{
	char *script = xstrdup(s->in.p + FRAME_HEADER), *save = NULL;
	enum tls_status status = TLS_OK;

	for (char *line = strtok_r(script, "\n", &save); line && status == TLS_OK;
	     line = strtok_r(NULL, "\n", &save))
		status = do_line(s, line, err);
	free(script);
	return status;
}

/* ---- the operations ---- */

static enum tls_status wrong_frame(struct tls_session *s, struct tls_error *err)
{
	uint8_t alert[] = {2, 10};

	if (s->in.p[0] == 'A' && s->in.n == FRAME_HEADER + 2) {
		s->ctx->host->alert(s->sud, TLS_IN, (uint8_t)s->in.p[3], (uint8_t)s->in.p[4]);
		return failed(err, (uint8_t)s->in.p[4], true, "the client complains");
	}
	put_frame(s, 'A', alert, sizeof(alert));
	s->ctx->host->alert(s->sud, TLS_OUT, alert[0], alert[1]);
	(void)flush(s); /* what does not go now never goes */
	return failed(err, alert[1], false, "unexpected frame");
}

/* Send the alert of a failure; the status is handed through. */
static enum tls_status refuse(struct tls_session *s, enum tls_status status,
			      const struct tls_error *err)
{
	uint8_t alert[] = {2, (uint8_t)err->alert};

	put_frame(s, 'A', alert, sizeof(alert));
	s->ctx->host->alert(s->sud, TLS_OUT, alert[0], alert[1]);
	(void)flush(s); /* what does not go now never goes */
	return status;
}

static void take_data(struct tls_session *s, void *buf, size_t len, size_t *done)
{
	*done = s->data.n < len ? s->data.n : len;
	memcpy(buf, s->data.p, *done);
	strbuf_consume(&s->data, *done);
}

static enum tls_status take_hello(struct tls_session *s, struct tls_error *err)
{
	enum tls_status status;

	if (s->in.p[0] != 'H')
		return wrong_frame(s, err);
	status = run_script(s, err);
	frame_done(s);
	if (status != TLS_OK)
		return refuse(s, status, err);
	put_frame(s, 'h', NULL, 0);
	s->phase = PHASE_FINISHED;
	return TLS_OK;
}

/* H, and then E frames up to the first other one. */
static enum tls_status fake_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
				       struct tls_error *err)
{
	enum tls_status status;

	if (injected(err, "read_early"))
		return TLS_FAIL;
	while (!s->data.n) {
		status = flush(s);
		if (status == TLS_OK)
			status = get_frame(s);
		if (status != TLS_OK)
			return transport_failed(status, err);
		if (s->phase == PHASE_HELLO) {
			status = take_hello(s, err);
			if (status != TLS_OK)
				return status;
			continue;
		}
		if (s->in.p[0] != 'E')
			return TLS_OK;
		s->early = TLS_EARLY_ACCEPTED;
		strbuf_add(&s->data, s->in.p + FRAME_HEADER, s->in.n - FRAME_HEADER);
		frame_done(s);
	}
	take_data(s, buf, len, done);
	return TLS_OK;
}

static enum tls_status fake_handshake(struct tls_session *s, struct tls_error *err)
{
	enum tls_status status;

	if (injected(err, "handshake"))
		return TLS_FAIL;
	for (;;) {
		status = flush(s);
		if (status == TLS_OK && s->phase == PHASE_OPEN)
			return TLS_OK;
		if (status == TLS_OK)
			status = get_frame(s);
		if (status != TLS_OK)
			return transport_failed(status, err);
		if (s->phase == PHASE_HELLO) {
			status = take_hello(s, err);
			if (status != TLS_OK)
				return status;
			continue;
		}
		if (s->in.p[0] != (s->phase == PHASE_FINISHED ? 'F' : 'N'))
			return wrong_frame(s, err);
		if (s->in.n > FRAME_HEADER)
			return refuse(s,
				      failed(err, (int)strtol(s->in.p + FRAME_HEADER, NULL, 10),
					     false, "refused"),
				      err);
		if (s->phase == PHASE_RENEGOTIATE)
			put_frame(s, 'n', NULL, 0);
		frame_done(s);
		s->phase = PHASE_OPEN;
	}
}

static enum tls_status take_frame(struct tls_session *s, struct tls_error *err)
{
	switch (s->in.p[0]) {
	case 'D':
		strbuf_add(&s->data, s->in.p + FRAME_HEADER, s->in.n - FRAME_HEADER);
		frame_done(s);
		return TLS_OK;
	case 'C':
		frame_done(s);
		s->ctx->host->alert(s->sud, TLS_IN, 1, 0);
		return TLS_CLOSED;
	case 'N':
		put_frame(s, 'n', NULL, 0);
		frame_done(s);
		s->phase = PHASE_OPEN;
		return TLS_WANT_READ;
	case 'K':
	case 'P':
		frame_done(s);
		return TLS_WANT_READ;
	default:
		return wrong_frame(s, err);
	}
}

static enum tls_status fake_read(struct tls_session *s, void *buf, size_t len, size_t *done,
				 struct tls_error *err)
{
	enum tls_status status = TLS_OK;

	if (injected(err, "read"))
		return TLS_FAIL;
	while (!s->data.n) {
		status = get_frame(s);
		if (status != TLS_OK)
			return transport_failed(status, err);
		status = take_frame(s, err);
		if (status == TLS_WANT_READ && flush(s) == TLS_FAIL)
			return transport_failed(TLS_FAIL, err);
		if (status != TLS_OK)
			return status;
	}
	take_data(s, buf, len, done);
	return TLS_OK;
}

static enum tls_status fake_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
				  struct tls_error *err)
{
	size_t n = len < FRAME_MAX ? len : FRAME_MAX;
	enum tls_status status;

	if (injected(err, "write"))
		return TLS_FAIL;
	if (s->said.n && (s->said.n > len || memcmp(s->said.p, buf, s->said.n) != 0))
		return failed(err, 80, false, "a write came again with other bytes");
	if (!s->said.n) {
		put_frame(s, 'D', buf, n);
		strbuf_add(&s->said, buf, n);
	}
	status = flush(s);
	if (status != TLS_OK)
		return transport_failed(status, err);
	*done = s->said.n;
	strbuf_release(&s->said);
	return TLS_OK;
}

static enum tls_status fake_shutdown(struct tls_session *s, struct tls_error *err)
{
	if (injected(err, "shutdown"))
		return TLS_FAIL;
	put_frame(s, 'C', NULL, 0);
	return transport_failed(flush(s), err);
}

static bool fake_pending(const struct tls_session *s)
{
	return s->data.n > 0;
}

static enum tls_status not_here(struct tls_session *s, struct tls_error *err)
{
	(void)snprintf(err->text, sizeof(err->text), "not with version %04x", s->version);
	return TLS_UNSUPPORTED;
}

static enum tls_status fake_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err)
{
	if (s->version >= TLS_VERSION_1_3)
		return not_here(s, err);
	if (injected(err, "renegotiate"))
		return TLS_FAIL;
	put_frame(s, 'R', ask_cert ? "C" : "", ask_cert);
	s->phase = PHASE_RENEGOTIATE;
	return transport_failed(flush(s), err);
}

static enum tls_status fake_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	if (s->version < TLS_VERSION_1_3)
		return not_here(s, err);
	if (injected(err, "key_update"))
		return TLS_FAIL;
	put_frame(s, 'K', ask_peer ? "A" : "", ask_peer);
	return transport_failed(flush(s), err);
}

static enum tls_status fake_request_cert(struct tls_session *s, struct tls_error *err)
{
	if (s->version < TLS_VERSION_1_3)
		return not_here(s, err);
	if (injected(err, "request_cert"))
		return TLS_FAIL;
	put_frame(s, 'Q', NULL, 0);
	return transport_failed(flush(s), err);
}

static void fake_info(struct tls_session *s, struct tls_info *out)
{
	static const uint8_t secret[] = {0xfe, 0xed, 0xfe, 0xed, 0xfe, 0xed};

	*out = (struct tls_info){
		.version = s->version,
		.suite = s->version >= TLS_VERSION_1_3 ? 0x1302 : 0xc02f,
		.group = 0x001d,
		.own_sigalg = 0x0804,
		.resumed = s->resumed,
		.secure_renegotiation = true,
		.extended_master_secret = true,
		.session_id = {(const uint8_t *)"0123", 4},
		.master_secret = {secret, sizeof(secret)},
		.psk_identity = {(const uint8_t *)s->identity, strlen(s->identity)},
		.session_time = 1700000000,
		.session_timeout = 7200,
		.early_data = s->early,
	};
}

static enum tls_status fake_export(struct tls_session *s, const char *label, uint8_t *out,
				   size_t len, struct tls_error *err)
{
	(void)s;
	if (strcmp(label, "refused") == 0)
		return failed(err, -1, false, "bad label");
	memset(out, 0xa5, len);
	return TLS_OK;
}

/* ---- contexts ---- */

static enum tls_status fake_ctx_new(const struct tls_config *cfg, const struct tls_host *host,
				    struct tls_ctx **out, struct tls_error *err)
{
	if (fake.ctx) {
		(void)failed(err, -1, false, "the fake context is not to be");
		return strcmp(fake.ctx, "unsupported") == 0 ? TLS_UNSUPPORTED : TLS_FAIL;
	}
	*out = xcalloc(1, sizeof(**out));
	(*out)->host = host;
	(*out)->cfg = cfg;
	return TLS_OK;
}

static void fake_ctx_free(struct tls_ctx *ctx)
{
	free(ctx);
}

static struct tls_session *fake_session_new(struct tls_ctx *ctx, const struct tls_transport *io,
					    const struct client_hello *hello, void *sud,
					    struct tls_error *err)
{
	struct tls_session *s;

	if (injected(err, "session_new"))
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->ctx = ctx;
	s->io = io;
	s->sud = sud;
	s->version = TLS_VERSION_1_3;
	s->skip = hello ? 5 + hello->message.n : 0; /* in one record */
	return s;
}

static void fake_session_free(struct tls_session *s)
{
	if (!s)
		return;
	strbuf_release(&s->in);
	strbuf_release(&s->data);
	strbuf_release(&s->out);
	strbuf_release(&s->said);
	free(s);
}

static void fake_version(char *running, char *compiled, size_t len)
{
	(void)snprintf(running, len, "1.2.3");
	(void)snprintf(compiled, len, "1.2.3");
}

static bool fake_init(const struct tls_setting *settings, size_t n, struct tls_error *err)
{
	(void)settings;
	(void)n;
	(void)err;
	return true;
}

static void fake_capabilities(struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	enum tls_support level = fake.messages ? TLS_CAP_YES : TLS_CAP_NO;

	cap[TLS_CAP_MESSAGES] = (struct tls_cap_entry){level, "the fake's"};
	cap[TLS_CAP_STATE] = (struct tls_cap_entry){level, "the fake's"};
	cap[TLS_CAP_HEARTBEAT] = (struct tls_cap_entry){TLS_CAP_NO, "nobody has a heartbeat"};
}

static void fake_algorithms(struct tls_algorithms *out)
{
	*out = (struct tls_algorithms){.versions = TLS_VERSION_BIT(TLS_VERSION_1_2) |
						   TLS_VERSION_BIT(TLS_VERSION_1_3)};
}

static struct tls_backend backend = {
	.abi = TLS_BACKEND_ABI,
	.size = sizeof(struct tls_backend),
	.name = "fake",
	.library = "FakeTLS",
	.version = fake_version,
	.init = fake_init,
	.capabilities = fake_capabilities,
	.algorithms = fake_algorithms,
	.ctx_new = fake_ctx_new,
	.ctx_free = fake_ctx_free,
	.session_new = fake_session_new,
	.session_free = fake_session_free,
	.handshake = fake_handshake,
	.read_early = fake_read_early,
	.read = fake_read,
	.write = fake_write,
	.shutdown = fake_shutdown,
	.pending = fake_pending,
	.renegotiate = fake_renegotiate,
	.key_update = fake_key_update,
	.request_cert = fake_request_cert,
	.info = fake_info,
	.export_key = fake_export,
};

const struct tls_backend *fake_backend(void)
{
	const char *fail_at = getenv("FAKE_FAIL_AT");

	fake.fail_at = fail_at ? strtol(fail_at, NULL, 10) : 0;
	fake.messages = getenv("FAKE_MESSAGES") != NULL;
	fake.ctx = getenv("FAKE_CTX");
	if (getenv("FAKE_PLAIN")) {
		backend.renegotiate = NULL;
		backend.key_update = NULL;
		backend.request_cert = NULL;
		backend.export_key = NULL;
	}
	return &backend;
}
