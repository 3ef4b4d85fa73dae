/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is this the certificate that was asked for? By OpenSSL itself, not by the code that is measured.
 */
#ifndef NEMRA_BENCH_CHECK_H
#define NEMRA_BENCH_CHECK_H

#include <openssl/x509.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct checker;

/* operator_ca: PEM of the CA that certificates must lead to. */
int checker_new(const char *operator_ca, struct checker **out, struct err *e) MUSTUSE;
void checker_free(struct checker *c);

/* A PEM chain, leaf first; or base64 of a PKCS#7 with one certificate. R_INTERNAL and what is wrong. */
int check_pem(const struct checker *c, struct mem pem, const char *station, struct mem spki, struct err *e) MUSTUSE;
int check_p7(const struct checker *c, struct mem base64, const char *station, struct mem spki,
    struct err *e) MUSTUSE;

#endif
