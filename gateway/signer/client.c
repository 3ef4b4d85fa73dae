/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The other daemons' half: a question is one frame out and one in. All questions can be asked twice without
 * harm, so a connection that turns out to be dead is made anew, once.
 */
#include "gateway/signer/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/pki/hash.h"
#include "gateway/signer/wire.h"

#define ANSWER_MS 10000
#define ANSWER_KIB_MS 100	/* more for each KiB of the question */
#define ANSWER_MAX_MS 60000	/* 512 signatures by a slow token */
#define PATH_OF_SOCKET sizeof(((struct sockaddr_un *)NULL)->sun_path)

struct signer {
	char path[PATH_OF_SOCKET];
	int fd;			/* -1: not connected */
	int64_t patience_ms;	/* 0: as the question is long */
};

int
signer_new(const char *socket_path, struct signer **out, struct err *e)
{
	struct signer *s;

	if (socket_path[0] == '\0' || strlen(socket_path) >= PATH_OF_SOCKET)
		return err_set(e, R_CONFIG, "%.128s cannot be a socket", socket_path);
	s = xcalloc(1, sizeof(*s));
	(void)snprintf(s->path, sizeof(s->path), "%s", socket_path);
	s->fd = -1;
	*out = s;
	return 0;
}

static void
hang_up(struct signer *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	hang_up(s);
	free(s);
}

static int
dial(struct signer *s, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, s->path, sizeof(s->path));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return err_sys(e, R_SIGNER_AWAY, "socket");
	if (connect(s->fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return 0;
	err_sys(e, R_SIGNER_AWAY, "%s", s->path);
	hang_up(s);
	return -1;
}

/* --- octets --- */

static int
wait_for(struct signer *s, short events, int64_t until, struct err *e)
{
	struct pollfd p = { .fd = s->fd, .events = events };
	int64_t left = until - clock_mono_ms();
	int rc;

	rc = poll(&p, 1, left > 0 ? (int)left : 0);
	if (rc > 0 || (rc < 0 && errno == EINTR))
		return 0;
	if (rc == 0)
		return err_set(e, R_SIGNER_AWAY, "%s: no answer in time", s->path);
	return err_sys(e, R_SIGNER_AWAY, "%s", s->path);
}

static int
send_all(struct signer *s, struct mem m, int64_t until, struct err *e)
{
	while (m.len > 0) {
		ssize_t n = send(s->fd, m.p, m.len, MSG_NOSIGNAL);

		if (n >= 0) {
			m.p += n;
			m.len -= (size_t)n;
		} else if (errno != EAGAIN && errno != EINTR) {
			return err_sys(e, R_SIGNER_AWAY, "%s", s->path);
		} else if (wait_for(s, POLLOUT, until, e) != 0) {
			return -1;
		}
	}
	return 0;
}

static int
read_all(struct signer *s, uint8_t *p, size_t len, int64_t until, struct err *e)
{
	while (len > 0) {
		ssize_t n = recv(s->fd, p, len, 0);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n == 0) {
			return err_set(e, R_SIGNER_AWAY, "%s: closed without an answer", s->path);
		} else if (errno != EAGAIN && errno != EINTR) {
			return err_sys(e, R_SIGNER_AWAY, "%s", s->path);
		} else if (wait_for(s, POLLIN, until, e) != 0) {
			return -1;
		}
	}
	return 0;
}

static int
read_answer(struct signer *s, unsigned type, struct blob *out, int64_t until, struct err *e)
{
	uint8_t head[SIGN_HEAD];
	struct buf b;
	struct rd r;
	uint8_t *p;
	size_t len;
	int rc = -1;

	if (read_all(s, head, sizeof(head), until, e) != 0)
		return -1;
	rd_init(&r, (struct mem){ head, sizeof(head) });
	len = rd_u32(&r);
	if (len < 1 || len > LIM_SIGN_ANSWER || rd_u8(&r) != (type | SIGN_ANSWER))
		return err_set(e, R_SIGNER_QUESTION, "%s: an answer of another form", s->path);
	buf_init(&b, len);
	p = buf_room(&b, len - 1);
	if (len > 1 && p == NULL)
		err_set(e, R_NO_MEMORY, "signer");
	else if (read_all(s, p, len - 1, until, e) == 0)
		rc = buf_take(&b, out, e);
	buf_free(&b);
	return rc;
}

