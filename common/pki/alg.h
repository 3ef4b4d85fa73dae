/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which keys and algorithms are allowed: one table for requests, envelopes, the RA
 * credential and certificates, open to what the linked OpenSSL can do.
 */
#ifndef NEMRA_PKI_ALG_H
#define NEMRA_PKI_ALG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

enum key_kind {
	KK_NONE,
	KK_EC_P256,
	KK_EC_P384,
	KK_EC_P521,
	KK_RSA,
	KK_ED25519,
	KK_ED448,
	KK_ML_DSA_44,	/* with OpenSSL 3.5 and later */
	KK_ML_DSA_65,
	KK_ML_DSA_87
};

/* A key type as configuration names it: "ec-p256", "ec-p384", "ec-p521", "rsa-2048" …, "ed25519". */
struct key_type {
	enum key_kind kind;
	unsigned bits;		/* RSA: of the modulus; else 0 */
};

int key_type_parse(const char *name, struct key_type *out, struct err *e) MUSTUSE;

/* Into out, at least KEY_TYPE_TEXT. */
#define KEY_TYPE_TEXT 24
void key_type_print(struct key_type t, char *out);

/* have is of the kind of want and, for RSA, at least as long. */
bool key_type_covers(struct key_type want, struct key_type have);

#endif
