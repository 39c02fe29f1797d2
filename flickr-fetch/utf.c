#include "flickr-fetch/utf.h"

#include <stdbool.h>
#include <string.h>

/* Length of the UTF-8 character at p (1..4), 0 when it is none. */
static size_t char_length(const unsigned char *p, size_t left)
{
	size_t n, i;
	unsigned long c;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	return n;
}

/* The value of four hex digits, -1 when they are none. */
static int hex4(const char *p)
{
	static const char digits[] = "0123456789abcdef";
	int i, v = 0;

	for (i = 0; i < 4; i++) {
		char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] - 'A' + 'a') : p[i];
		const char *d = c ? strchr(digits, c) : NULL;

		if (!d)
			return -1;
		v = v * 16 + (int)(d - digits);
	}
	return v;
}

/* Copies the escape at p (a backslash and what belongs to it), mended; returns its length, 0 when there was no room. */
static size_t clean_escape(struct buf *b, const char *p, size_t left)
{
	size_t n = left < 2 ? left : 2;
	int u = left >= 6 && p[1] == 'u' ? hex4(p + 2) : -1;

	if (u < 0)
		return buf_add(b, p, n) ? 0 : n;
	if (u >= 0xd800 && u < 0xdc00 && left >= 12 && p[6] == '\\' && p[7] == 'u') {
		int low = hex4(p + 8);

		if (low >= 0xdc00 && low < 0xe000)
			return buf_add(b, p, 12) ? 0 : 12;
	}
	if (u == 0 || (u >= 0xd800 && u < 0xe000))
		return buf_add_str(b, "\\ufffd") ? 0 : 6;
	return buf_add(b, p, 6) ? 0 : 6;
}

int utf_clean(struct buf *b, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		const unsigned char *p = (const unsigned char *)text + i;
		size_t n;

		if (*p == '\\') {
			n = clean_escape(b, text + i, len - i);
			if (!n)
				return -1;
			/* What follows a backslash may itself be broken UTF-8. */
			if (n == 2 && (p[1] & 0x80)) {
				b->len--;
				n = 1;
			}
			i += n;
			continue;
		}
		n = char_length(p, len - i);
		if (n) {
			if (buf_add(b, p, n))
				return -1;
			i += n;
			continue;
		}
		if (buf_printf(b, "\xf4\x8f%c%c", 0xbc + (*p >> 6), 0x80 + (*p & 0x3f)))
			return -1;
		i++;
	}
	return 0;
}

void utf_restore(char *s)
{
	unsigned char *from = (unsigned char *)s, *to = from;

	while (*from) {
		if (from[0] == 0xf4 && from[1] == 0x8f && from[2] >= 0xbe && from[2] <= 0xbf && from[3] >= 0x80) {
			*to++ = (unsigned char)((from[2] & 3) << 6 | (from[3] & 0x3f));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}
