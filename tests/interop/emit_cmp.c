/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writes one message of each body that we make, signed by the test RA, for other stacks to read:
 * emit_cmp PKI-FOLDER OUT-FOLDER.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/uuid.h"
#include "common/cmp/body.h"
#include "common/cmp/protect.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"

#define NOW 1800000000
#define NESTED 3

static const char *pki, *out_dir;
static struct cmp_protector protector;
static struct certs chain;
static struct cert *station;
static struct blob nested_member[NESTED];

static void
need(int rc, const char *what, const struct err *e)
{
	char text[512];

	if (rc == 0)
		return;
	err_print(e, text, sizeof(text));
	fprintf(stderr, "emit_cmp: %s: %s\n", what, text);
	exit(1);
}

static struct blob
load(const char *name)
{
	struct blob b = { NULL, 0 };
	char path[1024];
	struct err e;

	snprintf(path, sizeof(path), "%s/%s", pki, name);
	need(file_read(path, LIM_KEY_FILE, &b, &e), path, &e);
	return b;
}

static struct key *
load_key(const char *name)
{
	struct blob b = load(name);
	struct key *k = NULL;
	struct err e;

	need(key_parse(mem_of(&b), &k, &e), name, &e);
	blob_free(&b);
	return k;
}

static struct cert *
load_cert(const char *name)
{
	struct blob b = load(name);
	struct certs l = { NULL, 0 };
	struct cert *c;
	struct err e;

	need(certs_parse(mem_of(&b), 1, &l, &e), name, &e);
	c = cert_dup(l.v[0]);
	certs_free(&l);
	blob_free(&b);
	return c;
}

/* Frees the content. */
static struct blob
message(const char *name, enum cmp_body body, struct cmp_header h, struct blob content)
{
	uint8_t id[CMP_NONCE_LEN], nonce[CMP_NONCE_LEN];
	struct cmp_out o = { .body = body, .content = mem_of(&content), .with_chain = true };
	char path[1024];
	struct err e;

	random_fill(id, sizeof(id));
	random_fill(nonce, sizeof(nonce));
	h.transaction_id = (struct mem){ id, sizeof(id) };
	h.sender_nonce = (struct mem){ nonce, sizeof(nonce) };
	h.message_time = NOW;
	h.recipient = cert_get0_issuer(station);
	o.header = h;
	need(cmp_protect(&protector, &o, 1, &e), name, &e);
	need(o.err.reason == R_NONE ? 0 : -1, name, &o.err);
	snprintf(path, sizeof(path), "%s/%s.der", out_dir, name);
	need(file_write(path, mem_of(&o.der), 0644, &e), path, &e);
	blob_free(&content);
	return o.der;
}

static void
emit(const char *name, enum cmp_body body, struct cmp_header h, struct blob content)
{
	struct blob der = message(name, body, h, content);

	blob_free(&der);
}

static void
emit_requests(void)
{
	struct key *k = load_key("station.key");
	const struct san san = { SAN_DNS, mem_str("gnb-1.ran.example") };
	const char *const eku[] = { "1.3.6.1.5.5.7.3.2" };
	const struct request_names names = { .subject = cert_get0_subject(station), .san = &san, .n_san = 1,
	    .eku = eku, .n_eku = 1, .key_usage = USAGE_DIGITAL_SIGNATURE };
	const struct cmp_header plain = { .pvno = 2 }, asks = { .implicit_confirm = true,
	    .cert_profile = { (const uint8_t *)"gnb", 3 } };
	static const struct { const char *name; enum cmp_body body; } crmfs[] = {
		{ "ir", CMP_IR }, { "cr", CMP_CR }, { "kur", CMP_KUR }
	};
	struct blob content = { NULL, 0 };
	struct err e;

	for (size_t i = 0; i < COUNT_OF(crmfs); i++) {
		need(crmf_build(k, &names, &content, &e), "crmf", &e);
		nested_member[i] = message(crmfs[i].name, crmfs[i].body, plain, content);
		content = (struct blob){ NULL, 0 };
	}
	need(csr_build(k, &names, &content, &e), "csr", &e);
	emit("p10cr", CMP_P10CR, asks, content);
	key_free(k);
}

