#include "core/der.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(...) \
	((struct bytes){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

Test(der, elements_are_read_one_after_the_other)
{
	struct der_reader r = der_read(BYTES(0x02, 0x01, 0x05, 0x04, 0x02, 0xaa, 0xbb, 0x05, 0x00));
	struct der_item item;
	int64_t value;

	cr_expect(der_peek(&r, DER_INTEGER));
	cr_expect(der_get_int(&r, DER_INTEGER, &value));
	cr_expect_eq(value, 5);
	cr_expect(der_next(&r, &item));
	cr_expect_eq(item.tag, DER_OCTET_STRING);
	cr_expect_eq(item.body.n, 2);
	cr_expect_eq(item.whole.n, 4);
	cr_expect_not(der_at_end(&r));
	cr_expect(der_next(&r, &item));
	cr_expect(der_at_end(&r));
	cr_expect_not(der_next(&r, &item));
	cr_expect_not(r.bad, "the end is no error");
}

Test(der, malformed_elements_are_refused_for_good)
{
	static const struct {
		const char *what;
		uint8_t der[12];
		size_t n;
	} rows[] = {
		{"no length", {0x30}, 1},
		{"indefinite length", {0x30, 0x80, 0x00, 0x00}, 4},
		{"length octets missing", {0x30, 0x82, 0x01}, 3},
		{"contents missing", {0x04, 0x05, 0x01}, 3},
		{"length beyond size_t", {0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12},
		{"length near SIZE_MAX",
		 {0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		 10},
		{"high tag number", {0x1f, 0x81, 0x00, 0x00}, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct der_reader r = der_read((struct bytes){rows[i].der, rows[i].n});
		struct der_item item;

		cr_expect_not(der_next(&r, &item), "%s", rows[i].what);
		cr_expect(r.bad, "%s", rows[i].what);
		cr_expect_not(der_next(&r, &item), "%s: stays bad", rows[i].what);
		cr_expect_not(der_at_end(&r), "%s", rows[i].what);
	}
}

Test(der, another_tag_is_an_error)
{
	struct der_reader r = der_read(BYTES(0x02, 0x01, 0x05)), inner;
	struct bytes body;

	cr_expect_not(der_get(&r, DER_OCTET_STRING, &body));
	cr_expect(r.bad);
	r = der_read(BYTES(0x02, 0x01, 0x05));
	cr_expect_not(der_enter(&r, DER_SEQUENCE, &inner));
	cr_expect(inner.bad);
	cr_expect_not(der_peek(&inner, 0x05));
}

Test(der, integers)
{
	static const int64_t values[] = {0,    1,    127,   128,    255,       256,       -1,
					 -128, -129, 65535, -65536, INT64_MAX, INT64_MIN, 0x0303};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct strbuf sb = STRBUF_INIT;
		int64_t back = 42;

		der_put_int(&sb, values[i]);
		struct der_reader r = der_read(strbuf_bytes(&sb));

		cr_expect(der_get_int(&r, DER_INTEGER, &back));
		cr_expect_eq(back, values[i]);
		cr_expect(der_at_end(&r));
		strbuf_release(&sb);
	}
	struct der_reader r = der_read(BYTES(0x02, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 9));
	int64_t value;

	cr_expect_not(der_get_int(&r, DER_INTEGER, &value), "nine bytes");
	r = der_read(BYTES(0x02, 0x00));
	cr_expect_not(der_get_int(&r, DER_INTEGER, &value), "no bytes");
}

Test(der, unsigned_numbers_are_minimal_and_positive)
{
	struct strbuf sb = STRBUF_INIT;

	der_put_unsigned(&sb, BYTES(0x00, 0x00, 0x80, 0x01));
	der_put_unsigned(&sb, BYTES(0x00));
	der_put_unsigned(&sb, BYTES(0x7f));
	const uint8_t expected[] = {2, 3, 0, 0x80, 1, 2, 1, 0, 2, 1, 0x7f};

	cr_expect_eq(sb.n, sizeof(expected));
	cr_expect_arr_eq(sb.p, expected, sizeof(expected));
	strbuf_release(&sb);
}

Test(der, bit_strings)
{
	struct der_reader r = der_read(BYTES(0x03, 0x02, 0x05, 0xa0));
	struct bytes bits;
	unsigned unused;

	cr_expect(der_get_bits(&r, &bits, &unused));
	cr_expect_eq(unused, 5);
	cr_expect_eq(bits.n, 1);
	r = der_read(BYTES(0x03, 0x02, 0x08, 0xa0));
	cr_expect_not(der_get_bits(&r, &bits, &unused), "eight unused bits");
	r = der_read(BYTES(0x03, 0x01, 0x01));
	cr_expect_not(der_get_bits(&r, &bits, &unused), "unused bits of nothing");
	r = der_read(BYTES(0x03, 0x00));
	cr_expect_not(der_get_bits(&r, &bits, &unused), "no count");
	cr_expect(r.bad);
}

Test(der, nested_elements_get_the_length_octets_that_they_need)
{
	static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct strbuf sb = STRBUF_INIT;
		uint8_t *data = xcalloc(sizes[i], 1);
		size_t outer = der_begin(&sb, DER_SEQUENCE);

		der_put(&sb, DER_OCTET_STRING, (struct bytes){data, sizes[i]});
		der_put_int(&sb, 7);
		der_end(&sb, outer);
		cr_expect_eq(sb.p[sb.n], '\0');
		struct der_reader r = der_read(strbuf_bytes(&sb)), inner;
		struct bytes body;
		int64_t seven = 0;

		cr_expect(der_enter(&r, DER_SEQUENCE, &inner));
		cr_expect(der_at_end(&r));
		cr_expect(der_get(&inner, DER_OCTET_STRING, &body));
		cr_expect_eq(body.n, sizes[i]);
		cr_expect(der_get_int(&inner, DER_INTEGER, &seven));
		cr_expect_eq(seven, 7);
		cr_expect(der_at_end(&inner));
		free(data);
		strbuf_release(&sb);
	}
}

Test(der, object_identifiers)
{
	static const char *const texts[] = {
		"0.9.2342.19200300.100.1.25",
		"1.2.840.113549.1.1.11",
		"1.39",
		"2.5.4.3",
		"2.40.1",
		"2.999.3",
		"2.25.18446744073709551615",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct strbuf der = STRBUF_INIT, back = STRBUF_INIT;

		der_put_oid(&der, texts[i]);
		struct der_reader r = der_read(strbuf_bytes(&der));
		struct bytes oid;

		cr_expect(der_get(&r, DER_OID, &oid));
		cr_expect(der_oid_text(&back, oid));
		cr_expect_str_eq(back.p, texts[i]);
		strbuf_release(&der);
		strbuf_release(&back);
	}
}

Test(der, an_oid_of_a_uuid_is_one_large_arc)
{
	struct strbuf text = STRBUF_INIT;

	/* 2.25 and 2^128-1 */
	cr_expect(der_oid_text(&text,
			       BYTES(0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)));
	cr_expect_str_eq(text.p, "2.25.340282366920938463463374607431768211455");
	strbuf_release(&text);
}

Test(der, malformed_oids_add_nothing)
{
	uint8_t endless[300];
	struct strbuf text = STRBUF_INIT;

	memset(endless, 0xff, sizeof(endless));
	strbuf_adds(&text, "x");
	cr_expect_not(der_oid_text(&text, (struct bytes){NULL, 0}));
	cr_expect_not(der_oid_text(&text, BYTES(0x55, 0x84)), "cut");
	cr_expect_not(der_oid_text(&text, BYTES(0x55, 0x80, 0x01)), "leading zeros");
	cr_expect_not(der_oid_text(&text, (struct bytes){endless, sizeof(endless)}), "too long");
	cr_expect_str_eq(text.p, "x");
	strbuf_release(&text);
}

static bool time_of(uint8_t tag, const char *text, int64_t *seconds)
{
	struct strbuf der = STRBUF_INIT;

	der_put(&der, tag, (struct bytes){(const uint8_t *)text, strlen(text)});
	bool ok = der_time(strbuf_bytes(&der), seconds);

	strbuf_release(&der);
	return ok;
}

Test(der, times)
{
	static const struct {
		uint8_t tag;
		const char *text;
		int64_t seconds;
	} rows[] = {
		{DER_UTC_TIME, "700101000000Z", 0},
		{DER_UTC_TIME, "491231235959Z", 2524607999},
		{DER_UTC_TIME, "500101000000Z", -631152000},
		{DER_UTC_TIME, "2402291200Z", 1709208000},
		{DER_UTC_TIME, "240229120000+0100", 1709204400},
		{DER_UTC_TIME, "240229120000-0130", 1709213400},
		{DER_GENERALIZED_TIME, "99991231235959Z", 253402300799},
		{DER_GENERALIZED_TIME, "20500101000000Z", 2524608000},
		{DER_GENERALIZED_TIME, "20500101000000.25Z", 2524608000},
		{DER_GENERALIZED_TIME, "19000101000000Z", -2208988800},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t seconds = 0;

		cr_expect(time_of(rows[i].tag, rows[i].text, &seconds), "%s", rows[i].text);
		cr_expect_eq(seconds, rows[i].seconds, "%s: %lld", rows[i].text,
			     (long long)seconds);
	}
}

Test(der, bad_times_are_refused)
{
	static const char *const rows[] = {
		"",
		"Z",
		"240230120000Z",
		"241301000000Z",
		"240001000000Z",
		"240101240000Z",
		"240101006000Z",
		"240101000060Z",
		"240101000000",
		"240101000000X",
		"2401010000",
		"240101000000Z0",
		"24010100000aZ",
		"240101000000+1",
		"240101000000+1300",
		"240101000000.5Z",
	};
	int64_t seconds;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_not(time_of(DER_UTC_TIME, rows[i], &seconds), "%s", rows[i]);
	cr_expect_not(time_of(DER_GENERALIZED_TIME, "20240101000000.Z", &seconds));
	cr_expect_not(time_of(DER_GENERALIZED_TIME, "240101000000Z", &seconds));
	cr_expect_not(time_of(DER_OCTET_STRING, "240101000000Z", &seconds));
}

Test(der, times_are_written_as_certificates_need_them)
{
	static const struct {
		int64_t seconds;
		const char *text;
		uint8_t tag;
	} rows[] = {
		{0, "700101000000Z", DER_UTC_TIME},
		{2524607999, "491231235959Z", DER_UTC_TIME},
		{2524608000, "20500101000000Z", DER_GENERALIZED_TIME},
		{-631152001, "19491231235959Z", DER_GENERALIZED_TIME},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf sb = STRBUF_INIT;

		der_put_time(&sb, rows[i].seconds);
		cr_expect_eq((uint8_t)sb.p[0], rows[i].tag);
		cr_expect_str_eq(sb.p + 2, rows[i].text);
		strbuf_release(&sb);
	}
}
