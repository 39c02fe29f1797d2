/* optim_real.h - optim.c's loops for one type of number: included with REAL and NAME(x) defined */

/* In eight sums, whose order does not depend on the machine. */
static double NAME(sum_of_squares)(const REAL *x, size_t n)
{
	double s[8] = { 0 };
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		for (int k = 0; k < 8; k++)
			s[k] += (double)x[i + (size_t)k] * (double)x[i + (size_t)k];
	for (; i < n; i++)
		s[0] += (double)x[i] * (double)x[i];
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* d = scale (g + decay p), then momentum. */
static void NAME(sgd)(const struct optim *o, struct tensor t, double lr, double scale, double decay)
{
	REAL *p = t.p, *m = t.m, a = (REAL)scale, wd = (REAL)decay, mu = (REAL)o->c.momentum, rate = (REAL)lr;
	const REAL *g = t.g;

	for (size_t i = 0; i < t.n; i++) {
		REAL d = (g[i] + wd * p[i]) * a;

		m[i] = t.steps ? mu * m[i] + d : d;
		p[i] -= rate * m[i];
	}
}

static void NAME(adam)(const struct optim *o, struct tensor t, double lr, double decay)
{
	const struct optim_config *c = &o->c;
	double n = (double)t.steps + 1, unbias1 = 1 - pow(c->beta1, n), unbias2 = sqrt(1 - pow(c->beta2, n));
	REAL *p = t.p, *m = t.m, *v = t.v;
	const REAL *g = t.g;
	REAL b1 = (REAL)c->beta1, b2 = (REAL)c->beta2, rate = (REAL)(lr / unbias1), keep = 1, wd = (REAL)decay;
	REAL scale = (REAL)(1 / unbias2), eps = (REAL)c->eps;

	if (c->decoupled) {
		keep = (REAL)(1 - lr * decay);
		wd = 0;
	}
	for (size_t i = 0; i < t.n; i++) {
		REAL d = g[i] + wd * p[i];

		m[i] = b1 * m[i] + (1 - b1) * d;
		v[i] = b2 * v[i] + (1 - b2) * d * d;
		p[i] = keep * p[i] - rate * m[i] / ((REAL)SQRT(v[i]) * scale + eps);
	}
}
