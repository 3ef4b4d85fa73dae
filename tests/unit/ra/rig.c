/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ra/rig.h"

#include <CUnit/CUnit.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/uuid.h"
#include "common/cmp/verify.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"
#include "common/pki/envelope.h"
#include "common/pki/hash.h"
#include "common/pki/name.h"
#include "tests/unit/unit.h"

#define CA_NAME "CN=Test CA,O=Example"
#define EKU_CMC_RA "1.3.6.1.5.5.7.3.28"
#define EKU_CLIENT "1.3.6.1.5.5.7.3.2"
#define EKU_CODE_SIGNING "1.3.6.1.5.5.7.3.3"


/* A step that the test itself needs. */
static void
must(int rc)
{
	CU_ASSERT_EQUAL_FATAL(rc, 0);
}

/* --- the parties --- */

static struct key *
new_key(void)
{
	struct key *k = NULL;
	struct err e;

	must(key_new((struct key_type){ KK_EC_P256, 0 }, &k, &e));
	return k;
}

static struct blob
request_for(const struct key *k, const char *subject, const char *eku, bool crmf)
{
	struct blob name = { NULL, 0 }, der = { NULL, 0 };
	const char *const list[] = { eku };
	struct request_names names = { .eku = list, .n_eku = eku == NULL ? 0 : 1,
	    .key_usage = USAGE_DIGITAL_SIGNATURE };
	struct err e;

	must(name_parse(subject, &name, &e));
	names.subject = mem_of(&name);
	must(crmf ? crmf_build(k, &names, &der, &e) : csr_build(k, &names, &der, &e));
	blob_free(&name);
	return der;
}

static void
certify(struct rig *r, const struct key *k, const char *subject, const char *eku, struct certs *out)
{
	struct blob csr = request_for(k, subject, eku, false), der = { NULL, 0 };
	struct csr *parsed = NULL;
	struct cert *c = NULL;
	struct err e;

	must(csr_parse(mem_of(&csr), &parsed, &e));
	must(ca_issue(&r->ca, csr_get0_wanted(parsed), MEM_NONE, 30, &der, &e));
	must(cert_parse(mem_of(&der), &c, &e));
	must(certs_add(out, c, &e));
	csr_free(parsed);
	blob_free(&csr);
	blob_free(&der);
}

static void
open_ca(struct rig *r)
{
	const char *dir = unit_tmp();
	char from[128], to[128];
	struct blob pem = { NULL, 0 };
	struct err e;

	snprintf(from, sizeof(from), "%s/ca.crt", dir);
	snprintf(to, sizeof(to), "%s/ra-trust.pem", dir);
	must(ca_init(dir, CA_NAME, &e));
	must(file_read(from, LIM_KEY_FILE, &pem, &e));
	must(file_write(to, mem_of(&pem), 0600, &e));
	must(ca_load(dir, &r->ca, &e));
	must(trust_new(&r->trust, &e));
	must(trust_add(r->trust, &r->ca.chain, &e));
	blob_free(&pem);
}

static void
open_inventory(struct rig *r)
{
	static char *keys[] = { (char *)(uintptr_t)"ec-p256" }, *eku[] = { (char *)(uintptr_t)"clientAuth" };

	r->profile = (struct profile){ .name = (char *)(uintptr_t)"gnb", .ca = (char *)(uintptr_t)"core",
	    .subject = (char *)(uintptr_t)"CN=${station},O=Example", .keys = keys, .n_keys = 1,
	    .eku = eku, .n_eku = 1 };
	r->profiles = (struct profiles){ &r->profile, 1 };
	r->station = (struct station){ .name = (char *)(uintptr_t)"gnb-1", .vendor = (char *)(uintptr_t)"",
	    .model = (char *)(uintptr_t)"", .serial = (char *)(uintptr_t)"", .region = (char *)(uintptr_t)"",
	    .profile = (char *)(uintptr_t)"", .subject = (char *)(uintptr_t)"" };
}

static void
seal(struct rig *r)
{
	const struct envelope_content c = { .station = "gnb-1", .profile = "gnb",
	    .pkcs10 = mem_of(&r->csr), .crmf = mem_of(&r->crmf) };
	struct err e;

	must(envelope_build(&c, r->device, &r->device_chain, &r->envelope, &e));
	must(sha256(mem_of(&r->envelope), r->upload_sha256, &e));
	must(sha256(key_get0_spki(r->own), r->spki_sha256, &e));
	must(sha256(key_get0_spki(r->device), r->device_key, &e));
}

/* --- the signer --- */

static int
credential(void *self, const struct certs **chain, struct mem *sig_alg, struct err *e)
{
	struct rig *r = self;

	r->credential_asks++;
	if (r->signer_away)
		return err_set(e, R_SIGNER_AWAY, "told to");
	*chain = &r->ra_chain;
	*sig_alg = key_get0_sig_alg(r->ra_key);
	return 0;
}

