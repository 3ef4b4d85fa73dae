/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/intake.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/cert.h"
#include "common/pki/hash.h"
#include "common/pki/text.h"
#include "gateway/policy/policy.h"

#define ARMOUR(n)	((n) * 3 / 2)		/* base64 with line ends, and the lines around PEM */
#define SUBJECT_TEXT	(4 * LIM_SUBJECT)	/* escaped */

enum intake_kind
intake_kind_of(const char *type)
{
	static const struct {
		const char *type;
		enum intake_kind kind;
	} known[] = {
		{ "application/pkcs10", INTAKE_PKCS10 },
		{ "application/vnd.nemra.crmf", INTAKE_CRMF },
		{ "application/cms", INTAKE_ENVELOPE },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcmp(known[i].type, type) == 0)
			return known[i].kind;
	return INTAKE_NONE;
}

size_t
intake_max(enum intake_kind kind)
{
	switch (kind) {
	case INTAKE_PKCS10:
	case INTAKE_CRMF:
		return LIM_REQUEST;
	case INTAKE_PKCS10_BASE64:
		return ARMOUR(LIM_REQUEST);
	case INTAKE_ENVELOPE:
		return LIM_ENVELOPE;
	case INTAKE_NONE:
		break;
	}
	return 0;
}

void
intake_free(struct intake *t)
{
	if (t == NULL)
		return;
	envelope_free(t->envelope);
	csr_free(t->csr);
	crmf_free(t->crmf);
	blob_free(&t->der);
	buf_free(&t->subject);
	free(t);
}

/* --- bytes to forms --- */

static int
decode_pem(struct mem text, struct blob *der, struct err *e)
{
	struct err second;

	if (pem_parse(text, "CERTIFICATE REQUEST", LIM_REQUEST, der, e) == 0)
		return 0;
	/* RFC 7468 section 7: the label of older programs */
	return pem_parse(text, "NEW CERTIFICATE REQUEST", LIM_REQUEST, der, &second);
}

static int
decode(const struct intake_in *in, struct blob *der, struct err *e)
{
	if (in->body.len == 0)
		return err_set(e, R_EMPTY, "%s", "");
	if (in->body.len > intake_max(in->kind))
		return err_set(e, R_TOO_LONG, "%zu octets, at most %zu", in->body.len, intake_max(in->kind));
	if (in->kind != INTAKE_CRMF && in->kind != INTAKE_ENVELOPE && pem_is(in->body))
		return decode_pem(in->body, der, e);
	if (in->kind == INTAKE_PKCS10_BASE64)
		return base64_parse(in->body, LIM_REQUEST, der, e);
	return blob_set1(der, in->body, e);
}

/*
 * The envelope is evidence only when the station's own device key signed it, for this station: over
 * this connection that is the owner of the row.
 */
static int
check_owner(const struct envelope *v, const struct station *s, struct err *e)
{
	const uint8_t *signer = cert_get0_spki_sha256(envelope_get0_signer(v));

	if (!s->has_device_key || memcmp(signer, s->device_key, SHA256_LEN) != 0)
		return err_set(e, R_ENVELOPE_OTHER_STATION, "signed by another key than the device key of %s",
		    s->name);
	if (strcmp(envelope_get0_content(v)->station, s->name) != 0)
		return err_set(e, R_ENVELOPE_OTHER_STATION, "it names another station than %s", s->name);
	return 0;
}

static int
open_envelope(struct intake *t, const struct intake_in *in, const char **wish, struct err *e)
{
	const struct envelope_content *c;

	if (envelope_parse(mem_of(&t->der), &t->envelope, e) != 0 ||
	    check_owner(t->envelope, in->station, e) != 0)
		return -1;
	c = envelope_get0_content(t->envelope);
	if (c->profile != NULL && *wish != NULL && (*wish)[0] != '\0' && strcmp(c->profile, *wish) != 0)
		return err_set(e, R_BAD_PARAMETER, "the envelope names another profile than the address");
	if (c->profile != NULL)
		*wish = c->profile;
	if (c->pkcs10.len > 0 && csr_parse(c->pkcs10, &t->csr, e) != 0)
		return -1;
	if (c->crmf.len > 0 && crmf_parse(c->crmf, &t->crmf, e) != 0)
		return -1;
	if (t->csr == NULL && t->crmf == NULL)
		return err_set(e, R_ENVELOPE_BAD, "no request inside");
	return 0;
}

