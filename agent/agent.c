/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/priv.h"
#include "common/base/alloc.h"
#include "common/base/enc.h"
#include "common/pki/csr.h"
#include "common/pki/envelope.h"
#include "common/pki/hash.h"

#define RETRY_FIRST_S	1
#define RETRY_MOST_S	300
#define RETRY_LIMIT_S	86400

/* --- configuration --- */

static int
check_settings(struct nemra_agent_config *s, struct err *e)
{
	struct key_type type;

	if (s->retry_first_s == 0)
		s->retry_first_s = RETRY_FIRST_S;
	if (s->retry_most_s == 0)
		s->retry_most_s = RETRY_MOST_S;
	if (s->form < NEMRA_BOTH || s->form > NEMRA_CRMF)
		return err_set(e, R_CONFIG, "form %d", (int)s->form);
	if (s->n_dns > NEMRA_NAMES || s->n_ip > NEMRA_NAMES)
		return err_set(e, R_CONFIG, "more than %d names of one kind", NEMRA_NAMES);
	if (s->retry_first_s > s->retry_most_s || s->retry_most_s > RETRY_LIMIT_S)
		return err_set(e, R_CONFIG, "back-off from %u to %u s", s->retry_first_s, s->retry_most_s);
	if (s->key_type != NULL && key_type_parse(s->key_type, &type, e) != 0)
		return err_set(e, R_CONFIG, "no key type: %s", s->key_type);
	return 0;
}

static int
load_device(struct nemra_agent *a, struct err *e)
{
	const struct nemra_agent_config *c = &a->set;

	if (c->device_key == NULL)
		return 0;
	if (certs_parse((struct mem){ c->device_cert.p, c->device_cert.len }, LIM_CHAIN, &a->device_chain, e) != 0)
		return -1;
	if (key_load(c->device_key, &a->device, e) != 0)
		return -1;
	if (!cert_fits_key(a->device_chain.v[0], a->device))
		return err_set(e, R_KEY_UNUSABLE, "the device key does not fit the device certificate");
	return 0;
}

static int
load_trust(struct nemra_agent *a, struct err *e)
{
	const struct nemra_agent_config *c = &a->set;
	struct certs l = { NULL, 0 };
	int rc = -1;

	if (c->operator_trust.len == 0)
		return 0;
	if (certs_parse((struct mem){ c->operator_trust.p, c->operator_trust.len }, LIM_CHAIN, &l, e) == 0 &&
	    trust_new(&a->trust, e) == 0)
		rc = trust_add(a->trust, &l, e);
	certs_free(&l);
	return rc;
}

int
nemra_agent_new(const struct nemra_agent_config *c, struct nemra_agent **out, struct nemra_error *ne)
{
	struct nemra_agent *a = mem_calloc(1, sizeof(*a));
	struct err e;

	nemra_error_clear(ne);
	if (a == NULL) {
		if (c->store.free != NULL)
			c->store.free(c->store.self);
		return nemra_error_set(ne, "NO_MEMORY", "agent");
	}
	a->set = *c;
	if (check_settings(&a->set, &e) != 0 || load_device(a, &e) != 0 || load_trust(a, &e) != 0) {
		error_from(ne, &e);
		nemra_agent_free(a);
		return -1;
	}
	*out = a;
	return 0;
}

void
nemra_agent_free(struct nemra_agent *a)
{
	if (a == NULL)
		return;
	if (a->set.store.free != NULL)
		a->set.store.free(a->set.store.self);
	key_free(a->device);
	certs_free(&a->device_chain);
	trust_free(a->trust);
	record_free(&a->rec);
	blob_free(&a->offered);
	free(a);
}

/* --- goals --- */

static void
aim(struct nemra_agent *a, enum goal goal)
{
	a->goal = goal;
	a->at = AT_START;
	a->asked = a->waiting = a->timed = a->resent = a->force = false;
	a->tries = 0;
	a->last = (struct nemra_step){ .action = NEMRA_WAIT };
}

void
nemra_agent_enrol(struct nemra_agent *a, bool even_if_not_due)
{
	aim(a, GOAL_ENROL);
	a->force = even_if_not_due;
}

void
nemra_agent_request(struct nemra_agent *a)
{
	aim(a, GOAL_REQUEST);
}

void
nemra_agent_retry_hooks(struct nemra_agent *a)
{
	aim(a, GOAL_HOOKS);
}

