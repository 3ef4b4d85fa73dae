/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The verifier against trails that were tampered with in every way we could think of. The key is known here
 * alone, as it is to the signer alone.
 */
#include "gateway/ops/audit_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/pki/hash.h"
#include "tests/unit/unit.h"

#define LINKS 600	/* more than one run */

struct trail {
	struct ops_link link[LINKS + 8];
	char content[LINKS + 8][64];
	size_t n;
	int64_t events, links;	/* the counters */
};

static struct err e;
static const uint8_t key[32] = "the audit key of this test only";

static void
mac_of(int64_t seq, const uint8_t prev[32], struct mem content, uint8_t out[32])
{
	uint8_t digest[32];
	struct buf b;

	buf_init(&b, 256);
	CU_ASSERT_EQUAL_FATAL(sha256(content, digest, &e), 0);
	buf_add_u64(&b, (uint64_t)seq);
	buf_add(&b, prev, 32);
	buf_add(&b, digest, 32);
	CU_ASSERT_EQUAL_FATAL(hmac_sha256((struct mem){ key, 32 }, buf_mem(&b), out, &e), 0);
	buf_free(&b);
}

static int
check(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *err)
{
	uint8_t want[32];

	(void)arg;
	(void)err;
	for (*bad = 0; *bad < n; (*bad)++) {
		mac_of(seq + 1 + (int64_t)*bad, prev, content[*bad], want);
		if (memcmp(want, mac[*bad], 32) != 0)
			return 0;
		prev = mac[*bad];
	}
	return 0;
}

static int
links(void *arg, int64_t from, size_t max, ops_link_fn *fn, void *fn_arg, struct err *err)
{
	const struct trail *t = arg;

	(void)err;
	for (size_t i = 0; i < t->n && max > 0; i++)
		if (t->link[i].seq >= from) {
			if (fn(fn_arg, &t->link[i]) != 0)
				return -1;
			max--;
		}
	return 0;
}

static struct trail *
trail_new(size_t n)
{
	struct trail *t = xcalloc(1, sizeof(*t));
	uint8_t prev[32] = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct ops_link *l = &t->link[i];

		snprintf(t->content[i], sizeof(t->content[i]), "event %zu: somebody did something", i);
		l->seq = (int64_t)i + 1;
		l->event = 1000 + (int64_t)i;
		l->content = mem_str(t->content[i]);
		memcpy(l->prev, prev, 32);
		mac_of(l->seq, prev, l->content, l->mac);
		memcpy(prev, l->mac, 32);
	}
	t->n = n;
	t->events = t->links = (int64_t)n;
	return t;
}

static struct audit_verify
verifier(struct trail *t)
{
	return (struct audit_verify){ .links = links, .links_arg = t, .check = check,
		.counted_events = t->events, .counted_links = t->links };
}

static struct audit_report
verify(struct trail *t)
{
	struct audit_verify v = verifier(t);
	struct audit_report r;

	CU_ASSERT_EQUAL_FATAL(audit_verify(&v, &r, &e), 0);
	return r;
}

static void
a_whole_trail_is_whole(void)
{
	static const size_t sizes[] = { 0, 1, 255, 256, 257, 512, LINKS };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct trail *t = trail_new(sizes[i]);
		struct audit_report r;

		t->events += 3;
		r = verify(t);
		CU_ASSERT_TRUE(r.whole);
		CU_ASSERT_EQUAL(r.links, (int64_t)sizes[i]);
		CU_ASSERT_EQUAL(r.unlinked, 3);
		if (sizes[i] > 0)
			CU_ASSERT_EQUAL(memcmp(r.head, t->link[sizes[i] - 1].mac, 32), 0);
		free(t);
	}
}

static void
the_first_break_is_named(void)
{
	struct trail *t = trail_new(LINKS);
	struct audit_report r;

	t->content[299][7] ^= 1;
	t->link[400].content = MEM_NONE;
	r = verify(t);
	CU_ASSERT_FALSE(r.whole);
	CU_ASSERT_EQUAL(r.links, 299);
	CU_ASSERT_EQUAL(r.bad_seq, 300);
	CU_ASSERT_EQUAL(r.bad_event, 1299);
	CU_ASSERT_STRING_EQUAL(r.what, "its MAC does not fit");
	free(t);
}

