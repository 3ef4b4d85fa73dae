/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/der.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

#define NODES	4096
#define DEPTH	40
#define NONE	0		/* node 0 is no node */
#define SCRATCH	8192
#define WIDEST	(1u << 24)	/* of anything that is written */
#define DEEPEST	200

#define CONSTRUCTED	0x20
#define IS_BOOLEAN	0x01
#define IS_INTEGER	0x02
#define IS_BITS		0x03
#define IS_OCTETS	0x04
#define IS_OID		0x06
#define IS_SEQUENCE	0x30

enum form { SHORTEST, ONE_OCTET_MORE, INDEFINITE, ONE_TOO_MANY, ONE_TOO_FEW, FORMS };

/* Nodes are never changed by who copies them: a graft shares its children. */
struct node {
	uint8_t tag;
	enum form form;
	size_t at;			/* where it began in the input */
	const uint8_t *value;		/* of one without children; of a BIT STRING with some: its first octet */
	size_t len;
	size_t lead;			/* octets of value before the children */
	int child, next;
	size_t inside;			/* octets, set by measure() */
};

struct tree {
	struct node v[NODES];
	int n;
	uint8_t scratch[SCRATCH];	/* new values */
	size_t used;
	uint64_t random;
};

/* --- chance --- */

static uint32_t
draw(struct tree *t, size_t below)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return below == 0 ? 0 : (uint32_t)((t->random >> 11) % below);
}

/* --- reading --- */

static int parse_list(struct tree *t, const uint8_t *start, size_t from, size_t to, unsigned depth);

/* Tag and length at offset from; false: there is none, or not in the shortest form. */
static bool
read_header(const uint8_t *p, size_t from, size_t to, size_t *body, size_t *len)
{
	size_t i = from + 2, n;

	if (to - from < 2 || (p[from] & 0x1f) == 0x1f || p[from] == 0)
		return false;
	n = p[from + 1];
	if (n >= 0x80) {
		size_t octets = n & 0x7f;

		if (octets == 0 || octets > 3 || to - i < octets)
			return false;
		for (n = 0; octets > 0; octets--)
			n = n << 8 | p[i++];
	}
	*body = i;
	*len = n;
	return n <= to - i;
}

static int
new_node(struct tree *t, struct node n)
{
	if (t->n >= NODES)
		return NONE;
	t->v[t->n] = n;
	return t->n++;
}

/* DER in a string is looked for where something usually is; what does not parse is a plain value. */
static void
parse_inside(struct tree *t, int node, const uint8_t *start, size_t body, size_t len, unsigned depth)
{
	size_t lead = t->v[node].tag == IS_BITS ? 1 : 0;
	int mark = t->n;
	int child;

	if ((t->v[node].tag & CONSTRUCTED) == 0 && t->v[node].tag != IS_BITS && t->v[node].tag != IS_OCTETS)
		return;
	if (len < lead + 2)
		return;
	child = parse_list(t, start, body + lead, body + len, depth + 1);
	if (child == NONE) {
		t->n = mark;
		return;
	}
	t->v[node].child = child;
	t->v[node].lead = lead;
}

/* One element after the other; NONE unless they end where the list does. */
static int
parse_list(struct tree *t, const uint8_t *start, size_t from, size_t to, unsigned depth)
{
	int first = NONE, last = NONE;

	if (depth > DEPTH)
		return NONE;
	while (from < to) {
		size_t body, len;
		int i;

		if (!read_header(start, from, to, &body, &len))
			return NONE;
		i = new_node(t, (struct node){ .tag = start[from], .at = from, .value = start + body, .len = len });
		if (i == NONE)
			return NONE;
		parse_inside(t, i, start, body, len, depth);
		if (first == NONE)
			first = i;
		else
			t->v[last].next = i;
		last = i;
		from = body + len;
	}
	return first;
}

/* --- writing --- */

static size_t
length_octets(const struct node *n)
{
	size_t octets = n->inside < 0x80 ? 1 : n->inside < 0x100 ? 2 : n->inside < 0x10000 ? 3 : 4;

	return n->form == ONE_OCTET_MORE ? octets + 1 : n->form == INDEFINITE ? 3 : octets;
}

/* WIDEST or more: it is not to be written. */
static size_t
measure(struct tree *t, int list, unsigned depth)
{
	size_t sum = depth > DEEPEST ? WIDEST : 0;

	for (int i = list; i != NONE && sum < WIDEST; i = t->v[i].next) {
		struct node *n = &t->v[i];

		n->inside = n->child == NONE ? n->len : n->lead + measure(t, n->child, depth + 1);
		sum += 1 + length_octets(n) + n->inside;
	}
	return sum;
}

