#include "core/x509_oid.h"

#include "core/der.h"

#include <string.h>

static const struct x509_oid oids[] = {
#define OID(dotted, short_name, long_name) {dotted, short_name, long_name},
#include "core/x509_oids.def"
#undef OID
};

const struct x509_oid *x509_oid_find(struct bytes oid)
{
	struct strbuf text = STRBUF_INIT;
	const struct x509_oid *found = NULL;

	if (der_oid_text(&text, oid))
		for (size_t i = 0; i < sizeof(oids) / sizeof(*oids) && !found; i++)
			if (strcmp(oids[i].dotted, text.p) == 0)
				found = &oids[i];
	strbuf_release(&text);
	return found;
}

void x509_oid_print(struct strbuf *out, struct bytes oid)
{
	const struct x509_oid *known = x509_oid_find(oid);

	if (known)
		strbuf_adds(out, known->long_name);
	else if (!der_oid_text(out, oid))
		strbuf_adds(out, "<INVALID>");
}

bool x509_oid_is(struct bytes oid, const char *dotted)
{
	struct strbuf text = STRBUF_INIT;
	bool same = der_oid_text(&text, oid) && strcmp(text.p, dotted) == 0;

	strbuf_release(&text);
	return same;
}
