/*
 * Key updates of TLS 1.3 (RFC 8446 4.6.3), which the library does not know. It goes on under its
 * first keys: once a side has updated, the records of that side are sealed anew between the library
 * and the transport.
 */
#include "backends/mbedtls/mbedtls_backend.h"

#include <mbedtls/hkdf.h>
#include <stdlib.h>

enum {
	HEADER = RECORD13_HEADER,
	LOOKED_INTO = 64, /* a KeyUpdate has 22 bytes, more with padding */
	APPLICATION_DATA = MBEDTLS_SSL_MSG_APPLICATION_DATA,
	HANDSHAKE = MBEDTLS_SSL_MSG_HANDSHAKE,
	KEY_UPDATE = 24,
	DROPPED = 1,
};

struct traffic {
	uint8_t secret[48], key[RECORD13_KEY], iv[RECORD13_IV];
	uint64_t number; /* of the next record */
};

struct mb_rekey {
	uint16_t suite;
	mbedtls_md_type_t hash;
	size_t secret_n;
	/* Under which the library works, and those of the wire once updated. */
	struct traffic library_in, in, library_out, out;
	bool in_updated, out_updated;
	bool answer_due;
	uint8_t small[HEADER + LOOKED_INTO], *large; /* the record that is looked into */
	size_t n, at;                                /* of it; what the library has */
	size_t pass;                                 /* bytes of a record that is not */
	uint8_t *sending;                            /* sealed, and not yet taken */
	size_t sending_n;
};

/* ---- keys ---- */

bool mb_expand_label(mbedtls_md_type_t hash, struct bytes secret, const char *label, uint8_t *out,
		     size_t n)
{
	size_t label_n = strlen(label);
	uint8_t info[32] = {(uint8_t)(n >> 8), (uint8_t)n, (uint8_t)(6 + label_n)};

	if (label_n > sizeof(info) - 10)
		return false;
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_n);
	return mbedtls_hkdf_expand(mbedtls_md_info_from_type(hash), secret.p, secret.n, info,
				   10 + label_n, out, n) == 0;
}

static bool derive(const struct mb_rekey *k, struct traffic *t)
{
	struct bytes secret = {t->secret, k->secret_n};

	t->number = 0;
	return mb_expand_label(k->hash, secret, "key", t->key, record13_key_size(k->suite)) &&
	       mb_expand_label(k->hash, secret, "iv", t->iv, sizeof(t->iv));
}

static bool next_generation(const struct mb_rekey *k, struct traffic *t)
{
	struct bytes secret = {t->secret, k->secret_n};
	uint8_t next[sizeof(t->secret)];
	bool ok = mb_expand_label(k->hash, secret, "traffic upd", next, k->secret_n);

	memcpy(t->secret, next, k->secret_n);
	mbedtls_platform_zeroize(next, sizeof(next));
	return ok && derive(k, t);
}

void mb_rekey_begin(struct tls_session *s)
{
	const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(s->suite);
	struct mb_rekey *k;

	if (mb_version(&s->ssl) < TLS_VERSION_1_3 || !suite || !s->app_secret_n)
		return;
	k = calloc(1, sizeof(*k));
	if (!k)
		return; /* then a key update is an unexpected message, as the library finds */
	k->suite = s->suite;
	k->hash = suite->mac;
	k->secret_n = s->app_secret_n;
	memcpy(k->library_in.secret, s->app_secret[TLS_IN], k->secret_n);
	memcpy(k->library_out.secret, s->app_secret[TLS_OUT], k->secret_n);
	s->rekey = k;
	if (!derive(k, &k->library_in) || !derive(k, &k->library_out))
		mb_rekey_free(s);
}

void mb_rekey_free(struct tls_session *s)
{
	struct mb_rekey *k = s->rekey;

	if (!k)
		return;
	free(k->large);
	free(k->sending);
	mbedtls_platform_zeroize(k, sizeof(*k));
	free(k);
	s->rekey = NULL;
}

/* ---- records ---- */

