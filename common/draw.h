/*
 * draw.h - boxes, points and short labels on pictures, for --draw and contact sheets
 */
#ifndef FRL_DRAW_H
#define FRL_DRAW_H

#include "common/image.h"

struct colour {
	uint8_t r, g, b;
};

/* Everything is clipped to the picture. Coordinates in pixels, may be fractional or outside. */
void draw_rect(struct image *m, double x1, double y1, double x2, double y2, int thickness, struct colour c);
void draw_disc(struct image *m, double x, double y, double radius, struct colour c);
void draw_fill(struct image *m, int x, int y, int w, int h, struct colour c);
/* Printable ASCII in a built-in 5x7 font, `scale` pixels a dot; (x, y) is the top left. Returns the width drawn. */
int draw_text(struct image *m, int x, int y, int scale, const char *text, struct colour c);
/* Copies src into m with its top left at (x, y). */
void draw_image(struct image *m, const struct image *src, int x, int y);

#endif
