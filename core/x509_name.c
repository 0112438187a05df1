#include "core/x509_name.h"

#include "core/der.h"
#include "core/x509_oid.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- -nameopt ---- */

/* The words, as name_ex_tbl of OpenSSL's apps. mask: what is cleared first. */
static const struct word {
	const char *name;
	unsigned long flag, mask;
} words[] = {
	{"esc_2253", X509_NAME_ESC_2253, 0},
	{"esc_2254", X509_NAME_ESC_2254, 0},
	{"esc_ctrl", X509_NAME_ESC_CTRL, 0},
	{"esc_msb", X509_NAME_ESC_MSB, 0},
	{"use_quote", X509_NAME_ESC_QUOTE, 0},
	{"utf8", X509_NAME_UTF8, 0},
	{"ignore_type", X509_NAME_IGNORE_TYPE, 0},
	{"show_type", X509_NAME_SHOW_TYPE, 0},
	{"dump_all", X509_NAME_DUMP_ALL, 0},
	{"dump_nostr", X509_NAME_DUMP_UNKNOWN, 0},
	{"dump_der", X509_NAME_DUMP_DER, 0},
	{"compat", X509_NAME_COMPAT, 0xffffffffUL},
	{"sep_comma_plus", X509_NAME_SEP_COMMA, X509_NAME_SEP_MASK},
	{"sep_comma_plus_space", X509_NAME_SEP_COMMA_SPC, X509_NAME_SEP_MASK},
	{"sep_semi_plus_space", X509_NAME_SEP_SEMI_SPC, X509_NAME_SEP_MASK},
	{"sep_multiline", X509_NAME_SEP_MULTILINE, X509_NAME_SEP_MASK},
	{"dn_rev", X509_NAME_DN_REV, 0},
	{"nofname", X509_NAME_FN_NONE, X509_NAME_FN_MASK},
	{"sname", X509_NAME_FN_SN, X509_NAME_FN_MASK},
	{"lname", X509_NAME_FN_LN, X509_NAME_FN_MASK},
	{"align", X509_NAME_FN_ALIGN, 0},
	{"oid", X509_NAME_FN_OID, X509_NAME_FN_MASK},
	{"space_eq", X509_NAME_SPC_EQ, 0},
	{"dump_unknown", X509_NAME_DUMP_FIELDS, 0},
	{"RFC2253", X509_NAME_RFC2253, 0xffffffffUL},
	{"oneline", X509_NAME_ONELINE, 0xffffffffUL},
	{"multiline", X509_NAME_MULTILINE, 0xffffffffUL},
	{"ca_default", X509_NAME_MULTILINE, 0xffffffffUL},
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool apply_word(const char *word, size_t n, unsigned long *nameopt)
{
	bool set = *word != '-';

	if (n && (*word == '-' || *word == '+')) {
		word++;
		n--;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].name) != n || strncasecmp(words[i].name, word, n) != 0)
			continue;
		*nameopt &= ~words[i].mask;
		if (set)
			*nameopt |= words[i].flag;
		else
			*nameopt &= ~words[i].flag;
		return true;
	}
	return false;
}

bool nameopt_parse(const char *arg, unsigned long *nameopt)
{
	for (const char *rest = arg;;) {
		size_t n = strcspn(rest, ",");
		const char *word = rest;
		size_t word_n = n;

		while (word_n && is_space(*word)) {
			word++;
			word_n--;
		}
		while (word_n && is_space(word[word_n - 1]))
			word_n--;
		if (!word_n || !apply_word(word, word_n, nameopt))
			return false;
		if (!rest[n])
			break;
		rest += n + 1;
	}
	if (*nameopt != X509_NAME_COMPAT && !(*nameopt & X509_NAME_SEP_MASK))
		*nameopt |= X509_NAME_SEP_COMMA_SPC;
	return true;
}

/* ---- strings ---- */

/* What a character must be escaped for, beside the X509_NAME_ESC_* bits: its place in the value. */
enum { ESC_FIRST = 0x20, ESC_LAST = 0x40 };

