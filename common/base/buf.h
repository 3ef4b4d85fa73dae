/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes: views that borrow, blobs that own, and a growing buffer with a limit. A buffer
 * that meets its limit, or no memory, marks itself failed and stays so: build first, test
 * once, at buf_take() or buf_ok().
 */
#ifndef NEMRA_BASE_BUF_H
#define NEMRA_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Borrowed bytes: valid as long as the owner says. */
struct mem {
	const uint8_t *p;
	size_t len;
};

/* Owned bytes; {NULL, 0} is empty. */
struct blob {
	uint8_t *p;
	size_t len;
};

struct buf {
	uint8_t *p;
	size_t len;
	size_t cap;
	size_t max;		/* len never exceeds it */
	bool failed;
	bool over;		/* failed because of max, not of memory */
};

#define MEM_NONE ((struct mem){ NULL, 0 })

struct mem mem_str(const char *s);		/* without the NUL; NULL gives MEM_NONE */
struct mem mem_of(const struct blob *b);
bool mem_eq(struct mem a, struct mem b);	/* not for secrets */

int blob_set1(struct blob *b, struct mem m, struct err *e) MUSTUSE;	/* frees what was there */
void blob_free(struct blob *b);			/* leaves it empty */
void blob_cleanse(struct blob *b);		/* wipes, then frees */

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);			/* leaves it empty, not failed, same max */
void buf_cleanse(struct buf *b);		/* wipes, then frees */
void buf_reset(struct buf *b);			/* len = 0, not failed; keeps the memory */
bool buf_ok(const struct buf *b);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_add_mem(struct buf *b, struct mem m);
void buf_add_str(struct buf *b, const char *s);
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_u16(struct buf *b, uint16_t v);	/* big endian, as u32 and u64 */
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* Room for n more bytes: the place to write them, or NULL (then b has failed). */
uint8_t *buf_room(struct buf *b, size_t n);
struct mem buf_mem(const struct buf *b);

/* The text, NUL-terminated beyond len; NULL when b has failed. */
const char *buf_text(struct buf *b);

/* Hands the bytes over and empties b. -1: b has failed; out is untouched. */
int buf_take(struct buf *b, struct blob *out, struct err *e) MUSTUSE;

/* Wipes so that the compiler cannot leave it out. */
void mem_cleanse(void *p, size_t len);

/* A cursor over borrowed bytes; beyond the end it fails and stays failed. */
struct rd {
	const uint8_t *p;
	size_t left;
	bool failed;
};

void rd_init(struct rd *r, struct mem m);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct mem rd_bytes(struct rd *r, size_t n);
bool rd_done(const struct rd *r);		/* all read, nothing failed */

#endif
