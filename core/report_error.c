/* Failures in OpenSSL's form: the lines of its error stack. */
#include "core/report_text.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reason codes and texts of OpenSSL 3.5's SSL library (openssl/sslerr.h). */
struct reason {
	unsigned code;
	const char *text; /* NULL: none known */
};

enum {
	LIB_SSL = 0x0a000000,
	LIB_BIO = 0x10000000,
	SYSTEM_ERROR = (int)0x80000000u,
	REASON_NO_SUITABLE_KEY_SHARE = 101,
	REASON_NO_SUITABLE_SIGNATURE_ALGORITHM = 118,
	REASON_CERTIFICATE_VERIFY_FAILED = 134,
	REASON_TOO_MUCH_EARLY_DATA = 164,
	REASON_NO_SHARED_CIPHER = 193,
	REASON_PEER_DID_NOT_RETURN_A_CERTIFICATE = 199,
	REASON_CALLBACK_FAILED = 234,
	REASON_NO_APPLICATION_PROTOCOL = 235,
	REASON_UNSUPPORTED_PROTOCOL = 258,
	REASON_HTTPS_PROXY_REQUEST = 155,
	REASON_HTTP_REQUEST = 156,
	REASON_WRONG_SSL_VERSION = 266,
	REASON_WRONG_VERSION_NUMBER = 267,
	REASON_EXTENSION_NOT_RECEIVED = 279,
	REASON_UNEXPECTED_EOF = 294,
	ALERT_REASON = 1000, /* SSL_AD_REASON_OFFSET: received alerts are reasons, too */
};

enum alert {
	UNEXPECTED_MESSAGE = 10,
	HANDSHAKE_FAILURE = 40,
	PROTOCOL_VERSION = 70,
	UNRECOGNIZED_NAME = 112,
	CERTIFICATE_REQUIRED = 116,
	NO_APPLICATION_PROTOCOL = 120,
};

/* What OpenSSL says of an alert that it received. */
static const struct {
	int alert;
	const char *text;
} alert_reasons[] = {
	{10, "ssl/tls alert unexpected message"},
	{20, "ssl/tls alert bad record mac"},
	{21, "tlsv1 alert decryption failed"},
	{22, "tlsv1 alert record overflow"},
	{30, "ssl/tls alert decompression failure"},
	{40, "ssl/tls alert handshake failure"},
	{41, "ssl/tls alert no certificate"},
	{42, "ssl/tls alert bad certificate"},
	{43, "ssl/tls alert unsupported certificate"},
	{44, "ssl/tls alert certificate revoked"},
	{45, "ssl/tls alert certificate expired"},
	{46, "ssl/tls alert certificate unknown"},
	{47, "ssl/tls alert illegal parameter"},
	{48, "tlsv1 alert unknown ca"},
	{49, "tlsv1 alert access denied"},
	{50, "tlsv1 alert decode error"},
	{51, "tlsv1 alert decrypt error"},
	{60, "tlsv1 alert export restriction"},
	{70, "tlsv1 alert protocol version"},
	{71, "tlsv1 alert insufficient security"},
	{80, "tlsv1 alert internal error"},
	{86, "tlsv1 alert inappropriate fallback"},
	{90, "tlsv1 alert user cancelled"},
	{100, "tlsv1 alert no renegotiation"},
	{109, "tlsv13 alert missing extension"},
	{110, "tlsv1 unsupported extension"},
	{111, "tlsv1 certificate unobtainable"},
	{112, "tlsv1 unrecognized name"},
	{113, "tlsv1 bad certificate status response"},
	{114, "tlsv1 bad certificate hash value"},
	{115, "tlsv1 alert unknown psk identity"},
	{116, "tlsv13 alert certificate required"},
	{120, "tlsv1 alert no application protocol"},
};

static const struct reason no_reason = {0, NULL};

static struct reason alert_reason(int alert)
{
	for (size_t i = 0; i < sizeof(alert_reasons) / sizeof(*alert_reasons); i++)
		if (alert_reasons[i].alert == alert)
			return (struct reason){ALERT_REASON + (unsigned)alert,
					       alert_reasons[i].text};
	return no_reason;
}

