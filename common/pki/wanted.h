/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a request asks for, whatever its form: policy judges this and nothing else. All
 * memory is lent by the struct csr or struct crmf it came from.
 */
#ifndef NEMRA_PKI_WANTED_H
#define NEMRA_PKI_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/alg.h"
#include "common/pki/hash.h"
#include "common/pki/name.h"

/* A requested extension other than subjectAltName. */
struct wanted_ext {
	char oid[64];		/* dotted decimal */
	bool critical;
	struct mem value;	/* DER inside the OCTET STRING */
};

/* Key usages and extended key usages read from a request or certificate. OpenSSL has the KU_ names. */
#define USAGE_DIGITAL_SIGNATURE	0x0080u	/* RFC 5280 4.2.1.3: bit 0 is the first of the octet */
#define USAGE_NON_REPUDIATION	0x0040u
#define USAGE_KEY_ENCIPHERMENT	0x0020u
#define USAGE_DATA_ENCIPHERMENT	0x0010u
#define USAGE_KEY_AGREEMENT	0x0008u
#define USAGE_KEY_CERT_SIGN	0x0004u
#define USAGE_CRL_SIGN		0x0002

struct wanted {
	struct mem subject;			/* DER Name; the NULL-DN when absent */
	struct mem spki;			/* DER SubjectPublicKeyInfo */
	uint8_t spki_sha256[SHA256_LEN];
	struct key_type key;
	const struct san *san;
	size_t n_san;
	const struct wanted_ext *ext;		/* without subjectAltName */
	size_t n_ext;
	bool is_ca;				/* basicConstraints cA TRUE was asked for */
	bool has_key_usage;
	unsigned key_usage;			/* USAGE_… */
	const char *const *eku;			/* dotted decimal */
	size_t n_eku;
	bool challenge_password;		/* PKCS#10 attribute present (RFC 7030 section 3.5) */
};

/* Same key, same subject, same names, same extensions: two forms of one request. R_FORMS_DISAGREE. */
int wanted_agree(const struct wanted *a, const struct wanted *b, struct err *e) MUSTUSE;

/* "clientAuth" and its like, or dotted decimal, to dotted decimal; NULL when unknown. */
const char *eku_oid(const char *name);

#endif
