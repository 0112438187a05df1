#include "core/der.h"

#include <string.h>
#include <time.h>

/* ---- reading ---- */

/* Longer subidentifiers than this are refused: no registry has them, and they cost square time. */
enum { MAX_ARC_OCTETS = 128, ARC_LIMBS = 32 };

struct der_reader der_read(struct bytes der)
{
	return (struct der_reader){.rest = der};
}

bool der_at_end(const struct der_reader *r)
{
	return !r->bad && !r->rest.n;
}

static bool fail(struct der_reader *r)
{
	r->bad = true;
	return false;
}

/*
 * The length octets at p. Lengths with more octets than needed are let through, as OpenSSL does;
 * the indefinite form is not.
 */
static bool read_length(struct bytes in, size_t *header, size_t *length)
{
	if (in.n < 2)
		return false;
	size_t octets = in.p[1] & 0x7fu;

	*header = 2;
	*length = in.p[1];
	if (in.p[1] < 0x80)
		return true;
	if (!octets || octets > in.n - 2)
		return false;
	*header += octets;
	*length = 0;
	for (size_t i = 0; i < octets; i++) {
		if (*length > SIZE_MAX >> 8)
			return false;
		*length = *length << 8 | in.p[2 + i];
	}
	return true;
}

bool der_next(struct der_reader *r, struct der_item *out)
{
	size_t header, length;

	*out = (struct der_item){0};
	if (r->bad || !r->rest.n)
		return false;
	if ((r->rest.p[0] & 0x1f) == 0x1f || !read_length(r->rest, &header, &length) ||
	    length > r->rest.n - header)
		return fail(r);
	out->tag = r->rest.p[0];
	out->body = (struct bytes){r->rest.p + header, length};
	out->whole = (struct bytes){r->rest.p, header + length};
	r->rest.p += header + length;
	r->rest.n -= header + length;
	return true;
}

bool der_peek(const struct der_reader *r, uint8_t tag)
{
	return !r->bad && r->rest.n && r->rest.p[0] == tag;
}

static bool next_with_tag(struct der_reader *r, uint8_t tag, struct der_item *item)
{
	*item = (struct der_item){0};
	if (!der_peek(r, tag))
		return fail(r);
	return der_next(r, item);
}

bool der_get(struct der_reader *r, uint8_t tag, struct bytes *body)
{
	struct der_item item;
	bool ok = next_with_tag(r, tag, &item);

	*body = item.body;
	return ok;
}

bool der_get_whole(struct der_reader *r, uint8_t tag, struct bytes *whole)
{
	struct der_item item;
	bool ok = next_with_tag(r, tag, &item);

	*whole = item.whole;
	return ok;
}

bool der_enter(struct der_reader *r, uint8_t tag, struct der_reader *inner)
{
	struct bytes body;
	bool ok = der_get(r, tag, &body);

	*inner = der_read(body);
	inner->bad = !ok;
	return ok;
}

bool der_get_int(struct der_reader *r, uint8_t tag, int64_t *value)
{
	struct bytes body;

	*value = 0;
	if (!der_get(r, tag, &body))
		return false;
	if (!body.n || body.n > 8)
		return fail(r);
	uint64_t bits = body.p[0] & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < body.n; i++)
		bits = bits << 8 | body.p[i];
	memcpy(value, &bits, sizeof(bits)); /* two's complement, without a conversion's doubts */
	return true;
}

bool der_get_bits(struct der_reader *r, struct bytes *bits, unsigned *unused)
{
	struct bytes body;

	*bits = (struct bytes){0};
	*unused = 0;
	if (!der_get(r, DER_BIT_STRING, &body))
		return false;
	if (!body.n || body.p[0] > 7 || (body.n == 1 && body.p[0]))
		return fail(r);
	*unused = body.p[0];
	*bits = (struct bytes){body.p + 1, body.n - 1};
	return true;
}

/* An arc as a number in base 10^9, least limb first: arcs of 128 bits are in use (2.25). */
struct arc {
	uint32_t limb[ARC_LIMBS + 4];
	size_t n;
};

static void arc_shift_in(struct arc *a, uint32_t seven_bits)
{
	uint64_t carry = seven_bits;

	for (size_t i = 0; i < a->n; i++) {
		carry += (uint64_t)a->limb[i] << 7;
		a->limb[i] = (uint32_t)(carry % 1000000000);
		carry /= 1000000000;
	}
	if (carry)
		a->limb[a->n++] = (uint32_t)carry;
}