static uint8_t *
put_length(uint8_t *p, const struct node *n)
{
	size_t octets = length_octets(n), len = n->inside;

	if (n->form == INDEFINITE) {
		*p++ = 0x80;
		return p;
	}
	if (n->form == ONE_TOO_MANY || (n->form == ONE_TOO_FEW && len == 0))
		len++;
	else if (n->form == ONE_TOO_FEW)
		len--;
	if (octets == 1) {
		*p++ = (uint8_t)(len & 0x7f);
		return p;
	}
	*p++ = (uint8_t)(0x80 | (octets - 1));
	for (size_t k = octets - 1; k > 0; k--)
		*p++ = (uint8_t)(k > 4 ? 0 : len >> (8 * (k - 1)));
	return p;
}

static uint8_t *
write_list(const struct tree *t, int list, uint8_t *p)
{
	for (int i = list; i != NONE; i = t->v[i].next) {
		const struct node *n = &t->v[i];
		size_t plain = n->child == NONE ? n->len : n->lead;

		*p++ = n->tag;
		p = put_length(p, n);
		if (plain > 0)
			memcpy(p, n->value, plain);
		p += plain;
		if (n->child != NONE)
			p = write_list(t, n->child, p);
		if (n->form == INDEFINITE) {
			*p++ = 0;
			*p++ = 0;
		}
	}
	return p;
}

/* --- values --- */

static uint8_t *
room(struct tree *t, size_t n)
{
	uint8_t *p = t->scratch + t->used;

	if (n > SCRATCH - t->used)
		return NULL;
	t->used += n;
	return p;
}

/* The node becomes a plain one with these octets. */
static bool
set_value(struct tree *t, struct node *n, const void *value, size_t len)
{
	uint8_t *p = room(t, len);

	if (p == NULL)
		return false;
	if (len > 0)
		memcpy(p, value, len);
	n->value = p;
	n->len = len;
	n->child = NONE;
	n->lead = 0;
	return true;
}

/* One octet changed, put in or taken out, or the end cut off. */
static bool
change_octets(struct tree *t, struct node *n)
{
	uint8_t copy[SCRATCH];
	size_t len = n->len, at;

	if (n->child != NONE || len + 1 > sizeof(copy))
		return false;
	if (len > 0)
		memcpy(copy, n->value, len);
	at = draw(t, len);
	switch (len == 0 ? 2 : draw(t, 5)) {
	case 0:
		copy[at] ^= (uint8_t)(1u << draw(t, 8));
		break;
	case 1:
		copy[at] = (uint8_t)draw(t, 256);
		break;
	case 2:
		memmove(copy + at + 1, copy + at, len - at);
		copy[at] = (uint8_t)draw(t, 256);
		len++;
		break;
	case 3:
		memmove(copy + at, copy + at + 1, len - at - 1);
		len--;
		break;
	default:
		len = at;
	}
	return set_value(t, n, copy, len);
}

struct literal {
	const char *octets;
	size_t len;
};
#define LITERAL(s) { s, sizeof(s) - 1 }

static const struct literal integers[] = {
	LITERAL(""), LITERAL("\x00"), LITERAL("\x01"), LITERAL("\x02"), LITERAL("\x03"), LITERAL("\x7f"),
	LITERAL("\xff"), LITERAL("\x80"), LITERAL("\x00\x01"), LITERAL("\xff\xff"), LITERAL("\x00\x80"),
	LITERAL("\x7f\xff\xff\xff"),
	LITERAL("\x00\xff\xff\xff\xff"), LITERAL("\x7f\xff\xff\xff\xff\xff\xff\xff"),
	LITERAL("\x80\x00\x00\x00\x00\x00\x00\x00"), LITERAL("\x00\x80\x00\x00\x00\x00\x00\x00\x00")
};
static const struct literal oids[] = {
	LITERAL(""), LITERAL("\x80"), LITERAL("\x2a\x80\x01"), LITERAL("\x55\x04\x03"), LITERAL("\x55\x04\x05"),
	LITERAL("\x55\x1d\x11"), LITERAL("\x55\x1d\x0f"), LITERAL("\x55\x1d\x13"), LITERAL("\x55\x1d\x25"),
	LITERAL("\x2b\x06\x01\x05\x05\x07\x04\x0d"), LITERAL("\x2a\x86\x48\xce\x3d\x04\x03\x02"),
	LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), LITERAL("\x2b\x65\x70"),
	LITERAL("\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
};
static const struct literal texts[] = {
	LITERAL(""), LITERAL("\0"), LITERAL("a\0b"), LITERAL("*"), LITERAL("*.example"), LITERAL("a\nb"),
	LITERAL("\xc3\x28"), LITERAL("\xed\xa0\x80"), LITERAL("gnb-1"), LITERAL("gnb-2"), LITERAL("GNB-1 "),
	LITERAL("CN=gnb-1,O=x"), LITERAL("\xe2\x80\xae")
};
static const struct literal times[] = {
	LITERAL("19700101000000Z"), LITERAL("99991231235959Z"), LITERAL("20261399000000Z"), LITERAL("500101000000Z"),
	LITERAL("491231235959Z"), LITERAL("20260101000000+0100"), LITERAL("20260101000000.5Z"), LITERAL("2026010100Z")
};

