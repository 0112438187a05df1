/* -security_debug: what the security level decides, as security_callback_debug() of s_cb.c tells
 * it. */
#include "backends/openssl/openssl_backend.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int op;
	const char *name;
} operations[] = {
	{SSL_SECOP_CIPHER_SUPPORTED, "Supported Ciphersuite"},
	{SSL_SECOP_CIPHER_SHARED, "Shared Ciphersuite"},
	{SSL_SECOP_CIPHER_CHECK, "Check Ciphersuite"},
	{SSL_SECOP_TMP_DH, "Temp DH key bits"},
	{SSL_SECOP_CURVE_SUPPORTED, "Supported Curve"},
	{SSL_SECOP_CURVE_SHARED, "Shared Curve"},
	{SSL_SECOP_CURVE_CHECK, "Check Curve"},
	{SSL_SECOP_EE_KEY, "Certificate chain EE key"},
	{SSL_SECOP_CA_KEY, "Certificate chain CA key"},
	{SSL_SECOP_PEER_EE_KEY, "Peer Chain EE key"},
	{SSL_SECOP_PEER_CA_KEY, "Peer Chain CA key"},
	{SSL_SECOP_CA_MD, "Certificate chain CA digest"},
	{SSL_SECOP_PEER_CA_MD, "Peer chain CA digest"},
	{SSL_SECOP_SIGALG_SUPPORTED, "Supported Signature Algorithm"},
	{SSL_SECOP_SIGALG_SHARED, "Shared Signature Algorithm"},
	{SSL_SECOP_SIGALG_CHECK, "Check Signature Algorithm"},
	{SSL_SECOP_SIGALG_MASK, "Signature Algorithm mask"},
};

static const char *operation_name(int op)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (operations[i].op == op)
			return operations[i].name;
	return NULL;
}

static const char *version_name(int version)
{
	switch (version) {
	case TLS_VERSION_SSL3:
		return "SSLv3";
	case TLS_VERSION_1_0:
		return "TLSv1.0";
	case TLS_VERSION_1_1:
		return "TLSv1.1";
	case TLS_VERSION_1_2:
		return "TLSv1.2";
	case TLS_VERSION_1_3:
		return "TLSv1.3";
	default:
		return "???";
	}
}

/* SHA-224 and DSA are not of TLS 1.3, and shown as the pair that they were before. */
static const char *sigalg_name(int id)
{
	switch (id) {
	case 0x0301:
		return "digest=SHA224, algorithm=RSA";
	case 0x0302:
		return "digest=SHA224, algorithm=DSA";
	case 0x0303:
		return "digest=SHA224, algorithm=ECDSA";
	case 0x0202:
		return "digest=SHA1, algorithm=DSA";
	case 0x0402:
		return "digest=SHA256, algorithm=DSA";
	case 0x0502:
		return "digest=SHA384, algorithm=DSA";
	case 0x0602:
		return "digest=SHA512, algorithm=DSA";
	}
#define SIGALG(number, iana, name, hash) \
	if (id == (number))              \
		return "scheme=" iana;
#include "core/sigalgs.def"
#undef SIGALG
	return NULL;
}

static void add(char *line, size_t size, const char *text)
{
	size_t at = strlen(line);

	(void)snprintf(line + at, size - at, "%s", text);
}

static void add_cert(char *line, size_t size, int op, const X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	char text[96] = "";

	if (op == SSL_SECOP_CA_MD || op == SSL_SECOP_PEER_CA_MD)
		(void)snprintf(text, sizeof(text), "%s", OBJ_nid2sn(X509_get_signature_nid(cert)));
	else if (key)
		(void)snprintf(text, sizeof(text), "%s, bits=%d", EVP_PKEY_get0_type_name(key),
			       EVP_PKEY_get_bits(key));
	add(line, size, text);
}

static unsigned kind(int op)
{
	return (unsigned)op & SSL_SECOP_OTHER_TYPE;
}

static void add_subject(char *line, size_t size, int op, int nid, const void *other)
{
	const uint8_t *sigalg = other;
	const char *name;
	char text[32];

	switch (kind(op)) {
	case SSL_SECOP_OTHER_CIPHER:
		add(line, size, SSL_CIPHER_get_name(other));
		break;
	case SSL_SECOP_OTHER_CURVE:
		name = EC_curve_nid2nist(nid);
		add(line, size, name ? name : OBJ_nid2sn(nid));
		break;
	case SSL_SECOP_OTHER_CERT:
		add_cert(line, size, op, other);
		break;
	case SSL_SECOP_OTHER_SIGALG:
		name = sigalg_name(sigalg[0] << 8 | sigalg[1]);
		(void)snprintf(text, sizeof(text), "scheme=0x%02x%02x", sigalg[0], sigalg[1]);
		add(line, size, name ? name : text);
		break;
	default:
		break;
	}
}

static void describe(char *line, size_t size, int op, int bits, int nid, const void *other)
{
	const char *name = operation_name(op);
	char text[48];

	if (op == SSL_SECOP_VERSION) {
		add(line, size, "Version=");
		add(line, size, version_name(nid));
		return;
	}
	if (name) {
		add(line, size, name);
		add(line, size, kind(op) == SSL_SECOP_OTHER_SIGALG ? " " : "=");
	}
	if (other || kind(op) == SSL_SECOP_OTHER_CURVE)
		add_subject(line, size, op, nid, other);
	(void)snprintf(text, sizeof(text), ", security bits=%d", bits);
	if (op != SSL_SECOP_TICKET && op != SSL_SECOP_COMPRESSION)
		add(line, size, text);
}

static int on_security(const SSL *ssl, const SSL_CTX *sctx, int op, int bits, int nid, void *other,
		       void *ex)
{
	const struct tls_ctx *ctx = ex;
	const struct tls_session *s = ssl ? SSL_get_app_data(ssl) : NULL;
	int ok = ctx->security(ssl, sctx, op, bits, nid, other, NULL);
	char line[256] = "Security callback: ";

	if (!ctx->security_debug || (ok == 1 && ctx->security_debug < 2))
		return ok;
	describe(line, sizeof(line), op, bits, nid, other);
	add(line, sizeof(line), ok ? ": yes" : ": no");
	ctx->host->note(s ? s->sud : NULL, line);
	return ok;
}

void os_watch_security(struct tls_ctx *ctx, SSL_CTX *sctx)
{
	if (SSL_CTX_get_security_callback(sctx) == on_security)
		return;
	ctx->security = SSL_CTX_get_security_callback(sctx);
	SSL_CTX_set_security_callback(sctx, on_security);
	SSL_CTX_set0_security_ex_data(sctx, ctx);
}