/* A client that does not speak TLS, as OpenSSL tells it by the first bytes. */
static struct reason not_tls(const struct transport *t)
{
	static const char *const methods[] = {"GET ", "POST ", "HEAD ", "PUT "};
	const char *first = (const char *)t->first;

	if (t->n_first < sizeof(t->first))
		return no_reason;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strncmp(first, methods[i], strlen(methods[i])) == 0)
			return (struct reason){REASON_HTTP_REQUEST, "http request"};
	if (strncmp(first, "CONNE", 5) == 0)
		return (struct reason){REASON_HTTPS_PROXY_REQUEST, "https proxy request"};
	if (first[0] != 0x16 || first[1] != 3)
		return (struct reason){REASON_WRONG_VERSION_NUMBER, "wrong version number"};
	return no_reason;
}

static bool disjoint(struct u16list a, struct u16list b)
{
	for (size_t i = 0; i < a.n; i++)
		for (size_t k = 0; k < b.n; k++)
			if (a.p[i] == b.p[k])
				return false;
	return true;
}

/* handshake_failure in answer to the ClientHello: what the two sides have not in common. */
static struct reason nothing_in_common(const struct conn *c)
{
	const struct tls_config *tls = c->srv->tls;
	const struct client_hello *hello = c->hello;
	bool tls13 = client_hello_max_version(hello) >= TLS_VERSION_1_3 &&
		     (tls->versions & TLS_VERSION_BIT(TLS_VERSION_1_3));

	if (disjoint(hello->suites, tls13 ? tls->suites13 : tls->suites12))
		return (struct reason){REASON_NO_SHARED_CIPHER, "no shared cipher"};
	if (tls13 && disjoint(hello->groups, tls->groups))
		return (struct reason){REASON_NO_SUITABLE_KEY_SHARE, "no suitable key share"};
	if (hello->sigalgs.n && disjoint(hello->sigalgs, tls->sigalgs))
		return (struct reason){REASON_NO_SUITABLE_SIGNATURE_ALGORITHM,
				       "no suitable signature algorithm"};
	return no_reason;
}

/* The alert that we sent in a handshake, and what the core saw before. */
static struct reason sent_reason(const struct conn *c, int alert)
{
	if (c->waited && !c->verify_called && c->srv->tls->verify_mode == TLS_VERIFY_REQUIRE &&
	    (alert == CERTIFICATE_REQUIRED || alert == HANDSHAKE_FAILURE))
		return (struct reason){REASON_PEER_DID_NOT_RETURN_A_CERTIFICATE,
				       "peer did not return a certificate"};
	switch (alert) {
	case UNEXPECTED_MESSAGE:
		return c->hello && c->hello->early_data && !c->early_over
			       ? (struct reason){REASON_TOO_MUCH_EARLY_DATA, "too much early data"}
			       : no_reason;
	case HANDSHAKE_FAILURE:
		return c->hello && !c->waited ? nothing_in_common(c) : no_reason;
	case PROTOCOL_VERSION:
		return (struct reason){REASON_UNSUPPORTED_PROTOCOL, "unsupported protocol"};
	case UNRECOGNIZED_NAME:
		return (struct reason){REASON_CALLBACK_FAILED, "callback failed"};
	case NO_APPLICATION_PROTOCOL:
		return (struct reason){REASON_NO_APPLICATION_PROTOCOL, "no application protocol"};
	default:
		return no_reason;
	}
}

/* What the core knows of the cause, whatever the library's own words are. */
static struct reason known_reason(const struct conn *c, bool in_handshake,
				  const struct tls_error *err)
{
	bool sent = err->alert >= 0 && !err->alert_received;
	struct reason reason = no_reason;

	if (err->alert >= 0 && err->alert_received)
		return alert_reason(err->alert);
	if (sent && c->verify_failed)
		return (struct reason){REASON_CERTIFICATE_VERIFY_FAILED,
				       "certificate verify failed"};
	if (in_handshake && !c->hello)
		reason = not_tls(&c->transport);
	if (reason.text)
		return reason;
	if (c->transport.eof && !sent)
		return (struct reason){REASON_UNEXPECTED_EOF, "unexpected eof while reading"};
	return in_handshake && sent ? sent_reason(c, err->alert) : no_reason;
}

