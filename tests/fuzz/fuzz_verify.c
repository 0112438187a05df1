/* A client's chain against a store: the input is certificates one after the other, the last of
 * them the anchor, and maybe a revocation list behind. */
#include "core/der.h"
#include "core/verify.h"

#include <stdlib.h>

enum { MAX_CERTS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct run {
	int told;
};

static bool tell(void *ud, int depth, int error, struct bytes cert)
{
	struct run *run = ud;

	if (depth < 0 || error < 0 || !cert.n)
		abort();
	run->told++;
	return true;
}

/* Some signatures are good, by a rule that the input can meet. */
static bool signature(void *ud, const struct verify_signature *sig)
{
	(void)ud;
	if (!sig->whole.n || !sig->tbs.n || !sig->spki.n)
		abort();
	return sig->value.n % 2 == 0;
}

static void verify(const struct bytes *certs, size_t n, const struct tls_config *cfg)
{
	static const struct tls_setting settings[] = {
		{"attime", "1795550000"},
		{"verify_hostname", "localhost"},
		{"verify_email", "a@example.com"},
		{"verify_ip", "127.0.0.1"},
		{"x509_strict", NULL},
		{"check_ss_sig", NULL},
	};
	struct verify_params params;
	struct verify_store store;
	struct tls_error err;
	struct run run = {0};
	int result;
	size_t bad;

	verify_params_init(&params, cfg);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (verify_params_set(&params, &settings[i], &err) != TLS_OK)
			abort();
	if (!verify_store_init(&store, cfg, &bad))
		return;
	struct verify_walk walk = {&params, &store, signature, tell, NULL, &run};

	if (verify_chain(&walk, certs, n, &result) != (run.told > 0))
		abort();
	verify_store_release(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct der_reader r = der_read((struct bytes){data, n});
	struct bytes certs[MAX_CERTS];
	struct der_item item;
	size_t n_certs = 0;

	while (n_certs < MAX_CERTS && der_next(&r, &item))
		certs[n_certs++] = item.whole;
	if (!n_certs)
		return 0;
	struct tls_config cfg = {.ca = &certs[n_certs - 1],
				 .n_ca = 1,
				 .crls = &certs[n_certs - 1],
				 .n_crls = 0,
				 .security_level = -1,
				 .verify_depth = -1};

	verify(certs, n_certs, &cfg);
	/* The last element as a list, the one before it as the anchor. */
	if (n_certs > 1) {
		cfg.ca--;
		cfg.n_crls = 1;
		cfg.crl_check_all = true;
		verify(certs, n_certs - 1, &cfg);
	}
	return 0;
}
