#include "core/ocsp.h"

#include "core/der.h"
#include "core/take.h"
#include "core/x509.h"

#include <sha1.h>
#include <string.h>

enum { STATUS_TYPE_OCSP = 1 };

static const char sha1_oid[] = "1.3.14.3.2.26";

/* ---- the request ---- */

static void put_digest(struct strbuf *out, struct bytes data)
{
	uint8_t digest[SHA1_DIGEST_LENGTH];
	SHA1_CTX sha;

	SHA1Init(&sha);
	SHA1Update(&sha, data.p, data.n);
	SHA1Final(digest, &sha);
	der_put(out, DER_OCTET_STRING, (struct bytes){digest, sizeof(digest)});
}

/* RFC 6960 4.1.1 */
static void put_cert_id(struct strbuf *out, const struct x509 *cert, struct bytes issuer_key)
{
	size_t id = der_begin(out, DER_SEQUENCE);
	size_t algorithm = der_begin(out, DER_SEQUENCE);

	der_put_oid(out, sha1_oid);
	der_put(out, DER_NULL, (struct bytes){NULL, 0});
	der_end(out, algorithm);
	put_digest(out, cert->issuer);
	put_digest(out, issuer_key);
	der_put(out, DER_INTEGER, cert->serial);
	der_end(out, id);
}

bool ocsp_request(struct strbuf *out, struct bytes cert, struct bytes issuer,
		  struct bytes extensions)
{
	struct x509_key key;
	struct x509 own, ca;
	size_t marks[4];

	if (!x509_parse(cert, &own) || !x509_parse(issuer, &ca) || !x509_key_parse(ca.spki, &key))
		return false;
	for (size_t i = 0; i < 4; i++) /* OCSPRequest, TBSRequest, requestList, Request */
		marks[i] = der_begin(out, DER_SEQUENCE);
	put_cert_id(out, &own, key.key);
	der_end(out, marks[3]);
	der_end(out, marks[2]);
	if (extensions.n) {
		size_t outer = der_begin(out, DER_CONTEXT_CONSTRUCTED(2));

		strbuf_add(out, extensions.p, extensions.n);
		der_end(out, outer);
	}
	der_end(out, marks[1]);
	der_end(out, marks[0]);
	return true;
}

static bool are_extensions(struct bytes der)
{
	struct der_reader r = der_read(der);
	struct x509_extension ext;
	struct bytes rest;

	if (!der_get(&r, DER_SEQUENCE, &rest) || !der_at_end(&r))
		return false;
	while (x509_next_extension(&rest, &ext))
		;
	return rest.n == 0;
}

bool ocsp_status_request(struct bytes data, struct bytes *extensions)
{
	struct bytes ids;
	size_t type;

	*extensions = (struct bytes){NULL, 0};
	return take_number(&data, 1, &type) && type == STATUS_TYPE_OCSP &&
	       take_vector(&data, 2, 0, &ids) && whole_vector(data, 2, 0, extensions) &&
	       (!extensions->n || are_extensions(*extensions));
}

bool ocsp_responder(struct bytes cert, struct bytes *uri)
{
	struct der_reader list, description;
	struct x509_extension ext;
	struct der_item location;
	struct bytes method;
	struct x509 x;

	if (!x509_parse(cert, &x) || !x509_find_extension(&x, "1.3.6.1.5.5.7.1.1", &ext))
		return false;
	list = der_read(ext.value);
	if (!der_enter(&list, DER_SEQUENCE, &list))
		return false;
	while (der_enter(&list, DER_SEQUENCE, &description)) {
		static const uint8_t ocsp[] = {0x2b, 6, 1, 5, 5, 7, 0x30, 1};

		if (!der_get(&description, DER_OID, &method) || !der_next(&description, &location))
			return false;
		if (method.n == sizeof(ocsp) && memcmp(method.p, ocsp, method.n) == 0 &&
		    location.tag == DER_CONTEXT(6)) {
			*uri = location.body;
			return true;
		}
	}
	return false;
}
