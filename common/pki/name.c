/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name.h"

#include <limits.h>
#include <openssl/bio.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/base/limits.h"
#include "common/pki/der.h"
#include "common/pki/names.h"

/* DER of an empty SEQUENCE: the NULL-DN. */
static const uint8_t null_dn[] = { 0x30, 0x00 };

struct mem
name_null(void)
{
	return (struct mem){ null_dn, sizeof(null_dn) };
}

bool
name_is_null(struct mem der)
{
	return der.len == 0 || mem_eq(der, name_null());
}

X509_NAME *
name_decode(struct mem der, struct err *e)
{
	if (der.len == 0)
		der = name_null();
	return asn_decode(ASN1_ITEM_rptr(X509_NAME), der, "name", e);
}

bool
name_equal(struct mem a, struct mem b)
{
	X509_NAME *na = NULL, *nb = NULL;
	bool eq;

	if (name_is_null(a) || name_is_null(b))
		return name_is_null(a) && name_is_null(b);
	if (mem_eq(a, b))
		return true;
	na = name_decode(a, NULL);
	nb = na == NULL ? NULL : name_decode(b, NULL);
	/* Below -1 is a failure, not an order. */
	eq = nb != NULL && X509_NAME_cmp(na, nb) == 0;
	X509_NAME_free(na);
	X509_NAME_free(nb);
	return eq;
}

void
name_print(struct mem der, struct buf *b)
{
	X509_NAME *n = name_decode(der, NULL);
	BIO *bio = n == NULL ? NULL : BIO_new(BIO_s_mem());
	char *p = NULL;

	if (bio != NULL && X509_NAME_print_ex(bio, n, 0, XN_FLAG_RFC2253) >= 0) {
		long len = BIO_get_mem_data(bio, &p);

		if (len > 0 && p != NULL)
			buf_add(b, p, (size_t)len);
	}
	BIO_free(bio);
	X509_NAME_free(n);
	ossl_begin();
}

/* C0, DEL and C1 (U+0080 to U+009F, in UTF-8 C2 80 to C2 9F). */
static bool
has_control(struct mem m)
{
	for (size_t i = 0; i < m.len; i++)
		if (m.p[i] < 0x20 || m.p[i] == 0x7f ||
		    (m.p[i] == 0xc2 && i + 1 < m.len && m.p[i + 1] < 0xa0))
			return true;
	return false;
}

int
name_value(const ASN1_STRING *s, struct buf *out, struct err *e)
{
	unsigned char *utf8 = NULL;
	struct mem m;
	int len = ASN1_STRING_to_UTF8(&utf8, s);

	if (len < 0)
		return ossl_fail(e, R_NAME_MALFORMED, "value is not text");
	m = (struct mem){ utf8, (size_t)len };
	if (len == 0 || !utf8_ok(m) || has_control(m)) {
		OPENSSL_free(utf8);
		return err_set(e, R_NAME_MALFORMED, "value is empty or has characters that are not allowed");
	}
	buf_add_mem(out, m);
	OPENSSL_free(utf8);
	return 0;
}

/* OpenSSL passes over an RDN without a value and joins several, so they are counted in the DER. */
static int
check_rdns(struct mem der, struct err *e)
{
	struct mem rest = der_inside(der);

	while (rest.len > 0) {
		struct mem values = der_inside(der_take(&rest));

		if (der_take(&values).len == 0 || values.len > 0)
			return err_set(e, R_NAME_MALFORMED, "an RDN has not exactly one value");
	}
	return 0;
}

int
name_check_entries(const X509_NAME *n, struct err *e)
{
	int common_names = 0;

	for (int i = 0; i < X509_NAME_entry_count(n); i++) {
		const X509_NAME_ENTRY *ne = X509_NAME_get_entry(n, i);
		struct buf text;
		int rc;

		if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(ne)) == NID_commonName && ++common_names > 1)
			return err_set(e, R_NAME_MALFORMED, "more than one common name");
		buf_init(&text, LIM_REQUEST);
		rc = name_value(X509_NAME_ENTRY_get_data(ne), &text, e);
		buf_free(&text);
		if (rc != 0)
			return -1;
	}
	return 0;
}

int
name_check(struct mem der, struct err *e)
{
	X509_NAME *n;
	int rc = -1;

	if (name_is_null(der))
		return 0;
	n = der_shape(der, LIM_REQUEST, LIM_DER_ELEMENTS, e) == 0 ? name_decode(der, e) : NULL;
	if (n == NULL) {
		if (e != NULL && e->reason != R_NO_MEMORY)
			e->reason = R_NAME_MALFORMED;
		return -1;
	}
	if (check_rdns(der, e) == 0 && name_check_entries(n, e) == 0)
		rc = 0;
	X509_NAME_free(n);
	return rc;
}
