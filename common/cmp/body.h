/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The bodies we build and read. x_build makes the content for cmp_part_build(); x_read takes it
 * from a parsed message, whose bytes it lends; each has a source file named after its message.
 */
#ifndef NEMRA_CMP_BODY_H
#define NEMRA_CMP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/msg.h"

/* PKIStatus, RFC 4210 section 5.2.3 */
enum pki_status {
	PKI_ACCEPTED, PKI_GRANTED_WITH_MODS, PKI_REJECTION, PKI_WAITING, PKI_REVOCATION_WARNING,
	PKI_REVOCATION_NOTIFICATION, PKI_KEY_UPDATE_WARNING
};

#define PKI_STATUS_TEXT 200

struct pki_status_info {
	int status;			/* enum pki_status */
	uint32_t fail_info;		/* bit n set: PKIFailureInfo bit n */
	char text[PKI_STATUS_TEXT];	/* statusString joined by "; ", escaped, cut */
};

/* "rejection: badPOP, badRequest: text" */
void pki_status_print(const struct pki_status_info *s, struct buf *b);

/* ir, cr, kur: CertReqMessages is spliced. p10cr: CertificationRequest is. */
int cmp_request_read(const struct cmp_msg *m, struct mem *content, struct err *e) MUSTUSE;

/* ip, cp, kup with one CertResponse */
struct cmp_cert_rep {
	int64_t cert_req_id;		/* 0, or -1 for p10cr (RFC 9483 section 4.1.4) */
	struct pki_status_info status;
	struct mem cert;		/* DER Certificate; empty: none */
	const struct certs *ca_pubs;	/* for building; when reading NULL, see has_ca_pubs */
	bool has_ca_pubs;
};
int cmp_cert_rep_build(const struct cmp_cert_rep *r, struct blob *out, struct err *e) MUSTUSE;
int cmp_cert_rep_read(const struct cmp_msg *m, struct cmp_cert_rep *r, struct err *e) MUSTUSE;

/* certConf with one CertStatus; n == 0 CertStatus (reject all) reads as accepted = false. */
struct cmp_cert_conf {
	int64_t cert_req_id;
	struct mem cert_hash;
	bool accepted;			/* statusInfo absent or accepted */
	struct pki_status_info status;	/* when not accepted */
};
int cmp_cert_conf_build(const struct cmp_cert_conf *c, struct blob *out, struct err *e) MUSTUSE;
int cmp_cert_conf_read(const struct cmp_msg *m, struct cmp_cert_conf *c, struct err *e) MUSTUSE;

int cmp_pki_conf_build(struct blob *out, struct err *e) MUSTUSE;

int cmp_poll_req_build(int64_t cert_req_id, struct blob *out, struct err *e) MUSTUSE;
int cmp_poll_req_read(const struct cmp_msg *m, int64_t *cert_req_id, struct err *e) MUSTUSE;

struct cmp_poll_rep {
	int64_t cert_req_id;
	int64_t check_after;		/* seconds, at least */
	char reason[PKI_STATUS_TEXT];
};
int cmp_poll_rep_build(const struct cmp_poll_rep *p, struct blob *out, struct err *e) MUSTUSE;
int cmp_poll_rep_read(const struct cmp_msg *m, struct cmp_poll_rep *p, struct err *e) MUSTUSE;

int cmp_error_build(const struct pki_status_info *s, struct blob *out, struct err *e) MUSTUSE;
int cmp_error_read(const struct cmp_msg *m, struct pki_status_info *s, struct err *e) MUSTUSE;

/* nested: PKIMessages (RFC 9483 section 5.2.2) */
int cmp_nested_build(const struct mem *msgs, size_t n, struct blob *out, struct err *e) MUSTUSE;
int cmp_nested_read(const struct cmp_msg *m, struct mem *msgs, size_t max, size_t *n,
    struct err *e) MUSTUSE;

/* genm, genp with one InfoTypeAndValue (RFC 9483 section 4.3). value: DER, or empty when absent. */
int cmp_gen_build(const char *oid, struct mem value, struct blob *out, struct err *e) MUSTUSE;
int cmp_gen_read(const struct cmp_msg *m, char oid[64], struct mem *value, struct err *e) MUSTUSE;
#define OID_IT_CA_CERTS "1.3.6.1.5.5.7.4.17"
int cmp_ca_certs_build(const struct certs *l, struct blob *value, struct err *e) MUSTUSE;
int cmp_ca_certs_read(struct mem value, struct certs *out, struct err *e) MUSTUSE;

#endif
