#include "core/cipherlist.h"

#include "core/names.h"
#include "core/suites.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char ciphersuites_default[] =
	"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
const char groups_default[] =
	"?*X25519MLKEM768 / ?*X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072";
const char sigalgs_default[] =
	"mldsa65:mldsa87:mldsa44:"
	"ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:"
	"ecdsa_brainpoolP256r1tls13_sha256:ecdsa_brainpoolP384r1tls13_sha384:"
	"ecdsa_brainpoolP512r1tls13_sha512:"
	"rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
	"rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
	"rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:"
	"ecdsa_sha224:ecdsa_sha1:rsa_pkcs1_sha224:rsa_pkcs1_sha1:"
	"dsa_sha224:dsa_sha1:dsa_sha256:dsa_sha384:dsa_sha512";

/* Limits of OpenSSL 3.5: of key shares that a list asks for, and of the length of one name. */
enum { MAX_KEY_SHARES = 4, MAX_GROUP_NAME = 63, MAX_SIGALG_NAME = 39 };

/* What an algorithm list can end in: no duplicates, only what is available. */
struct found {
	uint16_t *p;
	size_t n;
};

/* A piece of the string that is being read. */
struct word {
	const char *p;
	size_t n;
};

static bool in_list(uint16_t id, struct u16list list)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.p[i] == id)
			return true;
	return false;
}

static bool word_is(struct word w, const char *s)
{
	return strlen(s) == w.n && memcmp(w.p, s, w.n) == 0;
}

static bool refuse(struct strbuf *why, const char *text)
{
	if (why)
		strbuf_adds(why, text);
	return false;
}

/* ---- cipher strings ---- */

#define KX(x)       (1u << SUITE_KX_##x)
#define AU(x)       (1u << SUITE_AU_##x)
#define ENC(x)      (1u << SUITE_ENC_##x)
#define MAC(x)      (1u << SUITE_MAC_##x)
#define STRENGTH(x) (1u << SUITE_CLASS_##x)
/* OpenSSL keeps FIPS among the strengths: HIGH+FIPS is a contradiction there, and so it is here. */
#define STRENGTH_FIPS        (1u << 8)
#define STRENGTH_NOT_DEFAULT (1u << 9)
#define STRENGTH_CLASSES     (STRENGTH_NOT_DEFAULT - 1)

/* What a suite must have; 0 stands for anything. */
struct pattern {
	uint16_t id;
	uint32_t kx, au, enc, mac;
	unsigned min;
	uint32_t strength, not_default;
};

static const struct {
	const char *word;
	uint32_t kx, au, enc, mac;
	unsigned min;
	uint32_t strength;
} cipher_words[] = {
#define CIPHER_WORD(word, kx, au, enc, mac, min, strength) {word, kx, au, enc, mac, min, strength},
#include "core/cipherwords.def"
#undef CIPHER_WORD
};

struct entry {
	const struct suite *suite;
	bool active;
};

/* The suites in their present order; those not active are where a later word picks them up. */
struct order {
	struct entry *e, *spare;
	size_t n;
};

enum rule { RULE_ADD, RULE_DELETE, RULE_ORDER, RULE_KILL, RULE_SPECIAL };

static struct pattern suite_pattern(const struct suite *s)
{
	struct pattern p = {
		.id = s->id,
		.kx = 1u << s->kx,
		.au = 1u << s->au,
		.enc = 1u << s->enc,
		.mac = 1u << s->mac,
		.min = s->min,
		.strength = 1u << s->cls,
	};

	if (s->flags & SUITE_FIPS)
		p.strength |= STRENGTH_FIPS;
	if (!(s->flags & SUITE_DEFAULT))
		p.not_default = STRENGTH_NOT_DEFAULT;
	return p;
}

static bool fits(uint32_t wanted, uint32_t has)
{
	return !wanted || (wanted & has);
}

static bool pattern_matches(const struct pattern *p, const struct suite *s)
{
	struct pattern has = suite_pattern(s);

	if (p->id && p->id != s->id)
		return false;
	/* These need a password set up for them: nobody means them by ALL. */
	if (!p->id && (s->kx == SUITE_KX_ECJPAKE || s->kx == SUITE_KX_ECCPWD))
		return false;
	return fits(p->kx, has.kx) && fits(p->au, has.au) && fits(p->enc, has.enc) &&
	       fits(p->mac, has.mac) && (!p->min || p->min == has.min) &&
	       fits(p->strength, has.strength) && fits(p->not_default, has.not_default);
}

/* Both conditions at once; false when they exclude each other. */
static bool narrow(uint32_t *mask, uint32_t more)
{
	if (!more)
		return true;
	*mask = *mask ? *mask & more : more;
	return *mask != 0;
}

