/*
 * planes_vectors.h - loops of planes.h in vectors, for a file that has defined
 *	ints, floats: vectors of LANES numbers of 32 bits; all(x), all_floats(x): LANES times x; larger, smaller: of two ints;
 *	load_bytes: LANES bytes to ints; store_bytes: back, what is outside of 0..255 cut off; to_floats; to_ints, towards 0;
 *	divide(x, by, inverse): x / by, rounded as a division is, where inverse is 1 / by
 *
 * Each does as many whole vectors as fit, and returns how many pixels that were; planes_loops.h has the rest, and what the
 * operations mean.
 */
#ifndef FRL_DATA_PLANES_VECTORS_H
#define FRL_DATA_PLANES_VECTORS_H

#include <string.h>

static inline ints pick(ints mask, ints a, ints b)
{
	return (a & mask) | (b & ~mask);
}

static inline floats pick_float(ints mask, float a, float b)
{
	return (floats)pick(mask, (ints)all_floats(a), (ints)all_floats(b));
}

static inline floats load_floats(const float *p)
{
	floats v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void store_floats(float *p, floats v)
{
	memcpy(p, &v, sizeof v);
}

/* ---- blends */

/* What is cut off at 0 and 255 as an integer is so as a float, too: |f| is far below 2^31. */
static inline ints mix_vector(floats to, ints towards, ints v, floats alpha)
{
	return to_ints(to + alpha * to_floats(v - towards));
}

static size_t blend_vectors(uint8_t *p, size_t n, int to, float alpha)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		store_bytes(p + i, mix_vector(all_floats((float)to), all(to), load_bytes(p + i), all_floats(alpha)));
	return i;
}

static inline ints luma_vector(ints r, ints g, ints b)
{
	return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

static size_t saturate_vectors(uint8_t *const c[3], size_t n, float alpha)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		ints r = load_bytes(c[0] + i), g = load_bytes(c[1] + i), b = load_bytes(c[2] + i);
		ints l = luma_vector(r, g, b);
		floats to = to_floats(l), by = all_floats(alpha);
		store_bytes(c[0] + i, mix_vector(to, l, r, by));
		store_bytes(c[1] + i, mix_vector(to, l, g, by));
		store_bytes(c[2] + i, mix_vector(to, l, b, by));
	}
	return i;
}

/* ---- hue: what decides nothing is not divided
 *
 * A division is left where Pillow's own rounding decides: the hue of colours that lie exactly between two bytes. Elsewhere numbers
 * are integers below 2^24, or at least 1/255 away from where a byte ends. test_planes compares all colours.
 */

/* hue_byte of planes_loops.h; any number where range is 0. */
static inline ints hue_bytes(ints r, ints g, ints b, ints most, ints least, ints range)
{
	ints middle = r + g + b - most - least;
	ints red = r == most, green = ~red & (g == most), down;
	floats x = to_floats(most - middle) / to_floats(larger(range, all(1)));
	floats base = pick_float(b == least, 1, -1);
	base = (floats)pick(green, (ints)pick_float(b == least, 1, 3), (ints)base);
	base = (floats)pick(red | green, (ints)base, (ints)pick_float(r == least, 3, 5));
	/* less x: red with blue least, green with blue not least, blue with red not least */
	down = pick(red, b == least, pick(green, b != least, r != least));
	floats turn = divide(base + (floats)((ints)x ^ (down & INT32_MIN)), 6, 1.f / 6);
	turn += (floats)((turn < 0) & (ints)all_floats(1));
	return to_ints(turn * 255);
}

/*
 * A channel at hue h6 (in 1/255 of a sixth of the circle) loses nothing within a sixth of its own hue, and all of the
 * saturation from two sixths on; between, in proportion. `away`: how far it is.
 */
static inline ints channel(ints v, floats v_half, ints saturation, ints away)
{
	ints loss = smaller(larger(away - 255, all(0)), all(255));

	return to_ints(v_half - to_floats(v * saturation * loss) * (1 / 65025.f));
}

static size_t hue_vectors(uint8_t *const c[3], size_t n, uint8_t shift)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		ints r = load_bytes(c[0] + i), g = load_bytes(c[1] + i), b = load_bytes(c[2] + i);
		ints most = larger(larger(r, g), b), least = smaller(smaller(r, g), b), range = most - least;
		ints h = (hue_bytes(r, g, b, most, least, range) + shift) & 255;
		/* 255 range / most is a whole number, or at least 1/255 away from one */
		ints s = to_ints(to_floats(range * 255) / to_floats(larger(most, all(1))) + 1.f / 1024);
		ints h6 = h * 6, from_red = h6 - 765, from_green = h6 - 510, from_blue = h6 - 1020;
		floats v_half = to_floats(most) + .5f;
		/* red's hue is both ends of the circle */
		store_bytes(c[0] + i, channel(most, v_half, s, 765 - larger(from_red, -from_red)));
		store_bytes(c[1] + i, channel(most, v_half, s, larger(from_green, -from_green)));
		store_bytes(c[2] + i, channel(most, v_half, s, larger(from_blue, -from_blue)));
	}
	return i;
}

/* ---- blur, across rows: several vectors at once, whose sums stay in registers */

static inline void across(const struct blur *b, const float *const *rows, int at, uint8_t *out, int vectors)
{
	floats sum[4];

	for (int j = 0; j < vectors; j++)
		sum[j] = load_floats(rows[0] + at + j * LANES) * (float)b->w[0];
	for (int k = 1; k <= b->reach; k++) {
		const float *p = rows[-k] + at, *q = rows[k] + at;
		for (int j = 0; j < vectors; j++)
			sum[j] += (load_floats(p + j * LANES) + load_floats(q + j * LANES)) * (float)b->w[k];
	}
	for (int j = 0; j < vectors; j++)
		store_bytes(out + at + j * LANES, (to_ints(sum[j]) + 0x8000) >> 16);
}

static int across_vectors(const struct blur *b, const float *const *rows, int n, uint8_t *out)
{
	int i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES)
		across(b, rows, i, out, 4);
	for (; i + LANES <= n; i += LANES)
		across(b, rows, i, out, 1);
	return i;
}

/* ---- to floats */

static size_t normalise_vectors(const uint8_t *p, size_t n, float mean, float std, float *out)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		floats share = divide(to_floats(load_bytes(p + i)), 255, 1 / 255.f);
		store_floats(out + i, (share - mean) / std);
	}
	return i;
}

#endif
