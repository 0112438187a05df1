/*
 * srp_client PORT USER PASSWORD: TLS 1.2 with SRP to 127.0.0.1; says the suite, sends its standard
 * input and prints the answer, to its end.
 *
 * s_client of OpenSSL 3.0 to 4.0 crashes (https://github.com/openssl/openssl/issues/32565), and not
 * every gnutls-cli has SRP.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

static SSL_CTX *make_context(char *user, char *password)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx && SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) &&
	    SSL_CTX_set_cipher_list(ctx, "SRP:@SECLEVEL=0") &&
	    SSL_CTX_set_srp_username(ctx, user) == 1 &&
	    SSL_CTX_set_srp_password(ctx, password) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static int talk(BIO *bio)
{
	SSL *ssl = NULL;
	char data[4096];
	size_t n;
	int got;

	if (BIO_do_connect(bio) <= 0 || BIO_do_handshake(bio) <= 0)
		return 1;
	(void)BIO_get_ssl(bio, &ssl);
	(void)printf("Cipher is %s\n", SSL_get_cipher_name(ssl));
	while ((n = fread(data, 1, sizeof(data), stdin)) > 0)
		if (BIO_write(bio, data, (int)n) != (int)n)
			return 1;
	(void)SSL_shutdown(ssl); /* no more is sent */
	while ((got = BIO_read(bio, data, sizeof(data))) > 0)
		(void)fwrite(data, 1, (size_t)got, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = argc == 4 ? make_context(argv[2], argv[3]) : NULL;
	BIO *bio = ctx ? BIO_new_ssl_connect(ctx) : NULL;
	int status = 1;

	if (bio && BIO_set_conn_hostname(bio, "127.0.0.1") && BIO_set_conn_port(bio, argv[1]))
		status = talk(bio);
	ERR_print_errors_fp(stderr);
	BIO_free_all(bio);
	SSL_CTX_free(ctx);
	return status;
}
