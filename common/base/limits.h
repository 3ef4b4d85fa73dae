/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every limit on bytes that come from outside, in one list. A limit is met before an
 * allocation is. Sizes are in octets unless the name says otherwise.
 */
#ifndef NEMRA_BASE_LIMITS_H
#define NEMRA_BASE_LIMITS_H

#define LIM_REQUEST	(16u * 1024)		/* one PKCS#10 or CertReqMessages, DER or PEM */
#define LIM_ENVELOPE	(48u * 1024)		/* CMS SignedData around a request */
#define LIM_CMP_MSG	(64u * 1024)		/* one PKIMessage */
#define LIM_CMP_NEST	(8u * 1024 * 1024)	/* one nested PKIMessage */
#define LIM_CMP_DEPTH	40u			/* nesting of a PKIMessage's DER */
#define LIM_CMP_ELEMENTS (512u * 1024)		/* elements of a PKIMessage's DER */
#define LIM_CMP_EXTRA	32			/* extraCerts, or caPubs, of one PKIMessage */
#define LIM_CERT	(16u * 1024)		/* one certificate */
#define LIM_CHAIN	10			/* certificates in a chain */
#define LIM_CRL		(16u * 1024 * 1024)	/* a CRL file */
#define LIM_KEY_FILE	(64u * 1024)		/* a key or certificate file */
#define LIM_TRUST_FILE	(1024u * 1024)		/* a file of trust anchors */
#define LIM_CONF	(1024u * 1024)		/* a configuration file */

#define LIM_HTTP_HEADERS	64		/* header fields in a request */
#define LIM_HTTP_HEADER		(8u * 1024)	/* all header fields of a request together */

#define LIM_STATION_NAME	64		/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
#define LIM_PROFILE_NAME	64
#define LIM_SUBJECT		1024		/* a distinguished name as text */
#define LIM_SAN			64		/* subject alternative names of one kind */
#define LIM_TRANSACTION_ID	64		/* octets of a transactionID we accept */
#define LIM_NONCE		64		/* octets of a nonce we accept */
#define LIM_DER_DEPTH		16		/* nesting of a request's DER */
#define LIM_DER_ELEMENTS	1024		/* elements of a request's DER */
#define LIM_RSA_BITS_MIN	2048
#define LIM_RSA_BITS_MAX	8192

#define LIM_SIGN_ITEMS	512			/* signatures in one round trip to the signer */
#define LIM_BATCH_ITEMS	500			/* requests in a batch */

#endif
