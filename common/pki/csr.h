/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKCS#10 CertificationRequest (RFC 2986).
 */
#ifndef NEMRA_PKI_CSR_H
#define NEMRA_PKI_CSR_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/key.h"
#include "common/pki/wanted.h"

struct csr;

/* Exactly one DER CertificationRequest; the bytes are copied and kept as they came. */
int csr_parse(struct mem der, struct csr **out, struct err *e) MUSTUSE;

struct mem csr_get0_der(const struct csr *c);
const struct wanted *csr_get0_wanted(const struct csr *c);

/* The signature by the requested key (RFC 2986 section 3): proof of possession. */
int csr_check_pop(const struct csr *c, struct err *e) MUSTUSE;

void csr_free(struct csr *c);

/* What the two builders, here and in crmf.h, put in. */
struct request_names {
	struct mem subject;		/* DER Name */
	const struct san *san;
	size_t n_san;
	const char *const *eku;		/* dotted decimal; asked for when not empty */
	size_t n_eku;
	unsigned key_usage;		/* USAGE_…; 0: not asked for */
};

int csr_build(const struct key *key, const struct request_names *names, struct blob *der,
    struct err *e) MUSTUSE;

#endif
