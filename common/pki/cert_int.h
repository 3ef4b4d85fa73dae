/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates in OpenSSL's form, inside common/pki.
 */
#ifndef NEMRA_PKI_CERT_INT_H
#define NEMRA_PKI_CERT_INT_H

#include "common/pki/cert.h"
#include "common/pki/ossl.h"

/* Lent by c, made when first asked for. NULL: R_NOT_DER, R_NO_MEMORY. Thread-safe. */
X509 *cert_get0_x509(const struct cert *c, struct err *e);

/* Are both times written as RFC 5280 section 4.1.2.5 wants it: to the second, in UTC? */
bool cert_has_plain_times(const struct cert *c);

/* Does c's signature fit issuer's key? An algorithm of the allow-list; nothing else is looked at. */
bool cert_is_signed_by(const struct cert *c, const struct cert *issuer);

#endif
