#include "tests/contract/bench.h"

#include "cli/combinations.h"
#include "cli/support.h"
#include "core/loader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- ends ---- */

void fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s:%d: ", file, line);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	/* Without leak reports of what a failed check left behind. */
	_exit(1);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)printf("skipped: ");
	(void)vprintf(fmt, ap);
	(void)putchar('\n');
	va_end(ap);
	(void)fflush(stdout);
	_exit(77);
}

bool bench_can(const struct bench *b, enum tls_cap cap)
{
	return b->cap[cap].level != TLS_CAP_NO;
}

void bench_need(const struct bench *b, enum tls_cap cap)
{
	if (!bench_can(b, cap))
		skip("%s", b->cap[cap].note ? b->cap[cap].note : "not supported");
}

/* ---- the backend ---- */

static void listen_loopback(struct bench *b)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(b->listener >= 0 && bind(b->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	      listen(b->listener, 8) == 0 &&
	      getsockname(b->listener, (struct sockaddr *)&a, &n) == 0);
	b->port = ntohs(a.sin_port);
}

void bench_init(struct bench *b, const char *backend)
{
	struct tls_error err = {.alert = -1};
	struct strbuf why = STRBUF_INIT;

	*b = (struct bench){.listener = -1};
	b->backend = loader_open(backend, &why);
	if (!b->backend)
		FAIL("%s: %s", backend, why.p);
	if (!b->backend->init(NULL, 0, &err))
		FAIL("init: %s", err.text);
	loader_capabilities(b->backend, b->cap);
	b->host = recording_host();
	listen_loopback(b);
}

/* ---- contexts ---- */

/* What the command line would be refused for, or miss: then the scenario is not for this backend.
 */
static void parse(struct bench *b, const char *words)
{
	static char *argv[64];
	static char *copy;
	struct strbuf text = STRBUF_INIT;
	char *save = NULL;
	int argc = 1;

	free(copy);
	copy = xstrdup(words);
	argv[0] = copy + strlen(copy);
	for (char *w = strtok_r(copy, " ", &save); w && argc < 63; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	if (options_parse(&b->options, argc, argv, &text) != OPTIONS_OK ||
	    !options_check(&b->options, &text))
		FAIL("%s: %s", words, text.p);
	if (!support_check(&b->options, b->backend, b->cap, &text))
		skip("%.*s", (int)strcspn(text.p, "\n"), text.p);
	strbuf_release(&text);
}

void bench_configure(struct bench *b, const char *options)
{
	struct config_library lib = {b->backend, b->cap};
	struct strbuf text = STRBUF_INIT;
	char *argv[] = {NULL};

	parse(b, options);
	switch (config_build(&b->config, &b->options, 0, argv, &lib, &text)) {
	case CONFIG_OK:
		break;
	case CONFIG_ERROR:
		FAIL("%s: %s", options, text.p);
	case CONFIG_UNSUPPORTED:
		skip("%.*s", (int)strcspn(text.p, "\n"), text.p);
	}
	strbuf_release(&text);
}

enum tls_status bench_make(struct bench *b, struct tls_error *err)
{
	enum tls_status st;

	*err = (struct tls_error){.alert = -2};
	st = b->backend->ctx_new(&b->config.tls, &b->host, &b->ctx, err);
	CHECK(st == TLS_OK || st == TLS_FAIL || st == TLS_UNSUPPORTED);
	CHECK((st == TLS_OK) == (b->ctx != NULL));
	if (st != TLS_OK) {
		CHECK(*err->text);
		CHECK(err->text[strlen(err->text) - 1] != '\n');
		CHECK_INT(err->alert, -1);
	}
	return st;
}

enum tls_status bench_try(struct bench *b, const char *options, struct tls_error *err)
{
	bench_configure(b, options);
	return bench_make(b, err);
}

void bench_open(struct bench *b, const char *options)
{
	struct tls_error err;
	enum tls_status st = bench_try(b, options, &err);

	if (st == TLS_UNSUPPORTED)
		skip("%s", err.text);
	if (st != TLS_OK)
		FAIL("%s: %s", options, err.text);
}

void bench_close(struct bench *b)
{
	b->backend->ctx_free(b->ctx);
	b->ctx = NULL;
	config_release(&b->config);
	options_release(&b->options);
}
