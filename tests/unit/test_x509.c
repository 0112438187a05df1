#include "core/der.h"
#include "core/x509_oid.h"
#include "core/x509_print.h"
#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

static struct strbuf read_file(const char *name, const char *suffix)
{
	struct strbuf path = STRBUF_INIT, out = STRBUF_INIT;

	strbuf_addf(&path, "x509/%s%s", name, suffix);
	test_data(&out, path.p);
	strbuf_release(&path);
	return out;
}

/* Calls back for every NAME.der, without suffix. */
static void each_certificate(void (*call)(const char *name, struct bytes der))
{
	DIR *dir = opendir(TEST_SOURCE_DIR "/tests/data/x509");
	unsigned n = 0;

	cr_assert_not_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".der") != 0)
			continue;
		*dot = '\0';
		struct strbuf der = read_file(entry->d_name, ".der");

		call(entry->d_name, strbuf_bytes(&der));
		strbuf_release(&der);
		n++;
	}
	(void)closedir(dir); /* only read from */
	cr_expect_gt(n, 40, "certificates are missing: %u", n);
}

/* ---- texts ---- */

static void expect_recorded_text(const char *name, struct bytes der)
{
	struct strbuf expected = read_file(name, ".txt"), text = STRBUF_INIT;

	x509_text(&text, der);
	cr_expect_str_eq(text.p, expected.p, "%s.der prints\n%s\nand not\n%s", name, text.p,
			 expected.p);
	strbuf_release(&expected);
	strbuf_release(&text);
}

Test(x509, certificates_print_as_openssl_3_5_prints_them)
{
	each_certificate(expect_recorded_text);
}

/* "certificate nameopt", and what `openssl x509 -subject` printed for it (NUL included). */
static void expect_recorded_name(char *name, struct bytes expected)
{
	char *opt = strchr(name, ' ');
	unsigned long nameopt = 0;

	cr_assert_not_null(opt);
	*opt++ = '\0';
	struct strbuf der = read_file(name, ".der"), line = STRBUF_INIT;

	if (*opt)
		cr_expect(nameopt_parse(opt, &nameopt), "%s", opt);
	(void)x509_name_line(&line, "subject=", x509_subject(strbuf_bytes(&der)),
			     *opt ? nameopt : X509_NAME_DEFAULT);
	cr_expect(line.n == expected.n && memcmp(line.p, expected.p, line.n) == 0,
		  "%s -nameopt '%s' prints\n%sand not\n%.*s", name, opt, line.p, (int)expected.n,
		  (const char *)expected.p);
	strbuf_release(&der);
	strbuf_release(&line);
}

Test(x509, names_print_as_openssl_3_5_prints_them)
{
	struct strbuf recorded = read_file("names", ".txt");
	char *end = recorded.p + recorded.n;
	unsigned n = 0;

	for (char *at = recorded.p, *next; at < end; at = next, n++) {
		char *text = memchr(at, '\n', (size_t)(end - at));

		cr_assert_not_null(text);
		*text++ = '\0';
		next = memmem(text, (size_t)(end - text), "\n# ", 3);
		next = next ? next + 1 : end;
		expect_recorded_name(at + strlen("# "),
				     (struct bytes){(uint8_t *)text, (size_t)(next - text)});
	}
	cr_expect_gt(n, 200, "%u", n);
	strbuf_release(&recorded);
}

Test(x509, the_compat_form_without_title_has_commas)
{
	struct strbuf der = read_file("name-multi", ".der"), name = STRBUF_INIT;

	/* X509_NAME_print: only types of one or two capitals begin a new part. */
	cr_expect(x509_name_print(&name, x509_subject(strbuf_bytes(&der)), X509_NAME_COMPAT));
	cr_expect_str_eq(name.p, "C=XX, O=One+OU=Two+CN=3, OU=\\/Slash\\, X=y\\, XY=z/UID=uid"
				 "+emailAddress=a@b.test");
	strbuf_release(&der);
	strbuf_release(&name);
}

Test(x509, several_nameopts_add_up)
{
	unsigned long nameopt = 0;

	cr_expect(nameopt_parse("RFC2253", &nameopt));
	cr_expect(nameopt_parse("-dn_rev,sep_semi_plus_space", &nameopt));
	cr_expect_eq(nameopt, (X509_NAME_RFC2253 & ~(X509_NAME_DN_REV | X509_NAME_SEP_MASK)) |
				      X509_NAME_SEP_SEMI_SPC);
	cr_expect(nameopt_parse("compat", &nameopt));
	cr_expect_eq(nameopt, X509_NAME_COMPAT);
}

Test(x509, unknown_nameopts_are_refused)
{
	static const char *const rows[] = {"",          ",",        "bad", "utf8,",  ",utf8",
					   "utf8,,oid", "utf8 oid", "-",   "--utf8", "rfc"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned long nameopt = 0;

		cr_expect_not(nameopt_parse(rows[i], &nameopt), "%s", rows[i]);
	}
}

