/*
 * colour.h - torchvision's ColorJitter: what is drawn, and what is done with it
 */
#ifndef FRL_DATA_COLOUR_H
#define FRL_DATA_COLOUR_H

#include <stdint.h>

#include "common/data/planes.h"
#include "common/rng.h"

enum augment_colour { AUGMENT_BRIGHTNESS, AUGMENT_CONTRAST, AUGMENT_SATURATION, AUGMENT_HUE, AUGMENT_COLOURS };

/* Factors U(max(0, 1 - j), 1 + j), hue U(-j, j) of the circle; and the order of the four. */
void colour_draw(struct rng *r, const double jitter[AUGMENT_COLOURS], double factor[AUGMENT_COLOURS],
		 uint8_t order[AUGMENT_COLOURS]);
/* One after the other, on planes of n pixels. A factor of 1 (hue: 0) is left out. */
void colour_apply(const struct planes_ops *ops, uint8_t *const c[3], size_t n, const double factor[AUGMENT_COLOURS],
		  const uint8_t order[AUGMENT_COLOURS]);

#endif
