#include "core/ja.h"

#include <md5.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXT_SERVER_NAME = 0,
	EXT_ALPN = 16,
	JA4_DIGITS = 12,
	JA4_MAX_COUNT = 99,
};

bool ja_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* ---- JA3 ---- */

static void add_dash(struct strbuf *sb, bool *first)
{
	if (!*first)
		strbuf_addc(sb, '-');
	*first = false;
}

static void add_decimals(struct strbuf *sb, struct u16list list)
{
	bool first = true;

	for (size_t i = 0; i < list.n; i++) {
		if (ja_is_grease(list.p[i]))
			continue;
		add_dash(sb, &first);
		strbuf_addf(sb, "%u", (unsigned)list.p[i]);
	}
}

void ja3_string(struct strbuf *sb, const struct client_hello *hello)
{
	bool first = true;

	strbuf_addf(sb, "%u,", (unsigned)hello->legacy_version);
	add_decimals(sb, hello->suites);
	strbuf_addc(sb, ',');
	for (size_t i = 0; i < hello->n_extensions; i++) {
		if (ja_is_grease(hello->extension[i].type))
			continue;
		add_dash(sb, &first);
		strbuf_addf(sb, "%u", (unsigned)hello->extension[i].type);
	}
	strbuf_addc(sb, ',');
	add_decimals(sb, hello->groups);
	strbuf_addc(sb, ',');
	first = true;
	for (size_t i = 0; i < hello->point_formats.n; i++) {
		add_dash(sb, &first);
		strbuf_addf(sb, "%u", (unsigned)hello->point_formats.p[i]);
	}
}

void ja3_hash(struct strbuf *sb, const struct client_hello *hello)
{
	struct strbuf text = STRBUF_INIT;
	uint8_t digest[MD5_DIGEST_LENGTH];
	MD5_CTX md5;

	ja3_string(&text, hello);
	MD5Init(&md5);
	MD5Update(&md5, strbuf_bytes(&text).p, text.n);
	MD5Final(digest, &md5);
	strbuf_addhex(sb, (struct bytes){digest, sizeof(digest)}, false);
	strbuf_release(&text);
}

/* ---- JA4 ---- */

static const char *ja4_version(const struct client_hello *hello)
{
	uint16_t version = hello->versions.n ? 0 : hello->legacy_version;

	for (size_t i = 0; i < hello->versions.n; i++)
		if (!ja_is_grease(hello->versions.p[i]) && hello->versions.p[i] > version)
			version = hello->versions.p[i];
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	default:
		return "00";
	}
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first and the last character of the first protocol, or of its hex digits. */
static void add_alpn(struct strbuf *sb, struct bytes alpn)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t first, last;

	if (alpn.n < 2) {
		strbuf_adds(sb, "00");
		return;
	}
	first = alpn.p[1];
	last = alpn.p[alpn.p[0]]; /* the decoder checked the length */
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		strbuf_addc(sb, (char)first);
		strbuf_addc(sb, (char)last);
	} else {
		strbuf_addc(sb, hex[first >> 4]);
		strbuf_addc(sb, hex[last & 15]);
	}
}

static int compare(const void *a, const void *b)
{
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;

	return (x > y) - (x < y);
}

static void add_sorted(struct strbuf *sb, uint16_t *list, size_t n)
{
	qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++)
		strbuf_addf(sb, "%s%04x", i ? "," : "", (unsigned)list[i]);
}

/* The first 12 digits of the SHA-256; zeros when there was nothing to list. */
static void add_digest(struct strbuf *sb, const struct strbuf *text)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha;

	if (!text->n) {
		strbuf_adds(sb, "000000000000");
		return;
	}
	SHA256Init(&sha);
	SHA256Update(&sha, strbuf_bytes(text).p, text->n);
	SHA256Final(digest, &sha);
	strbuf_addhex(sb, (struct bytes){digest, JA4_DIGITS / 2}, false);
}

/* Sorted, as a list to hash. Returns how many there are, GREASE aside. */
static size_t list_suites(struct strbuf *text, const struct client_hello *hello)
{
	uint16_t *list = xmalloc(hello->suites.n * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < hello->suites.n; i++)
		if (!ja_is_grease(hello->suites.p[i]))
			list[n++] = hello->suites.p[i];
	add_sorted(text, list, n);
	free(list);
	return n;
}

/* The same with the extensions; server_name and ALPN count, but are not hashed. */
static size_t list_extensions(struct strbuf *text, const struct client_hello *hello)
{
	uint16_t list[CLIENT_HELLO_MAX_EXTENSIONS];
	size_t n = 0, count = 0;

	for (size_t i = 0; i < hello->n_extensions; i++) {
		uint16_t type = hello->extension[i].type;

		if (ja_is_grease(type))
			continue;
		count++;
		if (type != EXT_SERVER_NAME && type != EXT_ALPN)
			list[n++] = type;
	}
	add_sorted(text, list, n);
	return count;
}

static void list_sigalgs(struct strbuf *text, struct u16list sigalgs)
{
	char separator = '_';

	for (size_t i = 0; i < sigalgs.n; i++) {
		if (ja_is_grease(sigalgs.p[i]))
			continue;
		strbuf_addf(text, "%c%04x", separator, (unsigned)sigalgs.p[i]);
		separator = ',';
	}
}

void ja4(struct strbuf *sb, const struct client_hello *hello, bool quic)
{
	struct strbuf suites = STRBUF_INIT, extensions = STRBUF_INIT;
	size_t n_suites = list_suites(&suites, hello);
	size_t n_extensions = list_extensions(&extensions, hello);

	if (extensions.n)
		list_sigalgs(&extensions, hello->sigalgs);
	strbuf_addf(sb, "%c%s%c%02zu%02zu", quic ? 'q' : 't', ja4_version(hello),
		    client_hello_find(hello, EXT_SERVER_NAME) ? 'd' : 'i',
		    n_suites > JA4_MAX_COUNT ? JA4_MAX_COUNT : n_suites,
		    n_extensions > JA4_MAX_COUNT ? JA4_MAX_COUNT : n_extensions);
	add_alpn(sb, hello->alpn);
	strbuf_addc(sb, '_');
	add_digest(sb, &suites);
	strbuf_addc(sb, '_');
	add_digest(sb, &extensions);
	strbuf_release(&suites);
	strbuf_release(&extensions);
}
