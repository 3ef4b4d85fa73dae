/*
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NEMRA_PKI_HASH_H
#define NEMRA_PKI_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

#define SHA256_LEN 32

int sha256(struct mem data, uint8_t out[SHA256_LEN], struct err *e) MUSTUSE;
int hmac_sha256(struct mem key, struct mem data, uint8_t out[SHA256_LEN], struct err *e) MUSTUSE;

/* Constant time; for MACs, tokens and secrets. */
bool secret_eq(struct mem a, struct mem b);

#endif
