/* colour.c - see colour.h */
#include "common/data/colour.h"

#include <math.h>

static double uniform(struct rng *r, double from, double to)
{
	return from + (to - from) * rng_f64(r);
}

void colour_draw(struct rng *r, const double jitter[AUGMENT_COLOURS], double factor[AUGMENT_COLOURS],
		 uint8_t order[AUGMENT_COLOURS])
{
	for (int i = 0; i < AUGMENT_COLOURS; i++) {
		double j = jitter[i];

		factor[i] = i == AUGMENT_HUE ? uniform(r, -j, j) : uniform(r, fmax(0, 1 - j), 1 + j);
		order[i] = (uint8_t)i;
	}
	for (uint32_t i = AUGMENT_COLOURS - 1; i > 0; i--) {
		uint32_t k = rng_below(r, i + 1);
		uint8_t keep = order[i];

		order[i] = order[k];
		order[k] = keep;
	}
}

static void one(const struct planes_ops *ops, uint8_t *const c[3], size_t n, enum augment_colour which, double by)
{
	if (by == (which == AUGMENT_HUE ? 0 : 1))
		return;
	switch (which) {
	case AUGMENT_BRIGHTNESS:
		for (int k = 0; k < 3; k++)
			ops->blend(c[k], n, 0, (float)by);
		break;
	case AUGMENT_CONTRAST:
		planes_contrast(ops, c, n, (float)by);
		break;
	case AUGMENT_SATURATION:
		ops->saturate(c, n, (float)by);
		break;
	case AUGMENT_HUE:
		ops->hue(c, n, (uint8_t)(int)(by * 255)); /* towards 0, then modulo 256: torchvision's */
		break;
	case AUGMENT_COLOURS:
		break;
	}
}

void colour_apply(const struct planes_ops *ops, uint8_t *const c[3], size_t n, const double factor[AUGMENT_COLOURS],
		  const uint8_t order[AUGMENT_COLOURS])
{
	for (int i = 0; i < AUGMENT_COLOURS; i++)
		one(ops, c, n, (enum augment_colour)order[i], factor[order[i]]);
}
