/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the table in alg.c, for those who open keys and check signatures.
 */
#ifndef NEMRA_PKI_ALGS_H
#define NEMRA_PKI_ALGS_H

#include "common/pki/alg.h"
#include "common/pki/ossl.h"

enum key_family {
	KF_EC,		/* a named curve, uncompressed point */
	KF_RSA,		/* RSAPublicKey */
	KF_RAW		/* the algorithm's own octets */
};

struct key_alg {
	enum key_kind kind;
	enum key_family family;
	const char *name;	/* in configuration */
	const char *oid;	/* of the algorithm */
	const char *curve;	/* OID of the named curve; NULL: none */
	const char *ossl;	/* OpenSSL's name of group or algorithm */
	size_t len;		/* octets of the public key; 0: they vary */
	const char *sig_oid;	/* of the signatures that we make */
};

const struct key_alg *key_alg_of(enum key_kind kind);		/* NULL for KK_NONE */

/* The row of a SubjectPublicKeyInfo's algorithm. R_KEY_TYPE; R_KEY_BAD: parameters. */
const struct key_alg *key_alg_find(const X509_ALGOR *a, struct err *e);

/* The row of a private key's type; NULL when it is not in the table. */
const struct key_alg *key_alg_of_pkey(const EVP_PKEY *k);

enum sig_params {
	SP_ABSENT,
	SP_NULL,	/* RFC 4055 section 5: accepted when absent, too */
	SP_PSS
};

struct sig_alg {
	const char *oid;
	enum sig_params params;
	enum key_family family;
	enum key_kind kind;		/* the only one; KK_NONE: any of the family */
	const char *digest;		/* NULL: the algorithm has its own */
	const char *cert_hash;		/* RFC 9483 section 4.1.1; NULL: as digest */
};

/* How to check a signature: a row and, for RSASSA-PSS, what its parameters say. */
struct sig_choice {
	const struct sig_alg *alg;
	const char *digest;
	int salt_len;			/* RSASSA-PSS; else -1 */
};

/* R_WEAK_ALGORITHM when it is not in the table or its parameters are not those of the table. */
int sig_choose(const X509_ALGOR *a, struct sig_choice *out, struct err *e) MUSTUSE;

/* As sha256WithRSAEncryption and so on, for where digest and key are named apart (CMS). */
int sig_choose_rsa(const char *digest, struct sig_choice *out, struct err *e) MUSTUSE;

/* "SHA256" for an AlgorithmIdentifier of SHA-256, 384 or 512; else NULL. */
const char *digest_find(const X509_ALGOR *a);
const char *digest_oid(const char *digest);

#endif