static void
a_missing_event_is_found(void)
{
	struct trail *t = trail_new(10);
	struct audit_report r;

	t->link[4].content = MEM_NONE;
	r = verify(t);
	CU_ASSERT_FALSE(r.whole);
	CU_ASSERT_EQUAL(r.bad_seq, 5);
	CU_ASSERT_STRING_EQUAL(r.what, "its event is missing");
	free(t);
}

static void
a_trail_cut_with_its_counters_is_found_by_an_earlier_head(void)
{
	struct trail *t = trail_new(300);
	struct audit_verify v = verifier(t);
	struct audit_report r;

	v.expect_seq = 300;
	memcpy(v.expect_mac, t->link[299].mac, 32);
	CU_ASSERT_EQUAL(audit_verify(&v, &r, &e), 0);
	CU_ASSERT_TRUE(r.whole);

	t->n = 280;
	v.counted_events = v.counted_links = 280;
	CU_ASSERT_EQUAL(audit_verify(&v, &r, &e), 0);
	CU_ASSERT_FALSE(r.whole);
	CU_ASSERT_EQUAL(r.links, 280);
	CU_ASSERT_EQUAL(r.bad_seq, 281);
	free(t);
}

static void
another_trail_of_the_same_key_is_found_by_an_earlier_head(void)
{
	struct trail *t = trail_new(300);
	struct audit_verify v = verifier(t);
	struct audit_report r;

	v.expect_seq = 270;
	memcpy(v.expect_mac, t->link[269].mac, 32);
	v.expect_mac[31] ^= 1;
	CU_ASSERT_EQUAL(audit_verify(&v, &r, &e), 0);
	CU_ASSERT_FALSE(r.whole);
	CU_ASSERT_EQUAL(r.bad_seq, 270);
	free(t);
}

static int
no_signer(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *err)
{
	(void)arg, (void)seq, (void)prev, (void)content, (void)mac, (void)n, (void)bad;
	return err_set(err, R_SIGNER_AWAY, "test");
}