static bool
set_literal(struct tree *t, struct node *n, const struct literal *l, size_t count)
{
	const struct literal *one = &l[draw(t, count)];

	return set_value(t, n, one->octets, one->len);
}

/* The same octet, many times. */
static bool
set_long(struct tree *t, struct node *n, uint8_t first, uint8_t others)
{
	static const size_t lengths[] = { 9, 21, 64, 127, 128, 255, 256, 1024, 4000 };
	size_t len = lengths[draw(t, COUNT_OF(lengths))];
	uint8_t *p = room(t, len);

	if (p == NULL)
		return false;
	memset(p, others, len);
	p[0] = first;
	n->value = p;
	n->len = len;
	n->child = NONE;
	n->lead = 0;
	return true;
}

/* What is unusual for its type. */
static bool
change_typed(struct tree *t, struct node *n)
{
	bool very_long = draw(t, 8) == 0;

	switch (n->tag) {
	case IS_INTEGER:
	case 0x0a:	/* ENUMERATED */
		return very_long ? set_long(t, n, 0x01, 0xff) : set_literal(t, n, integers, COUNT_OF(integers));
	case IS_BOOLEAN:
		return set_literal(t, n, integers, 7);
	case IS_OID:
		return very_long ? set_long(t, n, 0x2a, 0x81) : set_literal(t, n, oids, COUNT_OF(oids));
	case 0x17:	/* UTCTime */
	case 0x18:	/* GeneralizedTime */
		return set_literal(t, n, times, COUNT_OF(times));
	case IS_BITS:	/* the number of unused bits, which may be wrong; the children stay */
		if (n->len == 0 || n->child != NONE)
			return false;
		{
			uint8_t copy[512];
			size_t len = n->len < sizeof(copy) ? n->len : sizeof(copy);

			memcpy(copy, n->value, len);
			copy[0] = (uint8_t)draw(t, 10);
			return set_value(t, n, copy, len);
		}
	default:
		if ((n->tag & CONSTRUCTED) != 0)
			return false;
		return very_long ? set_long(t, n, 'a', 'a') : set_literal(t, n, texts, COUNT_OF(texts));
	}
}

/* --- shape --- */

static bool
stands_in(const struct tree *t, int node, int list)
{
	for (int i = list; i != NONE; i = t->v[i].next)
		if (i == node || stands_in(t, node, t->v[i].child))
			return true;
	return false;
}

static int
copy_of(struct tree *t, int from)
{
	return new_node(t, t->v[from]);
}

/* Another node's content in place of this one's; a tree stays a tree. */
static bool
graft(struct tree *t, int onto, int from)
{
	int next = t->v[onto].next;

	if (onto == from || stands_in(t, onto, t->v[from].child))
		return false;
	t->v[onto] = t->v[from];
	t->v[onto].next = next;
	return true;
}

static bool
duplicate(struct tree *t, int i)
{
	int more = draw(t, 16) == 0 ? 1 + (int)draw(t, 64) : 1;

	for (; more > 0; more--) {
		int twin = copy_of(t, i);

		if (twin == NONE)
			return false;
		t->v[i].next = twin;
	}
	return true;
}

/* The one after it goes; or its only child. */
static bool
delete_one(struct tree *t, int i)
{
	struct node *n = &t->v[i];

	if (n->next != NONE && draw(t, 2) == 0) {
		n->next = t->v[n->next].next;
		return true;
	}
	if (n->child == NONE)
		return false;
	n->child = t->v[n->child].next;
	n->len = n->lead;		/* when that was all */
	return true;
}

static bool
swap(struct tree *t, int i)
{
	int j = t->v[i].next;
	struct node keep;

	if (j == NONE)
		return false;
	for (unsigned k = draw(t, 3); k > 0 && t->v[j].next != NONE; k--)
		j = t->v[j].next;
	if (stands_in(t, i, t->v[j].child) || stands_in(t, j, t->v[i].child))
		return false;
	keep = t->v[i];
	t->v[i] = t->v[j];
	t->v[i].next = keep.next;
	keep.next = t->v[j].next;
	t->v[j] = keep;
	return true;
}

