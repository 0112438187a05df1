/* What a client sends first: read in pieces as in one, then parsed and shown in every form. */
#include "core/ja.h"
#include "core/wire.h"
#include "core/wire_text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void show(const struct client_hello *hello)
{
	struct strbuf text = STRBUF_INIT;
	json_t *json = wire_json_hello(hello);

	check(json != NULL);
	json_decref(json);
	wire_text_extensions(&text, hello);
	wire_text_offer(&text, hello);
	wire_text_message(&text, TLS_IN, hello->legacy_version, WIRE_TYPE_HANDSHAKE,
			  hello->message);
	strbuf_reset(&text);
	ja3_hash(&text, hello);
	check(text.n == 32);
	strbuf_reset(&text);
	ja4(&text, hello, false);
	check(text.n == 36);
	(void)client_hello_max_version(hello);
	strbuf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wire_hello_reader whole = {0}, pieces = {0};
	struct client_hello hello;

	(void)wire_hello_feed(&whole, (struct bytes){data, n});
	/* Pieces of 1, 2, 4 ... bytes: few, and every kind of boundary is met. */
	for (size_t have = 0, step = 1; have < n; step *= 2) {
		have = step < n - have ? have + step : n;
		(void)wire_hello_feed(&pieces, (struct bytes){data, have});
	}
	check(n == 0 || whole.result == pieces.result);
	if (whole.result == WIRE_HELLO_READY) {
		struct bytes a = wire_hello_message(&whole), b = wire_hello_message(&pieces);

		check(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
		if (client_hello_parse(&hello, a)) {
			show(&hello);
			client_hello_release(&hello);
		}
	}
	wire_hello_release(&whole);
	wire_hello_release(&pieces);
	return 0;
}
