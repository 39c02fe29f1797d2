/*
 * planes_loops.h - the loops of planes.h, for a file that has defined PLANES_OPS and PLANES_NAME; written so that the
 * compiler turns them into vectors. What it does badly is in planes_vectors.h, where LANES is defined; this is the rest then.
 *
 * Pillow computes in a mixture of float and double. Where float alone stands here, it gives the same byte for every
 * possible input (test_planes goes through all of them).
 */
#include "common/data/planes.h"

#ifdef LANES
#include "common/data/planes_vectors.h"
#define VECTORS(call) call
#else
#define VECTORS(call) 0
#endif

static inline int luma(int r, int g, int b)
{
	return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

/* Towards `to`, which is where alpha is 0; in steps of float as Pillow takes them. */
static inline uint8_t mix(int to, int v, float alpha)
{
	float f = (float)to + alpha * (float)(v - to);
	f = f < 0 ? 0 : f;
	f = f > 255 ? 255 : f;
	return (uint8_t)(int)f;
}

static void split(const uint8_t *restrict rgb, size_t n, uint8_t *const c[3])
{
	uint8_t *restrict r = c[0], *restrict g = c[1], *restrict b = c[2];
	for (size_t i = 0; i < n; i++) {
		r[i] = rgb[3 * i];
		g[i] = rgb[3 * i + 1];
		b[i] = rgb[3 * i + 2];
	}
}

static void blend(uint8_t *p, size_t n, int to, float alpha)
{
	for (size_t i = VECTORS(blend_vectors(p, n, to, alpha)); i < n; i++)
		p[i] = mix(to, p[i], alpha);
}

static void saturate(uint8_t *const c[3], size_t n, float alpha)
{
	uint8_t *restrict r = c[0], *restrict g = c[1], *restrict b = c[2];
	for (size_t i = VECTORS(saturate_vectors(c, n, alpha)); i < n; i++) {
		int l = luma(r[i], g[i], b[i]);
		r[i] = mix(l, r[i], alpha);
		g[i] = mix(l, g[i], alpha);
		b[i] = mix(l, b[i], alpha);
	}
}

static uint32_t luma_sum(uint8_t *const c[3], size_t n)
{
	const uint8_t *r = c[0], *g = c[1], *b = c[2];
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)luma(r[i], g[i], b[i]);
	return sum;
}

static void grey(uint8_t *const c[3], size_t n)
{
	uint8_t *restrict r = c[0], *restrict g = c[1], *restrict b = c[2];
	for (size_t i = 0; i < n; i++)
		r[i] = g[i] = b[i] = (uint8_t)luma(r[i], g[i], b[i]);
}

/*
 * The hue as a byte. In units of a sixth of the circle it is an odd number up or down by x, the share of the way from the
 * largest channel to the smallest at which the middle one lies.
 */
static inline int hue_byte(int r, int g, int b, int most, int least)
{
	int range = most - least, middle = r + g + b - most - least;
	float x = (float)(most - middle) / (float)(range ? range : 1);
	float base_r = b == least ? 1.0f : -1.0f;
	float base_g = b == least ? 1.0f : 3.0f;
	float base_b = r == least ? 3.0f : 5.0f;
	float base = r == most ? base_r : g == most ? base_g : base_b;
	/* down from an odd number at its lower neighbour's sector, up at its own */
	int down = r == most ? b == least : g == most ? b != least : r != least;
	float turn = (base + (down ? -x : x)) / 6;
	turn = turn < 0 ? turn + 1 : turn;
	return range ? (int)(turn * 255) : 0;
}

/* v is reduced by share of itself, and rounded. */
static inline uint8_t reduce(float v, float share)
{
	return (uint8_t)(int)(v - v * share + .5f);
}

static void hue(uint8_t *const c[3], size_t n, uint8_t shift)
{
	uint8_t *restrict red = c[0], *restrict green = c[1], *restrict blue = c[2];
	for (size_t i = VECTORS(hue_vectors(c, n, shift)); i < n; i++) {
		int r = red[i], g = green[i], b = blue[i];
		int most = r > g ? r : g, least = r < g ? r : g;
		most = most > b ? most : b;
		least = least < b ? least : b;
		int h = (hue_byte(r, g, b, most, least) + shift) & 255;
		/* saturation in 8 bits, as a share again; 0 where black */
		float v = (float)most, s = (float)(int)((float)(most - least) / (float)(most ? most : 1) * 255) / 255;
		int sector = h * 6 / 255; /* 0..6; 6 is 0 */
		float f = (float)(h * 6 - sector * 255) / 255, falling = s * f, rising = s * (1 - f);
		float in_r = sector == 1 ? falling : sector == 4 ? rising : sector == 2 || sector == 3 ? s : 0;
		float in_g = sector == 0 || sector == 6 ? rising : sector == 3 ? falling : sector > 3 ? s : 0;
		float in_b = sector == 2 ? rising : sector == 5 ? falling : sector < 2 || sector == 6 ? s : 0;
		red[i] = reduce(v, in_r);
		green[i] = reduce(v, in_g);
		blue[i] = reduce(v, in_b);
	}
}

/* Pairs of taps: 2 * 255 * 128 at most, and the whole sum 255 * 256 at most. */
static void blur_along(const struct blur *b, const uint8_t *restrict src, int n, float *restrict out)
{
	enum { RUN = 128 };
	for (int at = 0; at < n; at += RUN) {
		const uint8_t *s = src + at;
		int m = n - at < RUN ? n - at : RUN;
		uint16_t sum[RUN];
		for (int i = 0; i < m; i++)
			sum[i] = (uint16_t)(s[i] * b->w[0]);
		for (int k = 1; k <= b->reach; k++)
			for (int i = 0; i < m; i++)
				sum[i] = (uint16_t)(sum[i] + (uint16_t)(s[i - k] + s[i + k]) * b->w[k]);
		for (int i = 0; i < m; i++)
			out[at + i] = (float)sum[i];
	}
}

/* All integers below 2^24: exact. */
static void blur_across(const struct blur *b, const float *const *rows, int n, float *restrict sum,
			uint8_t *restrict out)
{
	int from = VECTORS(across_vectors(b, rows, n, out));
	for (int i = from; i < n; i++)
		sum[i] = rows[0][i] * (float)b->w[0];
	for (int k = 1; k <= b->reach; k++) {
		const float *p = rows[-k], *q = rows[k];
		float w = (float)b->w[k];
		for (int i = from; i < n; i++)
			sum[i] += (p[i] + q[i]) * w;
	}
	for (int i = from; i < n; i++)
		out[i] = (uint8_t)(((int)sum[i] + 0x8000) >> 16);
}

static void mirror(const uint8_t *restrict p, size_t n, uint8_t *restrict out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = p[n - 1 - i];
}

static void normalise(const uint8_t *restrict p, size_t n, float mean, float std, float *restrict out)
{
	for (size_t i = VECTORS(normalise_vectors(p, n, mean, std, out)); i < n; i++)
		out[i] = ((float)p[i] / 255 - mean) / std;
}

const struct planes_ops PLANES_OPS = { PLANES_NAME, split,	blend,	     saturate, luma_sum, grey,
				       hue,	    blur_along, blur_across, mirror,   normalise };
