/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The pending key and the request for it. What was perhaps sent is never made anew for the same wish: the same bytes
 * find the same request at the gateway, other bytes with the same key would not.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/priv.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "common/pki/envelope.h"
#include "common/pki/hash.h"

#define DEFAULT_KEY "ec-p256"

/* What will be asked for: the configuration's word, else the template's. All lent. */
struct wish {
	const char *station, *profile, *subject, *key_type;
	const char *dns[NEMRA_NAMES], *ip[NEMRA_NAMES], *eku[16];
	size_t n_dns, n_ip, n_eku;
	enum nemra_form form;
	bool envelope;
};

static const char *
first_of(const char *configured, const char *template)
{
	return configured != NULL ? configured : template;
}

static int
wish_of(const struct nemra_agent *a, struct wish *w, struct err *e)
{
	const struct nemra_agent_config *s = &a->set;
	const struct nemra_template *t = &a->tmpl;
	bool named = s->n_dns + s->n_ip > 0;

	*w = (struct wish){ .form = s->form, .envelope = !s->no_envelope, .n_eku = t->n_eku };
	w->station = first_of(s->station, t->station);
	w->profile = first_of(s->profile, t->profile);
	w->subject = first_of(s->subject, t->subject);
	w->key_type = first_of(s->key_type, t->n_key_types > 0 ? t->key_types[0] : DEFAULT_KEY);
	w->n_dns = named ? s->n_dns : t->n_dns;
	w->n_ip = named ? s->n_ip : t->n_ip;
	for (size_t i = 0; i < w->n_dns; i++)
		w->dns[i] = named ? s->dns[i] : t->dns[i];
	for (size_t i = 0; i < w->n_ip; i++)
		w->ip[i] = named ? s->ip[i] : t->ip[i];
	for (size_t i = 0; i < w->n_eku; i++)
		w->eku[i] = t->eku[i];
	if (w->subject[0] == '\0' && w->n_dns + w->n_ip == 0)
		return err_set(e, R_CONFIG, "no name to ask for: neither subject nor san is known");
	if (t->envelope_required && !w->envelope)
		return err_set(e, R_ENVELOPE_REQUIRED, "profile %s; the configuration says envelope: no", w->profile);
	/* Without the gateway's template nobody may know the station's name: the plain form has to do. */
	if (w->envelope && (w->station[0] == '\0' || a->device == NULL)) {
		if (a->goal != NEMRA_REQUEST)
			return err_set(e, R_CONFIG, "the envelope needs the device key and the station's name");
		w->envelope = false;
	}
	/* Only the envelope has room for two. */
	if (!w->envelope && w->form == NEMRA_BOTH)
		w->form = NEMRA_PKCS10;
	return 0;
}

/* --- names --- */

struct names {
	struct blob subject;
	struct san san[2 * NEMRA_NAMES];
	uint8_t ip[NEMRA_NAMES][16];
	const char *eku[16];
	struct request_names r;
};

static int
names_of(const struct wish *w, struct names *n, struct err *e)
{
	n->r = (struct request_names){ .san = n->san, .eku = n->eku };
	for (size_t i = 0; i < w->n_dns; i++) {
		n->san[n->r.n_san++] = (struct san){ SAN_DNS, mem_str(w->dns[i]) };
		if (dns_name_check(mem_str(w->dns[i]), e) != 0)
			return -1;
	}
	for (size_t i = 0; i < w->n_ip; i++) {
		size_t len;

		if (ip_parse(w->ip[i], n->ip[i], &len, e) != 0)
			return -1;
		n->san[n->r.n_san++] = (struct san){ SAN_IP, { n->ip[i], len } };
	}
	for (size_t i = 0; i < w->n_eku; i++) {
		n->eku[n->r.n_eku] = eku_oid(w->eku[i]);
		if (n->eku[n->r.n_eku++] == NULL)
			return err_set(e, R_PEER_ANSWER, "the template asks for an unknown eku: %s", w->eku[i]);
	}
	if (name_parse(w->subject, &n->subject, e) != 0)
		return -1;
	n->r.subject = mem_of(&n->subject);
	return 0;
}

/* --- bytes --- */

static int
body_build(const struct nemra_agent *a, const struct wish *w, const struct key *key, struct record *r,
    struct err *e)
{
	struct blob p10 = { NULL, 0 }, crmf = { NULL, 0 };
	struct names n = { .subject = { NULL, 0 } };
	struct envelope_content c = { .station = w->station, .profile = w->profile[0] != '\0' ? w->profile : NULL };
	int rc = -1;

