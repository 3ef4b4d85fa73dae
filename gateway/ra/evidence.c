/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/cert.h"
#include "common/pki/envelope.h"
#include "gateway/policy/policy.h"
#include "gateway/ra/internal.h"

/* The requests taken apart once more. */
struct forms {
	struct csr *pkcs10;
	struct crmf *crmf;
};

static void
forms_free(struct forms *f)
{
	csr_free(f->pkcs10);
	crmf_free(f->crmf);
}

static int
forms_parse(const struct ca_item *it, struct forms *f, struct err *e)
{
	if (it->pkcs10.len > 0 && csr_parse(it->pkcs10, &f->pkcs10, e) != 0)
		return -1;
	return it->crmf.len > 0 ? crmf_parse(it->crmf, &f->crmf, e) : 0;
}

/* The envelope is the station's own word: who it is, for which profile, and each octet of the request. */
static int
compare_content(const struct ca_item *it, const struct envelope_content *c, struct err *e)
{
	if (strcmp(c->station, it->station) != 0)
		return err_set(e, R_ENVELOPE_OTHER_STATION, "it names another station than %s", it->station);
	if (c->profile != NULL && strcmp(c->profile, it->profile) != 0)
		return err_set(e, R_PROFILE_UNKNOWN, "the envelope names another profile than %s", it->profile);
	if (!mem_eq(c->pkcs10, it->pkcs10) || !mem_eq(c->crmf, it->crmf))
		return err_set(e, R_ENVELOPE_BAD, "the stored request is not the one inside");
	return 0;
}

static int
check_envelope(const struct ca_item *it, struct err *e)
{
	struct envelope *v = NULL;
	const uint8_t *signer;
	int rc = -1;

	if (it->envelope.len == 0)
		return 0;
	if (envelope_parse(it->envelope, &v, e) != 0)
		return -1;
	signer = cert_get0_spki_sha256(envelope_get0_signer(v));
	if (!mem_eq((struct mem){ signer, SHA256_LEN }, it->device_key))
		err_set(e, R_ENVELOPE_OTHER_STATION, "not the device key of %s", it->station);
	else
		rc = compare_content(it, envelope_get0_content(v), e);
	envelope_free(v);
	return rc;
}

/* Answers are matched by the stored hash of the key: it must be the request's. */
static int
check_key(const struct ca_item *it, const struct forms *f, struct err *e)
{
	const struct wanted *w = f->pkcs10 != NULL ? csr_get0_wanted(f->pkcs10) : crmf_get0_wanted(f->crmf);

	if (!mem_eq((struct mem){ w->spki_sha256, SHA256_LEN }, it->spki_sha256))
		return err_set(e, R_KEY_BAD, "the stored hash is that of another key");
	return 0;
}

/* proved: the signer checks the proof of possession. */
static int
check(const struct ra *ra, const struct ca_item *it, bool proved, struct err *e)
{
	const struct profile *p = profile_find(ra->o.profiles, it->profile);
	struct forms f = { NULL, NULL };
	struct policy_input in;
	int rc = -1;

	if (p == NULL)
		return err_set(e, R_PROFILE_UNKNOWN, "%s", it->profile);
	if (check_envelope(it, e) != 0 || forms_parse(it, &f, e) != 0)
		goto out;
	in = (struct policy_input){
		.station = it->row, .profile = p, .pkcs10 = f.pkcs10, .crmf = f.crmf,
		.enveloped = it->envelope.len > 0, .proved = proved,
	};
	if (policy_check(&in, e) == POLICY_REFUSE)
		goto out;
	err_clear(e);		/* of "hold": an operator has decided before the request came here */
	rc = check_key(it, &f, e);
out:
	forms_free(&f);
	return rc;
}

int
ra_check_evidence(const struct ra *ra, const struct ca_item *it, struct err *e)
{
	return check(ra, it, true, e);
}

void
ra_explain_refusal(const struct ra *ra, struct ca_item *it)
{
	struct err e;

	if (it->err.reason == R_SIGNER_REFUSED && it->step == CA_ENROL && check(ra, it, false, &e) != 0)
		it->err = e;
}
