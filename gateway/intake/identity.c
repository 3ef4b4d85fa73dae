/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/identity.h"

#include <string.h>

#include "common/pki/cert.h"

static int
keep_text(char out[IDENTITY_TEXT], struct mem text, const char *what, struct err *e)
{
	if (text.len >= IDENTITY_TEXT)
		return err_set(e, R_NO_VENDOR_ID, "%s is longer than %d", what, IDENTITY_TEXT - 1);
	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	return 0;
}

static int
vendor_identity(const struct vendor_rule *rule, const struct cert *leaf, struct identity *id,
    struct err *e)
{
	struct buf field, serial;
	int rc = -1;

	buf_init(&field, LIM_SUBJECT);
	buf_init(&serial, LIM_SUBJECT);
	if (cert_field(leaf, rule->serial_field, &field, e) != 0)
		goto out;
	if (buf_text(&field) == NULL) {				/* untaken: cert_field() left room for the NUL */
		err_set(e, R_NO_MEMORY, "%s", rule->serial_field);	/* untaken: the same */
		goto out;						/* untaken: the same */
	}
	if (vendor_rule_serial(rule, buf_text(&field), &serial, e) != 0 ||
	    keep_text(id->serial, buf_mem(&serial), "the serial", e) != 0 ||
	    keep_text(id->vendor, mem_str(rule->vendor), "the vendor", e) != 0)
		goto out;
	id->bind = rule->bind_first;
	rc = 0;
out:
	buf_free(&field);
	buf_free(&serial);
	return rc;
}

static void
narrow_validity(struct identity *id, const struct certs *chain)
{
	id->not_before = INT64_MIN;
	id->not_after = INT64_MAX;
	for (size_t i = 0; i < chain->n; i++) {
		int64_t from = cert_not_before(chain->v[i]), to = cert_not_after(chain->v[i]);

		id->not_before = from > id->not_before ? from : id->not_before;
		id->not_after = to < id->not_after ? to : id->not_after;
	}
}

/*
 * The first factory that vouches decides the vendor. Another one is tried only when this one does not
 * know the certificate, or its rule finds no serial in it: a revoked or expired certificate is not
 * saved by a second entry.
 */
static int
vouched(struct identity *id, const struct anchors *a, const struct cert *leaf,
    const struct certs *others, int64_t now, struct certs *chain, struct err *e)
{
	struct err first = { 0 };

	for (size_t i = 0; i < a->n_factory; i++) {
		const struct factory *f = &a->factory[i];

		certs_free(chain);
		if (trust_verify(f->trust, leaf, others, TRUST_TLS_CLIENT, now, chain, e) == 0 &&
		    vendor_identity(&f->rule, leaf, id, e) == 0)
			return 0;
		if (e->reason == R_NO_VENDOR_ID && first.reason == R_NONE)
			first = *e;
		else if (e->reason != R_NO_VENDOR_ID && e->reason != R_CERT_NOT_TRUSTED)
			return -1;
	}
	if (first.reason != R_NONE) {
		*e = first;
		return -1;
	}
	certs_free(chain);
	id->vendor[0] = id->serial[0] = '\0';
	id->bind = false;
	return trust_verify(a->operators, leaf, others, TRUST_TLS_CLIENT, now, chain, e);
}

static int
parse_chain(const struct peer *p, struct cert **leaf, struct certs *others, struct err *e)
{
	struct cert *c = NULL;
	struct err why;

	for (size_t i = 0; i < p->n; i++) {
		if (cert_parse(p->cert[i], &c, &why) != 0)
			return err_set(e, why.reason == R_NO_MEMORY ? R_NO_MEMORY : R_CLIENT_CERT_BAD,
			    "certificate %zu: %.200s", i, why.detail);
		if (i == 0) {
			*leaf = c;
		} else if (certs_add(others, c, e) != 0) {
			cert_free(c);
			return -1;
		}
	}
	return 0;
}

static int
verify(struct identity *id, const struct anchors *a, const struct peer *p, int64_t now, struct err *e)
{
	struct certs others = { NULL, 0 }, chain = { NULL, 0 };
	struct cert *leaf = NULL;
	int rc = -1;

	if (p->n == 0)
		return err_set(e, R_NO_CLIENT_CERT, "%s", "");
	if (parse_chain(p, &leaf, &others, e) != 0)
		goto out;
	if (!mem_eq(p->spki, cert_get0_spki(leaf))) {
		err_set(e, R_CLIENT_CERT_BAD, "TLS and OpenSSL read different public keys in it");
		goto out;
	}
	if (vouched(id, a, leaf, &others, now, &chain, e) != 0)
		goto out;
	narrow_validity(id, &chain);
	memcpy(id->device_key, cert_get0_spki_sha256(leaf), SHA256_LEN);
	rc = 0;
out:
	cert_free(leaf);
	certs_free(&others);
	certs_free(&chain);
	return rc;
}

int
identity_verify(struct identity *id, const struct anchors *a, const struct peer *p, int64_t now_s,
    int64_t mono_ms, struct err *e)
{
	uint8_t before[SHA256_LEN];
	int rc;

	memcpy(before, id->device_key, sizeof(before));
	id->verified_at = mono_ms > 0 ? mono_ms : 1;
	id->by = a->mark;
	rc = verify(id, a, p, now_s, e);
	if (rc == 0)
		err_clear(&id->err);
	else
		id->err = *e;
	if (rc != 0 || memcmp(before, id->device_key, sizeof(before)) != 0)
		identity_forget_station(id);
	return rc;
}

void
identity_refuse(struct identity *id, const struct err *why)
{
	identity_forget_station(id);
	id->verified_at = 0;
	id->err = *why;
}

bool
identity_is_fresh(const struct identity *id, const struct anchors *a, int64_t mono_ms)
{
	return id->verified_at != 0 && id->by == a->mark && mono_ms - id->verified_at < IDENTITY_TTL_MS;
}

int
identity_in_time(const struct identity *id, int64_t now_s, struct err *e)
{
	if (now_s < id->not_before || now_s > id->not_after)
		return err_set(e, R_CERT_EXPIRED, "on a kept connection");
	return 0;
}

bool
identity_knows_station(const struct identity *id, int64_t mono_ms)
{
	return id->asked_at != 0 && mono_ms - id->asked_at < STATION_TTL_MS;
}

void
identity_forget_station(struct identity *id)
{
	if (id->asked_at != 0 && id->station_err.reason == R_NONE)
		station_free(&id->station);
	memset(&id->station, 0, sizeof(id->station));
	id->asked_at = 0;
}

void
identity_free(struct identity *id)
{
	identity_forget_station(id);
}
