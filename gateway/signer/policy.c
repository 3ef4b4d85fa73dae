/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer/policy.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"

#define OID_ID_IT "1.3.6.1.5.5.7.4."	/* RFC 9810 section 5.3.19: what a genm may ask for */

struct sign_policy {
	struct names names;
	char *const *dns_names;
	size_t n_dns_names;
};

/* Of extensions, these alone; subjectAltName is judged by its names. */
static const char *const extensions[] = {
	"2.5.29.14",		/* subjectKeyIdentifier */
	"2.5.29.15",		/* keyUsage */
	"2.5.29.19",		/* basicConstraints */
	"2.5.29.37",		/* extKeyUsage */
};

/* Usages that make a certificate speak for others than its holder. */
static const char *const forbidden_usages[] = {
	"2.5.29.37.0",		/* anyExtendedKeyUsage */
	"1.3.6.1.5.5.7.3.9",	/* OCSPSigning */
	"1.3.6.1.5.5.7.3.27",	/* cmcCA */
	"1.3.6.1.5.5.7.3.28",	/* cmcRA */
	"1.3.6.1.5.5.7.3.29",	/* cmcArchive */
	"1.3.6.1.5.5.7.3.32",	/* cmKGA */
};

static int
add_name(struct sign_policy *p, const char *text, struct err *e)
{
	struct blob der = { NULL, 0 };
	int rc = name_parse(text, &der, e);

	if (rc == 0)
		rc = names_add(&p->names, mem_of(&der), e);
	blob_free(&der);
	return rc;
}

int
sign_policy_new(const struct signer_conf *c, struct sign_policy **out, struct err *e)
{
	struct sign_policy *p;

	if (c->n_names == 0)
		return err_set(e, R_CONFIG, "signer.names is empty: nothing could be signed");
	p = xcalloc(1, sizeof(*p));
	names_init(&p->names, c->n_names);
	p->dns_names = c->dns_names;
	p->n_dns_names = c->n_dns_names;
	for (size_t i = 0; i < c->n_names; i++)
		if (add_name(p, c->names[i], e) != 0) {
			sign_policy_free(p);
			return -1;
		}
	*out = p;
	return 0;
}

void
sign_policy_free(struct sign_policy *p)
{
	if (p == NULL)
		return;
	names_free(&p->names);
	free(p);
}

static bool
listed(const char *oid, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(oid, list[i]) == 0)
			return true;
	return false;
}

/* One message in the making of a decision. */
struct question {
	const struct sign_policy *policy;
	const struct names *authorities;
	const struct cmp_header *header;
	struct sign_seen *seen;
};

/*
 * A certificate with the name of the RA or of a CA would pass for theirs wherever the name is what counts,
 * and outlive the attack that got it.
 */
static int
check_no_authority(const struct question *q, const X509_NAME *subject, struct err *e)
{
	X509_NAME *ca;
	bool found;
	int rc = 0;

	if (names_have(q->authorities, subject, &found, e) != 0)
		return -1;
	if (!found) {
		if (names_decode(q->header->recipient, &ca, e) != 0)
			return -1;
		rc = names_equal(subject, ca, &found, e);
		X509_NAME_free(ca);
	}
	if (rc == 0 && found)
		rc = err_set(e, R_SUBJECT_MISMATCH, "the name of the RA or of a CA");
	return rc;
}

/* Its form was looked at when the request was parsed. */
static int
check_subject(const struct question *q, struct mem subject, struct err *e)
{
	X509_NAME *n = NULL;
	bool found;
	int rc = -1;

	if (names_decode(subject, &n, e) != 0 || check_no_authority(q, n, e) != 0 ||
	    names_have_above(&q->policy->names, n, &found, e) != 0)
		goto out;
	rc = found ? 0 : err_set(e, R_SUBJECT_MISMATCH, "below none of signer.names");
out:
	X509_NAME_free(n);
	return rc;
}

static bool
dns_below(struct mem name, const char *suffix)
{
	size_t len = strlen(suffix);
	const char *tail;

	if (name.len < len)
		return false;
	tail = (const char *)name.p + name.len - len;
	return strncasecmp(tail, suffix, len) == 0 && (name.len == len || tail[-1] == '.');
}