static bool open_record(const struct mb_rekey *k, struct traffic *t, struct bytes record,
			uint8_t *plain, size_t *n)
{
	size_t over = HEADER + record13_tag_size(k->suite);
	uint8_t nonce[RECORD13_IV];
	struct tls_sealed in;

	if (record.n <= over || record.n > RECORD13_MAX)
		return false;
	record13_nonce(t->iv, t->number, nonce);
	in = record13_sealed(k->suite, t->key, nonce, record);
	if (!mb_aead_open(&in, plain))
		return false;
	*n = record.n - over;
	t->number++;
	return true;
}

/* out: room for header, n bytes and the tag. */
static bool seal_record(const struct mb_rekey *k, struct traffic *t, const uint8_t *plain, size_t n,
			uint8_t *out)
{
	size_t sealed_n = n + record13_tag_size(k->suite);
	const uint8_t header[HEADER] = {APPLICATION_DATA, 3, 3, (uint8_t)(sealed_n >> 8),
					(uint8_t)sealed_n};
	uint8_t nonce[RECORD13_IV];
	struct tls_sealed in;

	memcpy(out, header, sizeof(header));
	record13_nonce(t->iv, t->number, nonce);
	in = record13_sealed(k->suite, t->key, nonce, (struct bytes){out, HEADER + sealed_n});
	if (!mb_aead_seal(&in, plain, n, out + HEADER))
		return false;
	t->number++;
	return true;
}

/* ---- our updates ---- */

static uint64_t library_number(const struct tls_session *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(s->ssl.cur_out_ctr); i++)
		n = n << 8 | s->ssl.cur_out_ctr[i];
	return n;
}

static enum tls_status send_update(struct tls_session *s, bool ask_peer)
{
	const uint8_t plain[] = {KEY_UPDATE, 0, 0, 1, ask_peer, HANDSHAKE};
	struct mb_rekey *k = s->rekey;
	uint8_t record[HEADER + sizeof(plain) + 16];
	struct traffic t = k->out;
	enum tls_status st;

	/* Behind what the library has numbered before. */
	if (s->ssl.out_left || k->sending_n)
		return TLS_WANT_WRITE;
	if (!k->out_updated) {
		k->library_out.number = library_number(s);
		t = k->library_out;
	}
	if (!seal_record(k, &t, plain, sizeof(plain), record))
		return TLS_FAIL;
	st = sendq_put(&s->queue, s->io, record,
		       HEADER + sizeof(plain) + record13_tag_size(k->suite));
	if (st == TLS_OK && !next_generation(k, &t))
		st = TLS_FAIL;
	if (st == TLS_OK) {
		k->out = t;
		k->out_updated = true;
		k->answer_due = false; /* one answers all requests so far */
	}
	mbedtls_platform_zeroize(&t, sizeof(t));
	return st;
}

enum tls_status mb_rekey_send(struct tls_session *s, bool ask_peer)
{
	return s->rekey ? send_update(s, ask_peer) : TLS_UNSUPPORTED;
}

void mb_rekey_answer(struct tls_session *s)
{
	/* What cannot be sent now is tried with the next call. */
	if (s->rekey && s->rekey->answer_due)
		(void)send_update(s, false);
}

/* ---- what the library sends ---- */

static bool seal_anew(struct mb_rekey *k, const uint8_t *p, size_t n)
{
	uint8_t plain[RECORD13_MAX];
	size_t plain_n, len;
	bool ok = true;

	k->sending = malloc(n);
	if (!k->sending)
		return false;
	for (size_t at = 0; ok && at < n; at += len) {
		len = n - at < HEADER ? 0 : HEADER + ((size_t)p[at + 3] << 8 | p[at + 4]);
		ok = len && len <= n - at &&
		     open_record(k, &k->library_out, (struct bytes){p + at, len}, plain,
				 &plain_n) &&
		     seal_record(k, &k->out, plain, plain_n, k->sending + at);
	}
	mbedtls_platform_zeroize(plain, sizeof(plain));
	k->sending_n = n;
	return ok;
}

enum tls_status mb_rekey_put(struct tls_session *s, const uint8_t *p, size_t n)
{
	struct mb_rekey *k = s->rekey;
	enum tls_status st;

