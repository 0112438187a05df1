#include "core/wire_text.h"

#include "core/names.h"
#include "core/wire.h"

#include <string.h>

/* ---- -msg ---- */

const char *wire_version_text(uint16_t version)
{
	switch (version) {
	case TLS_VERSION_SSL3:
		return "SSL 3.0";
	case TLS_VERSION_1_0:
		return "TLS 1.0";
	case TLS_VERSION_1_1:
		return "TLS 1.1";
	case TLS_VERSION_1_2:
		return "TLS 1.2";
	case TLS_VERSION_1_3:
		return "TLS 1.3";
	case TLS_VERSION_DTLS_1_0:
		return "DTLS 1.0";
	case TLS_VERSION_DTLS_1_2:
		return "DTLS 1.2";
	case 0x0100: /* of a library older than RFC 4347 */
		return "DTLS 1.0 (bad)";
	default:
		return NULL;
	}
}

const char *wire_content_type_text(unsigned content_type)
{
	switch (content_type) {
	case WIRE_TYPE_CCS:
		return "ChangeCipherSpec";
	case WIRE_TYPE_ALERT:
		return "Alert";
	case WIRE_TYPE_HANDSHAKE:
		return "Handshake";
	case WIRE_TYPE_DATA:
		return "ApplicationData";
	case WIRE_TYPE_RECORD_HEADER:
		return "RecordHeader";
	case WIRE_TYPE_INNER_CONTENT:
		return "InnerContent";
	default:
		return NULL;
	}
}

static const char *const handshake_names[256] = {
	[WIRE_HS_HELLO_REQUEST] = "HelloRequest",
	[WIRE_HS_CLIENT_HELLO] = "ClientHello",
	[WIRE_HS_SERVER_HELLO] = "ServerHello",
	[WIRE_HS_HELLO_VERIFY_REQUEST] = "HelloVerifyRequest",
	[WIRE_HS_NEW_SESSION_TICKET] = "NewSessionTicket",
	[WIRE_HS_END_OF_EARLY_DATA] = "EndOfEarlyData",
	[WIRE_HS_ENCRYPTED_EXTENSIONS] = "EncryptedExtensions",
	[WIRE_HS_CERTIFICATE] = "Certificate",
	[WIRE_HS_SERVER_KEY_EXCHANGE] = "ServerKeyExchange",
	[WIRE_HS_CERTIFICATE_REQUEST] = "CertificateRequest",
	[WIRE_HS_SERVER_HELLO_DONE] = "ServerHelloDone",
	[WIRE_HS_CERTIFICATE_VERIFY] = "CertificateVerify",
	[WIRE_HS_CLIENT_KEY_EXCHANGE] = "ClientKeyExchange",
	[WIRE_HS_FINISHED] = "Finished",
	[WIRE_HS_CERTIFICATE_URL] = "CertificateUrl",
	[WIRE_HS_CERTIFICATE_STATUS] = "CertificateStatus",
	[WIRE_HS_SUPPLEMENTAL_DATA] = "SupplementalData",
	[WIRE_HS_KEY_UPDATE] = "KeyUpdate",
	[WIRE_HS_COMPRESSED_CERTIFICATE] = "CompressedCertificate",
	[WIRE_HS_NEXT_PROTO] = "NextProto",
	[WIRE_HS_MESSAGE_HASH] = "MessageHash",
};

const char *wire_handshake_text(unsigned type)
{
	return type < 256 ? handshake_names[type] : NULL;
}

static const char *or_unknown(const char *name)
{
	return name ? name : "???";
}

static void add_alert(struct strbuf *sb, struct bytes msg)
{
	if (msg.n != 2) {
		strbuf_adds(sb, ", ???");
		return;
	}
	strbuf_addf(sb, ", %s %s",
		    msg.p[0] == 1   ? "warning"
		    : msg.p[0] == 2 ? "fatal"
				    : "???",
		    or_unknown(alert_iana_name(msg.p[1])));
}

static void add_hex_lines(struct strbuf *sb, struct bytes msg)
{
	for (size_t i = 0; i < msg.n; i++) {
		if (i % 16 == 0)
			strbuf_adds(sb, i ? "\n   " : "   ");
		strbuf_addc(sb, ' ');
		strbuf_addhex(sb, (struct bytes){msg.p + i, 1}, false);
	}
	if (msg.n)
		strbuf_addc(sb, '\n');
}

