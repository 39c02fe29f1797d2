/*
 * support_ops.h - one op on two backends: the one under test in f32, the naive one in double
 *
 * A pair holds the same value on both. Its memory under test lies between guard bytes; pair_check compares and sees to it
 * that the guards are intact and the channels past the last one are zero. Empty pairs begin as NaN, so that what an op
 * leaves out shows.
 */
#ifndef FRL_TESTS_SUPPORT_OPS_H
#define FRL_TESTS_SUPPORT_OPS_H

#include "common/nn/train_ops.h"

enum draw_kind { INTEGERS, FRACTIONS, EMPTY }; /* -3..3; multiples of 1/64 in -2..2; NaN */

struct pair {
	struct nn_batch x;   /* under test */
	struct nn_batch ref; /* naive */
};

/*
 * Parameters, or statistics: the same numbers as f32 and f64. numbers_blur: f in bf16 a little off, such that it rounds to d.
 */
struct numbers {
	size_t n;
	float *f;
	double *d;
};

extern const struct nn_train *ops; /* under test */

/* Runs test for blocks of 8 and of 16 channels, in f32 and in bf16, the latter without the machine's instructions too. */
void each_backend(void (*test)(void));
/* Half of a unit in the last place of the largest number, in bf16; 0 in f32: what rounding twice may cost. */
double twice_rounded(void);

int draw(int lo, int hi);
void *guarded(size_t bytes);
/* Fails the test when a byte beyond was written. */
void guarded_free(void *p, size_t bytes);

struct pair pair_new(enum draw_kind kind, int n, int c, int h, int w, bool plain);
void pair_free(struct pair *p);
/*
 * tolerance: relative to the largest magnitude of the reference; 0 is exactly. In bf16 half of a unit in the last place is
 * added for each number: exactly is then, rounded correctly.
 */
void pair_check(const struct pair *p, double tolerance, const char *what);
struct numbers numbers_new(enum draw_kind kind, size_t n);
void numbers_blur(struct numbers *n);
void numbers_free(struct numbers *n);
void numbers_check(const struct numbers *n, double tolerance, const char *what);
/* Like numbers_check for arrays of double. */
void doubles_check(const double *got, const double *want, size_t n, double tolerance, const char *what);

/* gradient[i] against (loss(p[i] + h) - loss(p[i] - h)) / 2h, relative to the largest gradient: 1e-6. */
void finite_differences(double (*loss)(void *data), void *data, double *p, const double *gradient, size_t n,
			const char *what);
/* sum of y * r: a loss whose gradient by y is r. */
double dot(const struct nn_batch *y, const struct nn_batch *r);

#endif
