#include "core/x509_sct.h"

#include <time.h>

enum { LOG_ID_SIZE = 32, TIMESTAMP_SIZE = 8, HEX_COLUMNS = 16, HASH_SHA256 = 4 };

static bool take(struct bytes *in, size_t n, struct bytes *out)
{
	if (in->n < n)
		return false;
	*out = (struct bytes){in->p, n};
	in->p += n;
	in->n -= n;
	return true;
}

/* A vector with two length bytes. */
static bool take_vector(struct bytes *in, struct bytes *out)
{
	struct bytes length;

	return take(in, 2, &length) && take(in, (size_t)length.p[0] << 8 | length.p[1], out);
}

/* BIO_hex_string: the first line goes on where the text is. */
static void add_hex(struct strbuf *out, struct bytes b, unsigned indent)
{
	for (size_t i = 0; i < b.n; i++) {
		if (i && i % HEX_COLUMNS == 0)
			strbuf_addf(out, "\n%*s", (int)indent, "");
		strbuf_addf(out, "%02X%s", b.p[i], i + 1 < b.n ? ":" : "");
	}
}

static void add_timestamp(struct strbuf *out, struct bytes timestamp)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	uint64_t ms = 0;
	struct tm tm;

	for (size_t i = 0; i < timestamp.n; i++)
		ms = ms << 8 | timestamp.p[i];
	time_t when = (time_t)(ms / 1000);

	if (!gmtime_r(&when, &tm) || tm.tm_year > 9999 - 1900)
		return; /* OpenSSL prints nothing for what no GeneralizedTime can hold */
	strbuf_addf(out, "%s %2d %02d:%02d:%02d.%03u %d GMT", months[tm.tm_mon], tm.tm_mday,
		    tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000), tm.tm_year + 1900);
}

/* The two algorithms that RFC 6962 2.1.4 allows; NULL for others. */
static const char *algorithm_name(struct bytes algorithm)
{
	if (algorithm.p[0] != HASH_SHA256)
		return NULL;
	return algorithm.p[1] == 3   ? "ecdsa-with-SHA256"
	       : algorithm.p[1] == 1 ? "sha256WithRSAEncryption"
				     : NULL;
}

static bool print_v1(struct strbuf *out, struct bytes sct, unsigned indent)
{
	struct bytes log, timestamp, extensions, algorithm, signature;
	int column = (int)indent + 4;
	unsigned hex = indent + 16;

	if (!take(&sct, LOG_ID_SIZE, &log) || !take(&sct, TIMESTAMP_SIZE, &timestamp) ||
	    !take_vector(&sct, &extensions) || !take(&sct, 2, &algorithm) ||
	    !algorithm_name(algorithm) || !take_vector(&sct, &signature))
		return false;
	strbuf_addf(out, "v1 (0x0)\n%*sLog ID    : ", column, "");
	add_hex(out, log, hex);
	strbuf_addf(out, "\n%*sTimestamp : ", column, "");
	add_timestamp(out, timestamp);
	strbuf_addf(out, "\n%*sExtensions: ", column, "");
	if (extensions.n)
		add_hex(out, extensions, hex);
	else
		strbuf_adds(out, "none");
	strbuf_addf(out, "\n%*sSignature : %s\n%*s            ", column, "",
		    algorithm_name(algorithm), column, "");
	add_hex(out, signature, hex);
	return true;
}

bool x509_sct_list_print(struct strbuf *out, struct bytes list, unsigned indent)
{
	struct bytes rest, sct, version;

	if (!take_vector(&list, &rest) || list.n)
		return false;
	for (bool first = true; rest.n; first = false) {
		struct bytes whole;

		if (!take_vector(&rest, &sct))
			return false;
		whole = sct;
		if (!take(&sct, 1, &version))
			return false;
		strbuf_addf(out, "%s%*sSigned Certificate Timestamp:\n%*sVersion   : ",
			    first ? "" : "\n", (int)indent, "", (int)indent + 4, "");
		if (version.p[0] == 0) {
			if (!print_v1(out, sct, indent))
				return false;
		} else {
			strbuf_addf(out, "unknown\n%*s", (int)indent + 16, "");
			add_hex(out, whole, indent + 16);
		}
	}
	return true;
}
