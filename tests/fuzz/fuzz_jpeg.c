/* fuzz_jpeg.c - a JPEG file: looked at, decoded in full, and decoded at a smaller scale; EXIF by itself */
#include <stdint.h>
#include <stdlib.h>

#include "common/exif.h"
#include "common/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void decode(const uint8_t *data, size_t len, const struct image_limits *limits)
{
	struct image m;
	struct image_info info, probed;
	struct err e = { 0 };

	if (image_decode(&m, &info, data, len, limits, &e) < 0) {
		if (m.data || !e.msg[0])
			abort();
		return;
	}
	/* What decodes can be looked at, and has the size that was promised. */
	if (image_probe(&probed, data, len, &e) < 0 || probed.w != info.w || probed.h != info.h)
		abort();
	if (m.w != (info.w + info.scale - 1) / info.scale || m.h != (info.h + info.scale - 1) / info.scale)
		abort();
	uint8_t sum = 0;
	for (int y = 0; y < m.h; y++)
		for (int i = 0; i < 3 * m.w; i++)
			sum ^= image_at(&m, 0, y)[i];
	free(malloc(1 + sum)); /* every byte was read */
	image_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	int orientation = exif_orientation(data, len);

	if (orientation < 1 || orientation > 8)
		abort();
	limits.max_pixels = 1 << 20;
	decode(data, len, &limits);
	limits.min_short = limits.min_long = 5;
	decode(data, len, &limits);
	return 0;
}