static int
txids(void *self, struct ra_txid *t, size_t n, struct err *e)
{
	struct rig *r = self;

	(void)e;
	r->txid_asks++;
	for (size_t i = 0; i < n; i++) {
		memcpy(t[i].id, t[i].upload_sha256.p, sizeof(t[i].id));
		t[i].id[0] = (uint8_t)t[i].attempt;
	}
	return r->signer_away ? err_set(e, R_SIGNER_AWAY, "told to") : 0;
}

/* What nemra-signer looks at, too: the request's proof of possession. */
static void
refuse_without_proof(struct cmp_sign_item *it)
{
	struct cmp_msg *m = NULL;
	struct csr *c = NULL;
	struct crmf *f = NULL;
	struct err e;

	if (it->signature.len == 0)
		return;
	if (cmp_part_parse(it->part, &m, &e) != 0) {
		blob_free(&it->signature);
		it->err = e;
		return;
	}
	if ((cmp_msg_body(m) == CMP_P10CR && csr_parse(cmp_msg_get0_body(m), &c, &e) == 0 &&
	    csr_check_pop(c, &e) != 0) || (cmp_msg_body(m) == CMP_IR &&
	    crmf_parse(cmp_msg_get0_body(m), &f, &e) == 0 && crmf_check_pop(f, &e) != 0)) {
		blob_free(&it->signature);
		(void)err_set(&it->err, e.reason == R_NO_MEMORY ? R_NO_MEMORY : R_SIGNER_REFUSED, "%s",
		    reason_info(e.reason)->id);
	}
	csr_free(c);
	crmf_free(f);
	cmp_msg_free(m);
}

static int
sign(void *self, struct cmp_sign_item *items, size_t n, struct err *e)
{
	struct rig *r = self;

	r->sign_asks++;
	if (r->replaced > 0) {
		r->replaced--;
		return err_set(e, R_CREDENTIAL_CHANGED, "told to");
	}
	if (cmp_sign_with_key(r->ra_key, items, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		refuse_without_proof(&items[i]);
		if (r->refuses != R_NONE)
			(void)err_set(&items[i].err, r->refuses, "told to");
	}
	return 0;
}

/* --- the CA --- */

static struct mem
wanted_of(struct rig *r, const struct wanted **w, struct csr **csr, struct crmf **crmf)
{
	struct mem content;
	struct err e;

	must(cmp_request_read(r->seen, &content, &e));
	if (cmp_msg_body(r->seen) == CMP_P10CR) {
		must(csr_parse(content, csr, &e));
		*w = csr_get0_wanted(*csr);
	} else {
		must(crmf_parse(content, crmf, &e));
		*w = crmf_get0_wanted(*crmf);
	}
	return content;
}

/* As told, and signed again. */
static void
change(const struct rig *r, struct blob *der)
{
	const unsigned char *p = der->p;
	X509 *x = d2i_X509(NULL, &p, (long)der->len);
	unsigned char *again = NULL, ou[64];
	struct err e;
	int len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	if (r->told.from_s != 0 || r->told.to_s != 0) {
		CU_ASSERT_PTR_NOT_NULL(X509_gmtime_adj(X509_getm_notBefore(x), (long)r->told.from_s));
		CU_ASSERT_PTR_NOT_NULL(X509_gmtime_adj(X509_getm_notAfter(x), (long)r->told.to_s));
	}
	memset(ou, 'u', sizeof(ou));
	for (unsigned i = 0; i < r->told.more_names; i++)
		CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "OU", MBSTRING_UTF8, ou,
		    sizeof(ou), -1, 0), 1);
	CU_ASSERT_TRUE(X509_sign(x, r->ca.pkey, EVP_sha256()) > 0);
	len = i2d_X509(x, &again);
	CU_ASSERT_TRUE_FATAL(len > 0);
	must(blob_set1(der, (struct mem){ again, (size_t)len }, &e));
	OPENSSL_free(again);
	X509_free(x);
}

