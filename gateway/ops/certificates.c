/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/limits.h"
#include "common/pki/cert.h"
#include "gateway/ops/json.h"
#include "gateway/ops/list.h"

#define TEXT_MAX (16u * 1024)

int
api_certificate_list(struct api_call *c, struct err *e)
{
	return list_page(c, ops_certificate_list, ops_certificate_columns(), e);
}

int
api_certificate_chain(struct api_call *c, struct err *e)
{
	struct db *db;
	int rc;

	if (pool_take(c->env->pool, &db, e) != 0)
		return -1;
	rc = ops_certificate_chain(db, c->arg, &c->bytes, e);
	pool_give(c->env->pool, db);
	c->type = "application/pem-certificate-chain";
	return rc;
}

static json_t *
print_name(struct mem der)
{
	struct buf b;
	json_t *j;

	buf_init(&b, TEXT_MAX);
	name_print(der, &b);
	j = json_text(buf_text(&b));
	buf_free(&b);
	return j;
}

static json_t *
print_san(const struct wanted *w)
{
	struct buf b;
	json_t *j;

	buf_init(&b, TEXT_MAX);
	san_print(w->san, w->n_san, &b);
	j = json_text(buf_text(&b));
	buf_free(&b);
	return j;
}

static json_t *
print_eku(const struct wanted *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_eku; i++)
		if (json_array_append_new(list, json_text(w->eku[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
cert_json(const struct cert *cert)
{
	const struct wanted *w = cert_get0_wanted(cert);
	uint8_t digest[SHA256_LEN];
	char key[KEY_TYPE_TEXT];
	struct err e;

	if (sha256(cert_get0_der(cert), digest, &e) != 0)
		return NULL;
	key_type_print(w->key, key);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:b, s:o, s:o}", "subject",
	    print_name(cert_get0_subject(cert)), "issuer", print_name(cert_get0_issuer(cert)), "serial",
	    json_hex(cert_get0_serial(cert)), "not_before", json_time(cert_not_before(cert) * 1000000),
	    "not_after", json_time(cert_not_after(cert) * 1000000), "key", key, "san", print_san(w), "eku",
	    print_eku(w), "ca", cert_is_ca(cert), "spki_sha256",
	    json_hex((struct mem){ cert_get0_spki_sha256(cert), SHA256_LEN }), "sha256",
	    json_hex((struct mem){ digest, sizeof(digest) }));
}

static json_t *
chain_json(const struct certs *chain)
{
	json_t *list = json_array();

	for (size_t i = 0; i < chain->n; i++)
		if (json_array_append_new(list, cert_json(chain->v[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* The row by its own key or by the request's. */
static int
find_row(struct db *db, const char *arg, json_t **out, struct err *e)
{
	const char *const *columns = ops_certificate_columns();
	struct uuid id;
	struct err not_one;

	return list_one(db, ops_certificate_list, columns,
	    uuid_parse(arg, &id, &not_one) == 0 ? "request" : columns[0], arg, out, e);
}

int
api_certificate_show(struct api_call *c, struct err *e)
{
	struct certs chain = { NULL, 0 };
	struct blob pem = { NULL, 0 };
	struct db *db;
	int rc;

	if (pool_take(c->env->pool, &db, e) != 0)
		return -1;
	rc = find_row(db, c->arg, &c->json, e);
	if (rc == 0)
		rc = ops_certificate_chain(db, c->arg, &pem, e);
	pool_give(c->env->pool, db);
	if (rc == 0)
		rc = certs_parse(mem_of(&pem), LIM_CHAIN, &chain, e);
	if (rc == 0 && json_object_set_new(c->json, "chain", chain_json(&chain)) != 0)
		rc = err_set(e, R_NO_MEMORY, "a certificate");
	certs_free(&chain);
	blob_free(&pem);
	return rc;
}