static void arc_subtract(struct arc *a, uint32_t small)
{
	for (size_t i = 0; i < a->n && small; i++) {
		uint32_t borrow = a->limb[i] < small;

		a->limb[i] = a->limb[i] + borrow * 1000000000 - small;
		small = borrow;
	}
	while (a->n && !a->limb[a->n - 1])
		a->n--;
}

static void arc_print(struct strbuf *out, const struct arc *a)
{
	strbuf_addf(out, "%u", a->n ? a->limb[a->n - 1] : 0);
	for (size_t i = a->n; i-- > 1;)
		strbuf_addf(out, "%09u", a->limb[i - 1]);
}

/* The subidentifier at *pos (X.690 8.19). */
static bool read_arc(struct bytes oid, size_t *pos, struct arc *out)
{
	size_t start = *pos;

	*out = (struct arc){.n = 0};
	if (oid.p[start] == 0x80)
		return false;
	while (*pos < oid.n) {
		uint8_t octet = oid.p[(*pos)++];

		if (*pos - start > MAX_ARC_OCTETS)
			return false;
		arc_shift_in(out, octet & 0x7f);
		if (!(octet & 0x80))
			return true;
	}
	return false;
}

bool der_oid_text(struct strbuf *out, struct bytes oid)
{
	size_t before = out->n, pos = 0;
	struct arc arc;

	while (pos < oid.n) {
		bool first = !pos;

		if (!read_arc(oid, &pos, &arc)) {
			out->n = before;
			if (out->p)
				out->p[before] = '\0';
			return false;
		}
		if (first) {
			uint32_t low = arc.n == 1 ? arc.limb[0] : 0;
			uint32_t root = arc.n > 1 || low >= 80 ? 2 : low / 40;

			strbuf_addf(out, "%u", root);
			arc_subtract(&arc, root * 40);
		}
		strbuf_addc(out, '.');
		arc_print(out, &arc);
	}
	return oid.n != 0;
}

/* ---- times ---- */

static bool two_digits(struct bytes *in, int min, int max, int *value)
{
	if (in->n < 2 || in->p[0] < '0' || in->p[0] > '9' || in->p[1] < '0' || in->p[1] > '9')
		return false;
	*value = (in->p[0] - '0') * 10 + (in->p[1] - '0');
	in->p += 2;
	in->n -= 2;
	return *value >= min && *value <= max;
}