	if (!k || !k->out_updated)
		return sendq_put(&s->queue, s->io, p, n);
	/* After TLS_WANT_WRITE the library comes with the same again. */
	if (!k->sending_n && !seal_anew(k, p, n))
		return TLS_FAIL;
	st = sendq_put(&s->queue, s->io, k->sending, k->sending_n);
	if (st == TLS_WANT_WRITE)
		return st;
	free(k->sending);
	k->sending = NULL;
	k->sending_n = 0;
	return st;
}

/* ---- what the client sends ---- */

static uint8_t *record_of(struct mb_rekey *k)
{
	return k->large ? k->large : k->small;
}

/* DROPPED, or the library's error. */
static int peer_updated(struct tls_session *s, unsigned request)
{
	struct mb_rekey *k = s->rekey;

	if (request > 1) {
		mb_send_fatal(s, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
		return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
	}
	if (!k->in_updated) {
		k->library_in.number--; /* the library has not seen it */
		k->in = k->library_in;
		k->in_updated = true;
		k->large = malloc(RECORD13_MAX);
	}
	if (!k->large || !next_generation(k, &k->in))
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	if (request == 1)
		k->answer_due = true;
	mb_rekey_answer(s);
	return DROPPED;
}

/* 0: the record is for the library. */
static int look_into(struct tls_session *s)
{
	struct mb_rekey *k = s->rekey;
	struct traffic *t = k->in_updated ? &k->in : &k->library_in;
	uint8_t plain[RECORD13_MAX], *record = record_of(k);
	size_t n, content;
	int ret = 0;

	/* The library cannot open it either. */
	if (!open_record(k, t, (struct bytes){record, k->n}, plain, &n))
		return 0;
	for (content = n; content && !plain[content - 1];)
		content--;
	if (content == 6 && plain[5] == HANDSHAKE && plain[0] == KEY_UPDATE && !plain[1] &&
	    !plain[2] && plain[3] == 1)
		ret = peer_updated(s, plain[4]);
	else if (k->in_updated && !seal_record(k, &k->library_in, plain, n, record))
		ret = MBEDTLS_ERR_SSL_INTERNAL_ERROR;
	mbedtls_platform_zeroize(plain, n);
	return ret;
}

/* 1: k->n bytes are there, all of the record or its header. */
static int read_up_to(struct tls_session *s, size_t size)
{
	struct mb_rekey *k = s->rekey;

	while (k->n < size) {
		int n = mb_receive(s, record_of(k) + k->n, size - k->n);

		if (n <= 0)
			return n;
		k->n += (size_t)n;
	}
	return 1;
}

/* 1: something is there for the library. */
static int next_record(struct tls_session *s)
{
	struct mb_rekey *k = s->rekey;
	int n = read_up_to(s, HEADER);
	const uint8_t *header = record_of(k);
	size_t len;

	if (n <= 0)
		return n;
	len = (size_t)header[3] << 8 | header[4];
	if (header[0] != APPLICATION_DATA ||
	    len > (k->in_updated ? RECORD13_MAX - HEADER : LOOKED_INTO)) {
		k->library_in.number += header[0] == APPLICATION_DATA;
		k->pass = len;
		return 1;
	}
	n = read_up_to(s, HEADER + len);
	if (n <= 0)
		return n;
	n = look_into(s);
	if (n == DROPPED)
		k->n = 0;
	return n ? n : 1;
}

int mb_receive_rekeyed(struct tls_session *s, uint8_t *buf, size_t len)
{
	struct mb_rekey *k = s->rekey;
	size_t left;
	int n;

	mb_rekey_answer(s);
	if (!k->at && k->pass) {
		n = mb_receive(s, buf, len < k->pass ? len : k->pass);
		if (n > 0)
			k->pass -= (size_t)n;
		return n;
	}
	while (!k->at) {
		n = next_record(s);
		if (n <= 0)
			return n;
		if (k->n)
			break;
	}
	left = k->n - k->at < len ? k->n - k->at : len;
	memcpy(buf, record_of(k) + k->at, left);
	k->at += left;
	if (k->at == k->n)
		k->at = k->n = 0;
	return (int)left;
}
