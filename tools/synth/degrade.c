/* degrade.c - see canvas.h: what a camera and a file do to a picture */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/canvas.h"
#include "tools/synth/look.h"
#include "tools/synth/vec.h"

enum { GAMMA_STEPS = 4096, NORMAL_STEPS = 1 << 12, MOST_RADIUS = 8 };

/* Bytes of sRGB for linear light, and quantiles of the normal distribution; filled once, the same always. */
static struct {
	uint8_t gamma[GAMMA_STEPS + 1];
	float normal[NORMAL_STEPS];
} table;

/* The inverse of the normal distribution, by bisection. */
static float quantile(double p)
{
	double low = -6, high = 6;

	for (int i = 0; i < 40; i++) {
		double middle = (low + high) / 2;

		if (.5 * erfc(-middle / sqrt(2)) < p)
			low = middle;
		else
			high = middle;
	}
	return (float)low;
}

static void fill_table(void)
{
	for (int i = 0; i <= GAMMA_STEPS; i++)
		table.gamma[i] = (uint8_t)lrintf(255 * synth_gamma((float)i / GAMMA_STEPS));
	for (int i = 0; i < NORMAL_STEPS; i++)
		table.normal[i] = quantile((i + .5) / NORMAL_STEPS);
}

/* ---- blur: a Gaussian, rows then columns; the edge's pixels repeated */

static void blur_rows(const struct synth_canvas *c, float *to, const float *from, const float *weight, int radius)
{
	/* Transposed on the way out, so that two passes restore the order. */
	for (int y = 0; y < c->size; y++)
		for (int x = 0; x < c->size; x++) {
			float sum[3] = { 0 };

			for (int i = -radius; i <= radius; i++) {
				int at = x + i < 0 ? 0 : x + i >= c->size ? c->size - 1 : x + i;
				const float *p = from + 3 * ((size_t)y * (size_t)c->size + (size_t)at);

				for (int k = 0; k < 3; k++)
					sum[k] += weight[i + radius] * p[k];
			}
			memcpy(to + 3 * ((size_t)x * (size_t)c->size + (size_t)y), sum, sizeof sum);
		}
}

static void blur(struct synth_canvas *c, double sigma)
{
	float weight[2 * MOST_RADIUS + 1], sum = 0;
	int radius = (int)ceil(2.5 * sigma);

	radius = radius > MOST_RADIUS ? MOST_RADIUS : radius;
	for (int i = -radius; i <= radius; i++)
		sum += weight[i + radius] = (float)exp(-i * i / (2 * sigma * sigma));
	for (int i = 0; i <= 2 * radius; i++)
		weight[i] /= sum;
	blur_rows(c, c->scratch, c->rgb, weight, radius);
	blur_rows(c, c->rgb, c->scratch, weight, radius);
}

/* ---- to bytes, with noise */

static void to_bytes(struct synth_canvas *c)
{
	image_resize(&c->picture, c->size, c->size);
	for (int y = 0; y < c->size; y++) {
		uint8_t *row = image_at(&c->picture, 0, y);
		const float *from = c->rgb + 3 * (size_t)y * (size_t)c->size;

		for (int i = 0; i < 3 * c->size; i++)
			row[i] = table.gamma[(int)(vec_clamp(from[i], 0, 1) * GAMMA_STEPS + .5F)];
	}
}

static void add_noise(struct synth_canvas *c, struct rng *r, float sigma)
{
	for (int y = 0; y < c->size; y++) {
		uint8_t *row = image_at(&c->picture, 0, y);

		for (int i = 0; i < 3 * c->size; i += 2) {
			uint32_t word = rng_u32(r);

			for (int k = 0; k < 2 && i + k < 3 * c->size; k++) {
				float v = row[i + k] +
					  sigma * table.normal[(k ? word >> 16 : word & 0xffff) % NORMAL_STEPS];
				row[i + k] = (uint8_t)lrintf(vec_clamp(v, 0, 255));
			}
		}
	}
}

static int through_jpeg(struct synth_canvas *c, int quality, struct err *e)
{
	static const struct image_limits limits = IMAGE_LIMITS_DEFAULT;

	buf_reset(&c->bytes);
	if (image_encode_jpeg(&c->picture, quality, &c->bytes, e) < 0)
		return -1;
	return image_decode_again(&c->picture, NULL, c->bytes.data, c->bytes.len, &limits, e);
}

int synth_degrade(struct synth_canvas *c, const struct synth_options *o, const struct synth_picture *p, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct rng r, noise;
	double unit = c->size / 256., sigma, strength;
	int quality;

	pthread_once(&once, fill_table);
	synth_rng(&r, o->seed, SYNTH_FOR_DEGRADE, p->identity, p->sample + 1);
	synth_rng(&noise, o->seed, SYNTH_FOR_NOISE, p->identity, p->sample + 1);
	sigma = o->degrade * unit * (rng_f64(&r) < .5 ? synth_uniform(&r, .3, 1.6) : 0);
	strength = o->degrade * (rng_f64(&r) < .7 ? synth_uniform(&r, .5, 7) : 0);
	quality = rng_f64(&r) < .6 ? (int)(100 - o->degrade * synth_uniform(&r, 5, 70)) : 100;
	if (sigma > .2)
		blur(c, sigma);
	to_bytes(c);
	if (strength > 0)
		add_noise(c, &noise, (float)strength);
	return quality < 100 ? through_jpeg(c, quality, e) : 0;
}