	if (names_of(w, &n, e) != 0 ||
	    (w->form != NEMRA_CRMF && csr_build(key, &n.r, &p10, e) != 0) ||
	    (w->form != NEMRA_PKCS10 && crmf_build(key, &n.r, &crmf, e) != 0))
		goto out;
	r->crmf = w->form == NEMRA_CRMF;
	r->kind = w->envelope ? BODY_CMS : r->crmf ? BODY_CRMF : BODY_PKCS10;
	c.pkcs10 = mem_of(&p10);
	c.crmf = mem_of(&crmf);
	if (blob_set1(&r->form, r->crmf ? c.crmf : c.pkcs10, e) != 0)
		goto out;
	if (r->kind == BODY_CMS)
		rc = envelope_build(&c, a->device, &a->device_chain, &r->body, e);
	else
		rc = blob_set1(&r->body, mem_of(&r->form), e);
out:
	blob_free(&p10);
	blob_free(&crmf);
	blob_free(&n.subject);
	return rc;
}

static void
add_texts(struct buf *b, const char *const *s, size_t n)
{
	buf_add_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		buf_add(b, s[i], strlen(s[i]) + 1);
}

/* A hash of all that makes the request what it is, but for key and signature. */
static int
wish_hash(const struct nemra_agent *a, const struct wish *w, uint8_t out[SHA256_LEN], struct err *e)
{
	const char *const one[] = { w->station, w->profile, w->subject, w->key_type };
	struct buf b;
	int rc;

	buf_init(&b, NEMRA_VALUE);
	buf_add_u8(&b, (uint8_t)w->form);
	buf_add_u8(&b, w->envelope);
	add_texts(&b, one, COUNT_OF(one));
	add_texts(&b, w->dns, w->n_dns);
	add_texts(&b, w->ip, w->n_ip);
	add_texts(&b, w->eku, w->n_eku);
	if (w->envelope)
		buf_add_mem(&b, key_get0_spki(a->device));
	rc = buf_ok(&b) ? sha256(buf_mem(&b), out, e) : err_set(e, R_NO_MEMORY, "request");
	buf_free(&b);
	return rc;
}

/* The key of a request that was made but never sent, when it is of the right type; else a new one. */
static int
key_for(const struct record *r, const char *type_name, struct key **out, struct err *e)
{
	struct key_type want;

	if (key_type_parse(type_name, &want, e) != 0)
		return -1;
	if (r->phase == PH_MADE && r->key.len > 0) {
		if (key_parse(mem_of(&r->key), out, e) != 0)
			return -1;
		if (key_type(*out).kind == want.kind && key_type(*out).bits == want.bits)
			return 0;
		key_free(*out);
		*out = NULL;
	}
	return key_new(want, out, e);
}

static int
record_make(struct nemra_agent *a, const struct wish *w, struct record *r, struct err *e)
{
	struct key *key = NULL;
	struct buf pem;
	int rc = -1;

	buf_init(&pem, LIM_KEY_FILE);
	r->phase = PH_MADE;
	r->renew_num = a->tmpl.renew_num;
	r->renew_den = a->tmpl.renew_den;
	if (strlen(w->profile) >= sizeof(r->profile)) {
		err_set(e, R_CONFIG, "the profile's name is too long");
		goto out;
	}
	memcpy(r->profile, w->profile, strlen(w->profile) + 1);
	if (wish_hash(a, w, r->wants, e) != 0 || key_for(&a->rec, w->key_type, &key, e) != 0 ||
	    body_build(a, w, key, r, e) != 0 || key_print(key, &pem, e) != 0)
		goto out;
	rc = blob_set1(&r->key, buf_mem(&pem), e);
out:
	buf_cleanse(&pem);
	key_free(key);
	return rc;
}

int
request_make(struct nemra_agent *a, struct err *e)
{
	struct record r = { .phase = PH_NONE };
	uint8_t wants[SHA256_LEN];
	struct wish w;

	if (wish_of(a, &w, e) != 0 || wish_hash(a, &w, wants, e) != 0)
		return -1;
	if ((a->rec.phase == PH_MADE || a->rec.phase == PH_TRIED) &&
	    memcmp(wants, a->rec.wants, sizeof(wants)) == 0)
		return 0;
	if (record_make(a, &w, &r, e) != 0) {
		record_free(&r);
		return -1;
	}
	record_free(&a->rec);
	a->rec = r;
	return record_save(a, e);
}

struct nemra_bytes
nemra_agent_get0_request(const struct nemra_agent *a, bool pkcs10)
{
	const struct blob *b = pkcs10 ? &a->rec.form : &a->rec.body;

	return pkcs10 && a->rec.crmf ? (struct nemra_bytes){ NULL, 0 } : (struct nemra_bytes){ b->p, b->len };
}
