/* DER that a client or a file brings: certificates, names, keys, times. */
#include "core/x509.h"
#include "core/x509_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned long forms[] = {X509_NAME_DEFAULT, X509_NAME_COMPAT,
					      X509_NAME_RFC2253, X509_NAME_ONELINE,
					      X509_NAME_MULTILINE};
	struct bytes der = {data, n};
	struct strbuf text = STRBUF_INIT;
	struct x509 cert;
	struct bytes name = der;

	if (x509_parse(der, &cert))
		name = cert.subject;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		(void)x509_name_print(&text, name, forms[i]); /* malformed is an answer, too */
	x509_text(&text, der);
	x509_key_text(&text, der, 4);
	(void)x509_time_print(&text, der);
	strbuf_release(&text);
	return 0;
}
