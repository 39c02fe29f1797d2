/*
 * train_bn_simd.h - batch norm's plane loops in vectors, for a file that has defined
 *	vec, B lanes; vload, vstore (floats, unaligned), vset1; vpick(v, a, b): v > 0 ? a : b
 * and, each time it includes this, which undefines them,
 *	ELEM, a value's number; VLOAD, VSTORE of those; NAME(x); BN_PLANES, the table
 * The operators are the compiler's own for vectors, never contracted.
 */

/* B sums in f32 onto those in double. */
static inline void NAME(spill)(vec v, double *sum)
{
	float f[B];

	vstore(f, v);
	for (int k = 0; k < B; k++)
		sum[k] += (double)f[k];
}

static void NAME(shifted_sums)(const void *px, size_t pixels, const float *shift, double *sum, double *squares)
{
	const ELEM *x = px;
	vec off = vload(shift);

	for (size_t at = 0; at < pixels; at += BN_RUN) {
		size_t end = at + BN_RUN < pixels ? at + BN_RUN : pixels;
		vec s = vset1(0), q = vset1(0);

		for (size_t i = at; i < end; i++) {
			vec d = VLOAD(x + i * B) - off;

			s += d;
			q += d * d;
		}
		NAME(spill)(s, sum);
		NAME(spill)(q, squares);
	}
}

static void NAME(apply)(const void *px, const void *pres, size_t pixels, const struct lanes *l, float slope, void *py)
{
	vec mean = vload(l->mean), scale = vload(l->scale), beta = vload(l->beta), below = vset1(slope);
	const ELEM *x = px, *res = pres;
	ELEM *y = py;

	for (size_t i = 0; i < pixels * B; i += B) {
		vec v = (VLOAD(x + i) - mean) * scale + beta;

		if (res)
			v += VLOAD(res + i);
		VSTORE(y + i, vpick(v, v, below * v));
	}
}

static inline vec NAME(through)(const ELEM *dy, const ELEM *y, size_t i, vec slope)
{
	vec g = VLOAD(dy + i);

	return y ? vpick(VLOAD(y + i), g, slope * g) : g;
}

static void NAME(gradient_sums)(const void *dy, const void *px, const void *y, size_t pixels, const struct lanes *l,
				float slope, double *sum_g, double *sum_gx)
{
	vec mean = vload(l->mean), inverse = vload(l->inverse), below = vset1(slope);
	const ELEM *x = px;

	for (size_t at = 0; at < pixels; at += BN_RUN) {
		size_t end = at + BN_RUN < pixels ? at + BN_RUN : pixels;
		vec s = vset1(0), q = vset1(0);

		for (size_t i = at; i < end; i++) {
			vec g = NAME(through)(dy, y, i * B, below);

			s += g;
			q += g * ((VLOAD(x + i * B) - mean) * inverse);
		}
		NAME(spill)(s, sum_g);
		NAME(spill)(q, sum_gx);
	}
}

static inline void NAME(give)(const struct target *t, size_t i, vec v)
{
	ELEM *p = t->p;

	if (!p)
		return;
	if (t->accumulate)
		v += VLOAD(p + i);
	VSTORE(p + i, v);
}

static void NAME(gradient)(const void *dy, const void *px, const void *y, size_t pixels, const struct lanes *l,
			   const struct means *m, float slope, const struct target *dx, const struct target *dres)
{
	vec mean = vload(l->mean), inverse = vload(l->inverse), scale = vload(l->scale), below = vset1(slope);
	vec mg = vload(m->g), mgx = vload(m->gx);
	const ELEM *x = px;

	for (size_t i = 0; i < pixels * B; i += B) {
		vec g = NAME(through)(dy, y, i, below), xhat = (VLOAD(x + i) - mean) * inverse;

		NAME(give)(dres, i, g);
		NAME(give)(dx, i, scale * (g - mg - xhat * mgx));
	}
}

const struct bn_planes BN_PLANES = { NAME(shifted_sums), NAME(apply), NAME(gradient_sums), NAME(gradient) };

#undef ELEM
#undef NAME
#undef VLOAD
#undef VSTORE
#undef BN_PLANES
