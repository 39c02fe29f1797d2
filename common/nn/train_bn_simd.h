/*
 * train_bn_simd.h - batch norm's plane loops in vectors, for a file that has defined BN_PLANES and
 *	vec, B lanes; vload, vstore (unaligned), vset1; vpick(v, a, b): v > 0 ? a : b
 * The operators are the compiler's own for vectors, never contracted.
 */
#include "common/nn/train_bn.h"

/* B sums in f32 onto those in double. */
static inline void spill(vec v, double *sum)
{
	float f[B];

	vstore(f, v);
	for (int k = 0; k < B; k++)
		sum[k] += (double)f[k];
}

static void shifted_sums(const float *x, size_t pixels, const float *shift, double *sum, double *squares)
{
	vec off = vload(shift);

	for (size_t at = 0; at < pixels; at += BN_RUN) {
		size_t end = at + BN_RUN < pixels ? at + BN_RUN : pixels;
		vec s = vset1(0), q = vset1(0);

		for (size_t i = at; i < end; i++) {
			vec d = vload(x + i * B) - off;

			s += d;
			q += d * d;
		}
		spill(s, sum);
		spill(q, squares);
	}
}

static void apply(const float *x, const float *res, size_t pixels, const struct lanes *l, float slope, float *y)
{
	vec mean = vload(l->mean), scale = vload(l->scale), beta = vload(l->beta), below = vset1(slope);

	for (size_t i = 0; i < pixels * B; i += B) {
		vec v = (vload(x + i) - mean) * scale + beta;

		if (res)
			v += vload(res + i);
		vstore(y + i, vpick(v, v, below * v));
	}
}

static inline vec through(const float *dy, const float *y, size_t i, vec slope)
{
	vec g = vload(dy + i);

	return y ? vpick(vload(y + i), g, slope * g) : g;
}

static void gradient_sums(const float *dy, const float *x, const float *y, size_t pixels, const struct lanes *l,
			  float slope, double *sum_g, double *sum_gx)
{
	vec mean = vload(l->mean), inverse = vload(l->inverse), below = vset1(slope);

	for (size_t at = 0; at < pixels; at += BN_RUN) {
		size_t end = at + BN_RUN < pixels ? at + BN_RUN : pixels;
		vec s = vset1(0), q = vset1(0);

		for (size_t i = at; i < end; i++) {
			vec g = through(dy, y, i * B, below);

			s += g;
			q += g * ((vload(x + i * B) - mean) * inverse);
		}
		spill(s, sum_g);
		spill(q, sum_gx);
	}
}

static inline void give(const struct target *t, size_t i, vec v)
{
	if (!t->p)
		return;
	if (t->accumulate)
		v += vload(t->p + i);
	vstore(t->p + i, v);
}

static void gradient(const float *dy, const float *x, const float *y, size_t pixels, const struct lanes *l,
		     const struct means *m, float slope, const struct target *dx, const struct target *dres)
{
	vec mean = vload(l->mean), inverse = vload(l->inverse), scale = vload(l->scale), below = vset1(slope);
	vec mg = vload(m->g), mgx = vload(m->gx);

	for (size_t i = 0; i < pixels * B; i += B) {
		vec g = through(dy, y, i, below), xhat = (vload(x + i) - mean) * inverse;

		give(dres, i, g);
		give(dx, i, scale * (g - mg - xhat * mgx));
	}
}

const struct bn_planes BN_PLANES = { shifted_sums, apply, gradient_sums, gradient };
