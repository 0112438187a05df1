/*
 * The plainest TLS server on OpenSSL: accept, SSL_accept, read until the client goes, close_notify,
 * close. One connection after the other, blocking, no event loop, nothing printed and nothing
 * served: a yardstick for what a server adds to the library, or saves in system calls.
 *
 * usage: bench_bare PORT CERTIFICATE KEY
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);
	char buffer[4096];

	if (ssl && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
		while (SSL_read(ssl, buffer, sizeof(buffer)) > 0)
			;
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(fd);
}

static int listener(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 || listen(fd, SOMAXCONN) != 0)
		return -1;
	return fd;
}

static SSL_CTX *context(const char *cert, const char *key)
{
	static const unsigned char id[] = "bare";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1) != 1)
		return NULL;
	/* One read takes a whole flight, where the library alone reads each header by itself. */
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = argc == 4 ? context(argv[2], argv[3]) : NULL;
	int fd = ctx ? listener(atoi(argv[1])) : -1;

	if (fd < 0) {
		(void)fprintf(stderr, "usage: bench_bare PORT CERTIFICATE KEY\n");
		return 1;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	for (int peer; (peer = accept(fd, NULL, NULL)) >= 0;)
		serve(ctx, peer);
	return 1;
}