void wire_text_message(struct strbuf *sb, enum tls_dir dir, uint16_t version, unsigned content_type,
		       struct bytes msg)
{
	const char *version_text = wire_version_text(version);
	const char *type_text = wire_content_type_text(content_type);

	strbuf_adds(sb, dir == TLS_IN ? "<<< " : ">>> ");
	if (!version_text)
		strbuf_addf(sb, "Not TLS data or unknown version (version=%u, content_type=%u)",
			    (unsigned)version, content_type);
	else if (type_text)
		strbuf_addf(sb, "%s, %s", version_text, type_text);
	else
		strbuf_addf(sb, "%s, Unknown (content_type=%u)", version_text, content_type);
	strbuf_addf(sb, " [length %04zx]", msg.n);
	if (version_text && content_type == WIRE_TYPE_ALERT)
		add_alert(sb, msg);
	else if (version_text && content_type == WIRE_TYPE_HANDSHAKE && msg.n)
		strbuf_addf(sb, ", %s", or_unknown(handshake_names[msg.p[0]]));
	strbuf_addc(sb, '\n');
	add_hex_lines(sb, msg);
}

/* ---- -tlsextdebug ---- */

void wire_text_extensions(struct strbuf *sb, const struct client_hello *hello)
{
	for (size_t i = 0; i < hello->n_extensions; i++) {
		const struct client_hello_extension *e = &hello->extension[i];
		const char *name = extension_name(e->type);

		strbuf_addf(sb, "TLS client extension \"%s\" (id=%u), len=%zu\n",
			    name ? name : "unknown", (unsigned)e->type, e->data.n);
		strbuf_adddump(sb, e->data, 0);
	}
}

/* ---- -state ---- */

#define STATE(words) "SSL_accept:" words

static const char *read_line(unsigned handshake_type)
{
	switch (handshake_type) {
	case WIRE_HS_CLIENT_HELLO:
		return STATE("SSLv3/TLS read client hello");
	case WIRE_HS_END_OF_EARLY_DATA:
		return STATE("TLSv1.3 read end of early data");
	case WIRE_HS_CERTIFICATE:
		return STATE("SSLv3/TLS read client certificate");
	case WIRE_HS_COMPRESSED_CERTIFICATE:
		return STATE("TLSv1.3 read client compressed certificate");
	case WIRE_HS_CERTIFICATE_VERIFY:
		return STATE("SSLv3/TLS read certificate verify");
	case WIRE_HS_CLIENT_KEY_EXCHANGE:
		return STATE("SSLv3/TLS read client key exchange");
	case WIRE_HS_FINISHED:
		return STATE("SSLv3/TLS read finished");
	case WIRE_HS_KEY_UPDATE:
		return STATE("TLSv1.3 read client key update");
	case WIRE_HS_NEXT_PROTO:
		return STATE("SSLv3/TLS read next proto");
	default:
		return NULL;
	}
}

static const char *write_line(uint16_t version, unsigned handshake_type)
{
	switch (handshake_type) {
	case WIRE_HS_HELLO_REQUEST:
		return STATE("SSLv3/TLS write hello request");
	case WIRE_HS_SERVER_HELLO:
		return STATE("SSLv3/TLS write server hello");
	case WIRE_HS_HELLO_VERIFY_REQUEST:
		return STATE("DTLS1 write hello verify request");
	case WIRE_HS_NEW_SESSION_TICKET:
		return STATE("SSLv3/TLS write session ticket");
	case WIRE_HS_ENCRYPTED_EXTENSIONS:
		return STATE("TLSv1.3 write encrypted extensions");
	case WIRE_HS_CERTIFICATE:
		return STATE("SSLv3/TLS write certificate");
	case WIRE_HS_COMPRESSED_CERTIFICATE:
		return STATE("TLSv1.3 write server compressed certificate");
	case WIRE_HS_SERVER_KEY_EXCHANGE:
		return STATE("SSLv3/TLS write key exchange");
	case WIRE_HS_CERTIFICATE_REQUEST:
		return STATE("SSLv3/TLS write certificate request");
	case WIRE_HS_SERVER_HELLO_DONE:
		return STATE("SSLv3/TLS write server done");
	case WIRE_HS_CERTIFICATE_VERIFY:
		return version == TLS_VERSION_1_3 ? STATE("TLSv1.3 write server certificate verify")
						  : NULL;
	case WIRE_HS_FINISHED:
		return STATE("SSLv3/TLS write finished");
	case WIRE_HS_CERTIFICATE_STATUS:
		return STATE("SSLv3/TLS write certificate status");
	case WIRE_HS_KEY_UPDATE:
		return STATE("TLSv1.3 write server key update");
	default:
		return NULL;
	}
}

