/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policy/names.h"

#include <string.h>

/* RFC 5280 section 4.2.1 */
#define OID_SUBJECT_KEY_ID	"2.5.29.14"
#define OID_KEY_USAGE		"2.5.29.15"
#define OID_BASIC_CONSTRAINTS	"2.5.29.19"
#define OID_EXT_KEY_USAGE	"2.5.29.37"

/* What an end entity may do with its key; the rest is for CAs or has no use here. */
#define KU_ALLOWED \
	(USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION | USAGE_KEY_ENCIPHERMENT | USAGE_KEY_AGREEMENT)

static const char *const allowed[] = {
	OID_SUBJECT_KEY_ID,
	OID_KEY_USAGE,
	OID_BASIC_CONSTRAINTS,
	OID_EXT_KEY_USAGE,
};

static bool
is_allowed(const char *oid)
{
	for (size_t i = 0; i < COUNT_OF(allowed); i++)
		if (strcmp(allowed[i], oid) == 0)
			return true;
	return false;
}

static bool
has_ext(const struct wanted *w, const char *oid)
{
	for (size_t i = 0; i < w->n_ext; i++)
		if (strcmp(w->ext[i].oid, oid) == 0)
			return true;
	return false;
}

static bool
profile_has_eku(const struct profile *p, const char *oid)
{
	for (size_t i = 0; i < p->n_eku; i++) {
		const char *may = eku_oid(p->eku[i]);

		if (may != NULL && strcmp(may, oid) == 0)
			return true;
	}
	return false;
}

int
policy_usages(const struct wanted *w, const struct profile *p, struct err *e)
{
	if (w->is_ca)
		return err_set(e, R_EXTENSION_FORBIDDEN, "basicConstraints asks for CA rights");
	if (w->has_key_usage && (w->key_usage | KU_ALLOWED) != KU_ALLOWED)
		return err_set(e, R_EXTENSION_FORBIDDEN, "keyUsage goes beyond an end entity's");
	for (size_t i = 0; i < w->n_eku; i++)
		if (!profile_has_eku(p, w->eku[i]))
			return err_set(e, R_EXTENSION_FORBIDDEN, "extKeyUsage %.64s is not in profile %.64s",
			    w->eku[i], p->name);
	return 0;
}

/* What was read out of the request must be what is there: RFC 5280 section 4.2 allows one of each,
 * and a second one might be the one that the CA takes. */
static int
one_of_each(const struct wanted *w, struct err *e)
{
	for (size_t i = 0; i < w->n_ext; i++)
		for (size_t k = i + 1; k < w->n_ext; k++)
			if (strcmp(w->ext[i].oid, w->ext[k].oid) == 0)
				return err_set(e, R_EXTENSION_FORBIDDEN, "extension %s is there twice",
				    w->ext[i].oid);
	return 0;
}

int
policy_extensions(const struct wanted *w, const struct profile *p, struct err *e)
{
	for (size_t i = 0; i < w->n_ext; i++)
		if (!is_allowed(w->ext[i].oid))
			return err_set(e, R_EXTENSION_FORBIDDEN, "extension %s", w->ext[i].oid);
	if (one_of_each(w, e) != 0 || policy_usages(w, p, e) != 0)
		return -1;
	if (w->has_key_usage && w->key_usage == 0)
		return err_set(e, R_EXTENSION_FORBIDDEN, "keyUsage without a use");
	if (has_ext(w, OID_KEY_USAGE) != w->has_key_usage)
		return err_set(e, R_EXTENSION_FORBIDDEN, "keyUsage cannot be read");
	if (has_ext(w, OID_EXT_KEY_USAGE) != (w->n_eku > 0))
		return err_set(e, R_EXTENSION_FORBIDDEN, "extKeyUsage cannot be read");
	return 0;
}
