/*
 * pictures.h - the bytes of the mock's photos: sound JPEGs, each different, about as large as asked for
 */
#ifndef MOCK_PICTURES_H
#define MOCK_PICTURES_H

#include "common/buf.h"
#include "tests/mock/catalogue.h"

#define PICTURES_SIZES 8

/* dir: a folder of real JPEGs to serve instead, at most 1024 pixels a side; NULL: none. Returns how many it holds. */
int pictures_open(const char *dir, size_t bytes);
/* Width and height as the API should promise them. */
void pictures_size(const struct entry *e, int *w, int *h);
/* Appends the body: what the entry's kind says it is. */
void pictures_body(const struct catalogue *c, const struct entry *e, struct buf *b);
void pictures_placeholder(struct buf *b);

#endif
