/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/wants.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/der.h"
#include "common/pki/names.h"

#define EXT_MAX 64	/* extensions of one request or certificate */
#define EKU_MAX 64

/* The value of an extension, its shape checked as that of what surrounds it was. */
static void *
decode_value(const ASN1_ITEM *it, const struct wanted_ext *x, const char *what, struct err *e)
{
	if (der_shape(x->value, LIM_REQUEST, LIM_DER_ELEMENTS, e) != 0)
		return NULL;
	return asn_decode(it, x->value, what, e);
}

static int
read_san(struct wants *w, const struct wanted_ext *x, struct err *e)
{
	w->gens = decode_value(ASN1_ITEM_rptr(GENERAL_NAMES), x, "subjectAltName", e);
	if (w->gens == NULL) {
		if (e != NULL && e->reason != R_NO_MEMORY)
			e->reason = R_NAME_MALFORMED;
		return -1;
	}
	if (san_read(w->gens, x->value, &w->san, &w->w.n_san, e) != 0)
		return -1;
	w->w.san = w->san;
	return 0;
}

static int
read_basic(struct wants *w, const struct wanted_ext *x, struct err *e)
{
	BASIC_CONSTRAINTS *bc = decode_value(ASN1_ITEM_rptr(BASIC_CONSTRAINTS), x, "basicConstraints", e);

	if (bc == NULL)
		return -1;
	w->w.is_ca = bc->ca != 0;
	BASIC_CONSTRAINTS_free(bc);
	return 0;
}

static int
read_key_usage(struct wants *w, const struct wanted_ext *x, struct err *e)
{
	ASN1_BIT_STRING *bits = decode_value(ASN1_ITEM_rptr(ASN1_BIT_STRING), x, "keyUsage", e);
	struct mem m;

	if (bits == NULL)
		return -1;
	m = asn_mem(bits);
	w->w.has_key_usage = true;
	for (size_t i = 0; i < m.len && i < 2; i++)
		w->w.key_usage |= (unsigned)m.p[i] << (8 * i);
	ASN1_BIT_STRING_free(bits);
	return 0;
}

static int
copy_eku(struct wants *w, const EXTENDED_KEY_USAGE *eku, struct err *e)
{
	int n = sk_ASN1_OBJECT_num(eku);

	if (n <= 0 || n > EKU_MAX)
		return err_set(e, R_EXTENSION_FORBIDDEN, "extKeyUsage with %d entries", n);
	w->eku_text = mem_calloc((size_t)n, sizeof(*w->eku_text));
	w->eku = mem_calloc((size_t)n, sizeof(*w->eku));
	if (w->eku_text == NULL || w->eku == NULL)
		return err_set(e, R_NO_MEMORY, "extKeyUsage");
	for (int i = 0; i < n; i++) {
		if (!asn_oid(sk_ASN1_OBJECT_value(eku, i), w->eku_text[i]))
			return err_set(e, R_EXTENSION_FORBIDDEN, "extKeyUsage with an overlong OID");
		w->eku[i] = w->eku_text[i];
	}
	w->w.eku = w->eku;
	w->w.n_eku = (size_t)n;
	return 0;
}

static int
read_eku(struct wants *w, const struct wanted_ext *x, struct err *e)
{
	EXTENDED_KEY_USAGE *eku = decode_value(ASN1_ITEM_rptr(EXTENDED_KEY_USAGE), x, "extKeyUsage", e);
	int rc;

	if (eku == NULL)
		return -1;
	rc = copy_eku(w, eku, e);
	EXTENDED_KEY_USAGE_free(eku);
	return rc;
}

/* What we understand; anything else is listed for policy to judge. */
static const struct {
	const char *oid;
	int (*read)(struct wants *w, const struct wanted_ext *x, struct err *e);
} readers[] = {
	{ "2.5.29.17", read_san },
	{ "2.5.29.19", read_basic },
	{ "2.5.29.15", read_key_usage },
	{ "2.5.29.37", read_eku },
};

static int
interpret(struct wants *w, const struct wanted_ext *x, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(readers); i++)
		if (strcmp(x->oid, readers[i].oid) == 0)
			return readers[i].read(w, x, e);
	return 0;
}

static int
read_header(X509_EXTENSION *from, struct wanted_ext *x, struct err *e)
{
	if (!asn_oid(X509_EXTENSION_get_object(from), x->oid))
		return err_set(e, R_EXTENSION_FORBIDDEN, "extension with an overlong OID");
	x->critical = X509_EXTENSION_get_critical(from) == 1;
	x->value = asn_mem(X509_EXTENSION_get_data(from));
	return 0;
}

static bool
seen(const struct wanted_ext *list, size_t n, const char *oid)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].oid, oid) == 0)
			return true;
	return false;
}

/* subjectAltName is read to san, so it leaves the list in the end. */
static void
drop_san(struct wants *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(w->ext[i].oid, readers[0].oid) != 0)
			w->ext[w->w.n_ext++] = w->ext[i];
	w->w.ext = w->ext;
}

int
wants_read(struct wants *w, const STACK_OF(X509_EXTENSION) *exts, struct err *e)
{
	int n = exts == NULL ? 0 : sk_X509_EXTENSION_num(exts);

	if (n <= 0)
		return 0;
	if (n > EXT_MAX)
		return err_set(e, R_TOO_COMPLEX, "%d extensions", n);
	w->ext = mem_calloc((size_t)n, sizeof(*w->ext));
	if (w->ext == NULL)
		return err_set(e, R_NO_MEMORY, "extensions");
	for (int i = 0; i < n; i++) {
		struct wanted_ext *x = &w->ext[i];

		if (read_header(sk_X509_EXTENSION_value(exts, i), x, e) != 0)
			return -1;
		if (seen(w->ext, (size_t)i, x->oid))
			return err_set(e, R_EXTENSION_FORBIDDEN, "RFC 5280 section 4.2: extension %s twice",
			    x->oid);
		if (interpret(w, x, e) != 0)
			return -1;
	}
	drop_san(w, (size_t)n);
	return 0;
}

int
wants_check_names(const struct wants *w, struct err *e)
{
	for (size_t i = 0; i < w->w.n_san; i++)
		if (w->san[i].kind == SAN_DNS && dns_name_check(w->san[i].value, e) != 0)
			return -1;
	return name_check(w->w.subject, e);
}

int
wants_set_spki(struct wants *w, struct mem spki, struct err *e)
{
	w->w.spki = spki;
	return sha256(spki, w->w.spki_sha256, e);
}

void
wants_clear(struct wants *w)
{
	GENERAL_NAMES_free(w->gens);
	free(w->san);
	free(w->ext);
	free(w->eku_text);
	free(w->eku);
	*w = (struct wants){ .gens = NULL };
}