int
nemra_agent_offer(struct nemra_agent *a, struct nemra_bytes chain, struct nemra_error *ne)
{
	struct certs l = { NULL, 0 };
	struct mem m = { chain.p, chain.len };
	struct err e;
	int rc = -1;

	aim(a, GOAL_OFFER);
	nemra_error_clear(ne);
	if (certs_parse(m, LIM_CHAIN, &l, &e) == 0 && blob_set1(&a->offered, m, &e) == 0)
		rc = 0;
	else
		error_from(ne, &e);
	certs_free(&l);
	return rc;
}

/* --- looking --- */

struct nemra_bytes
nemra_agent_get0_request(const struct nemra_agent *a, bool pkcs10)
{
	const struct record *r = &a->rec;
	struct request_view v;
	struct nemra_bytes out = { NULL, 0 };
	const uint8_t *inside;
	struct mem der;

	if (!pkcs10 || r->kind == BODY_PKCS10 || r->body.len == 0)
		return !pkcs10 || r->kind == BODY_PKCS10 ? (struct nemra_bytes){ r->body.p, r->body.len } : out;
	if (request_view(r, &v, NULL) != 0)
		return out;
	/* The view dies here; the same bytes stand in the body, which stays. */
	der = v.csr != NULL ? csr_get0_der(v.csr) : MEM_NONE;
	inside = der.len == 0 ? NULL : memmem(r->body.p, r->body.len, der.p, der.len);
	if (inside != NULL)
		out = (struct nemra_bytes){ inside, der.len };
	request_view_free(&v);
	return out;
}

static enum nemra_state
state_of(const struct record *r, bool has_cert)
{
	switch (r->phase) {
	case PH_NONE:
		return has_cert ? NEMRA_INSTALLED : NEMRA_NOTHING;
	case PH_MADE:
	case PH_TRIED:
		return NEMRA_READY;
	case PH_SENT:
		return NEMRA_PENDING;
	case PH_INSTALLED:
		return NEMRA_NOT_HOOKED;
	case PH_HOOKED:
	case PH_DONE:
		break;
	}
	return NEMRA_INSTALLED;
}

static void
show_name(struct mem der, char *out, size_t size)
{
	struct buf b;

	buf_init(&b, size);
	name_print(der, &b);
	snprintf(out, size, "%s", buf_text(&b) != NULL ? buf_text(&b) : "?");
	buf_free(&b);
}

static void
show_san(const struct wanted *w, char *out, size_t size)
{
	struct buf b;

	buf_init(&b, size);
	san_print(w->san, w->n_san, &b);
	snprintf(out, size, "%s", buf_text(&b) != NULL ? buf_text(&b) : "?");
	buf_free(&b);
}

static int
show_cert(const struct record *r, const struct cert *c, struct nemra_status *s, struct err *e)
{
	struct mem serial = cert_get0_serial(c);
	uint8_t hash[SHA256_LEN];

	if (sha256(cert_get0_der(c), hash, e) != 0)
		return -1;
	s->has_cert = true;
	show_name(cert_get0_subject(c), s->subject, sizeof(s->subject));
	show_name(cert_get0_issuer(c), s->issuer, sizeof(s->issuer));
	show_san(cert_get0_wanted(c), s->names, sizeof(s->names));
	hex_print((struct mem){ hash, sizeof(hash) }, s->sha256);
	if (serial.len <= 20)		/* RFC 5280 section 4.1.2.2 */
		hex_print(serial, s->serial);
	s->not_before = cert_not_before(c);
	s->not_after = cert_not_after(c);
	s->renew_at = renew_time(r, c);
	return 0;
}

int
nemra_agent_status(struct nemra_agent *a, struct nemra_status *out, struct nemra_error *ne)
{
	struct cert *c = NULL;
	struct err e;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	nemra_error_clear(ne);
	if (record_load(a, &e) != 0 || installed_load(a, &c, &e) != 0 ||
	    (c != NULL && show_cert(&a->rec, c, out, &e) != 0))
		goto out;
	out->state = state_of(&a->rec, c != NULL);
	memcpy(out->request, a->rec.id, sizeof(a->rec.id));
	memcpy(out->profile, a->rec.profile, sizeof(a->rec.profile));
	rc = 0;
out:
	if (rc != 0)
		error_from(ne, &e);
	cert_free(c);
	return rc;
}

const char *
nemra_state_name(enum nemra_state s)
{
	switch (s) {
	case NEMRA_NOTHING:
		return "nothing";
	case NEMRA_READY:
		return "ready";
	case NEMRA_PENDING:
		return "pending";
	case NEMRA_NOT_HOOKED:
		return "issued, hook failed";
	case NEMRA_INSTALLED:
		return "installed";
	}
	return "?";
}
