/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/wanted.h"

#include <string.h>

/* RFC 5280 section 4.2.1.12, RFC 6402 section 2.10, RFC 4945 section 5.1.3.12 */
static const struct {
	const char *name;
	const char *oid;
} ekus[] = {
	{ "serverAuth", "1.3.6.1.5.5.7.3.1" },
	{ "clientAuth", "1.3.6.1.5.5.7.3.2" },
	{ "codeSigning", "1.3.6.1.5.5.7.3.3" },
	{ "emailProtection", "1.3.6.1.5.5.7.3.4" },
	{ "ipsecEndSystem", "1.3.6.1.5.5.7.3.5" },
	{ "ipsecTunnel", "1.3.6.1.5.5.7.3.6" },
	{ "ipsecUser", "1.3.6.1.5.5.7.3.7" },
	{ "timeStamping", "1.3.6.1.5.5.7.3.8" },
	{ "OCSPSigning", "1.3.6.1.5.5.7.3.9" },
	{ "ipsecIKE", "1.3.6.1.5.5.7.3.17" },
	{ "cmcCA", "1.3.6.1.5.5.7.3.27" },
	{ "cmcRA", "1.3.6.1.5.5.7.3.28" },
	{ "anyExtendedKeyUsage", "2.5.29.37.0" },
};

/* Digits between single dots, at least two numbers. */
static bool
is_dotted(const char *s)
{
	size_t dots = 0;

	for (size_t i = 0; s[i] != '\0'; i++) {
		if (s[i] == '.' && i > 0 && s[i - 1] != '.' && s[i + 1] != '\0')
			dots++;
		else if (s[i] < '0' || s[i] > '9')
			return false;
	}
	return dots > 0;
}

const char *
eku_oid(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(ekus); i++)
		if (strcmp(name, ekus[i].name) == 0)
			return ekus[i].oid;
	return is_dotted(name) ? name : NULL;
}

/* No extension comes twice in one request, so the same number of them and each found is the same set. */
static bool
same_extensions(const struct wanted *a, const struct wanted *b)
{
	if (a->n_ext != b->n_ext)
		return false;
	for (size_t i = 0; i < a->n_ext; i++) {
		size_t k = 0;

		while (k < b->n_ext && strcmp(a->ext[i].oid, b->ext[k].oid) != 0)
			k++;
		if (k == b->n_ext || a->ext[i].critical != b->ext[k].critical ||
		    !mem_eq(a->ext[i].value, b->ext[k].value))
			return false;
	}
	return true;
}

int
wanted_agree(const struct wanted *a, const struct wanted *b, struct err *e)
{
	if (!mem_eq(a->spki, b->spki))
		return err_set(e, R_FORMS_DISAGREE, "public key");
	if (!name_equal(a->subject, b->subject))
		return err_set(e, R_FORMS_DISAGREE, "subject");
	if (!san_equal(a->san, a->n_san, b->san, b->n_san))
		return err_set(e, R_FORMS_DISAGREE, "subjectAltName");
	if (!same_extensions(a, b))
		return err_set(e, R_FORMS_DISAGREE, "extensions");
	return 0;
}
