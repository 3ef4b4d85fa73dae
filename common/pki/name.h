/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Distinguished names and subject alternative names. A name is its DER; text is for people
 * and configuration.
 */
#ifndef NEMRA_PKI_NAME_H
#define NEMRA_PKI_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * "CN=gnb-1,O=Example Operator" (RFC 4514 order and escapes: the last RDN of the DER comes
 * first, unless the text starts with '/', the OpenSSL form, which is in DER order). Values become
 * UTF8String, country and serialNumber PrintableString. Multi-valued RDNs are refused.
 * "" gives the NULL-DN.
 */
int name_parse(const char *text, struct blob *der, struct err *e) MUSTUSE;

/* RFC 2253 text, control characters and non-ASCII escaped; "" for the NULL-DN or broken DER. */
void name_print(struct mem der, struct buf *b);

/* RFC 5280 section 7.1 comparison: case, white space and string type do not matter. */
bool name_equal(struct mem a, struct mem b);

bool name_is_null(struct mem der);	/* empty SEQUENCE, or no bytes at all */

/*
 * Beyond comparison: at most one CN, one value in each RDN, no NUL or control character, valid
 * UTF-8. R_NAME_MALFORMED.
 */
int name_check(struct mem der, struct err *e) MUSTUSE;

enum san_kind {
	SAN_DNS,	/* IA5 text */
	SAN_IP,		/* 4 or 16 octets */
	SAN_URI,	/* IA5 text */
	SAN_EMAIL,	/* IA5 text */
	SAN_OTHER	/* anything else: DER of the GeneralName; never granted */
};

struct san {
	enum san_kind kind;
	struct mem value;
};

/* Sorted sets of the same kinds and values: DNS without regard to case. Duplicates are equal to one. */
bool san_equal(const struct san *a, size_t na, const struct san *b, size_t nb);

/* "DNS:a.example, IP:192.0.2.1", safe to show. */
void san_print(const struct san *s, size_t n, struct buf *b);

/* A plain host name: letters, digits, hyphens, dots; no wildcard, no empty label. R_NAME_MALFORMED. */
int dns_name_check(struct mem name, struct err *e) MUSTUSE;

/* "192.0.2.1" or "2001:db8::1" into 4 or 16 octets. */
int ip_parse(const char *text, uint8_t out[16], size_t *len, struct err *e) MUSTUSE;

#endif
