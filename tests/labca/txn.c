/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/labca/txn.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/enc.h"

#define BUCKETS 65536u

struct txns {
	struct journal *journal;
	struct txn *bucket[BUCKETS];
};

static const char *const state_names[] = {
	[TXN_WAITING] = "waiting",
	[TXN_ISSUED] = "issued",
	[TXN_DONE] = "done",
	[TXN_REJECTED] = "rejected",
	[TXN_REFUSED] = "refused",
};

const char *
txn_state_name(enum txn_state s)
{
	return state_names[s];
}

/* FNV-1a */
static struct txn **
bucket_of(struct txns *t, struct mem id)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ id.p[i]) * 16777619u;
	return &t->bucket[h % BUCKETS];
}

struct txn *
txns_find(struct txns *t, struct mem id)
{
	struct txn *x = *bucket_of(t, id);

	while (x != NULL && !mem_eq((struct mem){ x->id, x->id_len }, id))
		x = x->next;
	return x;
}

static void
clear(struct txn *x)
{
	blob_free(&x->signer);
	blob_free(&x->cert);
}

struct txn *
txns_begin(struct txns *t, struct mem id, struct err *e)
{
	struct txn **b = bucket_of(t, id), *x = txns_find(t, id);

	if (id.len > sizeof(x->id)) {
		(void)err_set(e, R_TOO_LONG, "transactionID");
		return NULL;
	}
	if (x == NULL) {
		x = mem_calloc(1, sizeof(*x));
		if (x == NULL) {
			(void)err_set(e, R_NO_MEMORY, "transaction");
			return NULL;
		}
		x->next = *b;
		*b = x;
	} else {
		clear(x);
		*x = (struct txn){ .next = x->next };
	}
	memcpy(x->id, id.p, id.len);
	x->id_len = id.len;
	return x;
}

static void
set_hex(json_t *o, const char *key, struct mem m)
{
	char *hex = mem_calloc(2 * m.len + 1, 1);

	if (hex != NULL) {
		hex_print(m, hex);
		json_object_set_new(o, key, json_string(hex));
	}
	free(hex);
}

static int
get_hex(const json_t *o, const char *key, struct blob *out, struct err *e)
{
	const char *hex = json_string_value(json_object_get(o, key));
	size_t len = hex == NULL ? 0 : strlen(hex) / 2;
	uint8_t *p;

	if (hex == NULL)
		return err_set(e, R_FILE_IO, "states.jsonl: no %s", key);
	if (len == 0)
		return 0;
	p = mem_calloc(len, 1);
	if (p == NULL)
		return err_set(e, R_NO_MEMORY, "transaction");
	blob_free(out);
	*out = (struct blob){ p, len };
	return hex_parse(hex, p, len, e);
}

static int
get_fixed(const json_t *o, const char *key, uint8_t *out, size_t len, struct err *e)
{
	const char *hex = json_string_value(json_object_get(o, key));

	if (hex == NULL)
		return err_set(e, R_FILE_IO, "states.jsonl: no %s", key);
	return hex_parse(hex, out, len, e);
}

static int64_t
get_int(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static json_t *
to_json(const struct txn *x)
{
	json_t *o = json_object();

	set_hex(o, "transactionID", (struct mem){ x->id, x->id_len });
	json_object_set_new(o, "state", json_integer(x->state));
	set_hex(o, "first", (struct mem){ x->first.sha256, SHA256_LEN });
	json_object_set_new(o, "first_answer", json_integer((json_int_t)x->first.answer));
	set_hex(o, "last", (struct mem){ x->last.sha256, SHA256_LEN });
	json_object_set_new(o, "last_answer", json_integer((json_int_t)x->last.answer));
	json_object_set_new(o, "polls", json_integer(x->polls));
	json_object_set_new(o, "certReqId", json_integer(x->cert_req_id));
	json_object_set_new(o, "answer", json_integer((json_int_t)x->answer_body));
	json_object_set_new(o, "implicit", json_boolean(x->implicit));
	set_hex(o, "nonce", (struct mem){ x->nonce, sizeof(x->nonce) });
	set_hex(o, "signer", mem_of(&x->signer));
	set_hex(o, "certificate", mem_of(&x->cert));
	return o;
}

static int
from_json(void *self, const json_t *o, struct err *e)
{
	struct blob id = { NULL, 0 };
	struct txn *x = NULL;
	int rc = -1;

	if (get_hex(o, "transactionID", &id, e) == 0)
		x = txns_begin(self, mem_of(&id), e);
	blob_free(&id);
	if (x == NULL)
		return -1;
	x->state = (enum txn_state)get_int(o, "state");
	x->first.answer = (uint64_t)get_int(o, "first_answer");
	x->last.answer = (uint64_t)get_int(o, "last_answer");
	x->polls = (unsigned)get_int(o, "polls");
	x->cert_req_id = get_int(o, "certReqId");
	x->answer_body = (enum cmp_body)get_int(o, "answer");
	x->implicit = json_is_true(json_object_get(o, "implicit"));
	if (get_fixed(o, "first", x->first.sha256, SHA256_LEN, e) == 0 &&
	    get_fixed(o, "last", x->last.sha256, SHA256_LEN, e) == 0 &&
	    get_fixed(o, "nonce", x->nonce, sizeof(x->nonce), e) == 0 &&
	    get_hex(o, "signer", &x->signer, e) == 0 && get_hex(o, "certificate", &x->cert, e) == 0)
		rc = 0;
	return rc;
}

int
txns_load(struct journal *j, struct txns **out, struct err *e)
{
	struct txns *t = mem_calloc(1, sizeof(*t));

	if (t == NULL)
		return err_set(e, R_NO_MEMORY, "transactions");
	t->journal = j;
	if (journal_replay(j, from_json, t, e) != 0) {
		txns_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
txns_free(struct txns *t)
{
	for (size_t i = 0; t != NULL && i < BUCKETS; i++) {
		struct txn *x = t->bucket[i], *next;

		for (; x != NULL; x = next) {
			next = x->next;
			clear(x);
			free(x);
		}
	}
	free(t);
}

int
txns_save(struct txns *t, const struct txn *x, struct err *e)
{
	json_t *o = to_json(x);
	int rc = o == NULL ? err_set(e, R_NO_MEMORY, "transaction") :
	    journal_state(t->journal, o, e);

	json_decref(o);
	return rc;
}
