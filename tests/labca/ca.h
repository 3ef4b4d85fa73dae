/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lab CA's key and certificate, and whom it trusts as an RA.
 */
#ifndef NEMRA_LABCA_CA_H
#define NEMRA_LABCA_CA_H

#include <openssl/x509.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/protect.h"
#include "common/pki/cert.h"
#include "common/pki/trust.h"
#include "common/pki/wanted.h"

struct ca {
	struct key *key;
	EVP_PKEY *pkey;			/* the same, for OpenSSL's certificate functions */
	X509 *x509;
	struct certs chain;		/* ca.crt */
	struct trust *ra_trust;		/* ra-trust.pem */
	struct cmp_protector protector;
};

/* Makes dir/ca.key and dir/ca.crt unless both are there. */
int ca_init(const char *dir, const char *subject, struct err *e) MUSTUSE;

int ca_load(const char *dir, struct ca *ca, struct err *e) MUSTUSE;
void ca_clear(struct ca *ca);

/* --- issue.c --- */

/*
 * A certificate for what is wanted: its key, subject, SAN, keyUsage and EKU. spki: another key to put in
 * instead, for a CA that misbehaves; or empty.
 */
int ca_issue(const struct ca *ca, const struct wanted *w, struct mem spki, int days, struct blob *der,
    struct err *e) MUSTUSE;

/* One extension by OpenSSL's text form. */
int add_extension(X509 *x, X509 *issuer, int nid, const char *value, struct err *e) MUSTUSE;

/* R_INTERNAL with what OpenSSL says, whose queue is emptied. */
int openssl_failed(struct err *e, const char *what);

/* A random positive serial number of 127 bits. */
int set_random_serial(X509 *x, struct err *e) MUSTUSE;

#endif
