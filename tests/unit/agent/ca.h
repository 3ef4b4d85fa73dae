/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates for tests, by OpenSSL itself: a CA, and what it issues when told to.
 */
#ifndef NEMRA_TESTS_AGENT_CA_H
#define NEMRA_TESTS_AGENT_CA_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "common/base/buf.h"

struct ca {
	EVP_PKEY *key;
	X509 *cert;
	struct blob pem;	/* its certificate */
};

struct leaf {
	struct mem spki;	/* DER */
	const char *cn;		/* subject CN=…,O=Example Operator */
	const char *san;	/* as openssl.cnf has it; NULL: none */
	int64_t from, to;	/* seconds since 1970 */
	bool is_ca;
};

void ca_make(struct ca *ca, const char *cn);
void ca_free(struct ca *ca);

/* The certificate as PEM; freed with blob_free(). */
struct blob ca_issue(const struct ca *ca, const struct leaf *l);

/* A P-256 key into a file of mode 0600, and its certificate as PEM. */
struct blob ca_device(const struct ca *ca, const char *key_path, const char *cn);

#endif