static void
issue(struct rig *r, struct blob *out)
{
	static const char *const code[] = { EKU_CODE_SIGNING };
	struct blob name = { NULL, 0 };
	struct crmf *crmf = NULL;
	struct csr *csr = NULL;
	const struct wanted *w;
	struct wanted mine;
	struct err e;

	if (cmp_msg_body(r->seen) == CMP_POLLREQ) {	/* what the enrolment asked for */
		must(csr_parse(mem_of(&r->csr), &csr, &e));
		w = csr_get0_wanted(csr);
	} else {
		(void)wanted_of(r, &w, &csr, &crmf);
	}
	mine = *w;
	must(name_parse("CN=gnb-2,O=Example", &name, &e));
	if (r->told.other_name)
		mine.subject = mem_of(&name);
	if (r->told.extra_eku) {
		mine.eku = code;
		mine.n_eku = 1;
	}
	must(ca_issue(r->told.by != NULL ? r->told.by : &r->ca, &mine,
	    r->told.for_other_key ? key_get0_spki(r->other) : MEM_NONE, r->told.expired ? 0 : 30, out, &e));
	if (r->told.from_s != 0 || r->told.to_s != 0 || r->told.more_names > 0)
		change(r, out);
	blob_free(&name);
	csr_free(csr);
	crmf_free(crmf);
}

static void
cert_rep(struct rig *r, struct blob *content, struct blob *cert)
{
	struct cmp_cert_rep rep = { .cert_req_id = r->told.minus_one ? -1 : r->told.req_id,
	    .status = { .status = r->told.status, .fail_info = r->told.fail_info } };
	struct err e;

	snprintf(rep.status.text, sizeof(rep.status.text), "%s", r->told.text != NULL ? r->told.text : "");
	if ((r->told.status == PKI_ACCEPTED || r->told.status == PKI_GRANTED_WITH_MODS) && !r->told.no_cert) {
		if (r->told.self_made)
			must(blob_set1(cert, cert_get0_der(r->device_chain.v[0]), &e));
		else if (r->told.der.len > 0)
			must(blob_set1(cert, r->told.der, &e));
		else if (r->told.own)
			must(blob_set1(cert, cert_get0_der(r->ca.chain.v[0]), &e));
		else
			issue(r, cert);
		rep.cert = mem_of(cert);
	}
	must(cmp_cert_rep_build(&rep, content, &e));
}

static enum cmp_body
content_of(struct rig *r, struct blob *content, struct blob *cert)
{
	struct pki_status_info s = { .status = r->told.status, .fail_info = r->told.fail_info };
	struct cmp_poll_rep p = { .cert_req_id = r->told.req_id, .check_after = r->told.check_after };
	enum cmp_body body = cmp_msg_body(r->seen);
	struct err e;

	if (r->told.as_error) {
		snprintf(s.text, sizeof(s.text), "%s", r->told.text != NULL ? r->told.text : "");
		must(cmp_error_build(&s, content, &e));
		return CMP_ERROR;
	}
	if (r->told.poll_rep) {
		must(cmp_poll_rep_build(&p, content, &e));
		return CMP_POLLREP;
	}
	if (r->told.as_pki_conf || (body == CMP_CERTCONF && r->told.body == 0)) {
		must(cmp_pki_conf_build(content, &e));
		return CMP_PKICONF;
	}
	cert_rep(r, content, cert);
	if (r->told.body != 0)
		return r->told.body;
	return body == CMP_IR || (body == CMP_POLLREQ && r->item.crmf.len > 0) ? CMP_IP : CMP_CP;
}

static void
fill_header(struct rig *r, struct cmp_header *h, uint8_t nonce[16])
{
	static const uint8_t strange[16] = { 1, 2, 3 };
	const struct cmp_header *seen = cmp_msg_get0_header(r->seen);

	random_fill(nonce, 16);
	*h = (struct cmp_header){ .pvno = 2, .sender = cert_get0_subject(r->ca.chain.v[0]),
	    .recipient = seen->sender, .message_time = clock_wall_s() - r->told.behind_s,
	    .transaction_id = seen->transaction_id, .recip_nonce = seen->sender_nonce,
	    .implicit_confirm = r->told.implicit };
	if (!r->told.no_sender_nonce)
		h->sender_nonce = (struct mem){ nonce, 16 };
	if (r->told.no_time)
		h->message_time = 0;
	if (r->told.wrong_tid)
		h->transaction_id = (struct mem){ strange, 16 };
	if (r->told.wrong_nonce)
		h->recip_nonce = (struct mem){ strange, 16 };
	if (r->told.first_nonce)
		h->recip_nonce = (struct mem){ r->first_nonce, 16 };
}

static void
build(struct rig *r, struct blob *der)
{
	struct cmp_protector p = r->ca.protector;
	struct blob content = { NULL, 0 }, cert = { NULL, 0 }, part = { NULL, 0 };
	struct cmp_out out = { .with_chain = !r->told.no_extra_certs };
	uint8_t nonce[16];
	struct err e;

	out.body = content_of(r, &content, &cert);
	out.content = mem_of(&content);
	fill_header(r, &out.header, nonce);
	if (r->told.other_key)
		p.self = r->other;
	if (r->told.other_signer) {
		p.self = r->device;
		p.chain = &r->officer_chain;
	}
	if (r->told.unprotected) {
		must(cmp_part_build(&out.header, out.body, out.content, &part, &e));
		must(cmp_msg_assemble(mem_of(&part), MEM_NONE, NULL, der, &e));
	} else {
		must(cmp_protect(&p, &out, 1, &e));
		*der = out.der;
	}
	blob_free(&part);
	blob_free(&cert);
	blob_free(&content);
}