static bool read_year(struct bytes *in, uint8_t tag, int *year)
{
	int high, low;

	if (tag == DER_UTC_TIME) {
		if (!two_digits(in, 0, 99, &low))
			return false;
		*year = low < 50 ? 2000 + low : 1900 + low; /* RFC 5280 4.1.2.5.1 */
		return true;
	}
	if (tag != DER_GENERALIZED_TIME || !two_digits(in, 0, 99, &high) ||
	    !two_digits(in, 0, 99, &low))
		return false;
	*year = high * 100 + low;
	return true;
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Z, or the difference to UTC, which old UTCTimes have. */
static bool read_zone(struct bytes in, int64_t *offset)
{
	int hours, minutes;

	*offset = 0;
	if (in.n == 1)
		return in.p[0] == 'Z';
	if (in.n != 5 || (in.p[0] != '+' && in.p[0] != '-'))
		return false;
	int sign = in.p[0] == '+' ? 1 : -1;

	in.p++;
	in.n--;
	if (!two_digits(&in, 0, 12, &hours) || !two_digits(&in, 0, 59, &minutes))
		return false;
	*offset = (int64_t)sign * (hours * 60 + minutes) * 60;
	return true;
}

bool der_time(struct bytes whole, int64_t *seconds)
{
	struct der_reader r = der_read(whole);
	struct der_item item;
	struct tm tm = {0};
	int64_t offset;

	*seconds = 0;
	if (!der_next(&r, &item) || !der_at_end(&r))
		return false;
	struct bytes in = item.body;
	int year, month;

	if (!read_year(&in, item.tag, &year) || !two_digits(&in, 1, 12, &month) ||
	    !two_digits(&in, 1, days_of_month(year, month), &tm.tm_mday) ||
	    !two_digits(&in, 0, 23, &tm.tm_hour) || !two_digits(&in, 0, 59, &tm.tm_min))
		return false;
	if (in.n && in.p[0] >= '0' && in.p[0] <= '9' && !two_digits(&in, 0, 59, &tm.tm_sec))
		return false;
	if (item.tag == DER_GENERALIZED_TIME && in.n > 1 && in.p[0] == '.') {
		size_t n = 1;

		while (n < in.n && in.p[n] >= '0' && in.p[n] <= '9')
			n++;
		if (n == 1)
			return false;
		in.p += n;
		in.n -= n;
	}
	if (!read_zone(in, &offset))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	*seconds = (int64_t)timegm(&tm) - offset;
	return true;
}

/* ---- writing ---- */

/* The length octets for n, most significant first. */
static size_t length_octets(size_t n, uint8_t out[1 + sizeof(size_t)])
{
	size_t octets = 0;

	if (n < 0x80) {
		out[0] = (uint8_t)n;
		return 1;
	}
	for (size_t rest = n; rest; rest >>= 8)
		octets++;
	out[0] = (uint8_t)(0x80 | octets);
	for (size_t i = 0; i < octets; i++)
		out[1 + i] = (uint8_t)(n >> 8 * (octets - 1 - i));
	return 1 + octets;
}

size_t der_begin(struct strbuf *out, uint8_t tag)
{
	strbuf_addc(out, (char)tag);
	return out->n;
}

void der_end(struct strbuf *out, size_t mark)
{
	uint8_t octets[1 + sizeof(size_t)];
	size_t length = out->n - mark;
	size_t n = length_octets(length, octets);

	strbuf_reserve(out, n);
	memmove(out->p + mark + n, out->p + mark, length + 1);
	memcpy(out->p + mark, octets, n);
	out->n += n;
}

void der_put(struct strbuf *out, uint8_t tag, struct bytes body)
{
	uint8_t octets[1 + sizeof(size_t)];

	strbuf_addc(out, (char)tag);
	strbuf_add(out, octets, length_octets(body.n, octets));
	strbuf_add(out, body.p, body.n);
}

void der_put_int(struct strbuf *out, int64_t value)
{
	uint64_t bits = (uint64_t)value;
	uint8_t octets[8];
	size_t skip = 0;

	for (size_t i = 0; i < 8; i++)
		octets[i] = (uint8_t)(bits >> 8 * (7 - i));
	while (skip < 7 && ((octets[skip] == 0 && !(octets[skip + 1] & 0x80)) ||
			    (octets[skip] == 0xff && (octets[skip + 1] & 0x80))))
		skip++;
	der_put(out, DER_INTEGER, (struct bytes){octets + skip, 8 - skip});
}

void der_put_unsigned(struct strbuf *out, struct bytes number)
{
	while (number.n && !number.p[0]) {
		number.p++;
		number.n--;
	}
	size_t mark = der_begin(out, DER_INTEGER);

	if (!number.n || (number.p[0] & 0x80))
		strbuf_addc(out, '\0');
	strbuf_add(out, number.p, number.n);
	der_end(out, mark);
}

void der_put_bits(struct strbuf *out, struct bytes bits)
{
	size_t mark = der_begin(out, DER_BIT_STRING);

	strbuf_addc(out, '\0');
	strbuf_add(out, bits.p, bits.n);
	der_end(out, mark);
}

static void put_arc(struct strbuf *out, uint64_t arc)
{
	int shift = 63;

	while (shift && !(arc >> shift))
		shift -= 7;
	for (; shift; shift -= 7)
		strbuf_addc(out, (char)(uint8_t)(0x80 | (arc >> shift & 0x7f)));
	strbuf_addc(out, (char)(arc & 0x7f));
}

static uint64_t next_arc(const char **text)
{
	uint64_t arc = 0;

	while (**text >= '0' && **text <= '9')
		arc = arc * 10 + (uint64_t)(*(*text)++ - '0');
	if (**text == '.')
		(*text)++;
	return arc;
}

void der_put_oid(struct strbuf *out, const char *dotted)
{
	size_t mark = der_begin(out, DER_OID);
	uint64_t root = next_arc(&dotted);

	put_arc(out, root * 40 + next_arc(&dotted));
	while (*dotted)
		put_arc(out, next_arc(&dotted));
	der_end(out, mark);
}

void der_put_time(struct strbuf *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm = {0};
	char text[32];

	(void)gmtime_r(&when,
		       &tm); /* fails for years of ten digits only: the epoch is then as good */
	bool utc = tm.tm_year >= 50 && tm.tm_year < 150;
	size_t n = strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	struct bytes body = {(const uint8_t *)text, n};

	if (utc) { /* without the century */
		body.p += 2;
		body.n -= 2;
	}
	der_put(out, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, body);
}
