/* The summary, -brief, verify lines and the events of --json, by the fake backend and recorded
 * ClientHellos. The lines of whole sessions are compared with OpenSSL's in tests/golden. */
#include "tests/support/fake_client.h"
#include "tests/support/file.h"
#include "tests/support/text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

TestSuite(report, .timeout = 60);

/* One client with a recorded ClientHello from its beginning to its end. */
static void serve(struct fake *f, const char *words, const char *hello, const char *script)
{
	int fd;

	fake_start(f, PROC_STDIN_NULL, NULL, words);
	fd = client_connect(f);
	client_tls_hello(fd, hello, script);
	client_close(fd);
	fake_end(f, 0);
}

Test(report, summary_lists_what_the_client_offered)
{
	struct fake f;

	serve(&f, "naccept=1", "s_client-3.0-tls1_2.bin", "version 0303");
	assert_has(fake_out(&f), "-----BEGIN SSL SESSION PARAMETERS-----\n");
	assert_has(fake_out(&f), "-----END SSL SESSION PARAMETERS-----\nShared ciphers:"
				 "ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256\n"
				 "Signature Algorithms: ECDSA+SHA256:");
	assert_has(fake_out(&f), "\nShared Signature Algorithms: ECDSA+SHA256:RSA-PSS+SHA256\n"
				 "Supported Elliptic Curve Point Formats: uncompressed:"
				 "ansiX962_compressed_prime:ansiX962_compressed_char2\n"
				 "Supported groups: x25519:secp256r1:x448:secp521r1:secp384r1");
	assert_has(fake_out(&f), "\nShared groups: x25519:secp256r1\n"
				 "CIPHER is ECDHE-RSA-AES128-GCM-SHA256\n"
				 "Secure Renegotiation IS supported\n");
	fake_release(&f);
}

Test(report, summary_of_tls13_shows_no_point_formats)
{
	struct fake f;

	serve(&f, "naccept=1", "s_client-3.0.bin", "");
	assert_lacks(fake_out(&f), "Point Formats");
	assert_has(fake_out(&f), "CIPHER is TLS_AES_256_GCM_SHA384\n"
				 "This TLS version forbids renegotiation.\n");
	fake_release(&f);
}

Test(report, resumed_sessions_leave_out_what_was_not_looked_at)
{
	struct fake f;

	serve(&f, "naccept=1", "s_client-3.0-tls1_2.bin", "version 0303\nresumed");
	assert_has(fake_out(&f), "-----END SSL SESSION PARAMETERS-----\nShared ciphers:\nCIPHER is "
				 "ECDHE-RSA-AES128-GCM-SHA256\nReused session-id\n");
	fake_release(&f);
}

Test(report, grease_and_unknown_numbers_are_shown_as_numbers)
{
	struct fake f;

	serve(&f, "naccept=1 brief quiet", "chromium.bin", "");
	assert_has(fake_err(&f), "Protocol version: TLSv1.3\nClient cipher list: 0x");
	assert_has(fake_err(&f), "Ciphersuite: TLS_AES_256_GCM_SHA384\nSignature Algorithms: "
				 "0xEAEA:");
	assert_has(fake_err(&f), "\nNo peer certificate or raw public key\nSupported groups: 0x");
	assert_has(fake_err(&f), "\nPeer Temp Key: X25519, 253 bits\n");
	cr_assert_str_eq(fake_out(&f), "");
	fake_release(&f);
}

struct keymat_row {
	const char *words, *lines;
};

Test(report, keying_material_is_exported)
{
	static const struct keymat_row rows[] = {
		{"naccept=1 keymatexport=EXPORTER-x keymatexportlen=4",
		 "Keying material exporter:\n    Label: 'EXPORTER-x'\n    Length: 4 bytes\n"
		 "    Keying material: A5A5A5A5\n"},
		{"naccept=1 keymatexport=refused keymatexportlen=4",
		 "Keying material exporter:\n    Label: 'refused'\n    Length: 4 bytes\n    Error\n"},
	};

	for (size_t i = 0; i < 2; i++) {
		struct fake f;

		serve(&f, rows[i].words, "curl.bin", "");
		assert_has(fake_out(&f), rows[i].lines);
		fake_release(&f);
	}
}

struct verify_row {
	const char *words, *script, *lines;
	bool refused;
};

