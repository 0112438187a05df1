#include "backends/wolfssl/wolfssl_backend.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

#include <string.h>

enum { RECORD_HEADER = 5, ALERT = 21, APPLICATION_DATA = 23 };

/* ---- the keys of TLS 1.3 ---- */

static bool is(struct bytes label, const char *name)
{
	return label.n == strlen(name) && memcmp(label.p, name, label.n) == 0;
}

/* What was made of the secret: it, its key, its iv. */
static void note(struct ws_traffic *t, const char *name, struct bytes label, struct bytes secret,
		 struct bytes made)
{
	if (is(label, name) && made.n <= sizeof(t->secret)) {
		memcpy(t->secret, made.p, made.n);
		t->secret_n = made.n;
		return;
	}
	if (!t->secret_n || secret.n != t->secret_n || memcmp(secret.p, t->secret, secret.n) != 0)
		return;
	if (is(label, "key") && made.n <= sizeof(t->key)) {
		memcpy(t->key, made.p, made.n);
		t->key_n = made.n;
	} else if (is(label, "iv") && made.n == sizeof(t->iv)) {
		memcpy(t->iv, made.p, made.n);
	}
}

void ws_note_keys(struct tls_session *s, struct bytes label, struct bytes secret, struct bytes made)
{
	if (s->done)
		return;
	note(&s->write, "s ap traffic", label, secret, made);
	if (skip_active(&s->skip))
		note(&s->read, "c hs traffic", label, secret, made);
}

void ws_wipe_keys(struct tls_session *s)
{
	explicit_bzero(&s->write, sizeof(s->write));
	explicit_bzero(&s->read, sizeof(s->read));
}

static uint16_t suite_of(const struct tls_session *s)
{
	const WOLFSSL_CIPHER *cipher = wolfSSL_get_current_cipher(s->ssl);

	return cipher ? (uint16_t)wolfSSL_CIPHER_get_id(cipher) : 0;
}

bool ws_is_first_record(void *session, struct bytes record)
{
	const struct tls_session *s = session;

	return s->read.key_n &&
	       skip_opens(suite_of(s), s->read.key, s->read.iv, ws_aead_open, record);
}

/* ---- records ---- */

/* Once the client's answer is awaited the server writes with its application traffic key, and has
 * not yet: the record number is 0 and the nonce the iv (RFC 8446 5.3). */
static bool seal(const struct tls_session *s, const uint8_t *header, const uint8_t *plain, size_t n,
		 uint8_t *out, size_t tag_n)
{
	unsigned suite = suite_of(s);
	Aes aes;
	int ret;

	if (suite == 0x1303)
		return wc_ChaCha20Poly1305_Encrypt(s->write.key, s->write.iv, header, RECORD_HEADER,
						   plain, (word32)n, out, out + n) == 0;
	if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0)
		return false;
	if (suite == 0x1301 || suite == 0x1302) {
		ret = wc_AesGcmSetKey(&aes, s->write.key, (word32)s->write.key_n);
		if (ret == 0)
			ret = wc_AesGcmEncrypt(&aes, out, plain, (word32)n, s->write.iv,
					       sizeof(s->write.iv), out + n, (word32)tag_n, header,
					       RECORD_HEADER);
	} else {
		ret = wc_AesCcmSetKey(&aes, s->write.key, (word32)s->write.key_n);
		if (ret == 0)
			ret = wc_AesCcmEncrypt(&aes, out, plain, (word32)n, s->write.iv,
					       sizeof(s->write.iv), out + n, (word32)tag_n, header,
					       RECORD_HEADER);
	}
	wc_AesFree(&aes);
	return ret == 0;
}

/* A TLSInnerPlaintext has its content type behind it. */
static size_t sealed_record(const struct tls_session *s, uint8_t *out, unsigned level,
			    unsigned description)
{
	const uint8_t inner[3] = {(uint8_t)level, (uint8_t)description, ALERT};
	size_t tag_n = suite_of(s) == 0x1305 ? 8 : 16;
	const uint8_t header[RECORD_HEADER] = {APPLICATION_DATA, 3, 3, 0,
					       (uint8_t)(sizeof(inner) + tag_n)};

	memcpy(out, header, sizeof(header));
	if (!seal(s, header, inner, sizeof(inner), out + sizeof(header), tag_n))
		return 0;
	return sizeof(header) + sizeof(inner) + tag_n;
}

static size_t plain_record(const struct tls_session *s, uint8_t *out, unsigned level,
			   unsigned description)
{
	uint16_t v = s->version && s->version < TLS_VERSION_1_2 ? s->version : TLS_VERSION_1_2;
	const uint8_t record[] = {ALERT, (uint8_t)(v >> 8), (uint8_t)v,          0,
				  2,     (uint8_t)level,    (uint8_t)description};

	memcpy(out, record, sizeof(record));
	return sizeof(record);
}

bool ws_can_alert(const struct tls_session *s)
{
	return !s->out.encrypted || (!s->done && s->write.key_n);
}

void ws_send_alert(struct tls_session *s, unsigned level, unsigned description)
{
	uint8_t record[RECORD_HEADER + 3 + 16];
	size_t n = s->out.encrypted ? sealed_record(s, record, level, description)
				    : plain_record(s, record, level, description);

	if (n == 0 || sendq_put(&s->queue, s->io, record, n) != TLS_OK)
		return;
	if (level == 2)
		s->alert_out = (int)description;
	s->told_out = (int)description;
	s->ctx->host->alert(s->sud, TLS_OUT, level, description);
}
