#include "core/crl_fetch.h"

#include "core/der.h"
#include "tests/support/file.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char oid[] = "\x55\x1d\x1f";

/* A certificate, with its cRLDistributionPoints' OID made another one. */
static struct strbuf certificate(char last)
{
	struct strbuf cert = STRBUF_INIT;
	char *found;

	test_data(&cert, "ocsp/cert-cdp.der");
	found = memmem(cert.p, cert.n, oid, 3);
	cr_assert_not_null(found);
	found[2] = last;
	return cert;
}

Test(crl_fetch, point)
{
	struct strbuf full = certificate(0x1f), freshest = certificate(0x2e);
	struct bytes uri;

	cr_assert(crl_fetch_point(strbuf_bytes(&full), false, &uri));
	expect_text(uri, "http://127.0.0.1:9/ca.crl", "URI");
	cr_assert(!crl_fetch_point(strbuf_bytes(&full), true, &uri));
	cr_assert(crl_fetch_point(strbuf_bytes(&freshest), true, &uri));
	expect_text(uri, "http://127.0.0.1:9/ca.crl", "URI");
	cr_assert(!crl_fetch_point(strbuf_bytes(&freshest), false, &uri));
	strbuf_release(&full);
	strbuf_release(&freshest);
}

Test(crl_fetch, point_of_another_scheme)
{
	struct strbuf cert = certificate(0x1f);
	char *found = memmem(cert.p, cert.n, "http:", 5);
	struct bytes uri;

	cr_assert_not_null(found);
	memcpy(found, "ldap:", 5);
	cr_assert(!crl_fetch_point(strbuf_bytes(&cert), false, &uri));
	strbuf_release(&cert);
}

Test(crl_fetch, damaged_certificates)
{
	struct strbuf cert = certificate(0x1f);
	struct bytes uri;

	for (size_t n = 0; n < cert.n; n++) {
		uint8_t *copy = xmemdup(cert.p, n);

		cr_assert(!crl_fetch_point((struct bytes){copy, n}, false, &uri));
		free(copy);
	}
	for (size_t i = 0; i < cert.n; i++) {
		uint8_t *copy = xmemdup(cert.p, cert.n);

		copy[i] ^= 0x11;
		(void)crl_fetch_point((struct bytes){copy, cert.n}, false, &uri); /* only back */
		free(copy);
	}
	strbuf_release(&cert);
}
