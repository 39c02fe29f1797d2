/* fuzz_png.c - a PNG file, as it is and with its checksums put right, so that damage gets past them */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void decode(const uint8_t *data, size_t len)
{
	struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct image m;
	struct image_info info, probed;
	struct err e = { 0 };

	limits.max_pixels = 1 << 20;
	if (image_decode(&m, &info, data, len, &limits, &e) < 0) {
		if (m.data || !e.msg[0])
			abort();
		return;
	}
	if (image_probe(&probed, data, len, &e) < 0 || probed.w != m.w || probed.h != m.h)
		abort();
	uint8_t sum = 0;
	for (int y = 0; y < m.h; y++)
		for (int i = 0; i < 3 * m.w; i++)
			sum ^= image_at(&m, 0, y)[i];
	free(malloc(1 + sum)); /* every byte was read */
	image_release(&m);
}

static void mend_checksums(uint8_t *data, size_t len)
{
	for (size_t at = 8; at + 12 <= len;) {
		uint32_t n = (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 | (uint32_t)data[at + 2] << 8 |
			     data[at + 3];
		if (n > len - at - 12)
			break;
		uint32_t crc = crc32_add(0, data + at + 4, n + 4);
		for (int i = 0; i < 4; i++)
			data[at + 8 + n + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
		at += 12 + n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	decode(data, len);
	if (len < 8)
		return 0;
	uint8_t *copy = malloc(len);
	memcpy(copy, data, len);
	mend_checksums(copy, len);
	decode(copy, len);
	free(copy);
	return 0;
}
