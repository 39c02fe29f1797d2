#include "flickr-fetch/limit.h"

#include <math.h>

static double burst(const struct limit *l)
{
	return fmax(1, 0.03 * l->rate * l->window);
}

static void refill(struct limit *l, double now)
{
	l->tokens = fmin(burst(l), l->tokens + fmax(0, now - l->at) * 0.97 * l->rate);
	l->at = now;
}

void limit_init(struct limit *l, double per_window, double window, double now)
{
	l->ceiling = l->rate = per_window / window;
	l->window = window;
	l->tokens = 0;
	l->at = now;
}

double limit_wait(struct limit *l, double now)
{
	refill(l, now);
	/* A token that lacks a rounding error is a token. */
	if (l->tokens >= 1 - 1e-9)
		return 0;
	return (1 - l->tokens) / (0.97 * l->rate);
}

void limit_take(struct limit *l, double now)
{
	refill(l, now);
	l->tokens -= 1;
}

void limit_slow(struct limit *l, double now)
{
	refill(l, now);
	l->rate = fmax(l->ceiling / 64, l->rate / 2);
	l->tokens = fmin(l->tokens, 0);
}

void limit_grow(struct limit *l)
{
	l->rate = fmin(l->ceiling, l->rate + l->ceiling / 200);
}

/* splitmix64: jitter needs no better. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double backoff(int n, double base, double cap, uint64_t *state)
{
	double t = fmin(cap, base * ldexp(1, n < 1 ? 0 : n > 40 ? 40 : n - 1));

	return t * (0.5 + (double)(next(state) >> 11) * 0x1p-53);
}
