/*
 * train_bn_plain.h - batch norm's plane loops for one type of number: included with ELEM, NAME(x), GET(p) and PUT(p, v)
 * defined; gives NAME(shifted_sums8) .. NAME(gradient16)
 */
INLINE void NAME(shifted_sums)(int width, const ELEM *x, size_t pixels, const float *shift, double *sum,
			       double *squares)
{
	for (size_t at = 0; at < pixels; at += BN_RUN) {
		size_t end = at + BN_RUN < pixels ? at + BN_RUN : pixels;
		float s[LANES] = { 0 }, q[LANES] = { 0 };

		for (size_t i = at; i < end; i++)
			for (int k = 0; k < width; k++) {
				float d = GET(x + i * (size_t)width + (size_t)k) - shift[k];

				s[k] += d;
				q[k] += d * d;
			}
		for (int k = 0; k < width; k++) {
			sum[k] += (double)s[k];
			squares[k] += (double)q[k];
		}
	}
}

INLINE void NAME(apply)(int width, const ELEM *x, const ELEM *res, size_t pixels, const struct lanes *l, float slope,
			ELEM *y)
{
	for (size_t i = 0; i < pixels; i++)
		for (int k = 0; k < width; k++) {
			size_t at = i * (size_t)width + (size_t)k;
			float v = (GET(x + at) - l->mean[k]) * l->scale[k] + l->beta[k];

			if (res)
				v += GET(res + at);
			PUT(y + at, v > 0 ? v : slope * v);
		}
}

static inline float NAME(through)(const ELEM *dy, const ELEM *y, size_t at, float slope)
{
	float g = GET(dy + at);

	return !y || GET(y + at) > 0 ? g : slope * g;
}

INLINE void NAME(gradient_sums)(int width, const ELEM *dy, const ELEM *x, const ELEM *y, size_t pixels,
				const struct lanes *l, float slope, double *sum_g, double *sum_gx)
{
	for (size_t from = 0; from < pixels; from += BN_RUN) {
		size_t end = from + BN_RUN < pixels ? from + BN_RUN : pixels;
		float s[LANES] = { 0 }, q[LANES] = { 0 };

		for (size_t i = from; i < end; i++)
			for (int k = 0; k < width; k++) {
				size_t at = i * (size_t)width + (size_t)k;
				float g = NAME(through)(dy, y, at, slope);

				s[k] += g;
				q[k] += g * ((GET(x + at) - l->mean[k]) * l->inverse[k]);
			}
		for (int k = 0; k < width; k++) {
			sum_g[k] += (double)s[k];
			sum_gx[k] += (double)q[k];
		}
	}
}

static inline void NAME(give)(const struct target *t, size_t at, float v)
{
	ELEM *p = t->p;

	if (p)
		PUT(p + at, t->accumulate ? GET(p + at) + v : v);
}

INLINE void NAME(gradient)(int width, const ELEM *dy, const ELEM *x, const ELEM *y, size_t pixels,
			   const struct lanes *l, const struct means *m, float slope, const struct target *dx,
			   const struct target *dres)
{
	for (size_t i = 0; i < pixels; i++)
		for (int k = 0; k < width; k++) {
			size_t at = i * (size_t)width + (size_t)k;
			float g = NAME(through)(dy, y, at, slope), xhat = (GET(x + at) - l->mean[k]) * l->inverse[k];

			NAME(give)(dres, at, g);
			NAME(give)(dx, at, l->scale[k] * (g - m->g[k] - xhat * m->gx[k]));
		}
}

#define BN_PLAIN(width) \
	static void NAME(shifted_sums##width)(const void *x, size_t pixels, const float *shift, double *sum, \
					      double *squares) \
	{ \
		NAME(shifted_sums)(width, x, pixels, shift, sum, squares); \
	} \
	static void NAME(apply##width)(const void *x, const void *res, size_t pixels, const struct lanes *l, \
				       float slope, void *y) \
	{ \
		NAME(apply)(width, x, res, pixels, l, slope, y); \
	} \
	static void NAME(gradient_sums##width)(const void *dy, const void *x, const void *y, size_t pixels, \
					       const struct lanes *l, float slope, double *sum_g, double *sum_gx) \
	{ \
		NAME(gradient_sums)(width, dy, x, y, pixels, l, slope, sum_g, sum_gx); \
	} \
	static void NAME(gradient##width)(const void *dy, const void *x, const void *y, size_t pixels, \
					  const struct lanes *l, const struct means *m, float slope, \
					  const struct target *dx, const struct target *dres) \
	{ \
		NAME(gradient)(width, dy, x, y, pixels, l, m, slope, dx, dres); \
	}

BN_PLAIN(8)
BN_PLAIN(16)
#undef BN_PLAIN
