/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * X.509 certificates (RFC 5280).
 */
#ifndef NEMRA_PKI_CERT_H
#define NEMRA_PKI_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/key.h"
#include "common/pki/wanted.h"

struct cert;

/* Exactly one DER certificate of at most LIM_CERT. May be shared between threads. */
int cert_parse(struct mem der, struct cert **out, struct err *e) MUSTUSE;
/* The same, sooner for one of the last few: for certificates that come again with each message. */
int cert_parse_known(struct mem der, struct cert **out, struct err *e) MUSTUSE;
/* The same one again: certificates never change, so it only counts. */
struct cert *cert_dup(const struct cert *c);
void cert_free(struct cert *c);

struct mem cert_get0_der(const struct cert *c);
struct mem cert_get0_subject(const struct cert *c);	/* DER Name */
struct mem cert_get0_issuer(const struct cert *c);	/* DER Name */
struct mem cert_get0_spki(const struct cert *c);
struct mem cert_get0_ski(const struct cert *c);		/* subjectKeyIdentifier; empty when absent */
struct mem cert_get0_serial(const struct cert *c);	/* big endian, no sign octet */
struct mem cert_get0_sig_alg(const struct cert *c);	/* DER AlgorithmIdentifier of its signature */
const uint8_t *cert_get0_spki_sha256(const struct cert *c);
const struct pubkey *cert_get0_pubkey(const struct cert *c);	/* NULL: of a kind that is not allowed */
int64_t cert_not_before(const struct cert *c);		/* seconds since 1970 */
int64_t cert_not_after(const struct cert *c);
bool cert_is_ca(const struct cert *c);
bool cert_self_issued(const struct cert *c);

/* keyUsage is absent or has all of these bits. */
bool cert_allows_usage(const struct cert *c, unsigned ku);

/* The extended key usage (dotted decimal) is there. */
bool cert_has_eku(const struct cert *c, const char *oid);

/* Names and extensions as a request's would be shown, so that both can be compared. */
const struct wanted *cert_get0_wanted(const struct cert *c);

/*
 * One field by name: "subject.serialNumber", "subject.CN", "san.dns", "san.uri" …. Exactly one
 * value, UTF-8 without NUL; R_NO_VENDOR_ID when absent, doubled or malformed. The text is appended.
 */
int cert_field(const struct cert *c, const char *field, struct buf *out, struct err *e) MUSTUSE;

/* Is field a name that cert_field() knows? For checking a configuration. */
bool cert_field_known(const char *field);

/* certHash of RFC 9483 section 4.1.1: by the hash of the certificate's own signature algorithm. */
int cert_cert_hash(const struct cert *c, struct buf *out, struct err *e) MUSTUSE;

/* Does the private key fit? */
bool cert_fits_key(const struct cert *c, const struct key *k);

/* --- lists --- */

struct certs {
	struct cert **v;
	size_t n;
};

void certs_free(struct certs *l);
int certs_add(struct certs *l, struct cert *c, struct err *e) MUSTUSE;	/* takes c over on success */

/* PEM with one or more certificates and nothing else but text between them; or one DER one. At
 * most max certificates. */
int certs_parse(struct mem text, size_t max, struct certs *out, struct err *e) MUSTUSE;
int certs_load(const char *path, size_t max, struct certs *out, struct err *e) MUSTUSE;

void certs_print_pem(const struct certs *l, struct buf *b);

/* certs-only PKCS#7 SignedData (RFC 7030 section 4.1.3, 4.2.3), and its reading. */
int certs_build_p7(const struct certs *l, struct blob *der, struct err *e) MUSTUSE;
int certs_parse_p7(struct mem der, size_t max, struct certs *out, struct err *e) MUSTUSE;

#endif
