/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of an everyday form below an issuer whose own path was found before. For them, all that path
 * validation (RFC 5280 section 6.1) would still look at is in the certificate itself, so OpenSSL's path builder, which
 * decodes it a second time, need not be asked. Every "no" means "ask it": it alone refuses.
 */
#ifndef NEMRA_PKI_TRUST_PLAIN_H
#define NEMRA_PKI_TRUST_PLAIN_H

#include <stdbool.h>

#include "common/pki/trust.h"

/* Does this path, issuer first, bind what is below it by no more than its names, keys and times? */
bool plain_issuer(const struct certs *path);

/* Does leaf name this issuer, by name and, where both say it, by key? */
bool plain_names(const struct cert *leaf, const struct cert *issuer);

/* Is leaf plain, valid now, fit for the purpose, and signed by this issuer, which it names? */
bool plain_leaf(const struct cert *leaf, const struct cert *issuer, enum trust_purpose purpose, int64_t now);

#endif
