/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stations made ahead: a device key with a certificate of the lab's factory CA, and requests, each for a key of
 * its own.
 */
#ifndef NEMRA_BENCH_STATION_H
#define NEMRA_BENCH_STATION_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "tests/bench/options.h"

struct request {
	struct blob body;	/* what is uploaded */
	struct blob spki;	/* what must come back certified */
};

struct station {
	char name[64];
	EVP_PKEY *key;
	X509 *cert;
	struct request *request;
};

struct stations {
	struct station *v;
	size_t n, each;
};

/* ca_cert, ca_key: PEM files of the factory CA. */
int stations_make(const struct options *o, const char *ca_cert, const char *ca_key, struct stations *out,
    struct err *e) MUSTUSE;
void stations_free(struct stations *s);

/* CSV for "nemractl station import": the stations, and o->inventory others. */
int stations_write_csv(const struct stations *s, const struct options *o, const char *path,
    struct err *e) MUSTUSE;

/* RSA-2048 keys in a tenth of the time: each of two primes from one pool, no pair used twice. For tests alone. */
int rsa_key_quick(EVP_PKEY **out, struct err *e) MUSTUSE;
void rsa_primes_free(void);

#endif
