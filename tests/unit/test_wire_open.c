/* Records opened with an AEAD that seals by counting: the test sees what it is asked. */
#include "core/wire_open.h"

#include "core/wire.h"
#include "tests/support/hex.h"

#include <criterion/criterion.h>
#include <string.h>

static struct {
	uint8_t key[32], nonce[12], aad[13];
	size_t key_n, aad_n, tag_n;
	unsigned calls;
	bool refuse;
} asked;

static bool fake_aead(const struct tls_sealed *in, uint8_t *out)
{
	asked.calls++;
	cr_assert_leq(in->key.n, sizeof(asked.key));
	cr_assert_eq(in->nonce.n, sizeof(asked.nonce));
	cr_assert_leq(in->aad.n, sizeof(asked.aad));
	memcpy(asked.key, in->key.p, in->key.n);
	memcpy(asked.nonce, in->nonce.p, in->nonce.n);
	memcpy(asked.aad, in->aad.p, in->aad.n);
	asked.key_n = in->key.n;
	asked.aad_n = in->aad.n;
	asked.tag_n = in->tag_n;
	memcpy(out, in->sealed.p, in->sealed.n - in->tag_n);
	return !asked.refuse;
}

static void expect_hex(struct bytes got, const char *hex, const char *what)
{
	struct strbuf want = STRBUF_INIT;

	test_hex(&want, hex);
	expect_bytes(got, strbuf_bytes(&want), what);
	strbuf_release(&want);
}

static void secret(struct wire_open *o, const char *label, const char *hex)
{
	struct strbuf sb = STRBUF_INIT;

	test_hex(&sb, hex);
	wire_open_secret(o, label, strbuf_bytes(&sb));
	strbuf_release(&sb);
}

static void message(struct wire_open *o, enum tls_dir dir, const char *hex)
{
	struct strbuf sb = STRBUF_INIT;

	test_hex(&sb, hex);
	wire_open_message(o, dir, strbuf_bytes(&sb));
	strbuf_release(&sb);
}

#define ONES   "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS   "2222222222222222222222222222222222222222222222222222222222222222"
#define TAG    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SECRET "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38" /* RFC 8448 3 */

/* The record, header first, opens to that text; NULL: it does not. */
static void record(struct wire_open *o, enum tls_dir dir, const char *hex, const char *want,
		   unsigned want_inner)
{
	struct strbuf sb = STRBUF_INIT, plain = STRBUF_INIT;
	struct bytes all, header, payload;
	unsigned inner = 0;
	bool opened;

	test_hex(&sb, hex);
	all = strbuf_bytes(&sb);
	header = (struct bytes){all.p, 5};
	payload = (struct bytes){all.p + 5, all.n - 5};
	opened = wire_open_record(o, dir, header, payload, &plain, &inner);
	cr_expect_eq(opened, want != NULL, "%s", hex);
	if (opened && want) {
		expect_hex(strbuf_bytes(&plain), want, hex);
		cr_expect_eq(inner, want_inner);
	}
	strbuf_release(&sb);
	strbuf_release(&plain);
}

static void start13(struct wire_open *o)
{
	memset(&asked, 0, sizeof(asked));
	wire_open_init(o, fake_aead);
	message(o, TLS_IN, "01 000022 0303" ONES);
	message(o, TLS_OUT, "02 00002e 0303" TWOS "00 1301 00 0006 002b 0002 0304");
}

