/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private keys and signatures. A key never leaves its struct but by key_print()
 * and key_write().
 */
#ifndef NEMRA_PKI_KEY_H
#define NEMRA_PKI_KEY_H

#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/alg.h"

struct key;

int key_new(struct key_type type, struct key **out, struct err *e) MUSTUSE;

/* PEM (PKCS#8, SEC1 or PKCS#1, unencrypted) or DER PKCS#8. */
int key_parse(struct mem text, struct key **out, struct err *e) MUSTUSE;

/*
 * A file (0600, ours), a key in a token (pkcs11:, RFC 7512), or a URI that OpenSSL's stores know (handle: …).
 * R_KEY_FILE_OPEN, R_KEY_UNUSABLE, R_KEY_TYPE; of a token also R_CONFIG (the URI) and R_TOKEN_PIN, after which
 * it must not be tried again by itself: tokens count.
 */
int key_load(const char *uri, struct key **out, struct err *e) MUSTUSE;

/* Can this be the name of a key? Nothing is opened. R_CONFIG: a pkcs11: URI that is not right, or has a PIN in it. */
int key_uri_check(const char *uri, struct err *e) MUSTUSE;

/* Appends PEM PKCS#8. The caller wipes it: buf_cleanse(). */
int key_print(const struct key *k, struct buf *text, struct err *e) MUSTUSE;

/* The same into a file of mode 0600, by file_write(). */
int key_write(const struct key *k, const char *path, struct err *e) MUSTUSE;

struct key_type key_type(const struct key *k);

/* DER SubjectPublicKeyInfo, lent. */
struct mem key_get0_spki(const struct key *k);

/* DER AlgorithmIdentifier of the signatures that key_sign() makes, lent. */
struct mem key_get0_sig_alg(const struct key *k);

/*
 * Signs tbs: ECDSA with the curve's SHA-2, RSA PKCS#1 v1.5 with SHA-256, Ed25519, Ed448.
 * The signature is appended to sig. Thread-safe on one key. R_TOKEN_AWAY: the token does not sign; when it is
 * back, the key must be loaded anew.
 */
int key_sign(const struct key *k, struct mem tbs, struct buf *sig, struct err *e) MUSTUSE;

void key_free(struct key *k);

/* --- public keys --- */

struct pubkey;

/*
 * A DER SubjectPublicKeyInfo of an allowed kind: named curve, point on it, RSA of 2048 to 8192 bits
 * with an odd exponent over 2^16. R_KEY_BAD, R_KEY_TYPE, R_KEY_TOO_WEAK.
 */
int pubkey_parse(struct mem spki, struct pubkey **out, struct err *e) MUSTUSE;
struct key_type pubkey_type(const struct pubkey *k);

/* 0 only when OpenSSL says exactly 1. sig_alg: DER AlgorithmIdentifier, from the allow-list
 * (R_WEAK_ALGORITHM); a signature that does not fit is R_BAD_SIGNATURE. */
int pubkey_verify(const struct pubkey *k, struct mem sig_alg, struct mem tbs, struct mem sig,
    struct err *e) MUSTUSE;

void pubkey_free(struct pubkey *k);

#endif