enum {
	ESC_MASK = X509_NAME_ESC_2253 | X509_NAME_ESC_2254 | X509_NAME_ESC_QUOTE |
		   X509_NAME_ESC_CTRL | X509_NAME_ESC_MSB,
	ESC_BACKSLASH = X509_NAME_ESC_2253 | ESC_FIRST | ESC_LAST,
};

/* RFC 2253 2.4, RFC 2254 4, as OpenSSL understands them. */
static unsigned long reasons_to_escape(uint8_t c)
{
	switch (c) {
	case '\0':
		return X509_NAME_ESC_CTRL | X509_NAME_ESC_2254;
	case ' ':
		return ESC_FIRST | ESC_LAST | X509_NAME_ESC_QUOTE;
	case '#':
		return ESC_FIRST | X509_NAME_ESC_QUOTE;
	case '"':
		return X509_NAME_ESC_2253;
	case '\\':
		return X509_NAME_ESC_2253 | X509_NAME_ESC_2254;
	case '(':
	case ')':
	case '*':
		return X509_NAME_ESC_2254;
	case '+':
	case ',':
	case ';':
	case '<':
	case '>':
		return X509_NAME_ESC_2253 | X509_NAME_ESC_QUOTE;
	default:
		return c > 0x7f ? X509_NAME_ESC_MSB : c < ' ' || c == 0x7f ? X509_NAME_ESC_CTRL : 0;
	}
}

static void add_char(struct strbuf *out, uint32_t c, unsigned long escapes, bool *quotes)
{
	if (c > 0xff) {
		strbuf_addf(out, c > 0xffff ? "\\W%08X" : "\\U%04X", c);
		return;
	}
	unsigned long why = reasons_to_escape((uint8_t)c) & escapes;

	if (why & ESC_BACKSLASH) {
		if (why & X509_NAME_ESC_QUOTE)
			*quotes = true;
		else
			strbuf_addc(out, '\\');
		strbuf_addc(out, (char)(uint8_t)c);
	} else if (why & (X509_NAME_ESC_CTRL | X509_NAME_ESC_MSB | X509_NAME_ESC_2254)) {
		strbuf_addf(out, "\\%02X", c);
	} else {
		if (c == '\\' && (escapes & ESC_MASK))
			strbuf_addc(out, '\\');
		strbuf_addc(out, (char)(uint8_t)c);
	}
}

/* The character at *in, which moves behind it. width: bytes a character, 0 is UTF-8. */
static bool next_char(struct bytes *in, unsigned width, uint32_t *c)
{
	unsigned n = width;

	if (!width) {
		uint8_t lead = in->p[0];

		n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
		if (lead > 0xf4 || !n || in->n < n)
			return false;
		*c = n == 1 ? lead : lead & (0x7fu >> n);
		for (unsigned i = 1; i < n; i++) {
			if ((in->p[i] & 0xc0) != 0x80)
				return false;
			*c = *c << 6 | (in->p[i] & 0x3f);
		}
		if ((n == 3 && *c < 0x800) || (n == 4 && *c < 0x10000) || *c > 0x10ffff ||
		    (*c >= 0xd800 && *c < 0xe000))
			return false;
	} else {
		if (in->n < n)
			return false;
		*c = 0;
		for (unsigned i = 0; i < n; i++)
			*c = *c << 8 | in->p[i];
	}
	in->p += n;
	in->n -= n;
	return true;
}

/* The UTF-8 form; no bytes for what has none (surrogates, beyond U+10FFFF). */
static size_t to_utf8(uint32_t c, uint8_t out[4])
{
	if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3f));
	out[0] = (uint8_t)(0xf00u >> n | c);
	return n;
}

