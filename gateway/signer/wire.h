/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The frames between the signer and those who ask it: docs/decisions/signer-protocol.md.
 */
#ifndef NEMRA_SIGNER_WIRE_H
#define NEMRA_SIGNER_WIRE_H

#include "common/base/limits.h"

enum sign_type {
	SIGN_CREDENTIAL = 1,
	SIGN_CMP = 2,
	SIGN_TXID = 3,
	SIGN_AUDIT = 4,
	SIGN_AUDIT_CHECK = 5
};

#define SIGN_ANSWER	0x80u		/* added to the type */
#define SIGN_HEAD	5u		/* length:u32 type:u8 */

/* Most octets of type and body. */
#define LIM_SIGN_CMP	LIM_CMP_NEST
#define LIM_SIGN_TXID	(64u * 1024)
#define LIM_SIGN_AUDIT	(256u * 1024 + 64)

#define LIM_AUDIT_ITEMS	4096u		/* links in one question */

#define LIM_SIGN_ANSWER	(1024u * 1024)	/* any answer: 512 signatures with RSA-8192 are half of it */

#define TXID_LEN	16u
#define MAC_LEN		32u

#endif
