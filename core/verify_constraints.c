/*
 * Name constraints (RFC 5280 4.2.1.10), as NAME_CONSTRAINTS_check() of OpenSSL's
 * crypto/x509/v3_ncons.c applies them.
 */
#include "core/verify_internal.h"

#include "core/der.h"

#include <string.h>
#include <strings.h>

/* GeneralName choices, by their tags. */
enum { EMAIL = 0x81, DNS = 0x82, DIRECTORY = 0xa4, URI = 0x86, IP = 0x87 };

/* More comparisons than this are refused, as OpenSSL does. */
enum { MAX_COMPARISONS = 1 << 20 };

struct subject {
	const struct verify_cert *cert;
	struct bytes permitted, excluded; /* contents of the two lists of subtrees */
	unsigned long comparisons;
};

static bool equal_nocase(struct bytes a, struct bytes b)
{
	return a.n == b.n && strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

static struct bytes tail(struct bytes b, size_t n)
{
	return (struct bytes){b.p + b.n - n, n};
}

/* "host.example" is within "example", and within ".example". */
static bool dns_within(struct bytes name, struct bytes base)
{
	if (!base.n)
		return true;
	if (name.n < base.n || !equal_nocase(tail(name, base.n), base))
		return false;
	return name.n == base.n || base.p[0] == '.' || name.p[name.n - base.n - 1] == '.';
}

static bool host_within(struct bytes host, struct bytes base)
{
	if (base.n && base.p[0] == '.')
		return host.n > base.n && equal_nocase(tail(host, base.n), base);
	return equal_nocase(host, base);
}

static bool split_email(struct bytes b, struct bytes *local, struct bytes *host)
{
	const uint8_t *at = b.n ? memrchr(b.p, '@', b.n) : NULL;

	if (!at)
		return false;
	*local = (struct bytes){b.p, (size_t)(at - b.p)};
	*host = (struct bytes){at + 1, b.n - local->n - 1};
	return true;
}

static bool email_within(struct bytes name, struct bytes base)
{
	struct bytes local, host, base_local, base_host;

	if (!split_email(name, &local, &host))
		return false;
	if (!split_email(base, &base_local, &base_host))
		return host_within(host, base);
	return (!base_local.n || verify_same(local, base_local)) && equal_nocase(host, base_host);
}

static bool uri_within(struct bytes name, struct bytes base)
{
	const uint8_t *p = name.n ? memmem(name.p, name.n, "://", 3) : NULL;
	struct bytes host;
	size_t n = 0;

	if (!p)
		return false;
	p += 3;
	host = (struct bytes){p, name.n - (size_t)(p - name.p)};
	while (n < host.n && host.p[n] != ':' && host.p[n] != '/')
		n++;
	host.n = n;
	return n && host_within(host, base);
}

/* Address and mask. */
static bool ip_within(struct bytes name, struct bytes base)
{
	if ((name.n != 4 && name.n != 16) || base.n != 2 * name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] ^ base.p[i]) & base.p[name.n + i])
			return false;
	return true;
}

/* The RDNs of the base come first in the name. */
static bool directory_within(struct bytes name, struct bytes base)
{
	struct der_reader a = der_read(name), b = der_read(base);
	struct bytes rdns, base_rdns;

	return der_get(&a, DER_SEQUENCE, &rdns) && der_get(&b, DER_SEQUENCE, &base_rdns) &&
	       rdns.n >= base_rdns.n &&
	       (!base_rdns.n || memcmp(rdns.p, base_rdns.p, base_rdns.n) == 0);
}

static int within(uint8_t type, struct bytes name, struct bytes base)
{
	bool yes;

	switch (type) {
	case EMAIL:
		yes = email_within(name, base);
		break;
	case DNS:
		yes = dns_within(name, base);
		break;
	case DIRECTORY:
		yes = directory_within(name, base);
		break;
	case URI:
		yes = uri_within(name, base);
		break;
	case IP:
		yes = ip_within(name, base);
		break;
	default:
		return VERIFY_UNSUPPORTED_CONSTRAINT_TYPE;
	}
	return yes ? VERIFY_OK : VERIFY_PERMITTED_VIOLATION;
}

/* The base of the next subtree; minimum and maximum are not to be used (RFC 5280). */
static bool next_subtree(struct der_reader *r, struct der_item *base, bool *bounds)
{
	struct der_reader subtree;

	if (der_at_end(r) || !der_enter(r, DER_SEQUENCE, &subtree) || !der_next(&subtree, base))
		return false;
	*bounds = !der_at_end(&subtree);
	return true;
}