static bool pattern_narrow(struct pattern *p, const struct pattern *more)
{
	if (more->id)
		p->id = more->id;
	else if (more->min) { /* the version of a named suite is no condition for the others */
		if (p->min && p->min != more->min)
			return false;
		p->min = more->min;
	}
	return narrow(&p->kx, more->kx) && narrow(&p->au, more->au) && narrow(&p->enc, more->enc) &&
	       narrow(&p->mac, more->mac) && narrow(&p->strength, more->strength) &&
	       narrow(&p->not_default, more->not_default);
}

static bool pattern_of_word(struct word w, const struct order *o, struct pattern *p)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct suite *s = o->e[i].suite;

		if ((s->name && word_is(w, s->name)) || word_is(w, s->iana)) {
			*p = suite_pattern(s);
			return true;
		}
	}
	for (size_t i = 0; i < sizeof cipher_words / sizeof *cipher_words; i++) {
		if (!word_is(w, cipher_words[i].word))
			continue;
		*p = (struct pattern){
			.kx = cipher_words[i].kx,
			.au = cipher_words[i].au,
			.enc = cipher_words[i].enc,
			.mac = cipher_words[i].mac,
			.min = cipher_words[i].min,
			.strength = cipher_words[i].strength & STRENGTH_CLASSES,
			.not_default = cipher_words[i].strength & STRENGTH_NOT_DEFAULT,
		};
		return true;
	}
	return false;
}

/* Move the chosen entries to one end; both halves keep their order. */
static void order_move(struct order *o, const bool *chosen, bool to_front)
{
	size_t n = 0;

	for (int half = 0; half < 2; half++)
		for (size_t i = 0; i < o->n; i++)
			if (chosen[i] == (to_front == (half == 0)))
				o->spare[n++] = o->e[i];
	memcpy(o->e, o->spare, o->n * sizeof *o->e);
}

static void order_apply(struct order *o, enum rule rule, const struct pattern *p)
{
	bool *chosen = xcalloc(o->n, sizeof *chosen);
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		struct entry *e = &o->e[i];

		if (!pattern_matches(p, e->suite))
			continue;
		/* What is there already stays where it is when it is added again. */
		chosen[i] = rule == RULE_KILL || e->active == (rule != RULE_ADD);
		if (chosen[i])
			e->active = rule == RULE_ADD || rule == RULE_ORDER;
	}
	if (rule == RULE_KILL) {
		for (size_t i = 0; i < o->n; i++)
			if (!chosen[i])
				o->e[kept++] = o->e[i];
		o->n = kept;
	} else {
		/* What was removed last comes back first, should it be added again. */
		order_move(o, chosen, rule == RULE_DELETE);
	}
	free(chosen);
}

/* @STRENGTH: the strongest first, otherwise as they were. */
static void order_by_strength(struct order *o)
{
	bool *chosen = xcalloc(o->n, sizeof *chosen);

	for (unsigned bits = 256;; bits--) {
		for (size_t i = 0; i < o->n; i++)
			chosen[i] = o->e[i].active && o->e[i].suite->bits == bits;
		order_move(o, chosen, false);
		if (bits == 0)
			break;
	}
	free(chosen);
}

static bool is_separator(char c)
{
	return c == ':' || c == ' ' || c == ';' || c == ',';
}

static enum rule take_rule(const char **s)
{
	switch (**s) {
	case '-':
		(*s)++;
		return RULE_DELETE;
	case '+':
		(*s)++;
		return RULE_ORDER;
	case '!':
		(*s)++;
		return RULE_KILL;
	case '@':
		(*s)++;
		return RULE_SPECIAL;
	default:
		return RULE_ADD;
	}
}

