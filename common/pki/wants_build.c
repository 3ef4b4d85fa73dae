/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The extensions that a request of ours asks for.
 */
#include <openssl/err.h>

#include "common/base/limits.h"
#include "common/pki/der.h"
#include "common/pki/names.h"
#include "common/pki/wants.h"

/* SAN_OTHER is the DER of a GeneralName. */
static GENERAL_NAME *
other_name(struct mem der, struct err *e)
{
	if (der_shape(der, LIM_REQUEST, LIM_DER_ELEMENTS, e) != 0)
		return NULL;
	return asn_decode(ASN1_ITEM_rptr(GENERAL_NAME), der, "GeneralName", e);
}

static GENERAL_NAME *
text_name(int kind, int string_type, struct mem value, struct err *e)
{
	ASN1_STRING *s = NULL;
	GENERAL_NAME *g;

	if (asn_set1(&s, string_type, value, e) != 0)
		return NULL;
	g = GENERAL_NAME_new();
	if (g == NULL) {
		ASN1_STRING_free(s);
		ossl_fail(e, R_NO_MEMORY, "alternative name");
		return NULL;
	}
	GENERAL_NAME_set0_value(g, kind, s);
	return g;
}

static GENERAL_NAME *
general_name(const struct san *s, struct err *e)
{
	switch (s->kind) {
	case SAN_DNS:
		return text_name(GEN_DNS, V_ASN1_IA5STRING, s->value, e);
	case SAN_IP:
		return text_name(GEN_IPADD, V_ASN1_OCTET_STRING, s->value, e);
	case SAN_URI:
		return text_name(GEN_URI, V_ASN1_IA5STRING, s->value, e);
	case SAN_EMAIL:
		return text_name(GEN_EMAIL, V_ASN1_IA5STRING, s->value, e);
	case SAN_OTHER:
		break;
	}
	return other_name(s->value, e);
}

static int
append(STACK_OF(X509_EXTENSION) **list, int nid, void *value, int critical, struct err *e)
{
	if (X509V3_add1_i2d(list, nid, value, critical, X509V3_ADD_APPEND) != 1)
		return ossl_fail(e, R_NO_MEMORY, "extension");
	return 0;
}

/* RFC 5280 section 4.2.1.6: critical when the subject is empty. */
static int
add_san(STACK_OF(X509_EXTENSION) **list, const struct request_names *names, struct err *e)
{
	GENERAL_NAMES *gens;
	int rc = -1;

	if (names->n_san == 0)
		return 0;
	gens = GENERAL_NAMES_new();
	if (gens == NULL)
		return ossl_fail(e, R_NO_MEMORY, "alternative names");
	for (size_t i = 0; i < names->n_san; i++) {
		GENERAL_NAME *g = general_name(&names->san[i], e);

		if (g == NULL)
			goto out;
		if (sk_GENERAL_NAME_push(gens, g) <= 0) {
			GENERAL_NAME_free(g);
			ossl_fail(e, R_NO_MEMORY, "alternative names");
			goto out;
		}
	}
	rc = append(list, NID_subject_alt_name, gens, name_is_null(names->subject), e);
out:
	GENERAL_NAMES_free(gens);
	return rc;
}

static int
add_key_usage(STACK_OF(X509_EXTENSION) **list, unsigned usage, struct err *e)
{
	ASN1_BIT_STRING *bits;
	int rc = 0;

	if (usage == 0)
		return 0;
	bits = ASN1_BIT_STRING_new();
	if (bits == NULL)
		return ossl_fail(e, R_NO_MEMORY, "keyUsage");
	/* Bit 0 of the string is the highest bit of the first octet. */
	for (int bit = 0; rc == 0 && bit < 16; bit++)
		if ((usage >> (bit < 8 ? 7 - bit : 23 - bit) & 1) != 0 &&
		    ASN1_BIT_STRING_set_bit(bits, bit, 1) != 1)
			rc = ossl_fail(e, R_NO_MEMORY, "keyUsage");
	if (rc == 0)
		rc = append(list, NID_key_usage, bits, 1, e);
	ASN1_BIT_STRING_free(bits);
	return rc;
}

static int
add_eku(STACK_OF(X509_EXTENSION) **list, const struct request_names *names, struct err *e)
{
	EXTENDED_KEY_USAGE *eku;
	int rc = -1;

	if (names->n_eku == 0)
		return 0;
	eku = EXTENDED_KEY_USAGE_new();
	if (eku == NULL)
		return ossl_fail(e, R_NO_MEMORY, "extKeyUsage");
	for (size_t i = 0; i < names->n_eku; i++) {
		ASN1_OBJECT *o = asn_oid_new(names->eku[i]);

		if (o == NULL || sk_ASN1_OBJECT_push(eku, o) <= 0) {
			ASN1_OBJECT_free(o);
			ossl_fail(e, R_EXTENSION_FORBIDDEN, "extKeyUsage is not a dotted OID");
			goto out;
		}
	}
	rc = append(list, NID_ext_key_usage, eku, 0, e);
out:
	EXTENDED_KEY_USAGE_free(eku);
	return rc;
}

int
wants_build(const struct request_names *names, STACK_OF(X509_EXTENSION) **out, struct err *e)
{
	STACK_OF(X509_EXTENSION) *list = NULL;

	if (add_san(&list, names, e) != 0 || add_key_usage(&list, names->key_usage, e) != 0 ||
	    add_eku(&list, names, e) != 0) {
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
		return -1;
	}
	*out = list;
	return 0;
}
