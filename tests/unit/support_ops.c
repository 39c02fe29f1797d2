#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "common/nn/bf16.h"
#include "common/nn/kern/kern.h"
#include "support_ops.h"
#include "tests/support/naive.h"

enum { GUARD = 256 };

const struct nn_train *ops;
static uint64_t state = 1;

static bool in_bf16(void)
{
	return ops->elem == sizeof(uint16_t);
}

void each_backend(void (*test)(void))
{
	static const char *const sets[] = { "avx512", "avx512bf16" };
	char *isa = getenv("FRL_ISA") ? xstrdup(getenv("FRL_ISA")) : NULL;

	for (int block = 8; block <= 16; block += 8) {
		ops = nn_train_cpu_block(block);
		test();
		ops = ops->bf16;
		for (int i = 0; i < (block == 8 ? 1 : 2); i++) {
			setenv("FRL_ISA", sets[i], 1);
			assert_int_equal(ops->fast(ops), i == 1 && kern_by_name(sets[i]) != NULL);
			if (i == 0 || ops->fast(ops))
				test();
		}
		if (isa)
			setenv("FRL_ISA", isa, 1);
		else
			unsetenv("FRL_ISA");
	}
	free(isa);
}

double twice_rounded(void)
{
	return in_bf16() ? 0x1p-8 : 0;
}

int draw(int lo, int hi)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return lo + (int)((state >> 33) % (uint64_t)(hi - lo + 1));
}

void *guarded(size_t bytes)
{
	char *p = xaligned(bytes + 2 * GUARD);

	memset(p, 0x5a, GUARD);
	memset(p + GUARD, 0xff, bytes);
	memset(p + GUARD + bytes, 0x5a, GUARD);
	return p + GUARD;
}

void guarded_free(void *p, size_t bytes)
{
	char *c = (char *)p - GUARD;

	for (size_t i = 0; i < GUARD; i++)
		if (c[i] != 0x5a || c[GUARD + bytes + i] != 0x5a)
			fail_msg("a byte beyond a buffer of %zu was written", bytes);
	free(c);
}

struct numbers numbers_new(enum draw_kind kind, size_t n)
{
	struct numbers a = { n, guarded(n * sizeof(float)), xrealloc_array(NULL, n + 1, sizeof(double)) };

	for (size_t i = 0; i < n; i++) {
		a.d[i] = kind == INTEGERS ? draw(-3, 3) : kind == FRACTIONS ? draw(-128, 128) / 64.0 : (double)NAN;
		a.f[i] = (float)a.d[i];
	}
	return a;
}

void numbers_blur(struct numbers *n)
{
	for (size_t i = 0; in_bf16() && i < n->n; i++)
		n->f[i] *= 1 + 0x1p-11f;
}

void numbers_free(struct numbers *n)
{
	guarded_free(n->f, n->n * sizeof(float));
	free(n->d);
}

/* own: what each number may be off by, relative to itself. */
static void near(const double *got, const double *want, size_t n, double tolerance, double own, const char *what)
{
	double largest = 0;

	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(want[i]));
	for (size_t i = 0; i < n; i++)
		if (!(fabs(got[i] - want[i]) <= tolerance * largest + own * fabs(want[i])))
			fail_msg("block %d, %zu bytes: %s[%zu] is %.9g, not %.9g (largest %g)", ops->block, ops->elem,
				 what, i, got[i], want[i], largest);
}

void doubles_check(const double *got, const double *want, size_t n, double tolerance, const char *what)
{
	near(got, want, n, tolerance, 0, what);
}

static void floats_check(const float *got, const double *want, size_t n, double tolerance, double own, const char *what)
{
	double *d = xrealloc_array(NULL, n + 1, sizeof *d);

	for (size_t i = 0; i < n; i++)
		d[i] = (double)got[i];
	near(d, want, n, tolerance, own, what);
	free(d);
}

void numbers_check(const struct numbers *n, double tolerance, const char *what)
{
	floats_check(n->f, n->d, n->n, tolerance, 0, what);
}

struct pair pair_new(enum draw_kind kind, int n, int c, int h, int w, bool plain)
{
	struct pair p = { { n, c, h, w, plain, NULL }, { n, c, h, w, plain, NULL } };
	struct numbers a = numbers_new(kind, naive_count(&p.ref));

	p.x.data = guarded(ops->batch_bytes(ops, &p.x));
	p.ref.data = xaligned(nn_train_naive()->batch_bytes(nn_train_naive(), &p.ref));
	if (kind != EMPTY)
		ops->upload(ops, a.f, &p.x);
	nn_train_naive()->upload(nn_train_naive(), a.d, &p.ref);
	numbers_free(&a);
	return p;
}

void pair_free(struct pair *p)
{
	guarded_free(p->x.data, ops->batch_bytes(ops, &p->x));
	free(p->ref.data);
}

/* Every number of the value, less those of its channels, is a zero. */
static void padding_check(const struct nn_batch *x, const char *what)
{
	int block = ops->block, blocks = (x->c + block - 1) / block, pixels = x->h * x->w;

	for (int i = 0; i < x->n * blocks * pixels; i++)
		for (int k = 0; k < block; k++) {
			size_t at = (size_t)i * (size_t)block + (size_t)k;
			float v = in_bf16() ? bf16_value(((const uint16_t *)x->data)[at])
					    : ((const float *)x->data)[at];

			if (i / pixels % blocks * block + k >= x->c && v != 0)
				fail_msg("block %d: %s: %g past the last channel", block, what, (double)v);
		}
}

void pair_check(const struct pair *p, double tolerance, const char *what)
{
	size_t n = naive_count(&p->ref);
	float *f = xrealloc_array(NULL, n, sizeof *f);

	ops->download(ops, &p->x, f);
	floats_check(f, p->ref.data, n, tolerance, p->x.plain ? 0 : twice_rounded(), what);
	for (size_t i = 0; in_bf16() && i < n; i++)
		((double *)p->ref.data)[i] = (double)f[i];
	free(f);
	if (!p->x.plain)
		padding_check(&p->x, what);
}

void finite_differences(double (*loss)(void *data), void *data, double *p, const double *gradient, size_t n,
			const char *what)
{
	double largest = 0, h = 1e-5;

	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(gradient[i]));
	for (size_t i = 0; i < n; i++) {
		double was = p[i], up, down;

		p[i] = was + h;
		up = loss(data);
		p[i] = was - h;
		down = loss(data);
		p[i] = was;
		if (!(fabs((up - down) / (2 * h) - gradient[i]) <= 1e-6 * fmax(largest, 1)))
			fail_msg("%s[%zu]: gradient %.9g, difference %.9g", what, i, gradient[i],
				 (up - down) / (2 * h));
	}
}

double dot(const struct nn_batch *y, const struct nn_batch *r)
{
	const double *a = y->data, *b = r->data;
	double sum = 0;

	for (size_t i = 0; i < naive_count(y); i++)
		sum += a[i] * b[i];
	return sum;
}
