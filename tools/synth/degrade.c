/* degrade.c - see canvas.h: what a camera and a file do to a picture */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/canvas.h"
#include "tools/synth/look.h"
#include "tools/synth/vec.h"

enum { GAMMA_STEPS = 4096, NORMAL_STEPS = 1 << 12, MOST_RADIUS = SYNTH_BLUR };

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

/* ---- blur: a Gaussian along rows, then along columns; the edge's pixels repeated */

/* to [n] += weight * from [n] */
static void add_scaled(float *to, const float *from, float weight, int n)
{
	for (int i = 0; i < n; i++)
		to[i] += weight * from[i];
}

static void blur_row(float *to, const float *from, float *padded, int size, const float *weight, int radius)
{
	for (int x = -radius; x < size + radius; x++) {
		int at = x < 0 ? 0 : x >= size ? size - 1 : x;

		memcpy(padded + 3 * (x + radius), from + 3 * at, 3 * sizeof *to);
	}
	memset(to, 0, 3 * (size_t)size * sizeof *to);
	for (int i = 0; i <= 2 * radius; i++)
		add_scaled(to, padded + 3 * i, weight[i], 3 * size);
}

static void blur(struct synth_canvas *c, double sigma)
{
	float weight[2 * MOST_RADIUS + 1], sum = 0;
	int radius = (int)ceil(2.5 * sigma), row = 3 * c->size;

	radius = radius > MOST_RADIUS ? MOST_RADIUS : radius;
	for (int i = -radius; i <= radius; i++)
		sum += weight[i + radius] = (float)exp(-i * i / (2 * sigma * sigma));
	for (int i = 0; i <= 2 * radius; i++)
		weight[i] /= sum;
	for (int y = 0; y < c->size; y++)
		blur_row(c->scratch + (size_t)y * (size_t)row, c->rgb + (size_t)y * (size_t)row, c->padded, c->size,
			 weight, radius);
	memset(c->rgb, 0, (size_t)c->size * (size_t)row * sizeof *c->rgb);
	for (int y = 0; y < c->size; y++)
		for (int i = -radius; i <= radius; i++) {
			int at = y + i < 0 ? 0 : y + i >= c->size ? c->size - 1 : y + i;

			add_scaled(c->rgb + (size_t)y * (size_t)row, c->scratch + (size_t)at * (size_t)row,
				   weight[i + radius], row);
		}
}

/* ---- to bytes, with noise */

/* A camera's shoulder: light beyond .7 is compressed towards white, and what is brighter than 1.9 is white. */
static float shoulder(float v)
{
	float over = v - .7F;

	if (v <= .7F)
		return v > 0 ? v : 0;
	return over < 1.2F ? .7F + over * (.5F - .2083333F * over) : 1;
}

static void to_bytes(struct synth_canvas *c)
{
	image_resize(&c->picture, c->size, c->size);
	for (int y = 0; y < c->size; y++) {
		uint8_t *row = image_at(&c->picture, 0, y);
		const float *from = c->rgb + 3 * (size_t)y * (size_t)c->size;

		for (int i = 0; i < 3 * c->size; i++)
			row[i] = table.gamma[(int)(shoulder(from[i]) * GAMMA_STEPS + .5F)];
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

/* In pixels of a picture of 256. */
static double draw_blur(struct rng *r, const struct synth_options *o)
{
	return o->degrade * (rng_f64(r) < .5 ? synth_uniform(r, .3, 1.6) : 0);
}

double synth_blur(const struct synth_options *o, const struct synth_picture *p)
{
	struct rng r;

	synth_rng(&r, o->seed, SYNTH_FOR_DEGRADE, p->identity, p->sample + 1);
	return draw_blur(&r, o);
}

int synth_degrade(struct synth_canvas *c, const struct synth_options *o, const struct synth_picture *p, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct rng r, noise;
	double sigma, strength;
	int quality;

	pthread_once(&once, fill_table);
	synth_rng(&r, o->seed, SYNTH_FOR_DEGRADE, p->identity, p->sample + 1);
	synth_rng(&noise, o->seed, SYNTH_FOR_NOISE, p->identity, p->sample + 1);
	sigma = draw_blur(&r, o) * c->size / 256;
	strength = o->degrade * (rng_f64(&r) < .7 ? synth_uniform(&r, .5, 7) : 0);
	quality = rng_f64(&r) < .6 ? (int)(100 - o->degrade * synth_uniform(&r, 5, 70)) : 100;
	if (sigma > .2)
		blur(c, sigma);
	to_bytes(c);
	if (strength > 0)
		add_noise(c, &noise, (float)strength);
	return quality < 100 ? through_jpeg(c, quality, e) : 0;
}
