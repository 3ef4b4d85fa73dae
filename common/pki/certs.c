/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lists of certificates: PEM, DER, and the certs-only PKCS#7 of EST.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/pki/cert_int.h"
#include "common/pki/pem.h"
#include "common/pki/signed_data.h"
#include "common/pki/text.h"

void
certs_free(struct certs *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		cert_free(l->v[i]);
	free(l->v);
	*l = (struct certs){ NULL, 0 };
}

int
certs_add(struct certs *l, struct cert *c, struct err *e)
{
	struct cert **v = mem_grow(l->v, l->n + 1, sizeof(*v));

	if (v == NULL)
		return err_set(e, R_NO_MEMORY, "list of certificates");
	l->v = v;
	l->v[l->n++] = c;
	return 0;
}

int
certs_add_der(struct certs *l, struct mem der, size_t max, struct err *e)
{
	struct cert *c = NULL;

	if (l->n >= max)
		return err_set(e, R_TOO_COMPLEX, "more than %zu certificates", max);
	if (cert_parse(der, &c, e) != 0)
		return -1;
	if (certs_add(l, c, e) != 0) {
		cert_free(c);
		return -1;
	}
	return 0;
}

/* Hands a finished list over. */
static void
hand_over(struct certs *from, struct certs *out)
{
	*out = *from;
	*from = (struct certs){ NULL, 0 };
}

static int
parse_pem(struct mem text, size_t max, struct certs *l, struct err *e)
{
	struct blob der = { NULL, 0 };
	int rc;

	while ((rc = pem_next(&text, "CERTIFICATE", LIM_CERT, &der, e)) == 0) {
		if (certs_add_der(l, mem_of(&der), max, e) != 0)
			rc = -1;
		blob_free(&der);
		if (rc != 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	return l->n > 0 ? 0 : err_set(e, R_BAD_PEM, "no certificate in it");
}

int
certs_parse(struct mem text, size_t max, struct certs *out, struct err *e)
{
	struct certs l = { NULL, 0 };
	bool pem = text.len > 0 && memmem(text.p, text.len, "-----BEGIN ", 11) != NULL;

	if ((pem ? parse_pem(text, max, &l, e) : certs_add_der(&l, text, max, e)) != 0) {
		certs_free(&l);
		return -1;
	}
	hand_over(&l, out);
	return 0;
}

int
certs_load(const char *path, size_t max, struct certs *out, struct err *e)
{
	struct blob text = { NULL, 0 };
	int rc;

	if (file_read(path, LIM_TRUST_FILE, &text, e) != 0)
		return -1;
	rc = certs_parse(mem_of(&text), max, out, e);
	blob_free(&text);
	return rc == 0 ? 0 : err_at(e, path);
}

void
certs_print_pem(const struct certs *l, struct buf *b)
{
	for (size_t i = 0; i < l->n; i++)
		pem_add(b, "CERTIFICATE", cert_get0_der(l->v[i]));
}

/* RFC 7030 section 4.2.3, RFC 5272 section 4.1: SignedData without content and signer. */
int
certs_build_p7(const struct certs *l, struct blob *der, struct err *e)
{
	ContentInfo *ci = signed_data_new("1.2.840.113549.1.7.1", 1, l, e);
	int rc = ci == NULL ? -1 : asn_encode(ASN1_ITEM_rptr(ContentInfo), ci, der, e);

	ASN1_item_free((ASN1_VALUE *)ci, ASN1_ITEM_rptr(ContentInfo));
	return rc;
}

int
certs_parse_p7(struct mem der, size_t max, struct certs *out, struct err *e)
{
	struct certs l = { NULL, 0 };
	ContentInfo *ci = NULL;
	int rc = -1;

	/* Not der_shape(): CAs may send BER (RFC 5652 section 5.1), and nothing here is signed. */
	if (der.len > LIM_TRUST_FILE)
		return err_set(e, R_TOO_LONG, "%zu octets, limit %u", der.len, LIM_TRUST_FILE);
	ci = asn_decode(ASN1_ITEM_rptr(ContentInfo), der, "PKCS#7", e);
	if (ci == NULL)
		return -1;
	if (!signed_data_is(ci))
		err_set(e, R_NOT_DER, "PKCS#7 is not a SignedData");
	else if (signed_data_certs(ci->content, max, &l, e) == 0) {
		hand_over(&l, out);
		rc = 0;
	}
	certs_free(&l);
	ASN1_item_free((ASN1_VALUE *)ci, ASN1_ITEM_rptr(ContentInfo));
	return rc;
}