static void
without_the_signer_nothing_is_said(void)
{
	struct trail *t = trail_new(3);
	struct audit_verify v = verifier(t);
	struct audit_report r;

	v.check = no_signer;
	CU_ASSERT_EQUAL(audit_verify(&v, &r, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_SIGNER_AWAY);
	free(t);
}

/* --- random tampering, with a seed of its own so that a failure comes again --- */

static uint64_t seed;

static size_t
dice(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static void
drop(struct trail *t, size_t i)
{
	memmove(&t->link[i], &t->link[i + 1], (t->n - i - 1) * sizeof(t->link[0]));
	t->n--;
}

static void
edit(struct trail *t)
{
	size_t i = dice(t->n);

	switch (dice(4)) {
	case 0:
		t->content[i][dice(t->link[i].content.len)] ^= (char)(1u << dice(7));
		break;
	case 1:
		t->link[i].mac[dice(32)] ^= (uint8_t)(1u << dice(8));
		break;
	case 2:
		t->link[i].prev[dice(32)] ^= (uint8_t)(1u << dice(8));
		break;
	default:
		t->link[i].content.len -= 1 + dice(t->link[i].content.len);
	}
}

/* Also as somebody would who knows the format: the later links are numbered and chained anew. */
static void
delete(struct trail *t)
{
	size_t i = dice(t->n);

	drop(t, i);
	if (dice(2) == 0)
		return;
	for (; i < t->n; i++) {
		t->link[i].seq--;
		if (i > 0)
			memcpy(t->link[i].prev, t->link[i - 1].mac, 32);
		else
			memset(t->link[i].prev, 0, 32);
	}
	t->links--;
	t->events--;
}

static void
swap(struct trail *t)
{
	size_t i = dice(t->n), k = (i + 1 + dice(t->n - 1)) % t->n;
	struct ops_link a = t->link[i], b = t->link[k];

	if (dice(2) == 0) {			/* whole links change their places */
		t->link[i] = b;
		t->link[k] = a;
		t->link[i].seq = a.seq;
		t->link[k].seq = b.seq;
	} else {				/* two events do */
		t->link[i].content = b.content;
		t->link[k].content = a.content;
	}
}

static void
truncate_end(struct trail *t)
{
	t->n -= 1 + dice(t->n);
}

/* A forged link between two right ones, or after the last. */
static void
splice(struct trail *t)
{
	size_t i = dice(t->n + 1);
	struct ops_link *l = &t->link[i];

	memmove(l + 1, l, (t->n - i) * sizeof(*l));
	t->n++;
	*l = (struct ops_link){ .seq = (int64_t)i + 1, .event = 99999, .content = mem_str("forged") };
	if (i > 0)
		memcpy(l->prev, t->link[i - 1].mac, 32);
	for (size_t k = 0; k < 32; k++)
		l->mac[k] = (uint8_t)dice(256);
	for (size_t k = i + 1; k < t->n; k++)
		t->link[k].seq++;
	if (i + 1 < t->n)
		memcpy(t->link[i + 1].prev, l->mac, 32);
}

/* A part of the trail stands there a second time. */
static void
roll_back(struct trail *t)
{
	size_t i = 1 + dice(t->n - 1), from = dice(i);

	t->link[i].content = t->link[from].content;
	t->link[i].event = t->link[from].event;
	if (dice(2) == 0)
		memcpy(t->link[i].mac, t->link[from].mac, 32);
}

static void
every_random_tampering_is_found(void)
{
	static void (*const ways[])(struct trail *t) = { edit, delete, swap, truncate_end, splice, roll_back };
	size_t missed = 0;

	for (uint64_t i = 0; i < 1200; i++) {
		struct trail *t = trail_new(2 + (size_t)(i * 7) % 40);
		struct audit_verify v = verifier(t);
		struct audit_report r;
		size_t way;

		seed = 20240000 + i;
		v.expect_seq = (int64_t)t->n;
		memcpy(v.expect_mac, t->link[t->n - 1].mac, 32);
		way = dice(sizeof(ways) / sizeof(ways[0]));
		ways[way](t);
		v.counted_links = t->links;
		v.counted_events = t->events;
		if (audit_verify(&v, &r, &e) != 0 || r.whole) {
			fprintf(stderr, "tampering %zu, round %u was not found\n", way, (unsigned)i);
			missed++;
		}
		free(t);
	}
	CU_ASSERT_EQUAL(missed, 0);
}

static void
heads_are_read_as_they_are_shown(void)
{
	char text[96];
	uint8_t mac[32];
	int64_t seq;

	snprintf(text, sizeof(text), "42:%064x", 1);
	CU_ASSERT_EQUAL(audit_head_parse(text, &seq, mac, &e), 0);
	CU_ASSERT_EQUAL(seq, 42);
	CU_ASSERT_EQUAL(mac[31], 1);
	CU_ASSERT_EQUAL(audit_head_parse("42", &seq, mac, &e), -1);
	CU_ASSERT_EQUAL(audit_head_parse("", &seq, mac, &e), -1);
	CU_ASSERT_EQUAL(audit_head_parse("-1:00", &seq, mac, &e), -1);
	text[0] = '0';
	CU_ASSERT_EQUAL(audit_head_parse(text, &seq, mac, &e), -1);
	text[0] = '4';
	text[10] = 'g';
	CU_ASSERT_EQUAL(audit_head_parse(text, &seq, mac, &e), -1);
}

static const struct unit_test tests[] = {
	UNIT(a_whole_trail_is_whole),
	UNIT(the_first_break_is_named),
	UNIT(a_missing_event_is_found),
	UNIT(a_trail_cut_with_its_counters_is_found_by_an_earlier_head),
	UNIT(another_trail_of_the_same_key_is_found_by_an_earlier_head),
	UNIT(without_the_signer_nothing_is_said),
	UNIT(every_random_tampering_is_found),
	UNIT(heads_are_read_as_they_are_shown),
};
UNIT_SUITE(verify_suite, tests);