static void
answer(void *arg, struct upstream_call *c)
{
	struct rig *r = arg;
	struct err e;

	r->messages++;
	c->outcome = r->told.outcome;
	c->http_status = r->told.http_status != 0 ? r->told.http_status : 200;
	must(blob_set1(&r->last, c->message, &e));
	cmp_msg_free(r->seen);
	r->seen = NULL;
	must(cmp_msg_parse(mem_of(&r->last), &r->seen, &e));
	if (cmp_msg_body(r->seen) == CMP_IR || cmp_msg_body(r->seen) == CMP_P10CR)
		memcpy(r->first_nonce, cmp_msg_get0_header(r->seen)->sender_nonce.p, 16);
	if (c->outcome != UP_ANSWER) {
		c->gone = c->outcome != UP_LOST;
		(void)err_set(&c->err, R_CA_NO_ANSWER, "told to");
		return;
	}
	build(r, &c->answer);
	if (r->told.cut)
		c->answer.len--;
}

/* --- the rig --- */

void
rig_open(struct rig *r, bool implicit)
{
	struct ra_options o = { .recipient = CA_NAME, .implicit_confirm = implicit };
	struct err e;

	*r = (struct rig){ 0 };
	open_ca(r);
	open_inventory(r);
	r->ra_key = new_key();
	r->device = new_key();
	r->own = new_key();
	r->other = new_key();
	certify(r, r->ra_key, "CN=RA,O=Example", EKU_CMC_RA, &r->ra_chain);
	certify(r, r->device, "CN=device", NULL, &r->device_chain);
	certify(r, r->device, "CN=Officer", NULL, &r->officer_chain);
	r->csr = request_for(r->own, "CN=gnb-1,O=Example", EKU_CLIENT, false);
	r->crmf = request_for(r->own, "CN=gnb-1,O=Example", EKU_CLIENT, true);
	seal(r);
	must(upstream_memory_new(answer, r, &o.upstream, &e));
	o.trust = r->trust;
	o.profiles = &r->profiles;
	o.signer = (struct ra_signer){ r, credential, txids, sign };
	must(ra_new(&o, &r->ra, &e));
	rig_item(r, true, false, false);
}

void
rig_close(struct rig *r)
{
	r->ra.free(r->ra.self);
	ca_item_free(&r->item);
	cmp_msg_free(r->seen);
	blob_free(&r->last);
	blob_free(&r->csr);
	blob_free(&r->crmf);
	blob_free(&r->envelope);
	certs_free(&r->ra_chain);
	certs_free(&r->device_chain);
	certs_free(&r->officer_chain);
	key_free(r->ra_key);
	key_free(r->device);
	key_free(r->own);
	key_free(r->other);
	trust_free(r->trust);
	ca_clear(&r->ca);
}

void
rig_item(struct rig *r, bool pkcs10, bool crmf, bool enveloped)
{
	ca_item_free(&r->item);
	r->item = (struct ca_item){
		.station = "gnb-1", .profile = "gnb", .row = &r->station, .attempt = 1,
		.pkcs10 = pkcs10 ? mem_of(&r->csr) : MEM_NONE,
		.crmf = crmf ? mem_of(&r->crmf) : MEM_NONE,
		.envelope = enveloped ? mem_of(&r->envelope) : MEM_NONE,
		.device_key = { r->device_key, 32 },
		.upload_sha256 = { r->upload_sha256, 32 },
		.spki_sha256 = { r->spki_sha256, 32 },
	};
}

int
rig_prepare(struct rig *r, enum ca_step step)
{
	struct ca_item *it = &r->item;
	struct err e;

	it->step = step;
	blob_free(&it->message);
	if (r->ra.prepare(r->ra.self, &it, 1, &e) != 0)
		return -1;
	return it->err.reason == R_NONE && it->message.len > 0 ? 0 : -1;
}

enum ca_verdict
rig_exchange(struct rig *r)
{
	struct ca_item *it = &r->item, *done[2];

	r->ra.send(r->ra.self, &it, 1);
	CU_ASSERT_EQUAL(r->ra.turn(r->ra.self, done, 2), 1);
	CU_ASSERT_PTR_EQUAL(done[0], it);
	return it->verdict;
}

enum ca_verdict
rig_step(struct rig *r, enum ca_step step, struct told told)
{
	r->told = told;
	CU_ASSERT_EQUAL(rig_prepare(r, step), 0);
	return rig_exchange(r);
}
