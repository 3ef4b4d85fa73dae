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

#endif
