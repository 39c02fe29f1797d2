/* exif.c - bounded look-up of tag 0x0112 in the first directory of a TIFF block (EXIF 2.3, section 4.6.4) */
#include "common/exif.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/le.h"

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4, ENTRY_BYTES = 12 };

struct tiff {
	const uint8_t *data;
	size_t len;
	bool big;
};

static uint16_t get16(const struct tiff *t, size_t at)
{
	uint16_t v = le_get16(t->data + at);
	return t->big ? __builtin_bswap16(v) : v;
}

static uint32_t get32(const struct tiff *t, size_t at)
{
	uint32_t v = le_get32(t->data + at);
	return t->big ? __builtin_bswap32(v) : v;
}

static int entry_value(const struct tiff *t, size_t at)
{
	uint16_t type = get16(t, at + 2);
	uint32_t v = type == TYPE_SHORT ? get16(t, at + 8) : type == TYPE_LONG ? get32(t, at + 8) : 0;
	return v >= 1 && v <= 8 ? (int)v : 1;
}

int exif_orientation(const void *data, size_t len)
{
	struct tiff t = { .data = data, .len = len };
	if (len < 10)
		return 1;
	if (!memcmp(data, "MM\0*", 4))
		t.big = true;
	else if (memcmp(data, "II*\0", 4) != 0)
		return 1;
	size_t at = get32(&t, 4);
	if (at > len - 2)
		return 1;
	size_t entries = get16(&t, at);
	for (at += 2; entries > 0 && len - at >= ENTRY_BYTES; entries--, at += ENTRY_BYTES)
		if (get16(&t, at) == TAG_ORIENTATION)
			return entry_value(&t, at);
	return 1;
}
