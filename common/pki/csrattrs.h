/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CsrAttrs (RFC 7030 section 4.5.2 as replaced by RFC 8951 section 4): what a server would like to
 * find in a request. Extensions go as the one value of extensionRequest, whole, as RFC 9908 reads it.
 */
#ifndef NEMRA_PKI_CSRATTRS_H
#define NEMRA_PKI_CSRATTRS_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/alg.h"
#include "common/pki/csr.h"

/*
 * key (KK_NONE: no wish): an elliptic curve as the value of id-ecPublicKey, RSA with its length, others
 * by their OID. names: subject is not used, this form has no place for it.
 */
int csrattrs_build(struct key_type key, const struct request_names *names, struct blob *der,
    struct err *e) MUSTUSE;

#endif
