/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys in OpenSSL's form, inside common/pki.
 */
#ifndef NEMRA_PKI_KEY_INT_H
#define NEMRA_PKI_KEY_INT_H

#include "common/pki/algs.h"
#include "common/pki/key.h"
#include "common/pki/key_token.h"

/* Takes pkey over, also on failure: allowed type, named curve, and it can sign. R_KEY_UNUSABLE. */
int key_wrap(EVP_PKEY *pkey, struct key **out, struct err *e) MUSTUSE;

/* A key behind a URI: in a PKCS#11 token, or what OpenSSL's stores know. */
int key_open_uri(const char *uri, struct token_key *out, struct err *e) MUSTUSE;

/* "pkcs11:…", "handle:…"; not a path. */
bool key_is_uri(const char *s);

/* RSA of the kind of CVE-2017-15361. */
bool rsa_is_roca(const BIGNUM *n);

/* As pubkey_verify(), the algorithm being chosen already. */
int pubkey_verify_with(const struct pubkey *k, const struct sig_choice *how, struct mem tbs,
    struct mem sig, struct err *e) MUSTUSE;

#endif
