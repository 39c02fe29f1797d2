/*
 * buf.h - a growable byte buffer with a hard maximum
 *
 * Zero-initialise it (max 0 means no limit but memory), or set max first. The bytes are always followed by a NUL that
 * does not count, so that data is a C string where the content is text.
 */
#ifndef FRL_BUF_H
#define FRL_BUF_H

#include <stddef.h>

#include "common/err.h"

struct buf {
	char *data; /* NULL until something was added */
	size_t len;
	size_t cap;
	size_t max; /* an addition that would pass it fails; 0: none */
};

/* All return 0, or -1 when max would be passed (the buffer is then unchanged). No memory is death. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_add_str(struct buf *b, const char *s);
int buf_add_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for len more bytes; returns where they go (the caller then adds to b->len), NULL past max. */
void *buf_reserve(struct buf *b, size_t len);
/* Empties without giving memory back. */
void buf_reset(struct buf *b);
void buf_release(struct buf *b);

#endif
