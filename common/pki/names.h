/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names in OpenSSL's form, inside common/pki.
 */
#ifndef NEMRA_PKI_NAMES_H
#define NEMRA_PKI_NAMES_H

#include <openssl/x509v3.h>

#include "common/pki/name.h"
#include "common/pki/ossl.h"

/* DER of the NULL-DN, a constant. */
struct mem name_null(void);

X509_NAME *name_decode(struct mem der, struct err *e);

/* The half of name_check() that looks at types and values. */
int name_check_entries(const X509_NAME *n, struct err *e) MUSTUSE;

/* The value of an attribute as UTF-8: not empty, no control character. R_NAME_MALFORMED. */
int name_value(const ASN1_STRING *s, struct buf *out, struct err *e) MUSTUSE;

/*
 * The entries of a GeneralNames, kinds and values lent by gens and, for SAN_OTHER, by der, from which
 * gens was decoded. *out is for free().
 */
int san_read(const GENERAL_NAMES *gens, struct mem der, struct san **out, size_t *n,
    struct err *e) MUSTUSE;

#endif
