/*
 * buf.c - a growable byte buffer with a hard maximum
 */
#include "common/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that may still be added. */
static size_t room(const struct buf *b)
{
	size_t max = b->max && b->max < SIZE_MAX / 2 ? b->max : SIZE_MAX / 2;
	return b->len < max ? max - b->len : 0;
}

static int grow(struct buf *b, size_t len)
{
	if (len > room(b))
		return -1;
	size_t want = b->len + len + 1; /* the NUL */
	if (want <= b->cap)
		return 0;
	size_t cap = b->cap < 64 ? 64 : b->cap + b->cap / 2;
	if (cap < want)
		cap = want;
	b->data = xrealloc_array(b->data, cap, 1);
	b->cap = cap;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	if (grow(b, len) < 0)
		return -1;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_add_char(struct buf *b, char c)
{
	if (grow(b, 1) < 0)
		return -1;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		BUG("format '%s' cannot be printed", fmt);
	if (grow(b, (size_t)n) < 0)
		return -1;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

void *buf_reserve(struct buf *b, size_t len)
{
	if (grow(b, len) < 0)
		return NULL;
	b->data[b->len + len] = '\0'; /* holds if the caller adds all of it */
	return b->data + b->len;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buf_release(struct buf *b)
{
	size_t max = b->max;
	free(b->data);
	*b = (struct buf){ .max = max };
}