Test(report, verify_lines_follow_depth_and_quiet)
{
	static const struct verify_row rows[] = {
		{"", "verify 1 0\nverify 0 0",
		 "depth=1 <no cert>\nverify return:1\ndepth=0 <no cert>\nverify return:1\n", false},
		{"verify_quiet", "verify 0 0", "", false},
		{"brief quiet", "verify 0 18",
		 "depth=0 <no cert>\nverify error:num=18:self-signed certificate\n", false},
		{"verify_depth=1", "verify 0 18\nverify 0 0",
		 "depth=0 <no cert>\nverify error:num=18:self-signed certificate\n"
		 "verify return:1\ndepth=0 <no cert>\nverify return:1\n",
		 false},
		{"verify_depth=0", "verify 1 20",
		 "depth=1 <no cert>\nverify error:num=20:unable to get local issuer certificate\n"
		 "ERROR\nverify error:unable to get local issuer certificate\n",
		 true},
		{"verify_return_error", "verify 0 10",
		 "depth=0 <no cert>\nverify error:num=10:certificate has expired\n"
		 "ERROR\nverify error:certificate has expired\n",
		 true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct strbuf words = STRBUF_INIT;
		struct fake f;
		int fd;

		strbuf_addf(&words, "naccept=1 %s", rows[i].words);
		fake_start(&f, PROC_STDIN_NULL, NULL, words.p);
		fd = client_connect(&f);
		client_frame(fd, 'H', rows[i].script);
		client_expect(fd, rows[i].refused ? 'A' : 'h', NULL);
		if (!rows[i].refused)
			client_frame(fd, 'F', "");
		client_close(fd);
		fake_end(&f, 0);
		cr_assert_eq(strncmp(fake_err(&f), rows[i].lines, strlen(rows[i].lines)), 0,
			     "row %zu: %s", i, fake_err(&f));
		if (rows[i].refused)
			assert_has(fake_err(&f), ":error:0A000086:SSL routines::certificate verify "
						 "failed:");
		strbuf_release(&words);
		fake_release(&f);
	}
}

/* ---- --json ---- */

/* The next line that is an event of that name, as an object; the test fails without one. */
static json_t *next_event(char **text, const char *name)
{
	char *line;

	while ((line = test_line(text))) {
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		cr_assert(o, "not JSON: %s", line);
		cr_assert(json_is_real(json_object_get(o, "time")), "%s", line);
		if (strcmp(json_string_value(json_object_get(o, "event")), name) == 0)
			return o;
		json_decref(o);
	}
	cr_assert_fail("no event %s", name);
	return NULL;
}

static const char *string_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_int_t id_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(o, key), "id"));
}

Test(report, json_tells_a_connection_from_start_to_end)
{
	struct fake f;
	json_t *e;
	char *text;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 json servername=x");
	fd = client_connect(&f);
	client_tls_hello(fd, "curl.bin", "sni bob\nalpn h2\npsk me\nverify 0 18");
	client_frame(fd, 'D', "hello\n");
	client_close(fd);
	fake_end(&f, 0);
	text = f.proc.out_text.p;
	e = next_event(&text, "start");
	cr_assert_str_eq(string_of(e, "library"), "FakeTLS");
	cr_assert_eq(json_integer_value(json_object_get(e, "port")), f.port);
	json_decref(e);
	e = next_event(&text, "accept");
	cr_assert_eq(strncmp(string_of(e, "peer"), "127.0.0.1:", 10), 0);
	cr_assert_eq(json_integer_value(json_object_get(e, "connection")), 1);
	json_decref(e);
	e = next_event(&text, "hello");
	cr_assert_eq(strlen(string_of(e, "ja3_hash")), 32);
	cr_assert_eq(strncmp(string_of(e, "ja4"), "t13", 3), 0);
	json_decref(e);
	e = next_event(&text, "sni");
	cr_assert_str_eq(string_of(e, "name"), "bob");
	json_decref(e);
	e = next_event(&text, "alpn");
	cr_assert_str_eq(string_of(e, "selected"), "h2");
	json_decref(e);
	e = next_event(&text, "psk");
	cr_assert(json_is_true(json_object_get(e, "match")));
	json_decref(e);
	e = next_event(&text, "verify");
	cr_assert_eq(json_integer_value(json_object_get(json_object_get(e, "result"), "code")), 18);
	json_decref(e);
	e = next_event(&text, "handshake");
	cr_assert_eq(id_of(e, "version"), 0x0304);
	cr_assert_eq(id_of(e, "cipher_suite"), 0x1302);
	cr_assert_str_eq(string_of(e, "server_name"), "bob");
	json_decref(e);
	e = next_event(&text, "data");
	cr_assert_str_eq(string_of(e, "data"), "aGVsbG8K");
	json_decref(e);
	e = next_event(&text, "alert");
	cr_assert_str_eq(string_of(e, "name"), "close_notify");
	json_decref(e);
	e = next_event(&text, "closed");
	cr_assert(json_is_false(json_object_get(e, "failed")));
	json_decref(e);
	e = next_event(&text, "stats");
	cr_assert_eq(json_integer_value(json_object_get(e, "accepts_finished")), 1);
	json_decref(e);
	json_decref(next_event(&text, "end"));
	cr_assert_str_eq(fake_err(&f), "");
	fake_release(&f);
}