static void
emit_answers(void)
{
	const struct cmp_cert_rep good = { .cert = cert_get0_der(station), .ca_pubs = &chain };
	const struct cmp_cert_rep waiting = { .cert_req_id = -1, .status.status = PKI_WAITING };
	const struct pki_status_info no = { .status = PKI_REJECTION, .text = "refused f\xc3\xbcr a test",
	    .fail_info = 1u << FI_badPOP | 1u << FI_systemFailure };
	const struct cmp_cert_rep refused = { .status = no };
	const struct cmp_header wait_until = { .confirm_wait_until = NOW + 300 }, implicit = {
	    .implicit_confirm = true }, plain = { .pvno = 2 };
	struct blob b = { NULL, 0 };
	struct err e;

	need(cmp_cert_rep_build(&good, &b, &e), "ip", &e);
	emit("ip", CMP_IP, wait_until, b);
	b = (struct blob){ NULL, 0 };
	need(cmp_cert_rep_build(&waiting, &b, &e), "cp", &e);
	emit("cp-waiting", CMP_CP, plain, b);
	b = (struct blob){ NULL, 0 };
	need(cmp_cert_rep_build(&refused, &b, &e), "kup", &e);
	emit("kup-refused", CMP_KUP, implicit, b);
	b = (struct blob){ NULL, 0 };
	need(cmp_error_build(&no, &b, &e), "error", &e);
	emit("error", CMP_ERROR, plain, b);
	b = (struct blob){ NULL, 0 };
	need(cmp_pki_conf_build(&b, &e), "pkiconf", &e);
	emit("pkiconf", CMP_PKICONF, plain, b);
}

static void
emit_follow_ups(void)
{
	const struct cmp_poll_rep rep = { .check_after = 60, .reason = "later" };
	struct cmp_cert_conf conf = { .accepted = true };
	const struct cmp_header plain = { .pvno = 2 };
	struct blob b = { NULL, 0 };
	struct buf hash;
	struct err e;

	buf_init(&hash, 64);
	need(cert_cert_hash(station, &hash, &e), "certHash", &e);
	conf.cert_hash = buf_mem(&hash);
	need(cmp_cert_conf_build(&conf, &b, &e), "certConf", &e);
	emit("certConf", CMP_CERTCONF, plain, b);
	buf_free(&hash);
	b = (struct blob){ NULL, 0 };
	need(cmp_poll_req_build(-1, &b, &e), "pollReq", &e);
	emit("pollReq", CMP_POLLREQ, plain, b);
	b = (struct blob){ NULL, 0 };
	need(cmp_poll_rep_build(&rep, &b, &e), "pollRep", &e);
	emit("pollRep", CMP_POLLREP, plain, b);
}

static void
emit_general(void)
{
	const struct cmp_header plain = { .pvno = 2 };
	struct blob b = { NULL, 0 }, value = { NULL, 0 };
	struct mem members[NESTED];
	struct err e;

	need(cmp_gen_build(OID_IT_CA_CERTS, MEM_NONE, &b, &e), "genm", &e);
	emit("genm", CMP_GENM, plain, b);
	b = (struct blob){ NULL, 0 };
	need(cmp_ca_certs_build(&chain, &value, &e), "caCerts", &e);
	need(cmp_gen_build(OID_IT_CA_CERTS, mem_of(&value), &b, &e), "genp", &e);
	emit("genp", CMP_GENP, plain, b);
	blob_free(&value);
	for (size_t i = 0; i < NESTED; i++)
		members[i] = mem_of(&nested_member[i]);
	b = (struct blob){ NULL, 0 };
	need(cmp_nested_build(members, NESTED, &b, &e), "nested", &e);
	emit("nested", CMP_NESTED, plain, b);
	for (size_t i = 0; i < NESTED; i++)
		blob_free(&nested_member[i]);
}

int
main(int argc, char **argv)
{
	struct key *k;
	struct err e;

	if (argc != 3) {
		fprintf(stderr, "usage: emit_cmp PKI-FOLDER OUT-FOLDER\n");
		return 2;
	}
	pki = argv[1];
	out_dir = argv[2];
	k = load_key("ra.key");
	station = load_cert("station.crt");
	need(certs_add(&chain, load_cert("ra.crt"), &e), "ra.crt", &e);
	need(certs_add(&chain, load_cert("sub.crt"), &e), "sub.crt", &e);
	protector = (struct cmp_protector){ .chain = &chain, .sig_alg = key_get0_sig_alg(k), .self = k,
	    .sign = cmp_sign_with_key };
	emit_requests();
	emit_answers();
	emit_follow_ups();
	emit_general();
	certs_free(&chain);
	cert_free(station);
	key_free(k);
	return 0;
}