static int
open_forms(struct intake *t, const struct intake_in *in, const char **wish, struct err *e)
{
	switch (in->kind) {
	case INTAKE_PKCS10:
	case INTAKE_PKCS10_BASE64:
		return csr_parse(mem_of(&t->der), &t->csr, e);
	case INTAKE_CRMF:
		return crmf_parse(mem_of(&t->der), &t->crmf, e);
	case INTAKE_ENVELOPE:
		return open_envelope(t, in, wish, e);
	case INTAKE_NONE:
		break;
	}
	return err_set(e, R_WRONG_CONTENT_TYPE, "%s", "");
}

/* --- forms to a verdict --- */

static enum request_event
event_of(enum policy_verdict v)
{
	switch (v) {
	case POLICY_ADMIT:
		return EV_ADMITTED;
	case POLICY_HOLD:
		return EV_HELD;
	case POLICY_REFUSE:
		break;
	}
	return EV_REFUSED;
}

static void
judge(struct intake *t, const struct intake_in *in)
{
	const struct policy_input p = { .station = in->station, .profile = t->profile, .pkcs10 = t->csr,
		.crmf = t->crmf, .enveloped = t->envelope != NULL };

	t->up.verdict = event_of(policy_check(&p, &t->up.why));
}

/* Either form will do for what lists show: two that disagree are refused. */
static int
fill(struct intake *t, const struct intake_in *in, struct err *e)
{
	const struct wanted *w =
	    t->csr != NULL ? csr_get0_wanted(t->csr) : crmf_get0_wanted(t->crmf);
	struct door_upload *u = &t->up;

	u->id = uuid_new();
	u->station = in->station->id;
	u->door = in->door;
	u->source = in->source;
	u->profile = t->profile->name;
	u->ca = t->profile->ca;
	u->operation = "enrol";
	u->form = (t->csr != NULL ? FORM_PKCS10 : 0) | (t->crmf != NULL ? FORM_CRMF : 0);
	memcpy(u->spki_sha256, w->spki_sha256, SHA256_LEN);
	if (t->envelope != NULL)
		u->envelope = mem_of(&t->der);
	if (t->csr != NULL)
		u->pkcs10 = csr_get0_der(t->csr);
	if (t->crmf != NULL)
		u->crmf = crmf_get0_der(t->crmf);
	name_print(w->subject, &t->subject);
	u->subject = buf_text(&t->subject);
	if (u->subject == NULL)
		u->subject = "";
	u->max_open = in->max_open;
	return sha256(mem_of(&t->der), u->sha256, e);
}

int
intake_judge(const struct intake_in *in, struct intake **out, struct err *e)
{
	struct intake *t = xcalloc(1, sizeof(*t));
	const char *wish = in->wish;
	int rc = -1;

	buf_init(&t->subject, SUBJECT_TEXT);
	if (decode(in, &t->der, e) != 0 || open_forms(t, in, &wish, e) != 0 ||
	    profile_choose(in->profiles, in->station, wish, &t->profile, e) != 0 || fill(t, in, e) != 0)
		goto out;
	judge(t, in);
	/* A trouble of ours is no verdict: it is not written down as one. */
	if (t->up.verdict == EV_REFUSED && reason_info(t->up.why.reason)->class == RC_INTERNAL) {
		*e = t->up.why;
		goto out;
	}
	*out = t;
	t = NULL;
	rc = 0;
out:
	intake_free(t);
	return rc;
}
