/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cmp/der.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>

#include "common/base/limits.h"

int
der_next(struct mem *in, struct der *d)
{
	const unsigned char *p = in->p;
	long len;
	int r;

	if (in->len == 0 || in->len > LONG_MAX)
		return -1;
	r = ASN1_get_object(&p, &len, &d->tag, &d->class, (long)in->len);
	if ((r & 0x80) != 0 || (r & 1) != 0 || len < 0) {	/* broken, or indefinite length */
		ERR_clear_error();
		return -1;
	}
	d->constructed = (r & V_ASN1_CONSTRUCTED) != 0;
	d->content = (struct mem){ p, (size_t)len };
	d->all = (struct mem){ in->p, (size_t)(p - in->p) + (size_t)len };
	in->p += d->all.len;
	in->len -= d->all.len;
	return 0;
}

int
der_next_sequence(struct mem *in, struct der *d)
{
	if (der_next(in, d) != 0 || d->class != V_ASN1_UNIVERSAL || d->tag != V_ASN1_SEQUENCE ||
	    !d->constructed)
		return -1;
	return 0;
}

/* X.690 section 10.2: strings are primitive. */
static bool
is_constructed_string(const struct der *d)
{
	return d->constructed && d->class == V_ASN1_UNIVERSAL && d->tag != V_ASN1_SEQUENCE &&
	    d->tag != V_ASN1_SET;
}

int
der_check(struct mem m, struct err *e)
{
	struct mem open[LIM_CMP_DEPTH];		/* what is still to be read at each level */
	size_t depth = 0, elements = 0;
	struct der d;

	if (der_next(&m, &d) != 0)
		return err_set(e, R_NOT_DER, "cut, or of indefinite length");
	if (m.len != 0)
		return err_set(e, R_TRAILING_BYTES, "%zu octets", m.len);
	open[depth++] = d.content;
	while (depth > 0) {
		struct mem *in = &open[depth - 1];

		if (in->len == 0) {
			depth--;
			continue;
		}
		if (der_next(in, &d) != 0 || is_constructed_string(&d))
			return err_set(e, R_NOT_DER, "an element is cut or not DER");
		if (++elements > LIM_CMP_ELEMENTS)
			return err_set(e, R_TOO_COMPLEX, "more than %u elements", LIM_CMP_ELEMENTS);
		if (!d.constructed)
			continue;
		if (depth == COUNT_OF(open))
			return err_set(e, R_TOO_COMPLEX, "more than %u levels", LIM_CMP_DEPTH);
		open[depth++] = d.content;
	}
	return 0;
}
