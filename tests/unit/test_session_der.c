#include "core/der.h"
#include "core/session_der.h"
#include "core/x509.h"
#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const recorded[] = {
	"session/tls12-server.der", "session/tls12psk-server.der",   "session/tls12psk-client.der",
	"session/tls13-server.der", "session/tls13early-client.der",
};

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static struct strbuf load(const char *name, struct session_fields *fields)
{
	struct strbuf der = STRBUF_INIT;

	test_data(&der, name);
	cr_assert(session_der_decode(strbuf_bytes(&der), fields), "%s", name);
	return der;
}

Test(session_der, tls12_with_client_certificate)
{
	struct session_fields f;
	struct strbuf der = load("session/tls12-server.der", &f);

	cr_expect_eq(f.version, TLS_VERSION_1_2);
	cr_expect_eq(f.suite, 0xc02c);
	cr_expect_eq(f.session_id.n, 0);
	cr_expect_eq(f.master_key.n, 48);
	expect_bytes(f.session_id_context, (struct bytes){(const uint8_t *)"\1\0\0", 4}, "context");
	cr_expect_gt(f.time, 1700000000);
	cr_expect_eq(f.timeout, 7200);
	cr_expect_gt(x509_subject(f.peer).n, 0);
	cr_expect_eq(f.verify_result, 18);
	expect_text(f.alpn, "h2", "alpn");
	cr_expect_eq(f.flags, 1);
	cr_expect_eq(f.ticket.n, 0);
	strbuf_release(&der);
}

Test(session_der, tls12_with_psk)
{
	struct session_fields f;
	struct strbuf der = load("session/tls12psk-client.der", &f);

	cr_expect_eq(f.suite, 0x00ab);
	cr_expect_eq(f.session_id.n, 32);
	expect_text(f.psk_identity_hint, "hint", "hint");
	expect_text(f.psk_identity, "me", "identity");
	cr_expect_eq(f.peer.n, 0);
	strbuf_release(&der);
}

Test(session_der, tls13_with_ticket)
{
	struct session_fields f;
	struct strbuf der = load("session/tls13early-client.der", &f);

	cr_expect_eq(f.version, TLS_VERSION_1_3);
	cr_expect_eq(f.suite, 0x1302);
	cr_expect_eq(f.ticket_lifetime, 7200);
	cr_expect_gt(f.ticket.n, 0);
	cr_expect_neq(f.ticket_age_add, 0);
	cr_expect_eq(f.max_early_data, 1000);
	cr_expect_eq(f.flags, 0);
	strbuf_release(&der);
}

/* What info can tell of a session; `group` is not among the decoded fields. */
static struct tls_info info_of(const struct session_fields *f, uint16_t group)
{
	return (struct tls_info){
		.version = f->version,
		.suite = f->suite,
		.group = group,
		.extended_master_secret = f->flags & 1,
		.verify_result = (int)f->verify_result,
		.alpn = f->alpn,
		.session_id = f->session_id,
		.master_secret = f->master_key,
		.psk_identity = f->psk_identity,
		.peer_chain = &f->peer,
		.n_peer_chain = f->peer.n ? 1 : 0,
		.ticket = f->ticket,
		.ticket_lifetime = f->ticket_lifetime,
		.session_time = f->time,
		.session_timeout = f->timeout,
	};
}

