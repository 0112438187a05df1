/*
 * An engine whose random bytes show that it is in use: 0x41, and 0x42 in an asynchronous job, which
 * it puts off once for each call. Its AES-128-CBC takes several records at once, as hardware would.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/aes.h>
#include <openssl/async.h>
#include <openssl/engine.h>
#include <openssl/rand.h>
#include <string.h>

static int fill(unsigned char *out, int n)
{
	int byte = 0x41;

	if (ASYNC_get_current_job()) {
		byte = 0x42;
		if (!ASYNC_pause_job())
			return 0;
	}
	memset(out, byte, (size_t)n);
	return 1;
}

static int ready(void)
{
	return 1;
}

static const RAND_METHOD method = {.bytes = fill, .pseudorand = fill, .status = ready};

/* ---- the cipher ---- */

struct pipes {
	AES_KEY key;
	size_t n; /* given for the next call; 0: it is about one record */
	unsigned char **out, **in;
	size_t *len;
};

static int cipher_init(EVP_CIPHER_CTX *ctx, const unsigned char *key, const unsigned char *iv,
		       int enc)
{
	struct pipes *p = EVP_CIPHER_CTX_get_cipher_data(ctx);

	(void)iv; /* kept in the context */
	p->n = 0;
	return !key || (enc ? AES_set_encrypt_key(key, 128, &p->key)
			    : AES_set_decrypt_key(key, 128, &p->key)) == 0;
}

static int cipher_run(EVP_CIPHER_CTX *ctx, unsigned char *out, const unsigned char *in, size_t len)
{
	struct pipes *p = EVP_CIPHER_CTX_get_cipher_data(ctx);
	unsigned char *iv = EVP_CIPHER_CTX_iv_noconst(ctx);
	int enc = EVP_CIPHER_CTX_is_encrypting(ctx);

	if (!p->n)
		AES_cbc_encrypt(in, out, len, &p->key, iv, enc);
	for (size_t i = 0; i < p->n; i++)
		AES_cbc_encrypt(p->in[i], p->out[i], p->len[i], &p->key, iv, enc);
	p->n = 0;
	return 1;
}

static int cipher_ctrl(EVP_CIPHER_CTX *ctx, int type, int n, void *value)
{
	struct pipes *p = EVP_CIPHER_CTX_get_cipher_data(ctx);

	switch (type) {
	case EVP_CTRL_SET_PIPELINE_OUTPUT_BUFS:
		p->out = value;
		break;
	case EVP_CTRL_SET_PIPELINE_INPUT_BUFS:
		p->in = value;
		break;
	case EVP_CTRL_SET_PIPELINE_INPUT_LENS:
		p->len = value;
		break;
	default:
		return -1;
	}
	p->n = (size_t)n;
	return 1;
}

static EVP_CIPHER *make_cipher(void)
{
	EVP_CIPHER *c = EVP_CIPHER_meth_new(NID_aes_128_cbc, 16, 16);

	if (c && EVP_CIPHER_meth_set_iv_length(c, 16) &&
	    EVP_CIPHER_meth_set_flags(c, EVP_CIPH_CBC_MODE | EVP_CIPH_FLAG_PIPELINE) &&
	    EVP_CIPHER_meth_set_init(c, cipher_init) &&
	    EVP_CIPHER_meth_set_do_cipher(c, cipher_run) &&
	    EVP_CIPHER_meth_set_ctrl(c, cipher_ctrl) &&
	    EVP_CIPHER_meth_set_impl_ctx_size(c, sizeof(struct pipes)))
		return c;
	EVP_CIPHER_meth_free(c);
	return NULL;
}

/* One, for as long as the program runs. */
static EVP_CIPHER *cipher;

static int ciphers(ENGINE *e, const EVP_CIPHER **out, const int **nids, int nid)
{
	static const int all[] = {NID_aes_128_cbc};

	(void)e;
	if (!out) {
		*nids = all;
		return 1;
	}
	if (!cipher)
		cipher = make_cipher();
	*out = nid == NID_aes_128_cbc ? cipher : NULL;
	return *out != NULL;
}

static int bind(ENGINE *e, const char *id)
{
	(void)id;
	return ENGINE_set_id(e, "test") && ENGINE_set_name(e, "engine of the tests") &&
	       ENGINE_set_RAND(e, &method) && ENGINE_set_ciphers(e, ciphers);
}

/* The macros leave their functions undeclared, and a ';' behind one is outside of any function. */
unsigned long v_check(unsigned long v);
int bind_engine(ENGINE *e, const char *id, const dynamic_fns *fns);
IMPLEMENT_DYNAMIC_CHECK_FN()
IMPLEMENT_DYNAMIC_BIND_FN(bind)
