/*
 * planes_hue.h - the hue of planes.h in vectors, for a file that has defined
 *	ints, floats: vectors of LANES numbers of 32 bits; load_bytes, store_bytes: LANES bytes from and to ints, those stored
 *	being 0..255; to_floats, to_ints (towards 0), div6(x) = x / 6, rounded as a division is
 *
 * As planes_loops.h has it, but that what decides nothing is not divided. A division is left where Pillow's own rounding
 * decides: the hue of colours that lie exactly between two bytes. Elsewhere numbers are integers below 2^24, or at least
 * 1/255 away from where a byte ends. test_planes compares all colours.
 */
#ifndef FRL_DATA_PLANES_HUE_H
#define FRL_DATA_PLANES_HUE_H

static inline ints pick(ints mask, ints a, ints b)
{
	return (a & mask) | (b & ~mask);
}

static inline ints larger(ints a, ints b)
{
	return pick(a > b, a, b);
}

static inline ints smaller(ints a, ints b)
{
	return pick(a < b, a, b);
}

static inline floats pick_float(ints mask, float a, float b)
{
	const ints zero = { 0 };

	return (floats)pick(mask, (ints)(to_floats(zero) + a), (ints)(to_floats(zero) + b));
}

/* hue_byte of planes_loops.h; any number where range is 0. */
static inline ints hue_bytes(ints r, ints g, ints b, ints most, ints least, ints range)
{
	const ints zero = { 0 };
	ints middle = r + g + b - most - least;
	ints red = r == most, green = ~red & (g == most), down;
	floats x = to_floats(most - middle) / to_floats(larger(range, zero + 1));
	floats base = pick_float(b == least, 1, -1);
	base = (floats)pick(green, (ints)pick_float(b == least, 1, 3), (ints)base);
	base = (floats)pick(red | green, (ints)base, (ints)pick_float(r == least, 3, 5));
	/* less x: red with blue least, green with blue not least, blue with red not least */
	down = pick(red, b == least, pick(green, b != least, r != least));
	floats turn = div6(base + (floats)((ints)x ^ (down & INT32_MIN)));
	turn += (floats)((turn < 0) & (ints)(to_floats(zero) + 1));
	return to_ints(turn * 255);
}

/*
 * A channel at hue h6 (in 1/255 of a sixth of the circle) loses nothing within a sixth of its own hue, and all of the
 * saturation from two sixths on; between, in proportion. `away`: how far it is.
 */
static inline ints channel(ints v, floats v_half, ints saturation, ints away)
{
	const ints zero = { 0 };
	ints loss = smaller(larger(away - 255, zero), zero + 255);

	return to_ints(v_half - to_floats(v * saturation * loss) * (1 / 65025.f));
}

static void hue_vectors(uint8_t *const c[3], size_t n, uint8_t shift)
{
	const ints zero = { 0 };

	for (size_t i = 0; i + LANES <= n; i += LANES) {
		ints r = load_bytes(c[0] + i), g = load_bytes(c[1] + i), b = load_bytes(c[2] + i);
		ints most = larger(larger(r, g), b), least = smaller(smaller(r, g), b), range = most - least;
		ints h = (hue_bytes(r, g, b, most, least, range) + shift) & 255;
		/* 255 range / most is a whole number, or at least 1/255 away from one */
		ints s = to_ints(to_floats(range * 255) / to_floats(larger(most, zero + 1)) + 1.f / 1024);
		ints h6 = h * 6, from_red = h6 - 765, from_green = h6 - 510, from_blue = h6 - 1020;
		floats v_half = to_floats(most) + .5f;
		/* red's hue is both ends of the circle */
		store_bytes(c[0] + i, channel(most, v_half, s, 765 - larger(from_red, -from_red)));
		store_bytes(c[1] + i, channel(most, v_half, s, larger(from_green, -from_green)));
		store_bytes(c[2] + i, channel(most, v_half, s, larger(from_blue, -from_blue)));
	}
}

#endif