static int
check_dns_name(const struct sign_policy *p, struct mem name, struct err *e)
{
	if (dns_name_check(name, e) != 0)
		return -1;
	for (size_t i = 0; i < p->n_dns_names; i++)
		if (dns_below(name, p->dns_names[i]))
			return 0;
	if (p->n_dns_names == 0)
		return 0;
	return err_set(e, R_SAN_MISMATCH, "a DNS name below none of signer.dns_names");
}

static int
check_alternative_names(const struct sign_policy *p, const struct wanted *w, struct err *e)
{
	for (size_t i = 0; i < w->n_san; i++) {
		if (w->san[i].kind == SAN_DNS) {
			if (check_dns_name(p, w->san[i].value, e) != 0)
				return -1;
		} else if (w->san[i].kind != SAN_IP) {
			return err_set(e, R_SAN_MISMATCH, "a name that is neither DNS nor IP address");
		}
	}
	return 0;
}

static int
check_extensions(const struct wanted *w, struct err *e)
{
	if (w->is_ca)
		return err_set(e, R_EXTENSION_FORBIDDEN, "basicConstraints of a CA");
	if (w->has_key_usage && (w->key_usage & (USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN)) != 0)
		return err_set(e, R_EXTENSION_FORBIDDEN, "keyUsage of a CA");
	for (size_t i = 0; i < w->n_ext; i++)
		if (!listed(w->ext[i].oid, extensions, COUNT_OF(extensions)))
			return err_set(e, R_EXTENSION_FORBIDDEN, "%s", w->ext[i].oid);
	for (size_t i = 0; i < w->n_eku; i++)
		if (listed(w->eku[i], forbidden_usages, COUNT_OF(forbidden_usages)))
			return err_set(e, R_EXTENSION_FORBIDDEN, "extendedKeyUsage %s", w->eku[i]);
	return 0;
}

static int
check_wanted(const struct question *q, const struct wanted *w, struct err *e)
{
	struct sign_seen *seen = q->seen;
	struct buf b;

	buf_init(&b, 64 * 1024);
	name_print(w->subject, &b);
	(void)snprintf(seen->subject, sizeof(seen->subject), "%s", buf_text(&b) != NULL ? buf_text(&b) : "");
	buf_free(&b);
	if (check_subject(q, w->subject, e) != 0 || check_alternative_names(q->policy, w, e) != 0)
		return -1;
	return check_extensions(w, e);
}

/* The proof of possession is checked here, whoever checked it before: that is what the RA vouches for. */
static int
check_pkcs10(const struct question *q, struct mem der, struct err *e)
{
	struct csr *c = NULL;
	int rc = -1;

	if (csr_parse(der, &c, e) != 0 || csr_check_pop(c, e) != 0)
		goto out;
	if (csr_get0_wanted(c)->challenge_password)
		err_set(e, R_POP_LINKING, "challengePassword");
	else
		rc = check_wanted(q, csr_get0_wanted(c), e);
out:
	csr_free(c);
	return rc;
}

static int
check_crmf(const struct question *q, struct mem der, struct err *e)
{
	struct crmf *c = NULL;
	int rc = -1;

	if (crmf_parse(der, &c, e) == 0 && crmf_check_pop(c, e) == 0)
		rc = check_wanted(q, crmf_get0_wanted(c), e);
	crmf_free(c);
	return rc;
}

/* The bodies that are the RA's own words: content receives how the RA would have put what is in them. */
static int
check_genm(const struct cmp_msg *m, struct blob *content, struct err *e)
{
	char oid[64];
	struct mem value;

	if (cmp_gen_read(m, oid, &value, e) != 0)
		return -1;
	if (strncmp(oid, OID_ID_IT, strlen(OID_ID_IT)) != 0)
		return err_set(e, R_CMP_BODY, "genm asks for %s", oid);
	if (value.len > 0)
		return err_set(e, R_CMP_BODY, "genm with a value");
	return cmp_gen_build(oid, MEM_NONE, content, e);
}

static int
check_conf(const struct cmp_msg *m, struct blob *content, struct err *e)
{
	struct cmp_cert_conf conf;

	return cmp_cert_conf_read(m, &conf, e) == 0 ? cmp_cert_conf_build(&conf, content, e) : -1;
}

