/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policy/policy.h"

#include <string.h>

#include "gateway/policy/names.h"

/* What is judged: the forms agree before anything below looks at it, so either will do. */
static const struct wanted *
wanted_of(const struct policy_input *in)
{
	return in->pkcs10 != NULL ? csr_get0_wanted(in->pkcs10) : crmf_get0_wanted(in->crmf);
}

static int
check_station(const struct policy_input *in, struct err *e)
{
	if (in->pkcs10 == NULL && in->crmf == NULL)
		return err_set(e, R_EMPTY, "no request in it");
	if (in->station->blocked)
		return err_set(e, R_STATION_BLOCKED, "%s", in->station->name);
	if (in->profile->envelope_required && !in->enveloped)
		return err_set(e, R_ENVELOPE_REQUIRED, "profile %s", in->profile->name);
	return 0;
}

/*
 * Each form proves possession by itself: the dispatcher may send either. RFC 7030 section 3.5 wants
 * a challengePassword to equal tls-unique; TLS 1.3 has none, and an unchecked one must not pass.
 */
static int
check_proof(const struct policy_input *in, struct err *e)
{
	if (in->pkcs10 != NULL && !in->proved && csr_check_pop(in->pkcs10, e) != 0)
		return -1;
	if (in->crmf != NULL && !in->proved && crmf_check_pop(in->crmf, e) != 0)
		return -1;
	if (in->pkcs10 != NULL && csr_get0_wanted(in->pkcs10)->challenge_password)
		return err_set(e, R_POP_LINKING, "challengePassword");
	if (in->pkcs10 != NULL && in->crmf != NULL)
		return wanted_agree(csr_get0_wanted(in->pkcs10), crmf_get0_wanted(in->crmf), e);
	return 0;
}

int
policy_key(const struct wanted *w, const struct profile *p, struct err *e)
{
	char have[KEY_TYPE_TEXT];
	struct key_type t;
	bool kind = false;

	for (size_t i = 0; i < p->n_keys; i++) {
		if (key_type_parse(p->keys[i], &t, e) != 0)
			return -1;
		if (key_type_covers(t, w->key))
			return 0;
		kind = kind || t.kind == w->key.kind;
	}
	key_type_print(w->key, have);
	return err_set(e, kind ? R_KEY_TOO_WEAK : R_KEY_TYPE, "%s, profile %s", have, p->name);
}

static int
check_not_device_key(const struct wanted *w, const struct station *s, struct err *e)
{
	if (s->has_device_key && memcmp(w->spki_sha256, s->device_key, SHA256_LEN) == 0)
		return err_set(e, R_KEY_IS_DEVICE_KEY, "%s", s->name);
	return 0;
}

static int
check_names(const struct wanted *w, const struct profile *p, const struct station *s, struct err *e)
{
	struct grant g = { 0 };
	int rc;

	if (profile_grant(p, s, &g, e) != 0)
		return -1;
	rc = policy_names(w, &g, e);
	grant_free(&g);
	return rc;
}

static int
check_wanted(const struct policy_input *in, struct err *e)
{
	const struct wanted *w = wanted_of(in);

	if (policy_key(w, in->profile, e) != 0 ||
	    check_not_device_key(w, in->station, e) != 0 ||
	    check_names(w, in->profile, in->station, e) != 0)
		return -1;
	return policy_extensions(w, in->profile, e);
}

enum policy_verdict
policy_check(const struct policy_input *in, struct err *why)
{
	if (check_station(in, why) != 0 || check_proof(in, why) != 0 || check_wanted(in, why) != 0)
		return POLICY_REFUSE;
	if (in->profile->hold) {
		err_set(why, R_NEEDS_APPROVAL, "profile %s", in->profile->name);
		return POLICY_HOLD;
	}
	err_clear(why);
	return POLICY_ADMIT;
}

int
policy_check_names(const struct wanted *w, const struct profile *p, const struct station *s,
    struct err *e)
{
	if (policy_key(w, p, e) != 0 || check_not_device_key(w, s, e) != 0 ||
	    check_names(w, p, s, e) != 0)
		return -1;
	return policy_usages(w, p, e);
}