void
signer_set_patience(struct signer *s, int64_t ms)
{
	s->patience_ms = ms;
}

static int64_t
patience(const struct signer *s, size_t len)
{
	int64_t ms = ANSWER_MS + ANSWER_KIB_MS * (int64_t)(len / 1024);

	if (s->patience_ms > 0)
		return s->patience_ms;
	return ms < ANSWER_MAX_MS ? ms : ANSWER_MAX_MS;
}

static int
exchange(struct signer *s, const struct buf *question, struct blob *answer, struct err *e)
{
	int64_t until = clock_mono_ms() + patience(s, question->len);

	if (send_all(s, buf_mem(question), until, e) == 0 &&
	    read_answer(s, question->p[4], answer, until, e) == 0)
		return 0;
	hang_up(s);		/* what comes later must not be taken for the next answer */
	return -1;
}

/* A kept connection may have died with the signer that it led to: then once more on a new one. */
static int
ask(struct signer *s, struct buf *question, struct blob *answer, struct err *e)
{
	bool kept = s->fd >= 0;

	if (!buf_ok(question))
		return err_set(e, question->over ? R_TOO_LONG : R_NO_MEMORY, "question to the signer");
	for (unsigned i = 0; i < 4; i++)
		question->p[i] = (uint8_t)((question->len - 4) >> (24 - 8 * i));
	if (kept && exchange(s, question, answer, e) == 0)
		return 0;
	if (kept && e != NULL && e->reason != R_SIGNER_AWAY)
		return -1;
	if (dial(s, e) != 0)
		return -1;
	return exchange(s, question, answer, e);
}

static void
begin_question(struct buf *b, enum sign_type type, size_t max)
{
	buf_init(b, max + 4);
	buf_add_u32(b, 0);		/* length, put in by ask() */
	buf_add_u8(b, (uint8_t)type);
}

static int
bad_answer(const struct signer *s, struct err *e)
{
	return err_set(e, R_SIGNER_QUESTION, "%s: an answer of another form", s->path);
}

/* --- the RA's certificate --- */

static int
read_chain(const struct signer *s, struct rd *r, struct certs *chain, struct err *e)
{
	size_t n = rd_u16(r);

	if (r->failed || n == 0 || n > LIM_CHAIN)
		return bad_answer(s, e);
	for (size_t i = 0; i < n; i++) {
		size_t len = rd_u32(r);
		struct mem der = rd_bytes(r, len);
		struct cert *c = NULL;

		if (r->failed)
			return bad_answer(s, e);
		if (cert_parse_known(der, &c, e) != 0)
			return -1;
		if (certs_add(chain, c, e) != 0) {
			cert_free(c);
			return -1;
		}
	}
	return 0;
}

int
signer_credential(struct signer *s, struct certs *chain, struct blob *sig_alg, struct err *e)
{
	struct blob answer = { NULL, 0 };
	struct certs got = { NULL, 0 };
	struct buf q;
	struct mem alg;
	struct rd r;
	int rc = -1;

	begin_question(&q, SIGN_CREDENTIAL, 1);
	if (ask(s, &q, &answer, e) != 0)
		goto out;
	rd_init(&r, mem_of(&answer));
	if (read_chain(s, &r, &got, e) != 0)
		goto out;
	alg = rd_bytes(&r, rd_u16(&r));
	if (!rd_done(&r) || alg.len == 0) {
		bad_answer(s, e);
		goto out;
	}
	if (blob_set1(sig_alg, alg, e) != 0)
		goto out;
	certs_free(chain);
	*chain = got;
	got = (struct certs){ NULL, 0 };
	rc = 0;
out:
	certs_free(&got);
	blob_free(&answer);
	buf_free(&q);
	return rc;
}

/* --- signatures --- */

/* How many of the next items go into one frame. */
static size_t
fit(const struct cmp_sign_item *items, size_t n)
{
	size_t octets = 3, k;

	for (k = 0; k < n && k < LIM_SIGN_ITEMS; k++) {
		octets += 4 + items[k].part.len;
		if (octets > LIM_SIGN_CMP)
			break;
	}
	return k;
}

