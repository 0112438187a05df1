#include "core/keyfile.h"

#include "core/der.h"
#include "core/pem.h"
#include "core/x509_print.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 * 1024, READ_CHUNK = 16 * 1024 };

struct keyfile_entry {
	const char *name;
	struct bytes data;
};

/* ---- reading ---- */

bool keyfile_is_uri(const char *name)
{
	const char *p = name;

	if (!isalpha((unsigned char)*p))
		return false;
	while (isalnum((unsigned char)*p) || *p == '+' || *p == '-' || *p == '.')
		p++;
	return *p == ':' && strncasecmp(name, "file:", 5) != 0 && access(name, F_OK) != 0;
}

/* The path of a file: URI (RFC 8089); a file of that very name comes first, as in OpenSSL. */
const char *keyfile_path(const char *name)
{
	if (strncasecmp(name, "file:", 5) != 0 || access(name, F_OK) == 0)
		return name;
	name += 5;
	if (strncmp(name, "//localhost/", 12) == 0)
		return name + 11;
	return strncmp(name, "///", 3) == 0 ? name + 2 : name;
}

/* Pipes have no size: then the room doubles; the pool wipes what is left behind. */
static bool read_all(int fd, struct pool *pool, struct bytes *out, struct strbuf *why)
{
	struct stat st;
	size_t room = READ_CHUNK, n = 0;
	uint8_t *buf;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < FILE_MAX)
		room = (size_t)st.st_size + 1;
	buf = pool_alloc(pool, room + 1);
	for (;;) {
		ssize_t got = read(fd, buf + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			strbuf_adds(why, strerror(errno));
			return false;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n < room)
			continue;
		if (room > FILE_MAX) {
			strbuf_adds(why, strerror(EFBIG));
			return false;
		}
		room *= 2;
		buf = memcpy(pool_alloc(pool, room + 1), buf, n);
	}
	*out = (struct bytes){buf, n};
	return true;
}

bool keyfile_cached(const struct keyfiles *files, const char *name, struct bytes *out)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->entries[i].name, name) == 0) {
			*out = files->entries[i].data;
			return true;
		}
	return false;
}

bool keyfile_read(struct keyfiles *files, const char *name, struct bytes *out, struct strbuf *why)
{
	bool ok;
	int fd;

	if (keyfile_cached(files, name, out))
		return true;
	fd = open(keyfile_path(name), O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		strbuf_adds(why, strerror(errno));
		return false;
	}
	ok = read_all(fd, files->pool, out, why);
	(void)close(fd); /* read only */
	if (!ok)
		return false;
	files->entries = pool_grow(files->pool, files->entries, files->n, sizeof(*files->entries));
	files->entries[files->n++] = (struct keyfile_entry){name, *out};
	return true;
}

/* ---- what it is ---- */

static bool is_pem(struct bytes data, enum keyfile_form form)
{
	static const char mark[] = "-----BEGIN ";

	if (form != KEYFILE_ANY)
		return form == KEYFILE_PEM;
	return memmem(data.p, data.n, mark, sizeof(mark) - 1) != NULL;
}

bool keyfile_is_p12(struct bytes data)
{
	struct der_reader r = der_read(data), pfx, content;
	struct bytes oid;
	int64_t version;

	return der_enter(&r, DER_SEQUENCE, &pfx) && der_get_int(&pfx, DER_INTEGER, &version) &&
	       version == 3 && der_enter(&pfx, DER_SEQUENCE, &content) &&
	       der_get(&content, DER_OID, &oid);
}

/* One element, and nothing but blank bytes behind it. */
static bool whole_element(struct bytes data, struct bytes *whole)
{
	struct der_reader r = der_read(data);

	return der_get_whole(&r, DER_SEQUENCE, whole);
}

/* PrivateKeyInfo, RSAPrivateKey, DSA's, ECPrivateKey, or EncryptedPrivateKeyInfo. */
static bool is_key_der(struct bytes data, bool *encrypted)
{
	struct der_reader r = der_read(data), key, algorithm;
	struct bytes body;
	int64_t version;

	if (!der_enter(&r, DER_SEQUENCE, &key))
		return false;
	*encrypted = der_peek(&key, DER_SEQUENCE);
	if (*encrypted)
		return der_enter(&key, DER_SEQUENCE, &algorithm) &&
		       der_get(&algorithm, DER_OID, &body) &&
		       der_get(&key, DER_OCTET_STRING, &body) && der_at_end(&key);
	return der_get_int(&key, DER_INTEGER, &version) && version >= 0 && version <= 1 &&
	       (der_peek(&key, DER_SEQUENCE) || der_peek(&key, DER_INTEGER) ||
		der_peek(&key, DER_OCTET_STRING));
}

static bool is_crl_der(struct bytes data)
{
	struct der_reader r = der_read(data), list, tbs, algorithm;
	struct bytes body;
	int64_t version;

	return der_enter(&r, DER_SEQUENCE, &list) && der_enter(&list, DER_SEQUENCE, &tbs) &&
	       (!der_peek(&tbs, DER_INTEGER) || der_get_int(&tbs, DER_INTEGER, &version)) &&
	       der_enter(&tbs, DER_SEQUENCE, &algorithm) && der_get(&tbs, DER_SEQUENCE, &body) &&
	       (der_peek(&tbs, DER_UTC_TIME) || der_peek(&tbs, DER_GENERALIZED_TIME));
}

