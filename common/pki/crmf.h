/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CRMF CertReqMessages with exactly one CertReqMsg (RFC 4211; RFC 9483 section 4.1.1).
 */
#ifndef NEMRA_PKI_CRMF_H
#define NEMRA_PKI_CRMF_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/csr.h"
#include "common/pki/key.h"
#include "common/pki/wanted.h"

struct crmf;

/*
 * DER CertReqMessages with one entry whose certReqId is 0; a template with publicKey and subject.
 * Fields that only the CA may set are refused (R_TEMPLATE_FIELD); a wished issuer is not looked at. The
 * bytes are kept as they came.
 */
int crmf_parse(struct mem der, struct crmf **out, struct err *e) MUSTUSE;

struct mem crmf_get0_der(const struct crmf *c);		/* the CertReqMessages */
const struct wanted *crmf_get0_wanted(const struct crmf *c);

/*
 * popo must be signature (RFC 4211 section 4.1). With subject and publicKey in the template it is
 * over the DER certReq as received, and poposkInput must be absent. raVerified, none, or any other
 * choice: R_NO_POP.
 */
int crmf_check_pop(const struct crmf *c, struct err *e) MUSTUSE;

void crmf_free(struct crmf *c);

int crmf_build(const struct key *key, const struct request_names *names, struct blob *der,
    struct err *e) MUSTUSE;

#endif