Test(x509, malformed_names_print_as_far_as_they_go)
{
	static const struct {
		const char *what;
		uint8_t der[32];
		size_t n;
		const char *text;
	} rows[] = {
		{"nothing", {0}, 0, ""},
		{"no sequence", {0x31, 0}, 2, ""},
		{"no set", {0x30, 2, 0x30, 0}, 4, ""},
		{"invalid UTF-8",
		 {0x30, 11, 0x31, 9, 0x30, 7, 6, 3, 0x55, 4, 3, 0x0c, 0},
		 13,
		 "CN="},
		{"odd BMPString",
		 {0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x1e, 1, 'x'},
		 14,
		 "CN="},
		{"cut value",
		 {0x30, 25, 0x31, 10, 0x30, 8, 6,    3, 0x55, 4,    3, 0x0c, 1,  'a',
		  0x31, 11, 0x30, 9,  6,    3, 0x55, 4, 3,    0x0c, 9, 'b',  'c'},
		 27,
		 "CN=a"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf out = STRBUF_INIT;
		struct bytes der = {rows[i].der, rows[i].n};
		bool whole = strcmp(rows[i].what, "invalid UTF-8") == 0;

		strbuf_reserve(&out, 0);
		cr_expect_eq(x509_name_print(&out, der, X509_NAME_DEFAULT), whole, "%s",
			     rows[i].what);
		cr_expect_str_eq(out.p, rows[i].text, "%s", rows[i].what);
		strbuf_release(&out);
	}
}

Test(x509, utf8_is_checked_where_characters_count)
{
	static const char *const bad[] = {"\xff",
					  "\xc3",
					  "\xc0\x80",
					  "\xed\xa0\x80",
					  "\xf4\x90\x80\x80",
					  "\xe0\x80\x80",
					  "\xf0\x80\x80\x80"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct strbuf der = STRBUF_INIT, out = STRBUF_INIT;
		size_t name = der_begin(&der, DER_SEQUENCE), set = der_begin(&der, DER_SET);
		size_t attribute = der_begin(&der, DER_SEQUENCE);

		der_put_oid(&der, "2.5.4.3");
		der_put(&der, DER_UTF8_STRING,
			(struct bytes){(const uint8_t *)bad[i], strlen(bad[i])});
		der_end(&der, attribute);
		der_end(&der, set);
		der_end(&der, name);
		cr_expect_not(x509_name_print(&out, strbuf_bytes(&der), X509_NAME_SEP_COMMA));
		cr_expect_str_eq(out.p, "CN=");
		/* Not looked at when it is passed through. */
		cr_expect(x509_name_print(&out, strbuf_bytes(&der),
					  X509_NAME_SEP_COMMA | X509_NAME_UTF8));
		strbuf_release(&der);
		strbuf_release(&out);
	}
}

Test(x509, times)
{
	struct strbuf out = STRBUF_INIT;
	const uint8_t good[] = {0x17, 13,  '2', '6', '1', '1', '2', '2',
				'0',  '0', '4', '5', '2', '6', 'Z'};

	cr_expect(x509_time_print(&out, (struct bytes){good, sizeof(good)}));
	cr_expect_str_eq(out.p, "Nov 22 00:45:26 2026 GMT");
	strbuf_reset(&out);
	cr_expect_not(x509_time_print(&out, (struct bytes){good, sizeof(good) - 1}));
	cr_expect_str_eq(out.p, "Bad time value");
	strbuf_release(&out);
}

/* ---- parts ---- */

static void expect_key(const char *name, enum x509_key_type type, unsigned bits)
{
	struct strbuf der = read_file(name, ".der");
	struct bytes spki;
	unsigned found;

	cr_expect(x509_spki(strbuf_bytes(&der), &spki));
	cr_expect_eq(x509_key_type(spki, &found), type, "%s", name);
	cr_expect_eq(found, bits, "%s: %u bits", name, found);
	cr_expect_eq(x509_key_type(spki, NULL), type, "%s", name);
	strbuf_release(&der);
}

Test(x509, key_types_and_sizes)
{
	expect_key("rsa", X509_KEY_RSA, 1024);
	expect_key("rsa-small", X509_KEY_RSA, 64);
	expect_key("rsa-pss", X509_KEY_RSA_PSS, 1024);
	expect_key("dsa", X509_KEY_DSA, 1024);
	expect_key("ec-p-256", X509_KEY_EC, 256);
	expect_key("ec-p-521", X509_KEY_EC, 521);
	expect_key("ec-sect233k1", X509_KEY_EC, 232);
	expect_key("ec-explicit", X509_KEY_EC, 256);
	expect_key("ed25519", X509_KEY_ED25519, 256);
	expect_key("ed448", X509_KEY_ED448, 456);
	expect_key("mldsa44", X509_KEY_ML_DSA, 10496);
	expect_key("x25519", X509_KEY_UNKNOWN, 0);
}

Test(x509, key_text_stands_alone)
{
	struct strbuf der = read_file("ed25519", ".der"), text = STRBUF_INIT;
	struct bytes spki;

	cr_assert(x509_spki(strbuf_bytes(&der), &spki));
	x509_key_text(&text, spki, 0);
	cr_expect_eq(strncmp(text.p, "ED25519 Public-Key:\npub:\n    ", 29), 0, "%s", text.p);
	strbuf_reset(&text);
	x509_key_text(&text, (struct bytes){0}, 2);
	cr_expect_str_eq(text.p, "  Unable to load Public Key\n");
	strbuf_release(&der);
	strbuf_release(&text);
}

Test(x509, parts_of_a_certificate)
{
	struct strbuf der = read_file("extensions-common", ".der");
	struct x509_extension ext;
	struct x509 cert;

	cr_assert(x509_parse(strbuf_bytes(&der), &cert));
	cr_expect_eq(cert.version, 3);
	cr_expect_eq(cert.serial.n, 2);
	cr_expect_eq(cert.der.n, der.n);
	cr_expect(x509_is_ca(strbuf_bytes(&der)));
	cr_expect(x509_is_self_issued(strbuf_bytes(&der)));
	cr_expect(x509_find_extension(&cert, "2.5.29.19", &ext));
	cr_expect(ext.critical);
	cr_expect(x509_find_extension(&cert, "2.5.29.17", &ext));
	cr_expect_not(ext.critical);
	cr_expect_not(x509_find_extension(&cert, "2.5.29.30", &ext));
	cr_expect_eq(x509_subject(strbuf_bytes(&der)).n, x509_issuer(strbuf_bytes(&der)).n);
	strbuf_release(&der);

	der = read_file("name-multi", ".der");
	cr_expect_not(x509_is_ca(strbuf_bytes(&der)));
	cr_expect_not(x509_is_self_issued(strbuf_bytes(&der)));
	strbuf_release(&der);
}

Test(x509, what_is_no_certificate_has_no_parts)
{
	struct bytes nothing = {0}, spki;
	struct strbuf text = STRBUF_INIT;

	cr_expect_eq(x509_subject(nothing).n, 0);
	cr_expect_eq(x509_issuer(nothing).n, 0);
	cr_expect_not(x509_spki(nothing, &spki));
	cr_expect_not(x509_is_ca(nothing));
	cr_expect_not(x509_is_self_issued(nothing));
	x509_text(&text, nothing);
	cr_expect_str_eq(text.p, "Not a certificate: 0 bytes that do not parse\n");
	strbuf_release(&text);
}

Test(x509, oids_have_names_once)
{
	static const char *const dotted[] = {
#define OID(dotted, short_name, long_name) dotted,
#include "core/x509_oids.def"
#undef OID
	};

	for (size_t i = 0; i < sizeof(dotted) / sizeof(*dotted); i++) {
		struct strbuf der = STRBUF_INIT;

		der_put_oid(&der, dotted[i]);
		struct der_reader r = der_read(strbuf_bytes(&der));
		struct bytes oid;

		cr_expect(der_get(&r, DER_OID, &oid));
		cr_expect(x509_oid_is(oid, dotted[i]), "%s is no OID", dotted[i]);
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(dotted[i], dotted[k]);
		strbuf_release(&der);
	}
}

/* ---- hostile input ---- */

static void use_everything(struct bytes der)
{
	struct strbuf out = STRBUF_INIT;
	struct bytes spki;

	x509_text(&out, der);
	(void)x509_name_print(&out, x509_subject(der), X509_NAME_RFC2253);
	(void)x509_name_line(&out, "", x509_issuer(der), X509_NAME_COMPAT);
	if (x509_spki(der, &spki))
		(void)x509_key_type(spki, NULL);
	(void)x509_is_ca(der);
	strbuf_release(&out);
}

/* In memory of exactly its size, so that the sanitizers see every byte too far. */
static void cut_everywhere(const char *name, struct bytes der)
{
	struct x509 cert;

	for (size_t n = 0; n < der.n; n++) {
		uint8_t *copy = xmemdup(der.p, n);

		cr_expect_not(x509_parse((struct bytes){copy, n}, &cert), "%s cut to %zu", name, n);
		cr_expect_eq(cert.subject.n, 0);
		use_everything((struct bytes){copy, n});
		free(copy);
	}
}

Test(x509, cut_certificates_are_refused)
{
	each_certificate(cut_everywhere);
}

static void flip_everywhere(const char *name, struct bytes der)
{
	/* Time is short: another bit of each byte, or of every second one. */
	size_t step = der.n > 400 ? 11 : 3;

	(void)name;
	for (size_t bit = 0; bit < der.n * 8; bit += step) {
		uint8_t *copy = xmemdup(der.p, der.n);

		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		use_everything((struct bytes){copy, der.n});
		free(copy);
	}
}

Test(x509, flipped_bits_do_no_harm)
{
	each_certificate(flip_everywhere);
}