static bool add_text(struct strbuf *out, struct bytes in, unsigned width, bool convert,
		     unsigned long nameopt)
{
	struct strbuf text = STRBUF_INIT;
	const uint8_t *start = in.p;
	bool quotes = false, ok = true;

	while (in.n && ok) {
		unsigned long escapes = nameopt & ESC_MASK;
		bool first = in.p == start;
		uint8_t utf8[4];
		uint32_t c;

		ok = next_char(&in, width, &c);
		if (!ok)
			break;
		if (escapes & X509_NAME_ESC_2253)
			escapes |= !in.n ? ESC_LAST : first ? ESC_FIRST : 0;
		if (convert)
			for (size_t i = 0, n = to_utf8(c, utf8); i < n; i++)
				add_char(&text, utf8[i], escapes, &quotes);
		else
			add_char(&text, c, escapes, &quotes);
	}
	if (ok) {
		strbuf_adds(out, quotes ? "\"" : "");
		strbuf_add(out, text.p, text.n);
		strbuf_adds(out, quotes ? "\"" : "");
	}
	strbuf_release(&text);
	return ok;
}

/* Bytes a character, 0 for UTF-8, -1 for what is not text. */
static int char_width(uint8_t tag)
{
	switch (tag) {
	case DER_UTF8_STRING:
		return 0;
	case DER_NUMERIC_STRING:
	case DER_PRINTABLE_STRING:
	case DER_T61_STRING:
	case DER_IA5_STRING:
	case DER_UTC_TIME:
	case DER_GENERALIZED_TIME:
	case DER_VISIBLE_STRING:
		return 1;
	case DER_UNIVERSAL_STRING:
		return 4;
	case DER_BMP_STRING:
		return 2;
	default:
		return -1;
	}
}

/* ASN1_tag2str */
static const char *tag_name(uint8_t tag)
{
	static const char *const names[] = {
		"EOC",
		"BOOLEAN",
		"INTEGER",
		"BIT STRING",
		"OCTET STRING",
		"NULL",
		"OBJECT",
		"OBJECT DESCRIPTOR",
		"EXTERNAL",
		"REAL",
		"ENUMERATED",
		"<ASN1 11>",
		"UTF8STRING",
		"<ASN1 13>",
		"<ASN1 14>",
		"<ASN1 15>",
		"SEQUENCE",
		"SET",
		"NUMERICSTRING",
		"PRINTABLESTRING",
		"T61STRING",
		"VIDEOTEXSTRING",
		"IA5STRING",
		"UTCTIME",
		"GENERALIZEDTIME",
		"GRAPHICSTRING",
		"VISIBLESTRING",
		"GENERALSTRING",
		"UNIVERSALSTRING",
		"<ASN1 29>",
		"BMPSTRING",
	};

	return tag & 0xc0 || (tag & 0x1f) > 30 ? "(unknown)" : names[tag & 0x1f];
}

/* What OpenSSL keeps of a value: a SEQUENCE whole, a BIT STRING without its count of unused bits.
 */
static struct bytes value_contents(const struct der_item *value)
{
	if (value->tag & 0x20)
		return value->whole;
	if (value->tag == DER_BIT_STRING && value->body.n)
		return (struct bytes){value->body.p + 1, value->body.n - 1};
	return value->body;
}

/* ASN1_STRING_print_ex */
static bool add_value(struct strbuf *out, const struct der_item *value, unsigned long nameopt)
{
	int width = char_width(value->tag);

	if (nameopt & X509_NAME_SHOW_TYPE)
		strbuf_addf(out, "%s:", tag_name(value->tag));
	if (nameopt & X509_NAME_DUMP_ALL)
		width = -1;
	else if (nameopt & X509_NAME_IGNORE_TYPE)
		width = 1;
	else if (width < 0 && !(nameopt & X509_NAME_DUMP_UNKNOWN))
		width = 1;
	if (width < 0) {
		strbuf_addc(out, '#');
		strbuf_addhex(out,
			      nameopt & X509_NAME_DUMP_DER ? value->whole : value_contents(value),
			      true);
		return true;
	}
	bool utf8 = nameopt & X509_NAME_UTF8;

	/* UTF-8 to UTF-8 is taken byte by byte. */
	return add_text(out, value_contents(value), utf8 && !width ? 1 : (unsigned)width,
			utf8 && width, nameopt);
}

