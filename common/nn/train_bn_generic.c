/* train_bn_generic.c - batch norm's plane loops in plain C, for blocks of 8 and of 16 */
#include "common/nn/train_bn.h"

#define INLINE static inline __attribute__((always_inline))

INLINE void shifted_sums(int width, const float *x, size_t pixels, const float *shift, double *sum, double *squares)
{
	for (size_t at = 0; at < pixels; at += BN_RUN) {
		size_t end = at + BN_RUN < pixels ? at + BN_RUN : pixels;
		float s[LANES] = { 0 }, q[LANES] = { 0 };

		for (size_t i = at; i < end; i++)
			for (int k = 0; k < width; k++) {
				float d = x[i * (size_t)width + (size_t)k] - shift[k];

				s[k] += d;
				q[k] += d * d;
			}
		for (int k = 0; k < width; k++) {
			sum[k] += (double)s[k];
			squares[k] += (double)q[k];
		}
	}
}

INLINE void apply(int width, const float *x, const float *res, size_t pixels, const struct lanes *l, float slope,
		  float *y)
{
	for (size_t i = 0; i < pixels; i++)
		for (int k = 0; k < width; k++) {
			size_t at = i * (size_t)width + (size_t)k;
			float v = (x[at] - l->mean[k]) * l->scale[k] + l->beta[k];

			if (res)
				v += res[at];
			y[at] = v > 0 ? v : slope * v;
		}
}

static inline float through(const float *dy, const float *y, size_t at, float slope)
{
	return !y || y[at] > 0 ? dy[at] : slope * dy[at];
}

INLINE void gradient_sums(int width, const float *dy, const float *x, const float *y, size_t pixels,
			  const struct lanes *l, float slope, double *sum_g, double *sum_gx)
{
	for (size_t from = 0; from < pixels; from += BN_RUN) {
		size_t end = from + BN_RUN < pixels ? from + BN_RUN : pixels;
		float s[LANES] = { 0 }, q[LANES] = { 0 };

		for (size_t i = from; i < end; i++)
			for (int k = 0; k < width; k++) {
				size_t at = i * (size_t)width + (size_t)k;
				float g = through(dy, y, at, slope);

				s[k] += g;
				q[k] += g * ((x[at] - l->mean[k]) * l->inverse[k]);
			}
		for (int k = 0; k < width; k++) {
			sum_g[k] += (double)s[k];
			sum_gx[k] += (double)q[k];
		}
	}
}

static inline void give(const struct target *t, size_t at, float v)
{
	if (t->p)
		t->p[at] = t->accumulate ? t->p[at] + v : v;
}

INLINE void gradient(int width, const float *dy, const float *x, const float *y, size_t pixels, const struct lanes *l,
		     const struct means *m, float slope, const struct target *dx, const struct target *dres)
{
	for (size_t i = 0; i < pixels; i++)
		for (int k = 0; k < width; k++) {
			size_t at = i * (size_t)width + (size_t)k;
			float g = through(dy, y, at, slope), xhat = (x[at] - l->mean[k]) * l->inverse[k];

			give(dres, at, g);
			give(dx, at, l->scale[k] * (g - m->g[k] - xhat * m->gx[k]));
		}
}

#define BN_PLANES_GENERIC(width) \
	static void shifted_sums##width(const float *x, size_t pixels, const float *shift, double *sum, \
					double *squares) \
	{ \
		shifted_sums(width, x, pixels, shift, sum, squares); \
	} \
	static void apply##width(const float *x, const float *res, size_t pixels, const struct lanes *l, float slope, \
				 float *y) \
	{ \
		apply(width, x, res, pixels, l, slope, y); \
	} \
	static void gradient_sums##width(const float *dy, const float *x, const float *y, size_t pixels, \
					 const struct lanes *l, float slope, double *sum_g, double *sum_gx) \
	{ \
		gradient_sums(width, dy, x, y, pixels, l, slope, sum_g, sum_gx); \
	} \
	static void gradient##width(const float *dy, const float *x, const float *y, size_t pixels, \
				    const struct lanes *l, const struct means *m, float slope, \
				    const struct target *dx, const struct target *dres) \
	{ \
		gradient(width, dy, x, y, pixels, l, m, slope, dx, dres); \
	} \
	const struct bn_planes bn_planes_generic##width = { shifted_sums##width, apply##width, gradient_sums##width, \
							    gradient##width };

BN_PLANES_GENERIC(8)
BN_PLANES_GENERIC(16)
