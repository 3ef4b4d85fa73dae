/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Subject alternative names (RFC 5280 section 4.2.1.6).
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/base/enc.h"
#include "common/base/limits.h"
#include "common/pki/der.h"
#include "common/pki/names.h"

#define DNS_NAME_MAX 253
#define DNS_LABEL_MAX 63

static bool
value_equal(const struct san *a, const struct san *b)
{
	if (a->kind != b->kind || a->value.len != b->value.len)
		return false;
	if (a->kind == SAN_DNS)
		return a->value.len == 0 || strncasecmp((const char *)a->value.p,
		    (const char *)b->value.p, a->value.len) == 0;
	return mem_eq(a->value, b->value);
}

/* Each of a is in b. At most LIM_SAN of a kind, so plain loops do. */
static bool
contained(const struct san *a, size_t na, const struct san *b, size_t nb)
{
	for (size_t i = 0; i < na; i++) {
		size_t k = 0;

		while (k < nb && !value_equal(&a[i], &b[k]))
			k++;
		if (k == nb)
			return false;
	}
	return true;
}

bool
san_equal(const struct san *a, size_t na, const struct san *b, size_t nb)
{
	return contained(a, na, b, nb) && contained(b, nb, a, na);
}

static void
print_ip(struct mem ip, struct buf *b)
{
	char text[INET6_ADDRSTRLEN];

	if ((ip.len == 4 || ip.len == 16) &&
	    inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.p, text, sizeof(text)) != NULL)
		buf_add_str(b, text);
	else
		buf_add_str(b, "?");
}

void
san_print(const struct san *s, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_str(b, ", ");
		switch (s[i].kind) {
		case SAN_DNS:
			buf_add_str(b, "DNS:");
			break;
		case SAN_IP:
			buf_add_str(b, "IP:");
			print_ip(s[i].value, b);
			continue;
		case SAN_URI:
			buf_add_str(b, "URI:");
			break;
		case SAN_EMAIL:
			buf_add_str(b, "email:");
			break;
		case SAN_OTHER:
			buf_add_str(b, "other");
			continue;
		}
		enc_printable(b, s[i].value, DNS_NAME_MAX);
	}
}

static bool
is_label_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* RFC 1123 section 2.1: letters and digits at both ends, hyphens between. */
static bool
label_ok(const uint8_t *p, size_t len)
{
	if (len == 0 || len > DNS_LABEL_MAX || p[0] == '-' || p[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_label_char(p[i]))
			return false;
	return true;
}

int
dns_name_check(struct mem name, struct err *e)
{
	size_t from = 0;

	if (name.len == 0 || name.len > DNS_NAME_MAX)
		return err_set(e, R_NAME_MALFORMED, "DNS name of %zu octets", name.len);
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && name.p[i] != '.')
			continue;
		if (!label_ok(name.p + from, i - from))
			return err_set(e, R_NAME_MALFORMED, "DNS name has a wildcard, an empty label "
			    "or a character that is not allowed");
		from = i + 1;
	}
	return 0;
}

int
ip_parse(const char *text, uint8_t out[16], size_t *len, struct err *e)
{
	int v6 = strchr(text, ':') != NULL;

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, out) != 1)
		return err_set(e, R_NAME_MALFORMED, "not an IP address");
	*len = v6 ? 16 : 4;
	return 0;
}

/* IA5 text for people and comparisons: printable ASCII without blanks. */
static bool
is_plain(struct mem m)
{
	for (size_t i = 0; i < m.len; i++)
		if (m.p[i] <= 0x20 || m.p[i] >= 0x7f)
			return false;
	return m.len > 0;
}

static int
read_one(const GENERAL_NAME *g, struct mem der, struct san *out, struct err *e)
{
	*out = (struct san){ SAN_OTHER, der };
	switch (g->type) {
	case GEN_DNS:
		*out = (struct san){ SAN_DNS, asn_mem(g->d.dNSName) };
		break;
	case GEN_URI:
		*out = (struct san){ SAN_URI, asn_mem(g->d.uniformResourceIdentifier) };
		break;
	case GEN_EMAIL:
		*out = (struct san){ SAN_EMAIL, asn_mem(g->d.rfc822Name) };
		break;
	case GEN_IPADD:
		*out = (struct san){ SAN_IP, asn_mem(g->d.iPAddress) };
		if (out->value.len != 4 && out->value.len != 16)
			return err_set(e, R_NAME_MALFORMED, "IP address of %zu octets", out->value.len);
		return 0;
	default:
		return 0;
	}
	if (!is_plain(out->value))
		return err_set(e, R_NAME_MALFORMED, "alternative name is empty or has characters "
		    "that are not allowed");
	return 0;
}

static int
check_counts(const struct san *s, size_t n, struct err *e)
{
	unsigned count[SAN_OTHER + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		if (++count[s[i].kind] > LIM_SAN)
			return err_set(e, R_TOO_COMPLEX, "more than %d alternative names of one kind", LIM_SAN);
	return 0;
}

int
san_read(const GENERAL_NAMES *gens, struct mem der, struct san **out, size_t *n, struct err *e)
{
	struct mem rest = der_inside(der);
	int count = sk_GENERAL_NAME_num(gens);
	struct san *s;

	/* RFC 5280 section 4.2.1.6: at least one entry. */
	if (count <= 0)
		return err_set(e, R_NAME_MALFORMED, "empty subjectAltName");
	s = mem_calloc((size_t)count, sizeof(*s));
	if (s == NULL)
		return err_set(e, R_NO_MEMORY, "alternative names");
	for (int i = 0; i < count; i++) {
		struct mem one = der_take(&rest);

		if (read_one(sk_GENERAL_NAME_value(gens, i), one, &s[i], e) != 0)
			goto fail;
	}
	if (check_counts(s, (size_t)count, e) != 0)
		goto fail;
	*out = s;
	*n = (size_t)count;
	return 0;
fail:
	free(s);
	return -1;
}
