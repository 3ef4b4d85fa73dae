/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "agent/priv.h"
#include "common/base/alloc.h"
#include "common/base/clock.h"
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
	if (check_settings(&a->set, &e) != 0 || load_device(a, &e) != 0 || (c->operator_trust.len > 0 &&
	    trust_take(a, (struct mem){ c->operator_trust.p, c->operator_trust.len }, &e) != 0)) {
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

void
nemra_agent_aim(struct nemra_agent *a, enum nemra_goal goal)
{
	a->goal = goal;
	a->at = AT_START;
	a->asked = a->waiting = a->timed = a->resent = false;
	a->tries = 0;
	a->last = (struct nemra_step){ .action = NEMRA_WAIT };
}

int
nemra_agent_offer(struct nemra_agent *a, struct nemra_bytes chain, struct nemra_error *ne)
{
	struct certs l = { NULL, 0 };
	struct mem m = { chain.p, chain.len };
	struct err e;
	int rc = -1;

	nemra_error_clear(ne);
	if (certs_parse(m, LIM_CHAIN, &l, &e) == 0 && blob_set1(&a->offered, m, &e) == 0)
		rc = 0;
	else
		error_from(ne, &e);
	certs_free(&l);
	return rc;
}

/* --- looking --- */

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

/* Where the lines go, and the text of the one being made. */
struct lines {
	nemra_line_fn line;
	void *arg;
	struct buf text;
};

static void
tell(struct lines *l, const char *key)
{
	if (buf_text(&l->text) != NULL && l->text.len > 0)
		l->line(l->arg, key, buf_text(&l->text));
	buf_reset(&l->text);
}

static void
tell_text(struct lines *l, const char *key, const char *text)
{
	buf_add_str(&l->text, text);
	tell(l, key);
}

static void
tell_hex(struct lines *l, const char *key, struct mem m)
{
	for (size_t i = 0; i < m.len; i++)
		buf_printf(&l->text, "%02x", m.p[i]);
	tell(l, key);
}

static void
tell_time(struct lines *l, const char *key, int64_t seconds)
{
	char text[CLOCK_TEXT];

	clock_print(seconds * 1000000, text, sizeof(text));
	tell_text(l, key, text);
}

static void
tell_cert(struct lines *l, const struct record *r, const struct cert *c)
{
	const struct wanted *w = cert_get0_wanted(c);
	uint8_t hash[SHA256_LEN];

	name_print(w->subject, &l->text);
	tell(l, "subject");
	san_print(w->san, w->n_san, &l->text);
	tell(l, "names");
	name_print(cert_get0_issuer(c), &l->text);
	tell(l, "issuer");
	tell_hex(l, "serial", cert_get0_serial(c));
	if (sha256(cert_get0_der(c), hash, NULL) == 0)
		tell_hex(l, "sha256", (struct mem){ hash, sizeof(hash) });
	tell_time(l, "not_before", cert_not_before(c));
	tell_time(l, "not_after", cert_not_after(c));
	tell_time(l, "renew_at", renew_time(r, c));
}

int
nemra_agent_status(struct nemra_agent *a, nemra_line_fn line, void *arg, enum nemra_state *out,
    struct nemra_error *ne)
{
	struct lines l = { .line = line, .arg = arg };
	struct cert *c = NULL;
	struct err e;

	nemra_error_clear(ne);
	if (record_load(a, &e) != 0 || installed_load(a, &c, &e) != 0) {
		error_from(ne, &e);
		return -1;
	}
	buf_init(&l.text, NEMRA_VALUE);
	*out = state_of(&a->rec, c != NULL);
	tell_text(&l, "state", nemra_state_name(*out));
	tell_text(&l, "request", a->rec.id);
	tell_text(&l, "profile", a->rec.profile);
	if (c != NULL)
		tell_cert(&l, &a->rec, c);
	buf_free(&l.text);
	cert_free(c);
	return 0;
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
