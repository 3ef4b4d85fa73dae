/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/der.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>

#include "common/base/limits.h"

struct element {
	const uint8_t *content;
	size_t header;
	size_t len;		/* of the content */
	bool constructed;
};

/* X.690 section 10.2: a string is primitive. Only SEQUENCE and SET have parts, and always. */
static bool
form_ok(int class, int tag, bool constructed)
{
	if (class != V_ASN1_UNIVERSAL)
		return true;
	if (tag == V_ASN1_EOC)
		return false;
	return constructed == (tag == V_ASN1_SEQUENCE || tag == V_ASN1_SET);
}

/* The element at the front of m; false: not DER, or not whole. */
static bool
read_element(struct mem m, struct element *el)
{
	const uint8_t *p = m.p;
	int tag, class, flags, size;
	long len;

	if (m.len == 0 || m.len > LONG_MAX)
		return false;
	flags = ASN1_get_object(&p, &len, &tag, &class, (long)m.len);
	if ((flags & 0x80) != 0) {
		ERR_clear_error();
		return false;
	}
	el->content = p;
	el->header = (size_t)(p - m.p);
	el->len = (size_t)len;
	el->constructed = (flags & V_ASN1_CONSTRUCTED) != 0;
	/* The lowest bit marks an indefinite length. */
	if ((flags & 1) != 0 || len > INT_MAX || !form_ok(class, tag, el->constructed))
		return false;
	size = ASN1_object_size(el->constructed, (int)len, tag);
	return size > 0 && (size_t)size == el->header + el->len;
}

struct walk {
	const uint8_t *end[LIM_DER_DEPTH];	/* of the elements around us */
	size_t depth;
	const uint8_t *p;
	size_t left;			/* elements that may still come */
};

/* One element; descends into it when it has parts. */
static int
step(struct walk *w, struct err *e)
{
	const uint8_t *end = w->end[w->depth - 1];
	struct element el;

	if (w->left == 0)
		return err_set(e, R_TOO_COMPLEX, "too many elements");
	w->left--;
	if (!read_element((struct mem){ w->p, (size_t)(end - w->p) }, &el))
		return err_set(e, R_NOT_DER, "tag or length is not DER");
	if (!el.constructed) {
		w->p = el.content + el.len;
		return 0;
	}
	/* What is inside a constructed element is one level deeper, be it empty or not. */
	if (w->depth == LIM_DER_DEPTH)
		return err_set(e, R_TOO_COMPLEX, "deeper than %d levels", LIM_DER_DEPTH);
	w->end[w->depth++] = el.content + el.len;
	w->p = el.content;
	return 0;
}

int
der_shape(struct mem der, size_t max, size_t max_elements, struct err *e)
{
	struct walk w = { .depth = 1, .left = max_elements };
	struct element top;

	if (der.len > max)
		return err_set(e, R_TOO_LONG, "%zu octets, limit %zu", der.len, max);
	if (!read_element(der, &top))
		return err_set(e, R_NOT_DER, der.len == 0 ? "empty" : "tag or length is not DER");
	if (top.header + top.len != der.len)
		return err_set(e, R_TRAILING_BYTES, "%zu octets too many",
		    der.len - top.header - top.len);
	w.p = der.p;
	w.end[0] = der.p + der.len;
	while (w.depth > 0) {
		if (w.p == w.end[w.depth - 1])
			w.depth--;
		else if (step(&w, e) != 0)
			return -1;
	}
	return 0;
}

struct mem
der_take(struct mem *rest)
{
	struct element el;
	struct mem m;

	if (!read_element(*rest, &el))
		return MEM_NONE;
	m = (struct mem){ rest->p, el.header + el.len };
	rest->p += m.len;
	rest->len -= m.len;
	return m;
}

struct mem
der_inside(struct mem element)
{
	struct element el;

	if (!read_element(element, &el))
		return MEM_NONE;
	return (struct mem){ el.content, el.len };
}