/* ---- lists of certificates and CRLs ---- */

static bool is_cert_label(const struct pem_block *block)
{
	return pem_label_is(block, "CERTIFICATE") || pem_label_is(block, "X509 CERTIFICATE") ||
	       pem_label_is(block, "TRUSTED CERTIFICATE");
}

static bool is_crl_label(const struct pem_block *block)
{
	return pem_label_is(block, "X509 CRL");
}

static void append(struct pool *pool, struct keyfile_list *list, struct bytes der)
{
	list->p = pool_grow(pool, list->p, list->n, sizeof(*list->p));
	list->p[list->n++] = pool_copy(pool, der);
}

/* A TRUSTED CERTIFICATE has OpenSSL's trust settings behind it: the first element is taken. */
static bool add_pem_blocks(struct pool *pool, struct bytes data,
			   bool (*wanted)(const struct pem_block *), struct keyfile_list *list)
{
	struct pem_block block;
	struct bytes whole;
	size_t before = list->n;

	while (pem_next(&data, &block)) {
		if (wanted(&block) && whole_element(block.der, &whole))
			append(pool, list, whole);
		pem_block_release(&block);
	}
	return list->n > before;
}

bool keyfile_certs(struct pool *pool, struct bytes data, enum keyfile_form form,
		   struct keyfile_list *list)
{
	struct x509 cert;
	struct bytes whole;

	if (is_pem(data, form))
		return add_pem_blocks(pool, data, is_cert_label, list);
	if (!whole_element(data, &whole) || !x509_parse(whole, &cert))
		return false;
	append(pool, list, whole);
	return true;
}

bool keyfile_crls(struct pool *pool, struct bytes data, enum keyfile_form form,
		  struct keyfile_list *list)
{
	struct bytes whole;

	if (is_pem(data, form))
		return add_pem_blocks(pool, data, is_crl_label, list);
	if (!whole_element(data, &whole) || !is_crl_der(whole))
		return false;
	append(pool, list, whole);
	return true;
}

/* ---- keys ---- */

/* "PRIVATE KEY", and whatever stands before it: "EC ", "ENCRYPTED ". */
static bool is_key_label(const struct pem_block *block)
{
	static const char words[] = "PRIVATE KEY";
	size_t n = sizeof(words) - 1;

	return block->label.n >= n && memcmp(block->label.p + block->label.n - n, words, n) == 0;
}

bool keyfile_key(struct pool *pool, struct bytes data, enum keyfile_form form, struct tls_key *key,
		 bool *encrypted)
{
	struct pem_block block;
	bool found = false;

	*encrypted = false;
	if (form == KEYFILE_P12 || (form == KEYFILE_ANY && keyfile_is_p12(data))) {
		*encrypted = true;
		key->encoding = TLS_ENC_P12;
		key->data = data;
		return keyfile_is_p12(data);
	}
	if (!is_pem(data, form)) {
		key->encoding = TLS_ENC_DER;
		key->data = data;
		return is_key_der(data, encrypted);
	}
	while (!found && pem_next(&data, &block)) {
		found = is_key_label(&block);
		if (found) {
			*encrypted = pem_is_encrypted(&block);
			key->encoding = TLS_ENC_PEM;
			key->data = pool_copy(pool, block.text);
		}
		pem_block_release(&block);
	}
	return found;
}

/* ---- Diffie-Hellman parameters ---- */

/* Both forms begin with p and g; X9.42 (RFC 3279 2.3.3) goes on with q. */
static bool take_dhparam(struct pool *pool, struct bytes der, struct bytes *dhparam)
{
	struct der_reader r = der_read(der), params;
	struct strbuf out = STRBUF_INIT;
	struct bytes p, g;
	size_t mark;

	if (!der_enter(&r, DER_SEQUENCE, &params) || !der_get(&params, DER_INTEGER, &p) ||
	    !der_get(&params, DER_INTEGER, &g) || p.n < 2 || g.n < 1)
		return false;
	mark = der_begin(&out, DER_SEQUENCE);
	der_put_unsigned(&out, p);
	der_put_unsigned(&out, g);
	der_end(&out, mark);
	*dhparam = pool_copy(pool, strbuf_bytes(&out));
	strbuf_release(&out);
	return true;
}

bool keyfile_dhparam(struct pool *pool, struct bytes data, struct bytes *dhparam)
{
	struct pem_block block;
	bool found = false;

	if (!is_pem(data, KEYFILE_ANY))
		return take_dhparam(pool, data, dhparam);
	while (!found && pem_next(&data, &block)) {
		if (pem_label_is(&block, "DH PARAMETERS") ||
		    pem_label_is(&block, "X9.42 DH PARAMETERS"))
			found = take_dhparam(pool, block.der, dhparam);
		pem_block_release(&block);
	}
	return found;
}