static int
check_poll(const struct cmp_msg *m, struct blob *content, struct err *e)
{
	int64_t id;

	return cmp_poll_req_read(m, &id, e) == 0 ? cmp_poll_req_build(id, content, e) : -1;
}

static int
check_body(const struct question *q, const struct cmp_msg *m, struct blob *content, struct err *e)
{
	struct mem request = cmp_msg_get0_body(m);

	switch ((int)cmp_msg_body(m)) {
	case CMP_P10CR:
		return check_pkcs10(q, request, e) == 0 ? blob_set1(content, request, e) : -1;
	case CMP_IR:
	case CMP_CR:
		return check_crmf(q, request, e) == 0 ? blob_set1(content, request, e) : -1;
	case CMP_CERTCONF:
		return check_conf(m, content, e);
	case CMP_POLLREQ:
		return check_poll(m, content, e);
	case CMP_GENM:
		return check_genm(m, content, e);
	default:
		return err_set(e, R_CMP_BODY, "%s is not signed for", q->seen->body);
	}
}

/*
 * Written anew from all that was looked at, it must be the same octets. So nothing is in it that was passed
 * over (freeText, generalInfo that nobody knows), and nothing that another reader could take otherwise.
 */
static int
check_nothing_else(const struct cmp_msg *m, struct mem content, struct mem part, struct err *e)
{
	struct blob again = { NULL, 0 };
	bool same;

	if (cmp_part_build(cmp_msg_get0_header(m), cmp_msg_body(m), content, &again, e) != 0)
		return -1;
	same = mem_eq(mem_of(&again), part);
	blob_free(&again);
	return same ? 0 : err_set(e, R_CMP_HEADER, "it is not, octet by octet, what the RA would send");
}

/* RFC 9483 section 3.1, and that it is ours: no other header ever gets our signature. */
static int
check_header(const struct signer_keys *k, const struct cmp_header *h, struct err *e)
{
	const struct cert *ra = k->chain.v[0];

	if (h->pvno != 2 && h->pvno != 3)
		return err_set(e, R_CMP_HEADER, "pvno %d", h->pvno);
	/* whoever asks took these three from our answer: it was another one then */
	if (!name_equal(h->sender, cert_get0_subject(ra)))
		return err_set(e, R_CREDENTIAL_CHANGED, "sender is not the subject of the RA's certificate");
	if (!mem_eq(h->protection_alg, mem_of(&k->sig_alg)))
		return err_set(e, R_CREDENTIAL_CHANGED, "protectionAlg is not that of the RA's key");
	if (!mem_eq(h->sender_kid, cert_get0_ski(ra)))
		return err_set(e, R_CREDENTIAL_CHANGED, "senderKID is not that of the RA's certificate");
	if (h->transaction_id.len < CMP_NONCE_LEN || h->sender_nonce.len < CMP_NONCE_LEN)
		return err_set(e, R_CMP_HEADER, "transactionID or senderNonce is too short");
	if (h->cert_profile.len > 0 || h->confirm_wait_until != 0 || h->orig_message.len > 0)
		return err_set(e, R_CMP_HEADER, "certProfile, confirmWaitTime or origPKIMessage");
	return 0;
}

int
sign_policy_check(const struct sign_policy *p, const struct signer_keys *k, struct mem part,
    struct sign_seen *seen, struct err *e)
{
	struct blob content = { NULL, 0 };
	const struct cmp_header *h;
	struct cmp_msg *m = NULL;
	struct question q;
	int rc = -1;

	memset(seen, 0, sizeof(*seen));
	seen->body = "?";
	if (cmp_part_parse(part, &m, e) != 0)
		return -1;
	h = cmp_msg_get0_header(m);
	seen->body = cmp_body_name((int)cmp_msg_body(m));
	if (h->transaction_id.len <= sizeof(seen->transaction_id)) {
		seen->transaction_id_len = h->transaction_id.len;
		if (h->transaction_id.len > 0)
			memcpy(seen->transaction_id, h->transaction_id.p, h->transaction_id.len);
	}
	q = (struct question){ p, &k->authorities, h, seen };
	if (check_header(k, h, e) == 0 && check_body(&q, m, &content, e) == 0)
		rc = check_nothing_else(m, mem_of(&content), part, e);
	blob_free(&content);
	cmp_msg_free(m);
	return rc;
}
