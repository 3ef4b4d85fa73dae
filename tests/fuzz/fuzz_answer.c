/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers of a CA, as the back-end judges them. Each input is a PKIMessage: it is judged as it came, which nobody may
 * believe; and again after its certificate and then the message were signed anew, by the keys of a CA that went mad:
 * once with the octets that came, once under a header of ours. What is concluded must follow from the message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/pki/der.h"
#include "common/pki/hash.h"
#include "common/pki/name.h"
#include "gateway/ra/internal.h"
#include "tests/fuzz/mutator.h"

#define PKI "tests/data/cmp/pki/"
#define SIGNER "CN=Test CMP Signer,O=Example Operator"
#define GRANTED "CN=gnb-1,O=Example Operator"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The transaction that every input is an answer in. */
static const uint8_t txid[16] = "transaction no 1", nonce[16] = "nonce of request", first[16] = "nonce of the ir!";

static struct world {
	struct key *ca_key, *signer_key;
	struct certs signer_chain, station;
	struct trust *trust;
	struct blob recipient, granted;
	struct profile profile;
	struct profiles profiles;
	struct station row;
	struct ra ra;
} w;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* --- the world --- */

static struct key *
load_key(const char *path)
{
	struct blob text = { NULL, 0 };
	struct key *k = NULL;
	struct err e;

	if (file_read(path, LIM_KEY_FILE, &text, &e) != 0 || key_parse(mem_of(&text), &k, &e) != 0) {
		fprintf(stderr, "%s\n", e.detail);
		exit(1);
	}
	blob_free(&text);
	return k;
}

