/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ossl.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/pki/memory.h"

ASN1_SEQUENCE(SubjectPublicKeyInfo) = {
	ASN1_SIMPLE(SubjectPublicKeyInfo, algorithm, ASN1_SEQUENCE),
	ASN1_SIMPLE(SubjectPublicKeyInfo, subjectPublicKey, ASN1_BIT_STRING)
} ASN1_SEQUENCE_END(SubjectPublicKeyInfo)

/*
 * Empties the queue; *last is its last error. Was there no memory somewhere on the way? Not all of OpenSSL says
 * so: a signature check without memory is a signature that does not fit. malloc() itself says it in errno.
 */
static bool
drain_errors(unsigned long *last)
{
	unsigned long code;
	bool no_memory = pki_memory_has_failed() || errno == ENOMEM;

	*last = 0;
	while ((code = ERR_get_error()) != 0) {
		no_memory = no_memory || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
		*last = code;
	}
	ERR_clear_error();		/* frees what the errors that were taken still hold */
	if (no_memory)
		errno = 0;		/* told once */
	return no_memory;
}

void
ossl_begin(void)
{
	unsigned long last;

	(void)drain_errors(&last);
}

bool
ossl_no_memory(void)
{
	unsigned long last;

	return drain_errors(&last);
}

int
ossl_fail(struct err *e, enum reason r, const char *what)
{
	unsigned long last;
	const char *why;

	if (drain_errors(&last))
		return err_set(e, R_NO_MEMORY, "%s", what);
	why = last == 0 ? NULL : ERR_reason_error_string(last);
	if (why != NULL)
		return err_set(e, r, "%s: %s", what, why);
	return err_set(e, r, "%s", what);
}

void *
asn_decode(const ASN1_ITEM *it, struct mem der, const char *what, struct err *e)
{
	const unsigned char *p = der.p;
	ASN1_VALUE *v;

	if (der.len == 0 || der.len > LONG_MAX) {
		err_set(e, R_NOT_DER, "%s", what);
		return NULL;
	}
	v = ASN1_item_d2i(NULL, &p, (long)der.len, it);
	if (v == NULL) {
		ossl_fail(e, R_NOT_DER, what);
		return NULL;
	}
	if (p != der.p + der.len) {
		ASN1_item_free(v, it);
		err_set(e, R_TRAILING_BYTES, "%s", what);
		return NULL;
	}
	return v;
}

int
asn_encode(const ASN1_ITEM *it, const void *value, struct blob *out, struct err *e)
{
	int len = ASN1_item_i2d(value, NULL, it);
	unsigned char *p;
	struct blob b;

	if (len <= 0)
		return ossl_fail(e, R_INTERNAL, "DER encoding");
	b.len = (size_t)len;
	b.p = mem_calloc(b.len, 1);
	if (b.p == NULL)
		return err_set(e, R_NO_MEMORY, "%zu octets", b.len);
	p = b.p;
	/* Without memory to sort a SET OF, OpenSSL leaves it out and still tells the whole length. */
	if (ASN1_item_i2d(value, &p, it) != len || p != b.p + len) {
		blob_free(&b);
		return ossl_fail(e, R_NO_MEMORY, "DER encoding");
	}
	*out = b;
	return 0;
}

struct mem
asn_mem(const ASN1_STRING *s)
{
	if (s == NULL || ASN1_STRING_length(s) <= 0)
		return MEM_NONE;
	return (struct mem){ ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
}

int
asn_set1(ASN1_STRING **s, int type, struct mem m, struct err *e)
{
	ASN1_STRING *n = ASN1_STRING_type_new(type);

	if (n == NULL || m.len > INT_MAX ||
	    ASN1_STRING_set(n, m.len > 0 ? (const void *)m.p : "", (int)m.len) != 1) {
		ASN1_STRING_free(n);
		return ossl_fail(e, R_NO_MEMORY, "string");
	}
	/* Else trailing zero bits would be cut off when it is encoded. */
	if (type == V_ASN1_BIT_STRING)
		n->flags = (n->flags & ~7L) | ASN1_STRING_FLAG_BITS_LEFT;
	ASN1_STRING_free(*s);
	*s = n;
	return 0;
}

bool
asn_bits(const ASN1_BIT_STRING *s, struct mem *out)
{
	if (s == NULL || (s->flags & 7) != 0)
		return false;
	*out = asn_mem(s);
	return true;
}

bool
asn_oid(const ASN1_OBJECT *o, char out[OID_TEXT])
{
	int n;

	/* Each octet gives less than four characters; huge arcs are slow to print. */
	if (o == NULL || OBJ_length(o) == 0 || OBJ_length(o) > OID_TEXT)
		return false;
	n = OBJ_obj2txt(out, OID_TEXT, o, 1);
	return n > 0 && n < OID_TEXT;
}

ASN1_OBJECT *
asn_oid_new(const char *dotted)
{
	ASN1_OBJECT *o = OBJ_txt2obj(dotted, 1);
	char back[OID_TEXT];

	/* Without memory for an arc of many digits, OpenSSL returns an OID with that arc damaged. */
	if (o != NULL && asn_oid(o, back) && strcmp(back, dotted) == 0)
		return o;
	ASN1_OBJECT_free(o);
	return NULL;
}
