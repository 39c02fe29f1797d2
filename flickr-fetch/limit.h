/*
 * limit.h - how often one may ask: token buckets whose promise holds over every sliding window, and back-off
 *
 * A bucket made for N per window never grants more than N (rounded up to 1) in any span as long as the window. A bucket of
 * burst B and refill r grants at most B + r * w in w seconds, so B = max(1, 3 % of N) and r = 97 % of N / window; what is
 * left over absorbs the jitter between our clock and the server's. Times are seconds of any steady clock, given by the
 * caller, so that all of this is a pure function.
 */
#ifndef FRL_FLICKR_LIMIT_H
#define FRL_FLICKR_LIMIT_H

#include <stdint.h>

struct limit {
	double ceiling; /* per second: what was asked for, never passed */
	double rate;	/* per second: now; below the ceiling after complaints */
	double window;	/* seconds the promise is about */
	double tokens;
	double at; /* when tokens was right */
};

/* Begins empty: a process that follows another one at once still keeps the promise. */
void limit_init(struct limit *l, double per_window, double window, double now);
/* Seconds until one may be taken; 0: now. */
double limit_wait(struct limit *l, double now);
/* Takes one; only after limit_wait said 0. */
void limit_take(struct limit *l, double now);
/* The server complained: half the rate, not below a 64th of the ceiling. */
void limit_slow(struct limit *l, double now);
/* A good answer: faster by a two-hundredth of the ceiling, up to it. */
void limit_grow(struct limit *l);

/*
 * Seconds to wait before attempt n + 1 after n failures: base * 2^(n-1), at most cap, times a jitter in [0.5, 1.5) from
 * *state, a generator the caller keeps.
 */
double backoff(int n, double base, double cap, uint64_t *state);

#endif