static int check_name(struct subject *s, uint8_t type, struct bytes name)
{
	struct der_reader permitted = der_read(s->permitted), excluded = der_read(s->excluded);
	bool seen = false, good = false, bounds;
	struct der_item base;
	int error;

	while (next_subtree(&permitted, &base, &bounds)) {
		if (++s->comparisons > MAX_COMPARISONS)
			return VERIFY_UNSPECIFIED;
		if (base.tag != type)
			continue;
		if (bounds)
			return VERIFY_SUBTREE_MINMAX;
		seen = true;
		error = good ? VERIFY_OK : within(type, name, base.body);
		if (error && error != VERIFY_PERMITTED_VIOLATION)
			return error;
		good = good || !error;
	}
	if (seen && !good)
		return VERIFY_PERMITTED_VIOLATION;
	while (next_subtree(&excluded, &base, &bounds)) {
		if (++s->comparisons > MAX_COMPARISONS)
			return VERIFY_UNSPECIFIED;
		if (base.tag != type)
			continue;
		if (bounds)
			return VERIFY_SUBTREE_MINMAX;
		error = within(type, name, base.body);
		if (!error)
			return VERIFY_EXCLUDED_VIOLATION;
		if (error != VERIFY_PERMITTED_VIOLATION)
			return error;
	}
	return permitted.bad || excluded.bad ? VERIFY_UNSUPPORTED_CONSTRAINT_SYNTAX : VERIFY_OK;
}

static bool looks_like_host(struct bytes b)
{
	bool dot = false;

	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c == '_';

		dot = dot || (c == '.' && i > 0 && i + 1 < b.n);
		if (!letter && (i == 0 || i + 1 == b.n || (c != '-' && c != '.' && c != ':')))
			return false;
	}
	return dot;
}

/* emailAddress in the subject, and commonName where it stands for a host. */
static int check_subject(struct subject *s, bool common_name)
{
	static const uint8_t email[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
	static const uint8_t cn[] = {0x55, 0x04, 0x03};
	struct der_reader r = der_read(s->cert->x.subject), name, set, pair;
	struct der_item value;
	struct bytes type;
	int error = VERIFY_OK;

	if (!der_enter(&r, DER_SEQUENCE, &name))
		return VERIFY_UNSUPPORTED_NAME_SYNTAX;
	while (!error && der_enter(&name, DER_SET, &set))
		while (!error && der_enter(&set, DER_SEQUENCE, &pair)) {
			if (!der_get(&pair, DER_OID, &type) || !der_next(&pair, &value))
				return VERIFY_UNSUPPORTED_NAME_SYNTAX;
			if (verify_same(type, (struct bytes){email, sizeof(email)}))
				error = value.tag == DER_IA5_STRING
						? check_name(s, EMAIL, value.body)
						: VERIFY_UNSUPPORTED_NAME_SYNTAX;
			else if (common_name && verify_same(type, (struct bytes){cn, sizeof(cn)}) &&
				 looks_like_host(value.body))
				error = check_name(s, DNS, value.body);
		}
	return error;
}

int verify_constraints(const struct verify_cert *ca, const struct verify_cert *cert, bool leaf)
{
	struct der_reader r = der_read(ca->constraints), seq;
	struct der_reader names = der_read(cert->alt_names);
	struct subject s = {.cert = cert};
	struct der_item item;
	bool host = false;
	int error = VERIFY_OK;

	if (!der_enter(&r, DER_SEQUENCE, &seq))
		return VERIFY_UNSUPPORTED_CONSTRAINT_SYNTAX;
	while (der_next(&seq, &item))
		*(item.tag == DER_CONTEXT_CONSTRUCTED(0) ? &s.permitted : &s.excluded) = item.body;
	if (seq.bad)
		return VERIFY_UNSUPPORTED_CONSTRAINT_SYNTAX;
	if (cert->x.subject.n > 2)
		error = check_name(&s, DIRECTORY, cert->x.subject);
	while (!error && der_next(&names, &item)) {
		struct der_reader directory = der_read(item.body);
		struct bytes body = item.body;

		host = host || item.tag == DNS;
		/* directoryName is explicitly tagged. */
		if (item.tag == DIRECTORY && !der_get_whole(&directory, DER_SEQUENCE, &body))
			return VERIFY_UNSUPPORTED_NAME_SYNTAX;
		error = check_name(&s, item.tag, body);
	}
	return error ? error : check_subject(&s, leaf && !host);
}
