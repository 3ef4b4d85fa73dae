/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKIStatusInfo, RFC 4210 section 5.2.3.
 */
#include <stdio.h>
#include <string.h>

#include "common/cmp/internal.h"

#define FAIL_BITS 32

static const char *const status_names[] = {
	[PKI_ACCEPTED] = "accepted",
	[PKI_GRANTED_WITH_MODS] = "grantedWithMods",
	[PKI_REJECTION] = "rejection",
	[PKI_WAITING] = "waiting",
	[PKI_REVOCATION_WARNING] = "revocationWarning",
	[PKI_REVOCATION_NOTIFICATION] = "revocationNotification",
	[PKI_KEY_UPDATE_WARNING] = "keyUpdateWarning",
};

int
status_read(const PKIStatusInfo *a, struct pki_status_info *s, struct err *e)
{
	int64_t status;

	*s = (struct pki_status_info){ 0 };
	if (integer_read(a->status, &status, "PKIStatus", e) != 0)
		return -1;
	if (status < PKI_ACCEPTED || status > PKI_KEY_UPDATE_WARNING)
		return err_set(e, R_CMP_BODY, "PKIStatus %lld (RFC 4210 section 5.2.3)", (long long)status);
	s->status = (int)status;
	for (int i = 0; a->failInfo != NULL && i < FAIL_BITS; i++)
		if (ASN1_BIT_STRING_get_bit(a->failInfo, i) == 1)
			s->fail_info |= UINT32_C(1) << i;
	asn_text_print(a->statusString, s->text, sizeof(s->text));
	return 0;
}

/* A BIT STRING of named bits ends with its last one bit (X.690 section 11.2.2). */
static int
fail_info_set(PKIStatusInfo *a, uint32_t bits)
{
	if (bits == 0)
		return 0;
	a->failInfo = ASN1_BIT_STRING_new();
	if (a->failInfo == NULL)
		return -1;
	for (int i = 0; i < FAIL_BITS; i++)
		if ((bits >> i & 1) != 0 && ASN1_BIT_STRING_set_bit(a->failInfo, i, 1) != 1)
			return -1;
	return 0;
}

int
status_set(PKIStatusInfo *a, const struct pki_status_info *s, struct err *e)
{
	if (ASN1_INTEGER_set_int64(a->status, s->status) != 1 || fail_info_set(a, s->fail_info) != 0)
		return asn_no_memory(e);
	if (s->text[0] != '\0' && asn_text_add(&a->statusString, mem_str(s->text)) != 0)
		return asn_no_memory(e);
	return 0;
}

void
pki_status_print(const struct pki_status_info *s, struct buf *b)
{
	const char *sep = ": ";

	if (s->status >= 0 && (size_t)s->status < COUNT_OF(status_names))
		buf_add_str(b, status_names[s->status]);
	else
		buf_printf(b, "status %d", s->status);
	for (int i = 0; i < FAIL_BITS; i++) {
		if ((s->fail_info >> i & 1) == 0)
			continue;
		if (fail_info_name(i) != NULL)
			buf_printf(b, "%s%s", sep, fail_info_name(i));
		else
			buf_printf(b, "%sbit %d", sep, i);
		sep = ", ";
	}
	if (s->text[0] != '\0')
		buf_printf(b, ": %s", s->text);
}
