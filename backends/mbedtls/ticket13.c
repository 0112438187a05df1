/*
 * What the library's TLS 1.3 sessions do not keep: the client's certificate, and how it was judged.
 * It travels sealed behind the library's own ticket, to which it is bound, or lies in the store.
 *
 * One piece of bytes: the X509_V_* number, then the certificate, which may be missing.
 */
#include "backends/mbedtls/mbedtls_backend.h"

#include <stdlib.h>

enum {
	HEAD = 2, /* length of the library's ticket */
	IV = 12,
	TAG = 16,
	KEY_BITS = 256,
	MAX_CERT = 8192, /* a larger one is left out: clients have to send their tickets */
};

static struct bytes certificate(const mbedtls_ssl_session *session)
{
	const mbedtls_x509_crt *crt = session->peer_cert;

	if (!crt || crt->raw.len > MAX_CERT)
		return (struct bytes){NULL, 0};
	return (struct bytes){crt->raw.p, crt->raw.len};
}

size_t mb_client_put(const struct tls_session *s, const mbedtls_ssl_session *session, uint8_t *out)
{
	struct bytes cert = certificate(session);

	if (s->resumed && s->client) {
		if (out)
			memcpy(out, s->client, s->client_n);
		return s->client_n;
	}
	if (out)
		out[0] = (uint8_t)s->verify_result;
	if (out && cert.n)
		memcpy(out + 1, cert.p, cert.n);
	return 1 + cert.n;
}

bool mb_client_take(struct tls_session *s, struct bytes in)
{
	uint8_t *copy = in.n ? malloc(in.n) : NULL;

	mb_client_forget(s);
	if (!copy)
		return false;
	memcpy(copy, in.p, in.n);
	s->client = copy;
	s->client_n = in.n;
	return true;
}

void mb_client_forget(struct tls_session *s)
{
	free(s->client);
	s->client = NULL;
	s->client_n = 0;
}

int mb_ticket13_write(struct tls_session *s, const mbedtls_ssl_session *session, uint8_t *start,
		      const uint8_t *end, size_t *n, uint32_t *lifetime)
{
	size_t client_n = mb_client_put(s, session, NULL), inner;
	mbedtls_gcm_context gcm;
	uint8_t *iv, *client;
	int ret;

	if ((size_t)(end - start) < HEAD + IV + client_n + TAG)
		return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
	ret = mbedtls_ssl_ticket_write(&s->ctx->tickets, session, start + HEAD,
				       end - IV - client_n - TAG, &inner, lifetime);
	if (ret)
		return ret;
	start[0] = (uint8_t)(inner >> 8);
	start[1] = (uint8_t)inner;
	iv = start + HEAD + inner;
	client = iv + IV;
	(void)mb_client_put(s, session, client); /* of the same length */
	ret = mb_random(NULL, iv, IV);
	if (ret)
		return ret;
	*n = HEAD + inner + IV + client_n + TAG;
	mbedtls_gcm_init(&gcm);
	ret = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, s->ctx->client_key, KEY_BITS);
	if (!ret)
		ret = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, client_n, iv, IV, start,
						HEAD + inner, client, client, TAG,
						client + client_n);
	mbedtls_gcm_free(&gcm);
	return ret;
}

int mb_ticket13_parse(struct tls_session *s, mbedtls_ssl_session *session, uint8_t *ticket,
		      size_t n)
{
	size_t inner = n < HEAD ? 0 : (size_t)(ticket[0] << 8 | ticket[1]), client_n;
	mbedtls_gcm_context gcm;
	uint8_t *iv, *client;
	int ret = MBEDTLS_ERR_SSL_INVALID_MAC;

	if (n < HEAD + inner + IV + 1 + TAG)
		return ret;
	iv = ticket + HEAD + inner;
	client = malloc(n);
	if (!client)
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	client_n = n - HEAD - inner - IV - TAG;
	mbedtls_gcm_init(&gcm);
	/* First, for the library decrypts its part where it is. */
	if (!mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, s->ctx->client_key, KEY_BITS) &&
	    !mbedtls_gcm_auth_decrypt(&gcm, client_n, iv, IV, ticket, HEAD + inner,
				      iv + IV + client_n, TAG, iv + IV, client))
		ret = mbedtls_ssl_ticket_parse(&s->ctx->tickets, session, ticket + HEAD, inner);
	if (!ret && !mb_client_take(s, (struct bytes){client, client_n}))
		ret = MBEDTLS_ERR_SSL_ALLOC_FAILED;
	mbedtls_gcm_free(&gcm);
	free(client);
	return ret;
}
