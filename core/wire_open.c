#include "core/wire_open.h"

#include "core/kdf.h"
#include "core/suites.h"
#include "core/take.h"
#include "core/wire.h"

#include <string.h>

/* How a suite seals records. */
struct cipher {
	enum tls_aead aead;
	size_t key_n, tag_n;
	bool explicit_nonce; /* in TLS 1.2: 8 bytes of the nonce stand in the record (RFC 5288 3) */
};

static bool find_cipher(uint16_t id, struct cipher *out, enum suite_hash *hash)
{
	static const struct {
		enum suite_enc enc;
		struct cipher cipher;
	} all[] = {
		{SUITE_ENC_AES128GCM, {TLS_AEAD_AES_GCM, 16, 16, true}},
		{SUITE_ENC_AES256GCM, {TLS_AEAD_AES_GCM, 32, 16, true}},
		{SUITE_ENC_AES128CCM, {TLS_AEAD_AES_CCM, 16, 16, true}},
		{SUITE_ENC_AES256CCM, {TLS_AEAD_AES_CCM, 32, 16, true}},
		{SUITE_ENC_AES128CCM8, {TLS_AEAD_AES_CCM_8, 16, 8, true}},
		{SUITE_ENC_AES256CCM8, {TLS_AEAD_AES_CCM_8, 32, 8, true}},
		{SUITE_ENC_CHACHA20, {TLS_AEAD_CHACHA20_POLY1305, 32, 16, false}},
	};
	const struct suite *suite = suite_find(id);

	if (!suite || !kdf_digest_size(suite->hash))
		return false;
	*hash = suite->hash;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].enc == suite->enc) {
			*out = all[i].cipher;
			return true;
		}
	return false;
}

void wire_open_init(struct wire_open *o, bool (*aead_open)(const struct tls_sealed *, uint8_t *))
{
	memset(o, 0, sizeof(*o));
	o->aead_open = aead_open;
}

void wire_open_release(struct wire_open *o)
{
	explicit_bzero(o, sizeof(*o));
}

