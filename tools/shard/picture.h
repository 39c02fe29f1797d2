/*
 * picture.h - records as pictures, pictures as records
 */
#ifndef SHARD_PICTURE_H
#define SHARD_PICTURE_H

#include "common/image.h"
#include "tools/shard/shard.h"

/*
 * Appends a picture file to b: the payload of a JPEG or PNG record as it is, a u8 tensor as PNG, or as JPEG of that
 * quality where jpeg is not 0. *extension: "jpg" or "png".
 */
int picture_encode(struct buf *b, const char **extension, const struct record *r, const uint8_t *payload, int jpeg,
		   struct err *e);
/*
 * Fills kind, dtype, dims and bytes of r from a picture file. The payload is data itself, or, with decode, the pixels,
 * which go to raw.
 */
int picture_to_record(struct record *r, struct buf *raw, const void *data, size_t len, bool decode, struct err *e);

#endif
