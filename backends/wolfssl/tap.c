#include "backends/wolfssl/wolfssl_backend.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_HANDSHAKE = 1 << 17 };

static unsigned u16_at(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

void ws_tap_release(struct ws_tap *t)
{
	free(t->hs);
	t->hs = NULL;
	t->hs_n = t->hs_cap = 0;
}

static void server_hello(struct tls_session *s, const uint8_t *p, size_t n)
{
	size_t at, end;

	if (n < 35 || n < 35u + p[34] + 3)
		return;
	if (p[34] <= sizeof(s->session_id)) {
		s->session_id_n = p[34];
		memcpy(s->session_id, p + 35, p[34]);
	}
	at = 35u + p[34] + 3;
	s->ems = s->etm = false;
	if (n < at + 2)
		return;
	end = at + 2 + u16_at(p + at);
	for (at += 2; at + 4 <= end && at + 4 <= n; at += 4 + u16_at(p + at + 2)) {
		unsigned type = u16_at(p + at);

		s->etm = s->etm || type == 22;
		s->ems = s->ems || type == 23;
		if (type == 51 && at + 6 <= n) /* TLS 1.3 has no session id of its own */
			s->group = (uint16_t)u16_at(p + at + 4);
		if (type == 43)
			s->session_id_n = 0;
	}
}

/* ServerKeyExchange of ECDHE or DHE with a signature (RFC 8422 5.4, RFC 5246 7.4.3). */
static void server_key_exchange(struct tls_session *s, const uint8_t *p, size_t n)
{
	size_t at = 0;

	if (n >= 4 && p[0] == 3) {
		s->group = (uint16_t)u16_at(p + 1);
		at = 4u + p[3];
	} else {
		for (int i = 0; i < 3; i++) {
			if (at + 2 > n)
				return;
			at += 2 + u16_at(p + at);
		}
	}
	if (s->version >= TLS_VERSION_1_2 && at + 4 <= n)
		s->own_sigalg = (uint16_t)u16_at(p + at);
}

static void message(struct tls_session *s, enum tls_dir dir, const uint8_t *p, size_t n)
{
	if (dir == TLS_OUT && p[0] == 2)
		server_hello(s, p + 4, n - 4);
	else if (dir == TLS_OUT && p[0] == 12)
		server_key_exchange(s, p + 4, n - 4);
	else if (dir == TLS_OUT && p[0] == 13)
		s->cert_requested = true;
	else if (dir == TLS_IN && p[0] == 15 && n >= 6 && s->version == TLS_VERSION_1_2)
		s->peer_sigalg = (uint16_t)u16_at(p + 4);
}

static void handshake_bytes(struct tls_session *s, enum tls_dir dir, struct ws_tap *t,
			    const uint8_t *p, size_t n)
{
	size_t at = 0;

	if (t->encrypted || t->hs_n + n > MAX_HANDSHAKE)
		return;
	if (t->hs_n + n > t->hs_cap) {
		uint8_t *q = realloc(t->hs, t->hs_n + n);

		if (!q)
			return;
		t->hs = q;
		t->hs_cap = t->hs_n + n;
	}
	memcpy(t->hs + t->hs_n, p, n);
	t->hs_n += n;
	while (t->hs_n - at >= 4) {
		const uint8_t *m = t->hs + at;
		size_t len = 4 + ((size_t)m[1] << 16 | u16_at(m + 2));

		if (len > t->hs_n - at)
			break;
		message(s, dir, m, len);
		at += len;
	}
	memmove(t->hs, t->hs + at, t->hs_n - at);
	t->hs_n -= at;
}

static void record_begins(struct tls_session *s, enum tls_dir dir, struct ws_tap *t)
{
	unsigned type = t->header[0];

	/* The ChangeCipherSpec of TLS 1.3 means nothing. */
	if (!t->encrypted && (type == 23 || (type == 20 && s->version <= TLS_VERSION_1_2))) {
		t->encrypted = true;
		ws_tap_release(t);
	}
	if (type == 21 && t->encrypted && dir == TLS_OUT)
		s->alert_record = true;
}

static void record_bytes(struct tls_session *s, enum tls_dir dir, struct ws_tap *t,
			 const uint8_t *p, size_t n)
{
	if (t->header[0] == 22)
		handshake_bytes(s, dir, t, p, n);
	if (t->header[0] != 21 || t->encrypted)
		return;
	for (size_t i = 0; i < n && t->body_n + i < 2; i++)
		t->alert[t->body_n + i] = p[i];
	if (dir == TLS_OUT && t->body_n + n >= 2 && t->alert[0] == 2)
		s->alert_record = true;
}

void ws_tap(struct tls_session *s, enum tls_dir dir, const uint8_t *p, size_t n)
{
	struct ws_tap *t = dir == TLS_IN ? &s->in : &s->out;

	while (n) {
		size_t step;

		if (t->header_n < sizeof(t->header)) {
			t->header[t->header_n++] = *p++;
			n--;
			if (t->header_n < sizeof(t->header))
				continue;
			t->body_len = u16_at(t->header + 3);
			t->body_n = 0;
			record_begins(s, dir, t);
			if (!t->body_len)
				t->header_n = 0;
			continue;
		}
		step = t->body_len - t->body_n;
		if (step > n)
			step = n;
		record_bytes(s, dir, t, p, step);
		t->body_n += step;
		p += step;
		n -= step;
		if (t->body_n == t->body_len)
			t->header_n = 0;
	}
}