void wire_open_secret(struct wire_open *o, const char *label, struct bytes secret)
{
	static const char *const labels[WIRE_OPEN_LABELS] = {
		[WIRE_OPEN_MASTER] = "CLIENT_RANDOM",
		[WIRE_OPEN_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
		[WIRE_OPEN_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		[WIRE_OPEN_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
		[WIRE_OPEN_CLIENT_APPLICATION] = "CLIENT_TRAFFIC_SECRET_0",
		[WIRE_OPEN_SERVER_APPLICATION] = "SERVER_TRAFFIC_SECRET_0",
	};

	if (!secret.n || secret.n > WIRE_OPEN_SECRET)
		return;
	for (size_t i = 0; i < WIRE_OPEN_LABELS; i++)
		if (strcmp(labels[i], label) == 0) {
			memcpy(o->secrets[i].p, secret.p, secret.n);
			o->secrets[i].n = secret.n;
		}
}

/* ---- keys ---- */

/* RFC 8446 7.3 */
static bool make_keys13(const struct wire_open *o, const struct wire_open_secret *secret,
			struct wire_open_keys *keys)
{
	struct bytes from = {secret->p, secret->n};
	struct cipher cipher;
	enum suite_hash hash;

	if (!secret->n || !find_cipher(o->suite, &cipher, &hash))
		return false;
	kdf_expand_label(hash, from, "key", keys->key, cipher.key_n);
	kdf_expand_label(hash, from, "iv", keys->nonce, sizeof(keys->nonce));
	keys->sequence = 0;
	keys->ready = true;
	return true;
}

/* RFC 5246 6.3: an AEAD has no MAC keys; both keys, then both implicit parts of the nonces. */
static bool make_keys12(const struct wire_open *o, enum tls_dir dir, struct wire_open_keys *keys)
{
	const struct wire_open_secret *master = &o->secrets[WIRE_OPEN_MASTER];
	uint8_t block[2 * (WIRE_OPEN_KEY + WIRE_OPEN_NONCE)];
	size_t salt_n, own = dir == TLS_IN ? 0 : 1;
	struct cipher cipher;
	enum suite_hash hash;

	if (!master->n || o->version != TLS_VERSION_1_2 || !find_cipher(o->suite, &cipher, &hash))
		return false;
	salt_n = cipher.explicit_nonce ? 4 : WIRE_OPEN_NONCE;
	kdf_prf(hash, (struct bytes){master->p, master->n}, "key expansion",
		(struct bytes){o->server_random, 32}, (struct bytes){o->client_random, 32}, block,
		2 * (cipher.key_n + salt_n));
	memcpy(keys->key, block + own * cipher.key_n, cipher.key_n);
	memcpy(keys->nonce, block + 2 * cipher.key_n + own * salt_n, salt_n);
	explicit_bzero(block, sizeof(block));
	keys->sequence = 0;
	keys->ready = true;
	return true;
}

/* The secret may come after the message that makes it count, so keys are made when needed. */
static bool have_keys(struct wire_open *o, enum tls_dir dir)
{
	struct wire_open_direction *d = &o->direction[dir];
	enum wire_open_label label =
		dir == TLS_IN ? WIRE_OPEN_CLIENT_HANDSHAKE : WIRE_OPEN_SERVER_HANDSHAKE;

	if (!o->aead_open || d->phase == WIRE_OPEN_CLEAR)
		return false;
	if (d->keys.ready)
		return true;
	if (o->version < TLS_VERSION_1_3)
		return make_keys12(o, dir, &d->keys);
	if (d->phase == WIRE_OPEN_APPLICATION)
		label = dir == TLS_IN ? WIRE_OPEN_CLIENT_APPLICATION : WIRE_OPEN_SERVER_APPLICATION;
	d->secret = o->secrets[label];
	return make_keys13(o, &d->secret, &d->keys);
}

static void enter(struct wire_open *o, enum tls_dir dir, enum wire_open_phase phase)
{
	o->direction[dir].phase = phase;
	o->direction[dir].keys.ready = false;
}

/* RFC 8446 7.2 */
static void update_keys(struct wire_open *o, enum tls_dir dir)
{
	struct wire_open_direction *d = &o->direction[dir];
	struct wire_open_secret next = {.n = d->secret.n};
	struct cipher cipher;
	enum suite_hash hash;

	if (d->phase != WIRE_OPEN_APPLICATION || !d->keys.ready ||
	    !find_cipher(o->suite, &cipher, &hash))
		return;
	kdf_expand_label(hash, (struct bytes){d->secret.p, d->secret.n}, "traffic upd", next.p,
			 next.n);
	d->secret = next;
	(void)make_keys13(o, &d->secret, &d->keys); /* as it went before */
	explicit_bzero(&next, sizeof(next));
}

/* ---- messages ---- */

static void see_client_hello(struct wire_open *o, struct bytes body)
{
	struct bytes version, random;

	if (take(&body, 2, &version) && take(&body, 32, &random))
		memcpy(o->client_random, random.p, random.n);
}

static void see_server_hello(struct wire_open *o, struct bytes body)
{
	uint16_t selected = wire_selected_version(body);
	struct bytes version, random, session_id;
	size_t suite;

	if (wire_is_hello_retry(body))
		return;
	if (!take(&body, 2, &version) || !take(&body, 32, &random) ||
	    !take_vector(&body, 1, 0, &session_id) || !take_number(&body, 2, &suite))
		return;
	/* In a renegotiation the old keys stay in use until the ChangeCipherSpec. */
	o->version = selected;
	o->suite = (uint16_t)suite;
	memcpy(o->server_random, random.p, random.n);
	if (selected >= TLS_VERSION_1_3) {
		enter(o, TLS_IN, WIRE_OPEN_HANDSHAKE);
		enter(o, TLS_OUT, WIRE_OPEN_HANDSHAKE);
	}
}

void wire_open_message(struct wire_open *o, enum tls_dir dir, struct bytes message)
{
	struct bytes head;

	if (!take(&message, WIRE_HANDSHAKE_HEADER_SIZE, &head))
		return;
	if (head.p[0] == WIRE_HS_CLIENT_HELLO && dir == TLS_IN)
		see_client_hello(o, message);
	if (head.p[0] == WIRE_HS_SERVER_HELLO && dir == TLS_OUT)
		see_server_hello(o, message);
	if (o->version < TLS_VERSION_1_3)
		return;
	if (head.p[0] == WIRE_HS_FINISHED && o->direction[dir].phase == WIRE_OPEN_HANDSHAKE)
		enter(o, dir, WIRE_OPEN_APPLICATION);
	if (head.p[0] == WIRE_HS_END_OF_EARLY_DATA)
		o->early_over = true;
	if (head.p[0] == WIRE_HS_KEY_UPDATE)
		update_keys(o, dir);
}

void wire_open_ccs(struct wire_open *o, enum tls_dir dir)
{
	if (o->version < TLS_VERSION_1_3)
		enter(o, dir, WIRE_OPEN_APPLICATION);
}

/* ---- records ---- */

static void put_sequence(uint8_t *out, uint64_t sequence)
{
	for (int i = 7; i >= 0; i--) {
		out[i] = (uint8_t)sequence;
		sequence >>= 8;
	}
}

static bool unseal(struct wire_open *o, struct wire_open_keys *keys, struct tls_sealed *in,
		   struct strbuf *plain)
{
	size_t n = in->sealed.n - in->tag_n;

	strbuf_reset(plain);
	strbuf_reserve(plain, n + 1);
	if (!o->aead_open(in, (uint8_t *)plain->p))
		return false;
	plain->n = n;
	plain->p[n] = '\0';
	keys->sequence++;
	return true;
}

/* The nonce of RFC 8446 5.3, and of ChaCha20-Poly1305 in TLS 1.2 (RFC 7905 2). */
static void counted_nonce(const struct wire_open_keys *keys, uint8_t nonce[WIRE_OPEN_NONCE])
{
	uint8_t sequence[8];

	memcpy(nonce, keys->nonce, WIRE_OPEN_NONCE);
	put_sequence(sequence, keys->sequence);
	for (size_t i = 0; i < sizeof(sequence); i++)
		nonce[WIRE_OPEN_NONCE - sizeof(sequence) + i] ^= sequence[i];
}

/* RFC 8446 5.2 */
static bool open13(struct wire_open *o, struct wire_open_keys *keys, struct bytes header,
		   struct bytes payload, struct strbuf *plain, unsigned *inner)
{
	uint8_t nonce[WIRE_OPEN_NONCE];
	struct cipher cipher;
	enum suite_hash hash;

	if (!find_cipher(o->suite, &cipher, &hash) || payload.n <= cipher.tag_n)
		return false;
	counted_nonce(keys, nonce);
	if (!unseal(o, keys,
		    &(struct tls_sealed){
			    .aead = cipher.aead,
			    .key = {keys->key, cipher.key_n},
			    .nonce = {nonce, sizeof(nonce)},
			    .aad = header,
			    .sealed = payload,
			    .tag_n = cipher.tag_n,
		    },
		    plain))
		return false;
	while (plain->n && !plain->p[plain->n - 1]) /* padding */
		plain->n--;
	if (!plain->n)
		return false;
	*inner = (uint8_t)plain->p[--plain->n];
	return true;
}

/* RFC 5246 6.2.3.3 */
static bool open12(struct wire_open *o, struct wire_open_keys *keys, struct bytes header,
		   struct bytes payload, struct strbuf *plain)
{
	uint8_t nonce[WIRE_OPEN_NONCE], aad[8 + 5];
	struct bytes explicit_part = {NULL, 0};
	struct cipher cipher;
	enum suite_hash hash;
	size_t n;

	if (!find_cipher(o->suite, &cipher, &hash))
		return false;
	if (cipher.explicit_nonce) {
		if (!take(&payload, 8, &explicit_part))
			return false;
		memcpy(nonce, keys->nonce, 4);
		memcpy(nonce + 4, explicit_part.p, 8);
	} else {
		counted_nonce(keys, nonce);
	}
	if (payload.n <= cipher.tag_n)
		return false;
	n = payload.n - cipher.tag_n;
	put_sequence(aad, keys->sequence);
	memcpy(aad + 8, header.p, 3);
	aad[11] = (uint8_t)(n >> 8);
	aad[12] = (uint8_t)n;
	return unseal(o, keys,
		      &(struct tls_sealed){
			      .aead = cipher.aead,
			      .key = {keys->key, cipher.key_n},
			      .nonce = {nonce, sizeof(nonce)},
			      .aad = {aad, sizeof(aad)},
			      .sealed = payload,
			      .tag_n = cipher.tag_n,
		      },
		      plain);
}

/* Early data comes under its own key, until it is over; refused, it opens under none. */
static bool open_early(struct wire_open *o, struct bytes header, struct bytes payload,
		       struct strbuf *plain, unsigned *inner)
{
	if (o->early_over || o->direction[TLS_IN].phase != WIRE_OPEN_HANDSHAKE)
		return false;
	if (!o->early.ready && !make_keys13(o, &o->secrets[WIRE_OPEN_CLIENT_EARLY], &o->early))
		return false;
	return open13(o, &o->early, header, payload, plain, inner);
}

bool wire_open_record(struct wire_open *o, enum tls_dir dir, struct bytes header,
		      struct bytes payload, struct strbuf *plain, unsigned *inner)
{
	struct wire_open_keys *keys = &o->direction[dir].keys;

	if (header.n != WIRE_RECORD_HEADER_SIZE || !have_keys(o, dir))
		return false;
	if (o->version < TLS_VERSION_1_3) {
		*inner = header.p[0];
		return open12(o, keys, header, payload, plain);
	}
	if (header.p[0] != WIRE_TYPE_DATA)
		return false;
	if (dir == TLS_IN && open_early(o, header, payload, plain, inner))
		return true;
	return open13(o, keys, header, payload, plain, inner);
}

bool wire_open_reads(struct wire_open *o, enum tls_dir dir)
{
	return o->direction[dir].phase == WIRE_OPEN_CLEAR || have_keys(o, dir);
}
