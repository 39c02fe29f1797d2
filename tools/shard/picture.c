/*
 * picture.c - records as pictures, pictures as records
 */
#include <string.h>

#include "common/image.h"
#include "common/record_image.h"
#include "tools/shard/picture.h"

int picture_encode(struct buf *b, const char **extension, const struct record *r, const uint8_t *payload, int jpeg,
		   struct err *e)
{
	struct image m = { 0 };

	if (r->kind == RECORD_JPEG || r->kind == RECORD_PNG) {
		*extension = r->kind == RECORD_JPEG ? "jpg" : "png";
		return buf_add(b, payload, r->bytes) ? err_set(e, "a picture of too many bytes") : 0;
	}
	*extension = jpeg ? "jpg" : "png";
	if (record_image(&m, r, payload, e))
		return -1;
	int rc = jpeg ? image_encode_jpeg(&m, jpeg, b, e) : image_encode_png(&m, b, e);
	image_release(&m);
	return rc;
}

int picture_to_record(struct record *r, struct buf *raw, const void *data, size_t len, bool decode, struct err *e)
{
	const struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct image_info info;
	struct image m = { 0 };

	if (image_probe(&info, data, len, e))
		return -1;
	r->dtype = RECORD_U8;
	r->ndim = 3;
	r->dims[0] = (uint32_t)info.h;
	r->dims[1] = (uint32_t)info.w;
	r->dims[2] = 3;
	r->kind = info.format == IMAGE_JPEG ? RECORD_JPEG : RECORD_PNG;
	r->bytes = len;
	if (!decode)
		return 0;
	if (image_decode(&m, &info, data, len, &limits, e))
		return -1;
	buf_reset(raw);
	for (int y = 0; y < m.h; y++)
		buf_add(raw, image_at(&m, 0, y), 3 * (size_t)m.w);
	r->kind = RECORD_TENSOR;
	r->bytes = raw->len;
	image_release(&m);
	return 0;
}