Test(session_der, encodes_the_bytes_that_openssl_encodes)
{
	static const struct {
		const char *name;
		uint16_t group;
	} rows[] = {{"session/tls12-server.der", 29}, {"session/tls12psk-server.der", 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct session_fields f;
		struct strbuf der = load(rows[i].name, &f), again = STRBUF_INIT;
		struct tls_info info = info_of(&f, rows[i].group);

		session_der_encode(&again, &info, f.session_id_context, f.server_name);
		expect_bytes(strbuf_bytes(&again), strbuf_bytes(&der), rows[i].name);
		strbuf_release(&again);
		strbuf_release(&der);
	}
}

Test(session_der, everything_encoded_is_decoded)
{
	static const uint8_t id[32] = {1, 2, 3}, key[48] = {4, 5}, ticket[300] = {6};
	struct tls_info info = {
		.version = TLS_VERSION_1_3,
		.suite = 0x1301,
		.group = 0x11ec,
		.extended_master_secret = true,
		.verify_result = 20,
		.alpn = {(const uint8_t *)"http/1.1", 8},
		.session_id = {id, sizeof(id)},
		.master_secret = {key, sizeof(key)},
		.psk_identity = {(const uint8_t *)"Client_identity", 15},
		.ticket = {ticket, sizeof(ticket)},
		.ticket_lifetime = UINT32_MAX,
		.session_time = 5000000000,
		.session_timeout = 7200,
	};
	struct strbuf der = STRBUF_INIT;
	struct session_fields f;

	session_der_encode(&der, &info, text_bytes("ctx"), text_bytes("server.test"));
	cr_assert(session_der_decode(strbuf_bytes(&der), &f));
	cr_expect_eq(f.version, info.version);
	cr_expect_eq(f.suite, info.suite);
	expect_bytes(f.session_id, info.session_id, "session id");
	expect_bytes(f.master_key, info.master_secret, "master key");
	expect_text(f.session_id_context, "ctx", "context");
	expect_text(f.server_name, "server.test", "server name");
	expect_text(f.psk_identity, "Client_identity", "identity");
	expect_bytes(f.ticket, info.ticket, "ticket");
	expect_text(f.alpn, "http/1.1", "alpn");
	cr_expect_eq(f.time, info.session_time);
	cr_expect_eq(f.timeout, info.session_timeout);
	cr_expect_eq(f.verify_result, info.verify_result);
	cr_expect_eq(f.ticket_lifetime, UINT32_MAX);
	cr_expect_eq(f.flags, 0, "TLS 1.3 has no extended master secret");
	strbuf_release(&der);
}

Test(session_der, dtls_sessions_keep_their_version)
{
	struct tls_info info = {.version = TLS_VERSION_DTLS_1_2, .extended_master_secret = true};
	struct strbuf der = STRBUF_INIT;
	struct session_fields f;

	session_der_encode(&der, &info, (struct bytes){0}, (struct bytes){0});
	cr_assert(session_der_decode(strbuf_bytes(&der), &f));
	cr_expect_eq(f.version, TLS_VERSION_DTLS_1_2);
	cr_expect_eq(f.flags, 1);
	strbuf_release(&der);
}

/* A session with one thing wrong; what: which one. */
static void put_session(struct strbuf *out, const char *what)
{
	static const uint8_t zeros[600] = {0};
	size_t sequence = der_begin(out, DER_SEQUENCE);

	der_put_int(out, strcmp(what, "layout") == 0 ? 2 : 1);
	der_put_int(out, strcmp(what, "SSL 3") == 0     ? 0x0300
			 : strcmp(what, "TLS 1.4") == 0 ? 0x0305
							: 0x0303);
	der_put(out, DER_OCTET_STRING, (struct bytes){zeros, strcmp(what, "suite") == 0 ? 3 : 2});
	der_put(out, DER_OCTET_STRING, (struct bytes){zeros, strcmp(what, "id") == 0 ? 33 : 32});
	der_put(out, DER_OCTET_STRING, (struct bytes){zeros, strcmp(what, "key") == 0 ? 513 : 48});
	if (strcmp(what, "field after the last") == 0) {
		der_end(out, der_begin(out, DER_CONTEXT_CONSTRUCTED(21)));
	} else if (strcmp(what, "order") == 0) {
		for (unsigned n = 3; n-- > 1;) {
			size_t field = der_begin(out, DER_CONTEXT_CONSTRUCTED(n));

			der_put_int(out, 1);
			der_end(out, field);
		}
	} else if (strcmp(what, "two values in a field") == 0) {
		size_t field = der_begin(out, DER_CONTEXT_CONSTRUCTED(1));

		der_put_int(out, 1);
		der_put_int(out, 1);
		der_end(out, field);
	} else if (strcmp(what, "negative flags") == 0 || strcmp(what, "large lifetime") == 0) {
		bool flags = strcmp(what, "negative flags") == 0;
		size_t field = der_begin(out, DER_CONTEXT_CONSTRUCTED(flags ? 13u : 9u));

		der_put_int(out, flags ? -1 : (int64_t)UINT32_MAX + 1);
		der_end(out, field);
	}
	der_end(out, sequence);
	if (strcmp(what, "trailing bytes") == 0)
		strbuf_addc(out, 0);
}

Test(session_der, other_layouts_are_refused)
{
	static const char *const rows[] = {
		"layout",
		"SSL 3",
		"TLS 1.4",
		"suite",
		"id",
		"key",
		"order",
		"field after the last",
		"two values in a field",
		"negative flags",
		"large lifetime",
		"trailing bytes",
	};
	struct session_fields f;
	struct strbuf der = STRBUF_INIT;

	put_session(&der, "nothing");
	cr_expect(session_der_decode(strbuf_bytes(&der), &f), "the session is good otherwise");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		strbuf_reset(&der);
		put_session(&der, rows[i]);
		cr_expect_not(session_der_decode(strbuf_bytes(&der), &f), "%s", rows[i]);
		cr_expect_eq(f.version, 0, "%s", rows[i]);
	}
	strbuf_release(&der);
}

/* In memory of exactly their size, so that the sanitizers see every byte too far. */
Test(session_der, cuts_are_refused_and_flips_do_no_harm)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(*recorded); i++) {
		struct session_fields f;
		struct strbuf der = load(recorded[i], &f);

		for (size_t n = 0; n < der.n; n++) {
			uint8_t *copy = xmemdup(der.p, n);

			cr_expect_not(session_der_decode((struct bytes){copy, n}, &f), "%s: %zu",
				      recorded[i], n);
			free(copy);
		}
		for (size_t bit = 0; bit < der.n * 8; bit++) {
			uint8_t *copy = xmemdup(der.p, der.n);

			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (session_der_decode((struct bytes){copy, der.n}, &f))
				cr_expect_leq(f.master_key.n, 512);
			free(copy);
		}
		strbuf_release(&der);
	}
}
