#include "core/x509_hex.h"

#include <inttypes.h>
#include <string.h>

enum { KEY_COLUMNS = 15, DECIMAL_MAX = 16 };

static struct bytes without_zeros(struct bytes number)
{
	while (number.n && !number.p[0]) {
		number.p++;
		number.n--;
	}
	return number;
}

bool x509_integer_split(struct bytes integer, struct strbuf *magnitude, bool *negative)
{
	strbuf_reset(magnitude);
	*negative = false;
	if (!integer.n)
		return false;
	bool top = integer.p[0] & 0x80;

	/* more octets than needed (X.690 8.3.2) */
	if (integer.n > 1 && ((integer.p[0] == 0 && !(integer.p[1] & 0x80)) ||
			      (integer.p[0] == 0xff && (integer.p[1] & 0x80))))
		return false;
	*negative = top;
	strbuf_add(magnitude, integer.p, integer.n);
	unsigned carry = top;

	for (size_t i = top ? magnitude->n : 0; i-- > 0;) {
		unsigned octet = (~(unsigned)(uint8_t)magnitude->p[i] & 0xff) + carry;

		magnitude->p[i] = (char)(uint8_t)octet;
		carry = octet >> 8;
	}
	strbuf_consume(magnitude, magnitude->n - without_zeros(strbuf_bytes(magnitude)).n);
	return true;
}

/* Long division by ten, digit by digit. */
static void add_decimal(struct strbuf *out, struct bytes number)
{
	uint8_t rest[DECIMAL_MAX];
	char digits[40];
	size_t n = 0;

	memcpy(rest, number.p, number.n);
	for (bool more = true; more;) {
		unsigned remainder = 0;

		more = false;
		for (size_t i = 0; i < number.n; i++) {
			remainder = remainder << 8 | rest[i];
			rest[i] = (uint8_t)(remainder / 10);
			remainder %= 10;
			more = more || rest[i];
		}
		digits[n++] = (char)('0' + remainder);
	}
	while (n--)
		strbuf_addc(out, digits[n]);
}

bool x509_integer_print(struct strbuf *out, struct bytes integer)
{
	struct strbuf magnitude = STRBUF_INIT;
	bool negative;
	bool ok = x509_integer_split(integer, &magnitude, &negative);
	struct bytes number = strbuf_bytes(&magnitude);

	if (ok) {
		strbuf_adds(out, negative ? "-" : "");
		if (!number.n) {
			strbuf_addc(out, '0');
		} else if (number.n < DECIMAL_MAX ||
			   (number.n == DECIMAL_MAX && !(number.p[0] & 0x80))) {
			add_decimal(out, number);
		} else {
			strbuf_adds(out, "0x");
			strbuf_addhex(out, number, true);
		}
	}
	strbuf_release(&magnitude);
	return ok;
}

void x509_number_print(struct strbuf *out, const char *label, struct bytes number, unsigned indent)
{
	uint64_t small = 0;

	number = without_zeros(number);
	strbuf_addf(out, "%*s%s", (int)indent, "", label);
	if (number.n > sizeof(small)) {
		struct strbuf padded = STRBUF_INIT;

		if (number.p[0] & 0x80)
			strbuf_addc(&padded, '\0');
		strbuf_add(&padded, number.p, number.n);
		strbuf_addc(out, '\n');
		x509_hex_lines(out, strbuf_bytes(&padded), KEY_COLUMNS, indent + 4);
		strbuf_release(&padded);
		return;
	}
	for (size_t i = 0; i < number.n; i++)
		small = small << 8 | number.p[i];
	if (small)
		strbuf_addf(out, " %" PRIu64 " (0x%" PRIx64 ")\n", small, small);
	else
		strbuf_adds(out, " 0\n");
}

void x509_hex_lines(struct strbuf *out, struct bytes b, size_t columns, unsigned indent)
{
	for (size_t i = 0; i < b.n; i++) {
		if (i % columns == 0)
			strbuf_addf(out, "%s%*s", i ? "\n" : "", (int)indent, "");
		strbuf_addf(out, "%02x%s", b.p[i], i + 1 < b.n ? ":" : "");
	}
	strbuf_addc(out, '\n');
}

void x509_hex_colons(struct strbuf *out, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		strbuf_addf(out, "%s%02X", i ? ":" : "", b.p[i]);
}