const char *wire_state_line(enum tls_dir dir, uint16_t version, unsigned content_type,
			    unsigned handshake_type)
{
	if (content_type == WIRE_TYPE_CCS) {
		if (dir == TLS_OUT)
			return STATE("SSLv3/TLS write change cipher spec");
		/* The one of middlebox compatibility is dropped without a change of state. */
		return version == TLS_VERSION_1_3 ? NULL
						  : STATE("SSLv3/TLS read change cipher spec");
	}
	if (content_type != WIRE_TYPE_HANDSHAKE)
		return NULL;
	return dir == TLS_IN ? read_line(handshake_type) : write_line(version, handshake_type);
}

static const char state_before[] = STATE("before SSL initialization");
static const char state_early_data[] = STATE("TLSv1.3 early data");
static const char state_finished[] = STATE("SSL negotiation finished successfully");

static void say(struct strbuf *sb, const char *line)
{
	strbuf_adds(sb, line);
	strbuf_addc(sb, '\n');
}

static void say_unsaid(struct wire_state *st, struct strbuf *sb)
{
	if (st->unsaid)
		say(sb, st->current);
	st->unsaid = false;
}

void wire_state_start(struct wire_state *st, struct strbuf *sb)
{
	st->current = state_before;
	st->unsaid = false;
	say(sb, st->current);
}

/* TLS 1.3: the server now waits for the client's second flight, early data first. */
static bool ends_flight(struct bytes msg, uint16_t version, enum tls_dir dir, unsigned content_type)
{
	return dir == TLS_OUT && version == TLS_VERSION_1_3 &&
	       content_type == WIRE_TYPE_HANDSHAKE && msg.n && msg.p[0] == WIRE_HS_FINISHED;
}

void wire_state_message(struct wire_state *st, struct strbuf *sb, enum tls_dir dir,
			uint16_t version, unsigned content_type, struct bytes msg)
{
	unsigned type = content_type == WIRE_TYPE_HANDSHAKE && msg.n ? msg.p[0] : 256;
	const char *line = wire_state_line(dir, version, content_type, type);

	if (!line)
		return;
	/* After a handshake the state machine starts anew, and says so. */
	if (st->current == state_finished)
		say(sb, st->current);
	/* Then a second ClientHello follows a HelloRetryRequest. */
	if (dir == TLS_IN && type == WIRE_HS_CLIENT_HELLO && version == TLS_VERSION_1_3 &&
	    st->current != state_before && st->current != state_finished) {
		st->current = state_early_data;
		say(sb, st->current);
	}
	if (dir == TLS_OUT) {
		say_unsaid(st, sb);
		say(sb, line);
		st->current = line;
	} else {
		/* The state is printed when the next message arrives: so the one before it. */
		if (st->current)
			say(sb, st->current);
		st->current = line;
		st->unsaid = true;
	}
	if (ends_flight(msg, version, dir, content_type)) {
		st->current = state_early_data;
		say(sb, st->current);
	}
}

void wire_state_done(struct wire_state *st, struct strbuf *sb)
{
	say_unsaid(st, sb);
	st->current = state_finished;
}

void wire_state_failed(struct wire_state *st, struct strbuf *sb)
{
	st->unsaid = false;
	st->current = STATE("error in error");
	say(sb, st->current);
}

void wire_text_alert_state(struct strbuf *sb, enum tls_dir dir, unsigned level,
			   unsigned description)
{
	const char *name = alert_long_name(description);

	strbuf_addf(sb, "SSL3 alert %s:%s:%s", dir == TLS_IN ? "read" : "write",
		    level == 1   ? "warning"
		    : level == 2 ? "fatal"
				 : "unknown",
		    name ? name : "unknown");
}

/* ---- -debug ---- */

void wire_text_io(struct strbuf *sb, enum tls_dir dir, const void *tag, struct bytes data,
		  size_t asked, long result)
{
	strbuf_addf(sb, "%s %p [%p] (%zu bytes => %ld", dir == TLS_IN ? "read from" : "write to",
		    tag, (const void *)data.p, asked, result);
	if (result <= 0) {
		strbuf_adds(sb, ")\n");
		return;
	}
	strbuf_addf(sb, " (0x%lX))\n", (unsigned long)result);
	strbuf_adddump(sb, data, 0);
}