/* OpenSSL prints the bytes of the thread's id as they lie in memory. */
static void add_thread(struct strbuf *out)
{
	pthread_t self = pthread_self();

	strbuf_addhex(out, (struct bytes){(const uint8_t *)&self, sizeof(self)}, true);
}

static void add_line(struct strbuf *out, unsigned code, const char *library, const char *text,
		     const char *data)
{
	add_thread(out);
	strbuf_addf(out, ":error:%08X:%s::%s::0:%s\n", code, library, text, data);
}

static void add_reason(struct strbuf *out, struct reason reason, const struct tls_error *err)
{
	char data[32] = "";

	if (reason.code >= ALERT_REASON)
		(void)snprintf(data, sizeof(data), "SSL alert number %d", err->alert);
	add_line(out, LIB_SSL | reason.code, "SSL routines", reason.text, data);
}

/* "40F7B48D517F0000:error:0A00009C:...": OpenSSL has made it already. */
static bool is_stack_line(const char *line)
{
	return strncmp(line + strspn(line, "0123456789ABCDEF"), ":error:", 7) == 0;
}

/* One line of the library's own words. */
static void add_own_words(struct strbuf *out, const struct conn *c, const struct tls_error *err,
			  const char *line, size_t n)
{
	if (is_stack_line(line)) {
		strbuf_addf(out, "%.*s\n", (int)n, line);
		return;
	}
	add_thread(out);
	strbuf_addf(out, ":error:%08lX:%s::%.*s::0:\n", (unsigned long)labs(err->native),
		    c->srv->backend->library, (int)n, line);
}

void report_add_cause(struct strbuf *out, const struct conn *c, bool in_handshake,
		      const struct tls_error *err)
{
	struct reason reason = known_reason(c, in_handshake, err);

	if (reason.text)
		strbuf_adds(out, reason.text);
}

void report_add_errors(struct strbuf *out, const struct conn *c, bool in_handshake,
		       const struct tls_error *err)
{
	const char *line = err->text;
	struct reason reason = no_reason;

	if (!is_stack_line(line))
		reason = known_reason(c, in_handshake, err);
	if (reason.text)
		add_reason(out, reason, err);
	while (*line) {
		size_t n = strcspn(line, "\n");

		add_own_words(out, c, err, line, n);
		line += n + (line[n] == '\n');
	}
}

void report_add_command_errors(struct strbuf *out, const struct conn *c, char letter,
			       const struct tls_error *err)
{
	struct tls_info info = {0};

	c->srv->backend->info(c->session, &info);
	if (letter == 'c' && info.version < TLS_VERSION_1_3)
		add_line(out, LIB_SSL | REASON_WRONG_SSL_VERSION, "SSL routines",
			 "wrong ssl version", "");
	else if (letter == 'c' && c->hello && !c->hello->post_handshake_auth)
		add_line(out, LIB_SSL | REASON_EXTENSION_NOT_RECEIVED, "SSL routines",
			 "extension not received", "");
	else
		strbuf_addf(out, "s_server: command %c: %s\n", letter, err->text);
}

void report_add_file_errors(struct strbuf *out, const char *name, const char *mode, int error)
{
	struct strbuf data = STRBUF_INIT;

	strbuf_addf(&data, "calling fopen(%s, %s)", name, mode);
	add_line(out, (unsigned)SYSTEM_ERROR | (unsigned)error, "system library", strerror(error),
		 data.p);
	if (error == ENOENT || error == ENXIO)
		add_line(out, LIB_BIO | 0x80, "BIO routines", "no such file", "");
	else
		add_line(out, LIB_BIO | 0x80002, "BIO routines", "system lib", "");
	strbuf_release(&data);
}