Test(report, json_tells_failures_and_their_cause)
{
	struct fake f;
	json_t *e;
	char *text;
	int fd;

	fake_start(&f, PROC_STDIN_NULL, NULL, "naccept=1 json");
	fd = client_connect(&f);
	client_frame(fd, 'H', "fail 120 \xff nothing");
	client_expect(fd, 'A', NULL);
	client_close(fd);
	fake_end(&f, 0);
	text = f.proc.out_text.p;
	e = next_event(&text, "failure");
	cr_assert(json_is_true(json_object_get(e, "in_handshake")));
	cr_assert_eq(
		json_integer_value(json_object_get(json_object_get(e, "alert"), "description")),
		120);
	cr_assert_str_eq(string_of(e, "text"), "120 \\xff nothing");
	json_decref(e);
	e = next_event(&text, "closed");
	cr_assert(json_is_true(json_object_get(e, "failed")));
	json_decref(e);
	fake_release(&f);
}

Test(report, json_holds_no_secrets_unless_asked)
{
	static const char *const words[] = {"naccept=1 json", "naccept=1 json show_secrets"};

	for (int shown = 0; shown < 2; shown++) {
		struct fake f;

		serve(&f, words[shown], "curl.bin", "");
		cr_assert_eq(strstr(fake_out(&f), "feedfeed") != NULL, shown);
		cr_assert_eq(strstr(fake_out(&f), "\"session\"") != NULL, shown);
		fake_release(&f);
	}
}

Test(report, json_keeps_stdout_for_itself)
{
	struct fake f;
	char *text;
	int fd;

	fake_start(&f, PROC_STDIN_PIPE, NULL, "naccept=1 json debug msg state tlsextdebug");
	fd = client_connect(&f);
	client_tls_hello(fd, "curl.bin", "");
	proc_write(&f.proc, "K\n");
	client_expect(fd, 'K', NULL);
	client_close(fd);
	fake_end(&f, 0);
	text = f.proc.out_text.p;
	json_decref(next_event(&text, "command"));
	json_decref(next_event(&text, "end"));
	assert_has(fake_err(&f), "read from 0x");
	fake_release(&f);
}

/* Every event is described, and nothing that is described is missing. */
Test(report, every_event_is_documented)
{
	static const char *const names[] = {"start",   "accept",    "hello",   "sni",   "alpn",
					    "psk",     "verify",    "data",    "alert", "failure",
					    "timeout", "handshake", "command", "file",  "closed",
					    "stats",   "end",       "chain"};
	struct strbuf page = STRBUF_INIT, code = STRBUF_INIT;

	cr_assert_eq(shell(&page, "cat %s/docs/json.md", TEST_SOURCE_DIR), 0);
	cr_assert_eq(shell(&code, "grep -hoE 'event\\((c, )?\"[a-z]+\"' %s/core/report_json.c",
			   TEST_SOURCE_DIR),
		     0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char title[32], example[32];

		(void)snprintf(title, sizeof(title), "\n## %s\n", names[i]);
		(void)snprintf(example, sizeof(example), "    {\"event\":\"%s\"", names[i]);
		assert_has(page.p, title);
		assert_has(page.p, example);
		(void)snprintf(example, sizeof(example), "\"%s\"", names[i]);
		assert_has(code.p, example);
	}
	for (const char *p = code.p; (p = strchr(p, '"')); p = strchr(p + 1, '"') + 1) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			known |= strncmp(p + 1, names[i], strlen(names[i])) == 0;
		cr_assert(known, "%.20s", p);
	}
	strbuf_release(&page);
	strbuf_release(&code);
}