void x509_string_print(struct strbuf *out, struct bytes string)
{
	for (size_t i = 0; i < string.n; i++) {
		uint8_t c = string.p[i];

		strbuf_addc(out, c > '~' || (c < ' ' && c != '\n' && c != '\r') ? '.' : (char)c);
	}
}

/* ---- names ---- */

struct attribute {
	struct bytes type; /* contents of the OID */
	struct der_item value;
	size_t rdn; /* counts the relative distinguished names */
};

struct attributes {
	struct attribute *list;
	size_t n, room;
	bool malformed; /* something that is not an attribute follows the last one */
};

static void read_rdn(struct attributes *a, struct bytes rdn, size_t number)
{
	struct der_reader set = der_read(rdn), inner;

	while (!der_at_end(&set)) {
		struct attribute attribute = {.rdn = number};

		if (!der_enter(&set, DER_SEQUENCE, &inner) ||
		    !der_get(&inner, DER_OID, &attribute.type) ||
		    !der_next(&inner, &attribute.value) || !der_at_end(&inner)) {
			a->malformed = true;
			return;
		}
		if (a->n == a->room) {
			a->room = a->room ? 2 * a->room : 8;
			a->list = xrealloc(a->list, a->room * sizeof(*a->list));
		}
		a->list[a->n++] = attribute;
	}
}

static struct attributes read_name(struct bytes name_der)
{
	struct attributes a = {0};
	struct der_reader r = der_read(name_der), sequence;
	struct bytes rdn;

	a.malformed = !der_enter(&r, DER_SEQUENCE, &sequence);
	for (size_t number = 0; !a.malformed && !der_at_end(&sequence); number++) {
		if (der_get(&sequence, DER_SET, &rdn))
			read_rdn(&a, rdn, number);
		else
			a.malformed = true;
	}
	return a;
}

/* The type of an attribute as the flags want it; *width is the column for X509_NAME_FN_ALIGN. */
static void add_type(struct strbuf *out, struct bytes type, unsigned long nameopt)
{
	const struct x509_oid *known = x509_oid_find(type);
	unsigned long kind = nameopt & X509_NAME_FN_MASK;
	size_t start = out->n, width = 0;

	if (known && kind == X509_NAME_FN_SN) {
		strbuf_adds(out, known->short_name);
		width = 10;
	} else if (known && kind == X509_NAME_FN_LN) {
		strbuf_adds(out, known->long_name);
		width = 25;
	} else if (!der_oid_text(out, type)) {
		strbuf_adds(out, "<INVALID>");
	}
	while (nameopt & X509_NAME_FN_ALIGN && out->n - start < width)
		strbuf_addc(out, ' ');
}

/* X509_NAME_print_ex */
static bool add_attributes(struct strbuf *out, const struct attributes *a, unsigned indent,
			   unsigned long nameopt)
{
	unsigned long separator = nameopt & X509_NAME_SEP_MASK;
	bool multiline = separator == X509_NAME_SEP_MULTILINE;
	bool tight = separator == X509_NAME_SEP_COMMA;
	const char *between = multiline                             ? "\n"
			      : tight                               ? ","
			      : separator == X509_NAME_SEP_SEMI_SPC ? "; "
								    : ", ";

	strbuf_addf(out, "%*s", (int)indent, "");
	for (size_t i = 0; i < a->n; i++) {
		bool reverse = nameopt & X509_NAME_DN_REV;
		const struct attribute *it = &a->list[reverse ? a->n - 1 - i : i];
		const struct attribute *before = reverse ? it + 1 : it - 1;
		unsigned long flags = nameopt;

		if (i && before->rdn == it->rdn)
			strbuf_adds(out, tight ? "+" : " + ");
		else if (i)
			strbuf_addf(out, "%s%*s", between, multiline ? (int)indent : 0, "");
		if ((nameopt & X509_NAME_FN_MASK) != X509_NAME_FN_NONE) {
			add_type(out, it->type, nameopt);
			strbuf_adds(out, nameopt & X509_NAME_SPC_EQ ? " = " : "=");
		}
		if (nameopt & X509_NAME_DUMP_FIELDS && !x509_oid_find(it->type))
			flags |= X509_NAME_DUMP_ALL;
		if (!add_value(out, &it->value, flags))
			return false;
	}
	return !a->malformed;
}