static void
load_certs(const char *path, struct certs *l)
{
	struct err e;

	if (certs_load(path, 1, l, &e) != 0) {
		fprintf(stderr, "%s\n", e.detail);
		exit(1);
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char name[] = "gnb", ca[] = "core", subject[] = "CN=${station},O=Example Operator", key[] = "ec-p256";
	static char *keys[] = { key }, station[] = "gnb-1", none[] = "";
	struct certs root = { NULL, 0 };
	struct err e;

	(void)argc;
	(void)argv;
	log_set_level(LOG_ERROR);
	w.ca_key = load_key(PKI "sub.key");
	w.signer_key = load_key(PKI "signer.key");
	load_certs(PKI "signer.crt", &w.signer_chain);
	load_certs(PKI "sub.crt", &root);
	must(certs_add(&w.signer_chain, cert_dup(root.v[0]), &e) == 0);
	certs_free(&root);
	load_certs(PKI "root.crt", &root);
	load_certs(PKI "station.crt", &w.station);
	must(trust_new(&w.trust, &e) == 0 && trust_add(w.trust, &root, &e) == 0);
	certs_free(&root);
	must(name_parse(SIGNER, &w.recipient, &e) == 0 && name_parse(GRANTED, &w.granted, &e) == 0);
	w.profile = (struct profile){ .name = name, .ca = ca, .subject = subject, .keys = keys, .n_keys = 1 };
	w.profiles = (struct profiles){ &w.profile, 1 };
	w.row = (struct station){ .name = station, .vendor = none, .model = none, .serial = none, .region = none,
		.profile = none, .subject = none };
	w.ra = (struct ra){ .o = { .recipient = SIGNER, .implicit_confirm = true, .trust = w.trust,
		.profiles = &w.profiles }, .recipient = w.recipient };
	return 0;
}

/* --- a CA that signs whatever it is given --- */

static void
sign(struct key *k, struct mem tbs, struct blob *sig)
{
	struct cmp_sign_item it = { .part = tbs };
	struct err e;

	must(cmp_sign_with_key(k, &it, 1, &e) == 0 && it.err.reason == R_NONE);
	*sig = it.signature;
}

/* The certificate inside gets a signature that is right, if it has the shape of one. */
static size_t
certify(uint8_t *data, size_t size, size_t max)
{
	struct blob sig = { NULL, 0 };
	struct cmp_msg *m = NULL;
	struct cmp_cert_rep r;
	struct mem rest, tbs;
	size_t n = size;
	uint8_t bits[256] = { 0 };
	struct err e;

	if (cmp_msg_parse((struct mem){ data, size }, &m, &e) != 0)
		return size;
	if (cmp_cert_rep_read(m, &r, &e) == 0 && r.cert.len > 0) {
		struct mem der = cmp_msg_get0_der(m);

		rest = der_inside(r.cert);
		tbs = der_take(&rest);
		(void)der_take(&rest);
		if (tbs.len > 0 && rest.len > 0 && rest.p > der.p && rest.p < der.p + der.len) {
			sign(w.ca_key, tbs, &sig);
			must(sig.len < sizeof(bits));
			memcpy(bits + 1, sig.p, sig.len);
			n = der_set_value(data, size, max, (size_t)(rest.p - der.p), bits, sig.len + 1);
			blob_free(&sig);
		}
	}
	cmp_msg_free(m);
	return n > 0 ? n : size;
}

/* The message again, its header as it came or ours, with a protection that is right. */
static bool
protect(const struct cmp_msg *m, bool our_header, struct blob *der)
{
	const struct cmp_protector p = { &w.signer_chain, key_get0_sig_alg(w.signer_key), w.signer_key,
		cmp_sign_with_key };
	struct cmp_out out = { .header = *cmp_msg_get0_header(m), .body = cmp_msg_body(m),
		.content = cmp_msg_get0_body(m), .with_chain = true };
	struct blob part = { NULL, 0 }, sig = { NULL, 0 };
	bool ok = false;
	struct err e;

	if (our_header) {
		out.header.transaction_id = (struct mem){ txid, 16 };
		out.header.recip_nonce = (struct mem){ nonce, 16 };
		ok = cmp_protect(&p, &out, 1, &e) == 0 && out.err.reason == R_NONE;
		*der = out.der;
		return ok;
	}
	must(cmp_msg_protected_part(m, &part, &e) == 0);
	sign(w.signer_key, mem_of(&part), &sig);
	ok = cmp_msg_assemble(mem_of(&part), mem_of(&sig), &w.signer_chain, der, &e) == 0;
	blob_free(&part);
	blob_free(&sig);
	return ok;
}

/* --- what follows --- */

static void
look_at_certificate(const struct ca_item *it)
{
	struct certs chain = { NULL, 0 };
	struct cert *c = NULL;
	struct err e;

	must(cert_parse(mem_of(&it->cert), &c, &e) == 0);
	must(mem_eq((struct mem){ cert_get0_spki_sha256(c), SHA256_LEN }, it->spki_sha256));
	must(name_equal(cert_get0_subject(c), mem_of(&w.granted)));
	must(cert_get0_wanted(c)->n_san == 0 && !cert_is_ca(c));
	must(cert_not_before(c) < cert_not_after(c));
	must(certs_parse(mem_of(&it->chain), LIM_CHAIN + 2, &chain, &e) == 0 && chain.n >= 2);
	must(mem_eq(cert_get0_der(chain.v[0]), mem_of(&it->cert)));
	must(mem_eq(cert_get0_der(chain.v[chain.n - 1]), cert_get0_der(trust_get0_anchors(w.trust)->v[0])));
	for (size_t i = 1; i < chain.n; i++)
		must(cert_is_ca(chain.v[i]) &&
		    name_equal(cert_get0_issuer(chain.v[i - 1]), cert_get0_subject(chain.v[i])));
	certs_free(&chain);
	cert_free(c);
}

/* What an outcome may be, and what it then has with it. */
static void
look_at_outcome(const struct ca_item *it, enum cmp_body body)
{
	bool enrols = it->step != CA_CONFIRM;
	enum cmp_body rep = it->crmf.len > 0 ? CMP_IP : CMP_CP;

	must(!it->no_resend || it->verdict == CV_NO_ANSWER);
	must(it->check_after >= 0 && it->peer_nonce.len <= LIM_CMP_MSG);
	switch (it->verdict) {
	case CV_ISSUED:
		must(enrols && body == rep && it->err.reason == R_NONE);
		look_at_certificate(it);
		return;
	case CV_BAD_CERT:
		must(enrols && body == rep && it->cert.len > 0 && it->chain.len == 0 && it->err.reason != R_NONE);
		return;
	case CV_WAITING:
		must(enrols && (body == rep || body == CMP_ERROR || (body == CMP_POLLREP && it->step == CA_POLL)));
		must(it->cert.len == 0);
		return;
	case CV_CONFIRMED:
		must(!enrols && (body == CMP_PKICONF || body == CMP_ERROR));
		return;
	case CV_REFUSED:
	case CV_AGAIN:
		must((body == rep && enrols) || body == CMP_ERROR);
		must(!enrols || !it->resent);
		must(it->cert.len == 0);
		return;
	case CV_NO_ANSWER:
		must(it->cert.len == 0 && it->chain.len == 0 && it->err.reason != R_NONE);
		return;
	case CV_NONE:
	case CV_NEVER_LEFT:
		break;
	}
	abort();
}

static enum ca_verdict
judge(struct mem answer, enum cmp_body body, enum ca_step step, bool crmf, bool resent)
{
	static const uint8_t some[] = { 0x30, 0x00 };
	struct upstream_call c = { .outcome = UP_ANSWER, .http_status = 200 };
	struct ca_item it = { .station = "gnb-1", .profile = "gnb", .row = &w.row, .step = step, .resent = resent,
		.crmf = crmf ? (struct mem){ some, 2 } : MEM_NONE, .pkcs10 = crmf ? MEM_NONE : (struct mem){ some, 2 },
		.spki_sha256 = { cert_get0_spki_sha256(w.station.v[0]), SHA256_LEN } };
	enum ca_verdict v;
	struct err e;

	memcpy(it.transaction_id, txid, 16);
	memcpy(it.sender_nonce, nonce, 16);
	memcpy(it.first_nonce, first, 16);
	must(blob_set1(&c.answer, answer, &e) == 0);
	ra_judge(&w.ra, &it, &c);
	must(c.answer.p == NULL && mem_eq(mem_of(&it.answer), answer));
	look_at_outcome(&it, body);
	v = it.verdict;
	ca_item_free(&it);
	return v;
}

static void
judge_signed(const struct cmp_msg *m, bool our_header, bool resent)
{
	struct blob der = { NULL, 0 };
	enum cmp_body body = cmp_msg_body(m);

	if (protect(m, our_header, &der))
		for (int k = 0; k < 6; k++)
			(void)judge(mem_of(&der), body, (enum ca_step)(k % 3), k >= 3, resent);
	blob_free(&der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *work;
	struct cmp_msg *m = NULL;
	size_t n;
	struct err e;

	for (int k = 0; k < 3; k++)
		must(judge((struct mem){ data, size }, CMP_BODIES, (enum ca_step)k, false, false) == CV_NO_ANSWER);
	if (size == 0 || size > LIM_CMP_MSG)
		return 0;
	work = calloc(1, size + 512);
	must(work != NULL);
	memcpy(work, data, size);
	n = certify(work, size, size + 512);
	if (cmp_msg_parse((struct mem){ work, n }, &m, &e) == 0) {
		judge_signed(m, true, (data[size - 1] & 1) != 0);
		judge_signed(m, false, false);
	}
	cmp_msg_free(m);
	free(work);
	return 0;
}