Test(wire_open, tls13_server_handshake_keys)
{
	struct wire_open o;

	start13(&o);
	cr_expect(!wire_open_reads(&o, TLS_OUT));
	record(&o, TLS_OUT, "17 0303 0014 08000000 16" TAG, NULL, 0); /* no secret yet */
	secret(&o, "SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET);
	cr_expect(wire_open_reads(&o, TLS_OUT));
	record(&o, TLS_OUT, "17 0303 0015 08000000 16 0000" TAG, "08000000", 22);
	expect_hex((struct bytes){asked.key, asked.key_n}, "3fce516009c21727d0f2e4e86ee403bc",
		   "key");
	expect_hex((struct bytes){asked.nonce, 12}, "5d313eb2671276ee13000b30", "nonce");
	expect_hex((struct bytes){asked.aad, asked.aad_n}, "1703030015", "aad");
	record(&o, TLS_OUT, "17 0303 0015 08000000 16" TAG, "08000000", 22);
	expect_hex((struct bytes){asked.nonce, 12}, "5d313eb2671276ee13000b31", "next nonce");
	asked.refuse = true;
	record(&o, TLS_OUT, "17 0303 0015 08000000 16" TAG, NULL, 0);
	asked.refuse = false;
	record(&o, TLS_OUT, "17 0303 0015 08000000 16" TAG, "08000000", 22);
	expect_hex((struct bytes){asked.nonce, 12}, "5d313eb2671276ee13000b32",
		   "a record that is not genuine does not count");
	record(&o, TLS_OUT, "17 0303 0010" TAG, NULL, 0);
	record(&o, TLS_OUT, "17 0303 0012 0000" TAG, NULL, 0); /* padding alone */
	record(&o, TLS_OUT, "16 0303 0015 08000000 16" TAG, NULL, 0);
	wire_open_release(&o);
}

Test(wire_open, tls13_goes_on_to_application_keys_and_updates)
{
	struct wire_open o;
	uint8_t key[16];

	start13(&o);
	secret(&o, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", TWOS);
	secret(&o, "CLIENT_TRAFFIC_SECRET_0", SECRET);
	record(&o, TLS_IN, "17 0303 0015 14000000 16" TAG, "14000000", 22);
	memcpy(key, asked.key, sizeof(key));
	message(&o, TLS_IN, "14 000000");
	record(&o, TLS_IN, "17 0303 0013 6869 17" TAG, "6869", 23);
	cr_expect(memcmp(key, asked.key, sizeof(key)) != 0);
	expect_hex((struct bytes){asked.key, 16}, "3fce516009c21727d0f2e4e86ee403bc", "key");
	/* After a certificate asked for later. */
	message(&o, TLS_IN, "14 000000");
	record(&o, TLS_IN, "17 0303 0013 6869 17" TAG, "6869", 23);
	expect_hex((struct bytes){asked.nonce, 12}, "5d313eb2671276ee13000b31", "goes on");
	message(&o, TLS_IN, "18 000001 00");
	record(&o, TLS_IN, "17 0303 0013 6869 17" TAG, "6869", 23);
	expect_hex((struct bytes){asked.key, 16}, "69497cc3728d2b7df5ee0350054d6f6a", "updated");
	expect_hex((struct bytes){asked.nonce, 12}, "d2c180498c31595f913aacd9", "counts anew");
	wire_open_release(&o);
}

Test(wire_open, early_data_has_its_own_key)
{
	struct wire_open o;

	start13(&o);
	secret(&o, "CLIENT_EARLY_TRAFFIC_SECRET", SECRET);
	secret(&o, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", TWOS);
	record(&o, TLS_IN, "17 0303 0013 6869 17" TAG, "6869", 23);
	expect_hex((struct bytes){asked.key, 16}, "3fce516009c21727d0f2e4e86ee403bc", "key");
	message(&o, TLS_IN, "05 000000");
	asked.calls = 0;
	record(&o, TLS_IN, "17 0303 0015 14000000 16" TAG, "14000000", 22);
	cr_expect_eq(asked.calls, 1);
	cr_expect(memcmp(asked.key, "\x3f\xce", 2) != 0);
	wire_open_release(&o);
}

/* The key block is that of test_kdf.c. */
Test(wire_open, tls12)
{
	struct wire_open o;

	memset(&asked, 0, sizeof(asked));
	wire_open_init(&o, fake_aead);
	message(&o, TLS_IN, "01 000022 0303" ONES);
	message(&o, TLS_OUT, "02 000026 0303" TWOS "00 c02f 00");
	secret(&o, "CLIENT_RANDOM",
	       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	       "202122232425262728292a2b2c2d2e2f");
	record(&o, TLS_OUT, "16 0303 0028 0000000000000000 14000000" TAG, NULL, 0);
	wire_open_ccs(&o, TLS_OUT);
	record(&o, TLS_OUT, "16 0303 001c 0102030405060708 14000000" TAG, "14000000", 22);
	expect_hex((struct bytes){asked.key, asked.key_n}, "6d887a941701fd4f91ee363690169efa",
		   "key");
	expect_hex((struct bytes){asked.nonce, 12}, "a7e99fa9 0102030405060708", "nonce");
	expect_hex((struct bytes){asked.aad, asked.aad_n}, "0000000000000000 16 0303 0004", "aad");
	record(&o, TLS_OUT, "17 0303 001a 0102030405060709 6869" TAG, "6869", 23);
	expect_hex((struct bytes){asked.aad, asked.aad_n}, "0000000000000001 17 0303 0002", "aad");
	record(&o, TLS_OUT, "17 0303 0018 0102030405060709" TAG, NULL, 0);
	record(&o, TLS_OUT, "17 0303 0003 010203", NULL, 0);
	wire_open_release(&o);
}

Test(wire_open, what_it_does_not_know_stays_closed)
{
	static const char *const suites[] = {"c014", "0a0a", "c060"}; /* CBC, none, ARIA */

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct strbuf hello = STRBUF_INIT;
		struct wire_open o;

		memset(&asked, 0, sizeof(asked));
		wire_open_init(&o, fake_aead);
		strbuf_addf(&hello, "02 000026 0303" TWOS "00 %s 00", suites[i]);
		message(&o, TLS_OUT, hello.p);
		secret(&o, "CLIENT_RANDOM", ONES);
		secret(&o, "SOMETHING_ELSE", ONES);
		wire_open_ccs(&o, TLS_IN);
		record(&o, TLS_IN, "17 0303 001c 0102030405060708 14000000" TAG, NULL, 0);
		cr_expect_eq(asked.calls, 0);
		wire_open_release(&o);
		strbuf_release(&hello);
	}
}

Test(wire_open, nothing_opens_without_an_aead)
{
	struct wire_open o;

	start13(&o);
	o.aead_open = NULL;
	secret(&o, "SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET);
	record(&o, TLS_OUT, "17 0303 0015 08000000 16" TAG, NULL, 0);
	cr_expect(!wire_open_reads(&o, TLS_OUT));
	wire_open_release(&o);
}
