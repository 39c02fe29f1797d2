/*
 * picture.h - is what came the photo that was promised?
 */
#ifndef FRL_FLICKR_PICTURE_H
#define FRL_FLICKR_PICTURE_H

#include <stddef.h>
#include <stdint.h>

/* A list of SHA-256 hashes of bodies that are no photos (placeholders). */
struct picture_deny {
	uint8_t (*hash)[32];
	size_t n;
};

struct err;
/* One hash in hex a line; '#' lines are skipped. */
int picture_deny_read(struct picture_deny *d, const char *path, struct err *e);

/*
 * NULL for a JPEG or PNG that is there to its end and has the size *width x *height (0: not known, filled in; turned by 90
 * degrees is the same), and its extension in *ext ("jpg", "png"). Otherwise the reason, in words that suit a status.
 */
const char *picture_check(const void *data, size_t len, int *width, int *height, const char **ext);

#endif