/* Not the item's fault: none of them can be signed now, or all must be made anew. */
static bool
concerns_all(enum reason why)
{
	return why == R_CREDENTIAL_CHANGED || why == R_TOKEN_AWAY || why == R_TOKEN_PIN;
}

static int
read_result(const struct signer *s, struct rd *r, struct cmp_sign_item *it, struct err *e)
{
	char id[64] = "", detail[sizeof(it->err.detail)] = "";
	struct mem text;
	enum reason why;

	if (rd_u8(r) == 1) {
		text = rd_bytes(r, rd_u16(r));
		if (r->failed || text.len == 0)
			return bad_answer(s, e);
		return blob_set1(&it->signature, text, e);
	}
	text = rd_bytes(r, rd_u8(r));
	if (r->failed || text.len >= sizeof(id))
		return bad_answer(s, e);
	memcpy(id, text.p, text.len);
	text = rd_bytes(r, rd_u16(r));
	if (r->failed || text.len >= sizeof(detail))
		return bad_answer(s, e);
	memcpy(detail, text.p, text.len);
	why = reason_by_id(id);
	if (concerns_all(why))
		return err_set(e, why, "%s", detail);
	err_set(&it->err, why != R_NONE ? why : R_SIGNER_REFUSED, "%s", detail);
	return 0;
}

