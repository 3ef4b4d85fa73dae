/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names from text: RFC 4514, and the slashes of openssl req -subj.
 */
#include <limits.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/base/limits.h"
#include "common/pki/names.h"

#define TYPE_MAX 64

/* Where we are in the text. */
struct in {
	const char *p;
	bool slashes;		/* the OpenSSL form */
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

/* The attribute's type up to '=', without blanks around it. */
static ASN1_OBJECT *
take_type(struct in *in, struct err *e)
{
	const char *from = skip_blanks(in->p), *eq = strchr(from, '=');
	char type[TYPE_MAX];
	size_t len = eq == NULL ? 0 : (size_t)(eq - from);
	ASN1_OBJECT *o;

	while (len > 0 && from[len - 1] == ' ')
		len--;
	if (len == 0 || len >= sizeof(type)) {
		err_set(e, R_NAME_MALFORMED, "no TYPE= where one is expected");
		return NULL;
	}
	memcpy(type, from, len);
	type[len] = '\0';
	o = OBJ_txt2obj(type, 0);
	if (o == NULL)
		err_set(e, R_NAME_MALFORMED, "unknown attribute %.32s", type);
	ossl_begin();
	in->p = eq + 1;
	return o;
}

/* One character behind a backslash: itself, or two hexadecimal digits (RFC 4514 section 2.4). */
static int
take_escaped(struct in *in, struct buf *value, struct err *e)
{
	int high = hex_digit(in->p[0]), low = high < 0 ? -1 : hex_digit(in->p[1]);

	if (low >= 0) {
		buf_add_u8(value, (uint8_t)(high << 4 | low));
		in->p += 2;
		return 0;
	}
	if (*in->p == '\0' || strchr(" \"#+,;<=>\\/", *in->p) == NULL)
		return err_set(e, R_NAME_MALFORMED, "backslash before a character that needs none");
	buf_add_u8(value, (uint8_t)*in->p++);
	return 0;
}

/* The value up to its separator, escapes resolved, unescaped blanks at both ends left out. */
static int
take_value(struct in *in, struct buf *value, struct err *e)
{
	const char *bad = in->slashes ? "+" : "\"+;<>";
	size_t keep = 0;

	in->p = skip_blanks(in->p);
	if (*in->p == '#' && !in->slashes)
		return err_set(e, R_NAME_MALFORMED, "values in hexadecimal are not supported");
	while (*in->p != '\0' && *in->p != (in->slashes ? '/' : ',')) {
		bool blank = *in->p == ' ';

		if (strchr(bad, *in->p) != NULL)
			return err_set(e, R_NAME_MALFORMED, "unescaped %c", *in->p);
		if (*in->p != '\\')
			buf_add_u8(value, (uint8_t)*in->p++);
		else if (in->p++, take_escaped(in, value, e) != 0)
			return -1;
		if (!blank)
			keep = value->len;
	}
	if (!buf_ok(value))
		return err_set(e, value->over ? R_TOO_LONG : R_NO_MEMORY, "value of a name");
	value->len = keep;
	if (keep == 0 || !utf8_ok(buf_mem(value)))
		return err_set(e, R_NAME_MALFORMED, "value is empty or not UTF-8");
	return 0;
}

/* TYPE=value; in RFC 4514 order what comes later stands earlier in the DER. */
static int
take_rdn(struct in *in, X509_NAME *n, struct err *e)
{
	ASN1_OBJECT *type = take_type(in, e);
	struct buf value;
	int rc = -1;

	if (type == NULL)
		return -1;
	buf_init(&value, LIM_SUBJECT);
	if (take_value(in, &value, e) != 0)
		goto out;
	/* Picks UTF8String, or what the attribute demands, and minds its bounds (RFC 5280 A.1). */
	if (X509_NAME_add_entry_by_OBJ(n, type, MBSTRING_UTF8, value.p, (int)value.len,
	    in->slashes ? -1 : 0, 0) != 1) {
		ossl_fail(e, R_NAME_MALFORMED, "value");
		goto out;
	}
	rc = 0;
out:
	buf_free(&value);
	ASN1_OBJECT_free(type);
	return rc;
}

static int
take_all(struct in *in, X509_NAME *n, struct err *e)
{
	const char sep = in->slashes ? '/' : ',';

	if (in->slashes)
		in->p++;
	else if (*in->p == '\0')
		return 0;
	for (;;) {
		if (take_rdn(in, n, e) != 0)
			return -1;
		if (*in->p == '\0')
			return 0;
		if (*in->p++ != sep || *in->p == '\0')
			return err_set(e, R_NAME_MALFORMED, "nothing behind the last separator");
	}
}

int
name_parse(const char *text, struct blob *der, struct err *e)
{
	struct in in = { skip_blanks(text), false };
	struct blob out = { NULL, 0 };
	X509_NAME *n;
	int rc = -1;

	if (strlen(text) > LIM_SUBJECT)
		return err_set(e, R_TOO_LONG, "a name of more than %u octets", LIM_SUBJECT);
	in.slashes = *in.p == '/';
	n = X509_NAME_new();
	if (n == NULL)
		return ossl_fail(e, R_NO_MEMORY, "name");
	/* One value an RDN: so they were added. */
	if (take_all(&in, n, e) != 0 || name_check_entries(n, e) != 0 ||
	    asn_encode(ASN1_ITEM_rptr(X509_NAME), n, &out, e) != 0)
		goto out;
	*der = out;
	out.p = NULL;
	rc = 0;
out:
	blob_free(&out);
	X509_NAME_free(n);
	return rc;
}
