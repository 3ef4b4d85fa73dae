/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is derived with the MAC keys: transactionIDs (docs/decisions/transaction-id.md) and the links of the
 * audit chain (docs/decisions/signer-protocol.md).
 */
#include <string.h>

#include "common/pki/hash.h"
#include "gateway/signer/job.h"

#define TXID_LABEL "nemra-txid-1"

int
txid_begin(struct job *j, struct err *e)
{
	if (job_count(j, LIM_SIGN_ITEMS, e) != 0)
		return -1;
	buf_add_u16(j->out, (uint16_t)j->n);
	return 0;
}

static int
derive_txid(const uint8_t *key, struct mem station, struct mem upload_sha256, uint32_t attempt,
    struct buf *out, struct err *e)
{
	uint8_t mac[SHA256_LEN];
	struct buf in;
	int rc = -1;

	buf_init(&in, 256);
	buf_add(&in, TXID_LABEL, sizeof(TXID_LABEL));		/* with its NUL */
	buf_add_mem(&in, station);
	buf_add_u8(&in, 0);
	buf_add_mem(&in, upload_sha256);
	buf_add_u32(&in, attempt);
	if (!buf_ok(&in))
		err_set(e, R_NO_MEMORY, "txid");
	else
		rc = hmac_sha256((struct mem){ key, MAC_KEY_LEN }, buf_mem(&in), mac, e);
	if (rc == 0)
		buf_add(out, mac, TXID_LEN);
	buf_free(&in);
	return rc;
}

int
txid_item(struct job *j, struct err *e)
{
	size_t len = rd_u8(&j->in);
	struct mem station = rd_bytes(&j->in, len);
	struct mem upload = rd_bytes(&j->in, SHA256_LEN);
	uint32_t attempt = rd_u32(&j->in);

	/* a NUL in the name would make two inputs look alike */
	if (j->in.failed || len == 0 || len > LIM_STATION_NAME || memchr(station.p, 0, len) != NULL)
		return err_set(e, R_SIGNER_QUESTION, "txid: item %zu is cut or has no good name", j->done);
	return derive_txid(j->state->keys->txid, station, upload, attempt, j->out, e);
}

/* --- the audit chain --- */

static int
begin_chain(struct job *j, struct err *e)
{
	struct mem prev;

	j->seq = rd_u64(&j->in);
	prev = rd_bytes(&j->in, MAC_LEN);
	if (job_count(j, LIM_AUDIT_ITEMS, e) != 0)
		return -1;
	if (j->seq > INT64_MAX - LIM_AUDIT_ITEMS)
		return err_set(e, R_SIGNER_QUESTION, "%s: sequence number", j->rule->name);
	memcpy(j->mac, prev.p, MAC_LEN);
	return 0;
}

/* The MAC of the next link, from its digest and j->mac. */
static int
next_link(struct job *j, struct mem digest, uint8_t mac[MAC_LEN], struct err *e)
{
	struct buf in;
	int rc = -1;

	buf_init(&in, 128);
	buf_add_u64(&in, j->seq + 1);
	buf_add(&in, j->mac, MAC_LEN);
	buf_add_mem(&in, digest);
	if (!buf_ok(&in))
		err_set(e, R_NO_MEMORY, "audit");
	else
		rc = hmac_sha256((struct mem){ j->state->keys->audit, MAC_KEY_LEN }, buf_mem(&in), mac, e);
	buf_free(&in);
	return rc;
}

int
audit_begin(struct job *j, struct err *e)
{
	if (begin_chain(j, e) != 0)
		return -1;
	buf_add_u16(j->out, (uint16_t)j->n);
	return 0;
}

int
audit_item(struct job *j, struct err *e)
{
	struct mem digest = rd_bytes(&j->in, SHA256_LEN);
	uint8_t mac[MAC_LEN];

	if (j->in.failed)
		return err_set(e, R_SIGNER_QUESTION, "audit: item %zu is cut", j->done);
	if (next_link(j, digest, mac, e) != 0)
		return -1;
	memcpy(j->mac, mac, MAC_LEN);
	j->seq++;
	buf_add(j->out, mac, MAC_LEN);
	return 0;
}

int
audit_check_begin(struct job *j, struct err *e)
{
	if (begin_chain(j, e) != 0)
		return -1;
	j->bad = j->n;
	return 0;
}

/*
 * The right MAC is never told, only whether the given one is it; what follows is checked against the one
 * given, so that one bad link is one bad index.
 */
int
audit_check_item(struct job *j, struct err *e)
{
	struct mem digest = rd_bytes(&j->in, SHA256_LEN);
	struct mem given = rd_bytes(&j->in, MAC_LEN);
	uint8_t mac[MAC_LEN];

	if (j->in.failed)
		return err_set(e, R_SIGNER_QUESTION, "audit_check: item %zu is cut", j->done);
	if (next_link(j, digest, mac, e) != 0)
		return -1;
	if (j->bad == j->n && !secret_eq((struct mem){ mac, MAC_LEN }, given))
		j->bad = j->done;
	memcpy(j->mac, given.p, MAC_LEN);
	j->seq++;
	mem_cleanse(mac, sizeof(mac));
	return 0;
}

int
audit_check_end(struct job *j, struct err *e)
{
	(void)e;
	buf_add_u16(j->out, (uint16_t)j->bad);
	return 0;
}