static int
sign_some(struct signer *s, struct cmp_sign_item *items, size_t n, struct err *e)
{
	struct blob answer = { NULL, 0 };
	struct buf q;
	struct rd r;
	int rc = -1;

	begin_question(&q, SIGN_CMP, LIM_SIGN_CMP);
	buf_add_u16(&q, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_add_u32(&q, (uint32_t)items[i].part.len);
		buf_add_mem(&q, items[i].part);
	}
	if (ask(s, &q, &answer, e) != 0)
		goto out;
	rd_init(&r, mem_of(&answer));
	rc = rd_u16(&r) == n ? 0 : bad_answer(s, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_result(s, &r, &items[i], e);
	if (rc == 0 && !rd_done(&r))
		rc = bad_answer(s, e);
out:
	blob_free(&answer);
	buf_free(&q);
	return rc;
}

/* What cannot be asked at all is refused here, so that it does not close the connection for the others. */
static bool
can_be_asked(struct cmp_sign_item *it)
{
	err_clear(&it->err);
	if (it->part.len > 0 && it->part.len <= LIM_CMP_MSG)
		return true;
	err_set(&it->err, R_TOO_LONG, "a message of %zu octets", it->part.len);
	return false;
}

int
signer_sign_cmp(void *self, struct cmp_sign_item *items, size_t n, struct err *e)
{
	struct signer *s = self;

	while (n > 0) {
		size_t k = 0;

		while (k < n && can_be_asked(&items[k]))
			k++;
		k = fit(items, k);
		if (k > 0 && sign_some(s, items, k, e) != 0)
			return -1;
		if (k == 0)
			k = 1;		/* the first one cannot be asked: it has its error */
		items += k;
		n -= k;
	}
	return 0;
}

/* --- transactionIDs --- */

static int
txids_some(struct signer *s, struct signer_txid *t, size_t n, struct err *e)
{
	struct blob answer = { NULL, 0 };
	struct buf q;
	struct rd r;
	int rc = -1;

	begin_question(&q, SIGN_TXID, LIM_SIGN_TXID);
	buf_add_u16(&q, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_add_u8(&q, (uint8_t)strlen(t[i].station));
		buf_add_str(&q, t[i].station);
		buf_add_mem(&q, t[i].upload_sha256);
		buf_add_u32(&q, t[i].attempt);
	}
	if (ask(s, &q, &answer, e) != 0)
		goto out;
	rd_init(&r, mem_of(&answer));
	if (rd_u16(&r) != n || r.left != n * TXID_LEN) {
		bad_answer(s, e);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		memcpy(t[i].id, rd_bytes(&r, TXID_LEN).p, TXID_LEN);
	rc = 0;
out:
	blob_free(&answer);
	buf_free(&q);
	return rc;
}

int
signer_txids(struct signer *s, struct signer_txid *t, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(t[i].station);

		if (len == 0 || len > LIM_STATION_NAME || t[i].upload_sha256.len != SHA256_LEN)
			return err_set(e, R_INTERNAL, "transactionID of %.64s: bad input", t[i].station);
	}
	for (size_t k; n > 0; t += k, n -= k) {
		k = n < LIM_SIGN_ITEMS ? n : LIM_SIGN_ITEMS;
		if (txids_some(s, t, k, e) != 0)
			return -1;
	}
	return 0;
}

/* --- the audit chain --- */

static int
begin_audit(struct buf *q, enum sign_type type, int64_t seq, const uint8_t prev[MAC_LEN], size_t n,
    struct err *e)
{
	if (seq < 0)
		return err_set(e, R_INTERNAL, "a negative sequence number");
	begin_question(q, type, LIM_SIGN_AUDIT);
	buf_add_u64(q, (uint64_t)seq);
	buf_add(q, prev, MAC_LEN);
	buf_add_u16(q, (uint16_t)n);
	return 0;
}

static int
add_digest(struct buf *q, struct mem content, struct err *e)
{
	uint8_t digest[SHA256_LEN];

	if (sha256(content, digest, e) != 0)
		return -1;
	buf_add(q, digest, sizeof(digest));
	return 0;
}

static int
audit_some(struct signer *s, int64_t seq, const uint8_t prev[MAC_LEN], const struct mem *content,
    uint8_t (*mac)[MAC_LEN], size_t n, struct err *e)
{
	struct blob answer = { NULL, 0 };
	struct buf q;
	struct rd r;
	int rc;

	if (begin_audit(&q, SIGN_AUDIT, seq, prev, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_digest(&q, content[i], e) != 0) {
			buf_free(&q);
			return -1;
		}
	rc = ask(s, &q, &answer, e);
	rd_init(&r, mem_of(&answer));
	if (rc == 0 && (rd_u16(&r) != n || r.left != n * MAC_LEN))
		rc = bad_answer(s, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		memcpy(mac[i], rd_bytes(&r, MAC_LEN).p, MAC_LEN);
	blob_free(&answer);
	buf_free(&q);
	return rc;
}

int
signer_audit(struct signer *s, int64_t seq, const uint8_t prev[MAC_LEN], const struct mem *content,
    uint8_t (*mac)[MAC_LEN], size_t n, struct err *e)
{
	for (size_t k; n > 0; n -= k, seq += (int64_t)k, content += k, mac += k) {
		k = n < LIM_AUDIT_ITEMS ? n : LIM_AUDIT_ITEMS;
		if (audit_some(s, seq, prev, content, mac, k, e) != 0)
			return -1;
		prev = mac[k - 1];
	}
	return 0;
}

static int
check_some(struct signer *s, int64_t seq, const uint8_t prev[MAC_LEN], const struct mem *content,
    const uint8_t (*mac)[MAC_LEN], size_t n, size_t *bad, struct err *e)
{
	struct blob answer = { NULL, 0 };
	struct buf q;
	struct rd r;
	int rc = 0;

	if (begin_audit(&q, SIGN_AUDIT_CHECK, seq, prev, n, e) != 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = add_digest(&q, content[i], e);
		buf_add(&q, mac[i], MAC_LEN);
	}
	if (rc == 0)
		rc = ask(s, &q, &answer, e);
	rd_init(&r, mem_of(&answer));
	if (rc == 0) {
		*bad = rd_u16(&r);
		if (!rd_done(&r) || *bad > n)
			rc = bad_answer(s, e);
	}
	blob_free(&answer);
	buf_free(&q);
	return rc;
}

int
signer_audit_check(struct signer *s, int64_t seq, const uint8_t prev[MAC_LEN], const struct mem *content,
    const uint8_t (*mac)[MAC_LEN], size_t n, size_t *bad, struct err *e)
{
	size_t done = 0, at = 0;

	while (done < n) {
		size_t k = n - done < LIM_AUDIT_ITEMS ? n - done : LIM_AUDIT_ITEMS;

		if (check_some(s, seq + (int64_t)done, prev, content + done, mac + done, k, &at, e) != 0)
			return -1;
		done += at;
		if (at < k)
			break;
		prev = mac[done - 1];
	}
	*bad = done;
	return 0;
}