static bool
wrap(struct tree *t, int i)
{
	static const uint8_t tags[] = { IS_SEQUENCE, 0x31, 0xa0, 0xa1, 0xa4 };

	for (unsigned k = draw(t, 16) == 0 ? 1 + draw(t, 32) : 1; k > 0; k--) {
		int inner = copy_of(t, i);

		if (inner == NONE)
			return false;
		t->v[inner].next = NONE;
		t->v[i] = (struct node){ .tag = tags[draw(t, COUNT_OF(tags))], .child = inner, .next = t->v[i].next };
	}
	return true;
}

static bool
unwrap(struct tree *t, int i)
{
	return t->v[i].child != NONE && graft(t, i, t->v[i].child);
}

/* Class, number, or what it usually would be; never the octets that end an indefinite length. */
static bool
change_tag(struct tree *t, struct node *n)
{
	static const uint8_t usual[] = { IS_BOOLEAN, IS_INTEGER, IS_BITS, IS_OCTETS, 0x05, IS_OID, 0x0c, 0x13, 0x16,
		0x17, 0x18, 0x1e, 0x80, 0x81, 0x82, 0x86, 0x87 };
	uint8_t tag = usual[draw(t, COUNT_OF(usual))];

	if (n->child != NONE && n->lead == 0 && (n->tag & CONSTRUCTED) != 0) {
		static const uint8_t holds[] = { IS_SEQUENCE, 0x31, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xb3, 0xb7 };

		tag = holds[draw(t, COUNT_OF(holds))];
	} else if ((n->tag & CONSTRUCTED) != 0) {
		return false;		/* an empty one stays constructed */
	}
	if (tag == n->tag)
		return false;
	n->tag = tag;
	return true;
}

/* --- together --- */

static bool
change_one(struct tree *t, enum der_change what, int nodes)
{
	int i = 1 + (int)draw(t, (size_t)nodes - 1);

	switch (what) {
	case DER_TAG:
		return change_tag(t, &t->v[i]);
	case DER_VALUE:
		return (t->v[i].tag & CONSTRUCTED) == 0 && change_octets(t, &t->v[i]);
	case DER_TYPED:
		return change_typed(t, &t->v[i]);
	case DER_DUPLICATE:
		return duplicate(t, i);
	case DER_DELETE:
		return delete_one(t, i);
	case DER_SWAP:
		return swap(t, i);
	case DER_GRAFT:
		return graft(t, i, 1 + (int)draw(t, (size_t)t->n - 1));
	case DER_WRAP:
		return wrap(t, i);
	case DER_UNWRAP:
		return unwrap(t, i);
	case DER_CHANGES:
		break;
	}
	return false;
}

static size_t
write_back(struct tree *t, int top, uint8_t *data, size_t max)
{
	size_t size = measure(t, top, 0);
	uint8_t *out;

	if (size == 0 || size >= WIDEST || size > max)
		return 0;
	out = xcalloc(1, size);
	(void)write_list(t, top, out);
	memcpy(data, out, size);
	free(out);
	return size;
}

static struct tree *
plant(const uint8_t *data, size_t size, unsigned seed, int *top)
{
	static struct tree t;

	t.n = 1;
	t.used = 0;
	t.random = (seed + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
	*top = parse_list(&t, data, 0, size, 0);
	return *top == NONE ? NULL : &t;
}

size_t
der_mutate(uint8_t *data, size_t size, size_t max, struct der_how *how)
{
	unsigned wanted, made = 0;
	struct tree *t;
	int top, nodes;

	t = plant(data, size, how->seed, &top);
	if (t == NULL)
		return 0;
	nodes = t->n;
	if (how->donor != NULL && parse_list(t, how->donor, 0, how->n_donor, 0) == NONE)
		t->n = nodes;
	wanted = 1 + draw(t, 4);
	for (unsigned tries = 0; made < wanted && tries < 64; tries++) {
		enum der_change what = (enum der_change)draw(t, DER_CHANGES);

		if (change_one(t, what, nodes)) {
			how->done[what]++;
			made++;
		}
	}
	if (!how->honest && draw(t, 8) == 0)
		t->v[1 + draw(t, (size_t)nodes - 1)].form = (enum form)(1 + draw(t, FORMS - 1));
	return write_back(t, top, data, max);
}

size_t
der_set_value(uint8_t *data, size_t size, size_t max, size_t offset, const uint8_t *value, size_t n)
{
	struct tree *t;
	int top;

	t = plant(data, size, 0, &top);
	if (t == NULL)
		return 0;
	for (int i = 1; i < t->n; i++)
		if (t->v[i].at == offset && (t->v[i].tag & CONSTRUCTED) == 0)
			return set_value(t, &t->v[i], value, n) ? write_back(t, top, data, max) : 0;
	return 0;
}