static struct word take_word(const char **s)
{
	struct word w = {*s, strspn(*s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789-_.=")};

	*s += w.n;
	return w;
}

static bool special_command(struct word w, struct order *o, int *seclevel)
{
	if (word_is(w, "STRENGTH")) {
		order_by_strength(o);
		return true;
	}
	if (w.n == 10 && memcmp(w.p, "SECLEVEL=", 9) == 0 && w.p[9] >= '0' && w.p[9] <= '5') {
		*seclevel = w.p[9] - '0';
		return true;
	}
	return false;
}

/*
 * One rule, as ssl_cipher_process_rulestr() in ssl/ssl_ciph.c reads it: words joined by '+', all of
 * which must hold. False: OpenSSL refuses the whole string.
 */
static bool take_and_apply(const char **s, struct order *o, int *seclevel)
{
	enum rule rule = take_rule(s);
	struct pattern all = {0}, one;
	bool known;

	for (;;) {
		struct word w = take_word(s);

		if (w.n == 0)
			return false;
		if (rule == RULE_SPECIAL) {
			*s += strcspn(*s, ": ;,");
			return special_command(w, o, seclevel);
		}
		known = pattern_of_word(w, o, &one) && pattern_narrow(&all, &one);
		if (!known || **s != '+')
			break;
		(*s)++;
	}
	if (known)
		order_apply(o, rule, &all);
	else
		*s += strcspn(*s, ": ;,");
	return true;
}

static bool apply_string(const char *s, struct order *o, int *seclevel)
{
	while (*s) {
		if (is_separator(*s))
			s++;
		else if (!take_and_apply(&s, o, seclevel))
			return false;
	}
	return true;
}

/* Suite B modes (RFC 6460) stand for the whole string, whatever follows. */
static const char *suite_b_string(const char *string)
{
	static const struct {
		const char *mode, *suites;
	} modes[] = {
		{"SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256"},
		{"SUITEB128C2", "ECDHE-ECDSA-AES256-GCM-SHA384"},
		{"SUITEB128", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"},
		{"SUITEB192", "ECDHE-ECDSA-AES256-GCM-SHA384"},
	};

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strncmp(string, modes[i].mode, strlen(modes[i].mode)) == 0)
			return modes[i].suites;
	return string;
}

static void order_init(struct order *o, struct u16list available)
{
	size_t n;
	const struct suite *table = suite_table(&n);

	o->e = xcalloc(n, sizeof *o->e);
	o->spare = xcalloc(n, sizeof *o->spare);
	o->n = 0;
	for (size_t i = 0; i < n; i++)
		if (table[i].min != SUITE_MIN_TLS1_3 && in_list(table[i].id, available))
			o->e[o->n++].suite = &table[i];
}

bool cipherlist_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
			int *seclevel, struct strbuf *why)
{
	struct order o;
	bool ok = true;

	*out = NULL;
	*n = 0;
	*seclevel = -1;
	string = suite_b_string(string);
	order_init(&o, available);
	/* Only at the start is DEFAULT a word, and then whatever follows it. */
	if (strncmp(string, "DEFAULT", 7) == 0) {
		ok = apply_string(CIPHERLIST_DEFAULT, &o, seclevel);
		string += 7;
	}
	ok = ok && apply_string(string, &o, seclevel);
	if (ok) {
		*out = xcalloc(o.n + 1, sizeof **out);
		for (size_t i = 0; i < o.n; i++)
			if (o.e[i].active)
				(*out)[(*n)++] = o.e[i].suite->id;
	}
	free(o.e);
	free(o.spare);
	if (*n)
		return true;
	free(*out);
	*out = NULL;
	return refuse(why, ok ? "no cipher match" : "invalid command");
}

static void add_unavailable(struct strbuf *names, struct word w)
{
	if (names->n)
		strbuf_adds(names, ", ");
	strbuf_add(names, w.p, w.n);
}

static void ciphers_unavailable(const char *s, struct u16list available, struct strbuf *names)
{
	while (*(s += strspn(s, ": ;,"))) {
		enum rule rule = take_rule(&s);
		struct word w = take_word(&s);
		const struct suite *suite = suite_find(suite_by_name(w.p, w.n));

		if (rule == RULE_ADD && suite && suite->min != SUITE_MIN_TLS1_3 && *s != '+' &&
		    !in_list(suite->id, available))
			add_unavailable(names, w);
		if (w.n == 0 || *s == '+')
			s += strcspn(s, ": ;,");
	}
}

/* ---- lists of names ---- */

/* The next element of a list, without the blanks around it; *s is NULL after the last one. */
static struct word next_item(const char **s, const char *separators)
{
	struct word w = {*s + strspn(*s, " \t\n\v\f\r"), 0};

	w.n = strcspn(w.p, separators);
	*s = w.p[w.n] ? w.p + w.n + 1 : NULL;
	while (w.n && strchr(" \t\n\v\f\r", w.p[w.n - 1]))
		w.n--;
	return w;
}

static void found_add(struct found *f, uint16_t id, struct u16list available)
{
	if (id && in_list(id, available) && !in_list(id, (struct u16list){f->p, f->n}))
		f->p[f->n++] = id;
}

static void found_remove(struct found *f, uint16_t id)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->p[i] != id)
			f->p[kept++] = f->p[i];
	f->n = kept;
}

static bool found_give(struct found *f, bool ok, uint16_t **out, size_t *n)
{
	ok = ok && f->n > 0;
	*out = ok ? f->p : NULL;
	*n = ok ? f->n : 0;
	if (!ok)
		free(f->p);
	return ok;
}

bool ciphersuites_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
			  struct strbuf *why)
{
	struct found f = {xcalloc(available.n + 1, sizeof *f.p), 0};
	const char *s = string;

	do {
		struct word w = next_item(&s, ":");
		uint16_t id = suite_by_name(w.p, w.n);

		/* Unknown names are passed over, as OpenSSL does since 3.0. */
		if (id && suite_is_tls13(id))
			found_add(&f, id, available);
	} while (s);
	return found_give(&f, true, out, n) || !*string || refuse(why, "no cipher match");
}

