/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/message.h"

#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "common/pki/hash.h"
#include "common/pki/name.h"
#include "gateway/ops/json.h"

#define TEXT_MAX 2048

static json_t *
buf_json(struct buf *b)
{
	const char *text = buf_text(b);
	json_t *j = text == NULL ? json_null() : json_text(text);

	buf_free(b);
	return j;
}

static json_t *
status_json(const struct pki_status_info *s)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	pki_status_print(s, &b);
	return buf_json(&b);
}

static json_t *
name_json(struct mem der)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	name_print(der, &b);
	return buf_json(&b);
}

static json_t *
poll_json(const struct cmp_poll_rep *p)
{
	return json_sprintf("checkAfter %lld s", (long long)p->check_after);
}

/* What the body answers; null where it answers nothing. Its words are the CA's: shown, not believed. */
static json_t *
body_status(const struct cmp_msg *m)
{
	struct cmp_cert_conf conf;
	struct pki_status_info s;
	struct cmp_cert_rep rep;
	struct cmp_poll_rep poll;
	struct err e;

	switch (cmp_msg_body(m)) {
	case CMP_IP:
	case CMP_CP:
	case CMP_KUP:
		return cmp_cert_rep_read(m, &rep, &e) == 0 ? status_json(&rep.status) : json_text(e.detail);
	case CMP_ERROR:
		return cmp_error_read(m, &s, &e) == 0 ? status_json(&s) : json_text(e.detail);
	case CMP_POLLREP:
		return cmp_poll_rep_read(m, &poll, &e) == 0 ? poll_json(&poll) : json_text(e.detail);
	case CMP_CERTCONF:
		if (cmp_cert_conf_read(m, &conf, &e) != 0)
			return json_text(e.detail);
		return conf.accepted ? json_string("accepted") : status_json(&conf.status);
	default:		/* the bodies that carry no status */
		return json_null();
	}
}

static int
add_cmp(json_t *o, const struct cmp_msg *m)
{
	const struct cmp_header *h = cmp_msg_get0_header(m);

	if (json_object_set_new(o, "body", json_text(cmp_body_name((int)cmp_msg_body(m)))) != 0 ||
	    json_object_set_new(o, "transaction_id", json_hex(h->transaction_id)) != 0 ||
	    json_object_set_new(o, "sender", name_json(h->sender)) != 0)
		return -1;
	return json_object_set_new(o, "status", body_status(m));
}

json_t *
message_json(const struct ops_message *m)
{
	uint8_t digest[SHA256_LEN];
	struct cmp_msg *msg = NULL;
	struct err e;
	json_t *o;
	int rc = 0;

	if (sha256(mem_of(&m->der), digest, &e) != 0)
		return NULL;
	o = json_pack("{s:o, s:o, s:I, s:o}", "kind", json_text(m->kind), "at", json_text(m->at), "octets",
	    (json_int_t)m->der.len, "sha256", json_hex((struct mem){ digest, sizeof(digest) }));
	if (o != NULL && cmp_msg_parse(mem_of(&m->der), &msg, &e) == 0)
		rc = add_cmp(o, msg);
	cmp_msg_free(msg);
	if (rc != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}
