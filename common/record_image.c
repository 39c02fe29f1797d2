/* record_image.c - see record_image.h */
#include "common/record_image.h"

#include <string.h>

bool record_is_image(const struct record *r)
{
	return r->kind == RECORD_TENSOR && r->dtype == RECORD_U8 && (r->ndim == 2 || r->ndim == 3) && r->bytes &&
	       (r->ndim == 2 || r->dims[2] == 1 || r->dims[2] == 3);
}

static void from_tensor(struct image *m, const struct record *r, const uint8_t *p)
{
	int h = (int)r->dims[0], w = (int)r->dims[1], channels = r->ndim == 3 ? (int)r->dims[2] : 1;

	image_resize(m, w, h);
	for (int y = 0; y < h; y++) {
		uint8_t *row = image_at(m, 0, y);
		const uint8_t *src = p + (size_t)y * (size_t)w * (size_t)channels;

		if (channels == 3)
			memcpy(row, src, 3 * (size_t)w);
		else
			for (int x = 0; x < w; x++)
				memset(row + 3 * x, src[x], 3);
	}
}

int record_image(struct image *m, const struct record *r, const uint8_t *payload, struct err *e)
{
	const struct image_limits limits = IMAGE_LIMITS_DEFAULT;

	if (r->kind == RECORD_JPEG || r->kind == RECORD_PNG)
		return image_decode_again(m, NULL, payload, r->bytes, &limits, e);
	if (!record_is_image(r))
		return err_set(e, "not a picture but a tensor of another kind");
	if (r->dims[0] > INT32_MAX / 4 || r->dims[1] > INT32_MAX / 4)
		return err_set(e, "a picture too large");
	from_tensor(m, r, payload);
	return 0;
}