/* The prefixes of a group, each at most once: ssl/t1_lib.c, gid_cb(). */
struct group_item {
	struct word name;
	bool optional, share, remove;
};

static bool parse_group(struct word w, struct group_item *item)
{
	*item = (struct group_item){0};
	for (; w.n && strchr("?*-", *w.p); w.p++, w.n--) {
		bool *prefix = *w.p == '?'   ? &item->optional
			       : *w.p == '*' ? &item->share
					     : &item->remove;

		if (*prefix)
			return false;
		*prefix = true;
	}
	item->name = w;
	return w.n > 0 && w.n <= MAX_GROUP_NAME;
}

static bool word_is_in_any_case(struct word w, const char *s)
{
	return strlen(s) == w.n && strncasecmp(w.p, s, w.n) == 0;
}

/* The lists that a name stands for; NULL for a group's own name. */
static const char *group_set(struct word w)
{
	if (word_is_in_any_case(w, "DEFAULT"))
		return groups_default;
	if (word_is_in_any_case(w, "DEFAULT_SUITE_B"))
		return "secp256r1:secp384r1";
	return NULL;
}

struct group_lists {
	struct found groups, shares;
};

/* A known group that the library lacks is passed over here: list_unavailable() tells of it. */
static bool apply_groups(const char *s, struct u16list available, struct group_lists *l)
{
	while (s) {
		struct group_item item;
		const char *set;
		uint16_t id;

		if (!parse_group(next_item(&s, ":/"), &item))
			return false;
		set = group_set(item.name);
		if (set) {
			/* "*DEFAULT" would put a second '*' before the first group. */
			if (item.optional || item.remove || (item.share && set == groups_default) ||
			    !apply_groups(set, available, l))
				return false;
			continue;
		}
		id = group_by_name(item.name.p, item.name.n);
		if (!id && !item.optional)
			return false;
		if (item.remove) {
			found_remove(&l->groups, id);
			found_remove(&l->shares, id);
			continue;
		}
		if (item.share && !in_list(id, (struct u16list){l->groups.p, l->groups.n}))
			found_add(&l->shares, id, available);
		found_add(&l->groups, id, available);
	}
	return true;
}

bool groups_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
		    struct strbuf *why)
{
	struct group_lists l = {
		{xcalloc(available.n + 1, sizeof(uint16_t)), 0},
		{xcalloc(available.n + 1, sizeof(uint16_t)), 0},
	};
	bool ok = apply_groups(string, available, &l);
	const char *reason = ok ? "no group is left" : "unknown group or syntax error";

	if (l.shares.n > MAX_KEY_SHARES) {
		ok = false;
		reason = "too many key shares";
	}
	free(l.shares.p);
	return found_give(&l.groups, ok, out, n) || refuse(why, reason);
}

bool sigalgs_resolve(const char *string, struct u16list available, uint16_t **out, size_t *n,
		     struct strbuf *why)
{
	struct found f = {xcalloc(available.n + 1, sizeof *f.p), 0};
	bool ok = true;

	for (const char *s = string; s && ok;) {
		struct word w = next_item(&s, ":");
		bool optional = w.n && *w.p == '?';
		uint16_t id;

		if (optional) {
			w.p++;
			w.n--;
		}
		id = sigalg_by_name(w.p, w.n);
		ok = (id || optional) && w.n <= MAX_SIGALG_NAME;
		/* OpenSSL, too, passes over what it knows but cannot do. */
		found_add(&f, id, available);
	}
	return found_give(&f, ok, out, n) ||
	       refuse(why, ok ? "no valid signature algorithms" : "unknown signature algorithm");
}

static void items_unavailable(enum list_kind kind, const char *s, struct u16list available,
			      struct strbuf *names)
{
	while (s) {
		struct group_item item;
		uint16_t id = 0;

		if (!parse_group(next_item(&s, kind == LIST_GROUPS ? ":/" : ":"), &item) ||
		    item.optional || item.remove)
			continue;
		switch (kind) {
		case LIST_CIPHERS:
		case LIST_CIPHERSUITES:
			id = suite_by_name(item.name.p, item.name.n);
			if (id && !suite_is_tls13(id))
				continue;
			break;
		case LIST_GROUPS:
			id = group_by_name(item.name.p, item.name.n);
			break;
		case LIST_SIGALGS:
			id = sigalg_by_name(item.name.p, item.name.n);
			break;
		}
		if (id && !in_list(id, available))
			add_unavailable(names, item.name);
	}
}

void list_unavailable(enum list_kind kind, const char *string, struct u16list available,
		      struct strbuf *names)
{
	if (kind == LIST_CIPHERS)
		ciphers_unavailable(string, available, names);
	else
		items_unavailable(kind, string, available, names);
}