/* X509_NAME_oneline */
static void add_oneline(struct strbuf *out, const struct attributes *a, size_t max)
{
	size_t start = out->n;

	for (size_t i = 0; i < a->n; i++) {
		const struct attribute *it = &a->list[i];
		const struct x509_oid *known = x509_oid_find(it->type);
		struct bytes value = value_contents(&it->value);
		size_t before = out->n;

		strbuf_addc(out, i && it[-1].rdn == it->rdn ? '+' : '/');
		if (known)
			strbuf_adds(out, known->short_name);
		else if (!der_oid_text(out, it->type))
			strbuf_adds(out, "<INVALID>");
		strbuf_addc(out, '=');
		for (size_t k = 0; k < value.n; k++) {
			uint8_t c = value.p[k];

			if (c < ' ' || c > '~')
				strbuf_addf(out, "\\x%02X", c);
			else
				strbuf_addf(out, c == '/' || c == '+' ? "\\%c" : "%c", c);
		}
		if (max && out->n - start > max) {
			out->n = before;
			out->p[before] = '\0';
			break;
		}
	}
}

bool x509_name_oneline(struct strbuf *out, struct bytes name_der, size_t max)
{
	struct attributes a = read_name(name_der);

	add_oneline(out, &a, max);
	free(a.list);
	return !a.malformed;
}

bool x509_rdn_print(struct strbuf *out, struct bytes rdn, unsigned long nameopt)
{
	struct attributes a = {0};

	read_rdn(&a, rdn, 0);
	bool ok = add_attributes(out, &a, 0, nameopt);

	free(a.list);
	return ok;
}

/* X509_NAME_print: the oneline form, its slashes before short types turned into commas. */
static void add_compat(struct strbuf *out, const struct attributes *a)
{
	struct strbuf line = STRBUF_INIT;

	add_oneline(&line, a, 0);
	for (size_t i = 1; i < line.n; i++) {
		const char *c = line.p + i; /* NUL-terminated: looking ahead is safe */
		bool type = c[0] == '/' && c[1] >= 'A' && c[1] <= 'Z' &&
			    (c[2] == '=' || (c[2] >= 'A' && c[2] <= 'Z' && c[3] == '='));

		if (type)
			strbuf_adds(out, ", ");
		else
			strbuf_addc(out, *c);
	}
	strbuf_release(&line);
}

bool x509_name_print(struct strbuf *out, struct bytes name_der, unsigned long nameopt)
{
	struct attributes a = read_name(name_der);
	bool ok = !a.malformed;

	if (nameopt == X509_NAME_COMPAT)
		add_compat(out, &a);
	else
		ok = add_attributes(out, &a, 0, nameopt);
	free(a.list);
	return ok;
}

bool x509_name_line(struct strbuf *out, const char *title, struct bytes name_der,
		    unsigned long nameopt)
{
	struct attributes a = read_name(name_der);
	bool multiline = (nameopt & X509_NAME_SEP_MASK) == X509_NAME_SEP_MULTILINE;
	bool ok = !a.malformed;

	strbuf_adds(out, title);
	if (multiline)
		strbuf_addc(out, '\n');
	if (nameopt == X509_NAME_COMPAT)
		add_oneline(out, &a, 0);
	else
		ok = add_attributes(out, &a, multiline ? 4 : 0, nameopt);
	strbuf_addc(out, '\n');
	free(a.list);
	return ok;
}
