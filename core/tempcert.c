#include "core/tempcert.h"

#include "core/der.h"

#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { HOUR = 60 * 60, VALID_DAYS = 30, SERIAL_SIZE = 16, MAX_SIGNATURE = 160 };

static void put_sigalg(struct strbuf *out)
{
	size_t sequence = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, "1.2.840.10045.4.3.2"); /* ecdsa-with-SHA256 (RFC 5758 3.2) */
	der_end(out, sequence);
}

static void put_name(struct strbuf *out)
{
	static const char name[] = "localhost";
	size_t sequence = der_begin(out, DER_SEQUENCE);
	size_t set = der_begin(out, DER_SET);
	size_t attribute = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, "2.5.4.3"); /* commonName */
	der_put(out, DER_UTF8_STRING, (struct bytes){(const uint8_t *)name, strlen(name)});
	der_end(out, attribute);
	der_end(out, set);
	der_end(out, sequence);
}

static void put_validity(struct strbuf *out)
{
	int64_t from = (int64_t)time(NULL) - HOUR; /* clocks of clients may be behind */
	size_t sequence = der_begin(out, DER_SEQUENCE);

	der_put_time(out, from);
	der_put_time(out, from + (int64_t)VALID_DAYS * 24 * HOUR);
	der_end(out, sequence);
}

static void put_extension(struct strbuf *out, const char *oid, bool critical,
			  const struct strbuf *value)
{
	static const uint8_t yes = 0xff;
	size_t sequence = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, oid);
	if (critical)
		der_put(out, DER_BOOLEAN, (struct bytes){&yes, 1});
	der_put(out, DER_OCTET_STRING, strbuf_bytes(value));
	der_end(out, sequence);
}

/* Names for every way of spelling this host; not a CA, which browsers refuse as a server. */
static void put_extensions(struct strbuf *out)
{
	static const uint8_t dns[] = "localhost", ipv4[4] = {127, 0, 0, 1}, ipv6[16] = {[15] = 1};
	size_t outer = der_begin(out, DER_CONTEXT_CONSTRUCTED(3));
	size_t sequence = der_begin(out, DER_SEQUENCE);
	struct strbuf value = STRBUF_INIT;
	size_t inner = der_begin(&value, DER_SEQUENCE);

	der_end(&value, inner);
	put_extension(out, "2.5.29.19", true, &value); /* basicConstraints */

	strbuf_reset(&value);
	inner = der_begin(&value, DER_SEQUENCE);
	der_put_oid(&value, "1.3.6.1.5.5.7.3.1"); /* serverAuth */
	der_end(&value, inner);
	put_extension(out, "2.5.29.37", false, &value); /* extKeyUsage */

	strbuf_reset(&value);
	inner = der_begin(&value, DER_SEQUENCE);
	der_put(&value, DER_CONTEXT(2), (struct bytes){dns, sizeof(dns) - 1});
	der_put(&value, DER_CONTEXT(7), (struct bytes){ipv4, sizeof(ipv4)});
	der_put(&value, DER_CONTEXT(7), (struct bytes){ipv6, sizeof(ipv6)});
	der_end(&value, inner);
	put_extension(out, "2.5.29.17", false, &value); /* subjectAltName */

	strbuf_release(&value);
	der_end(out, sequence);
	der_end(out, outer);
}

/* RFC 5280 4.1.2 */
static void put_tbs(struct strbuf *out, const uint8_t serial[SERIAL_SIZE],
		    const struct tls_temp_key *key)
{
	size_t sequence = der_begin(out, DER_SEQUENCE);
	size_t version = der_begin(out, DER_CONTEXT_CONSTRUCTED(0));

	der_put_int(out, 2); /* v3 */
	der_end(out, version);
	der_put_unsigned(out, (struct bytes){serial, SERIAL_SIZE});
	put_sigalg(out);
	put_name(out); /* issuer */
	put_validity(out);
	put_name(out); /* subject */
	strbuf_add(out, key->spki, key->spki_n);
	put_extensions(out);
	der_end(out, sequence);
}

static bool fail(struct tls_error *err, const char *what, const char *why)
{
	*err = (struct tls_error){.alert = -1};
	/* the text may be cut: it is for people */
	(void)snprintf(err->text, sizeof(err->text), "temporary certificate: %s: %s", what, why);
	return false;
}

bool tempcert_make(const struct tls_backend *b, struct strbuf *cert_der, struct tls_temp_key *key,
		   struct tls_error *err)
{
	uint8_t serial[SERIAL_SIZE], signature[MAX_SIGNATURE];
	size_t n = sizeof(signature);
	struct strbuf tbs = STRBUF_INIT;

	if (!b->temp_key || !b->temp_sign)
		return fail(err, b->library, "cannot make keys");
	if (getrandom(serial, sizeof(serial), 0) != (ssize_t)sizeof(serial))
		return fail(err, "getrandom", strerror(errno));
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, and always of one length */
	if (!b->temp_key(key, err))
		return false;
	put_tbs(&tbs, serial, key);
	bool ok = b->temp_sign(key, strbuf_bytes(&tbs), signature, &n, err);

	if (ok) {
		size_t sequence = der_begin(cert_der, DER_SEQUENCE);

		strbuf_add(cert_der, tbs.p, tbs.n);
		put_sigalg(cert_der);
		der_put_bits(cert_der, (struct bytes){signature, n});
		der_end(cert_der, sequence);
	}
	strbuf_release(&tbs);
	return ok;
}

void tempcert_fingerprint(struct bytes der, char out[65])
{
	SHA2_CTX sha;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct strbuf text = STRBUF_INIT;

	SHA256Init(&sha);
	SHA256Update(&sha, der.p, der.n);
	SHA256Final(digest, &sha);
	strbuf_addhex(&text, (struct bytes){digest, sizeof(digest)}, true);
	memcpy(out, text.p, 65);
	strbuf_release(&text);
}
