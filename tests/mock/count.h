/*
 * count.h - what the mock saw: how often it was asked over sliding windows, and who came too early
 */
#ifndef MOCK_COUNT_H
#define MOCK_COUNT_H

#include <stdint.h>

#include "common/buf.h"

/* Windows a stream of requests is watched over, in seconds. */
#define COUNT_WINDOWS 4
extern const double count_window[COUNT_WINDOWS];

struct count {
	uint64_t total;
	double *at; /* times of the last requests, as many as the longest window held */
	uint64_t n, cap;
	uint64_t first[COUNT_WINDOWS]; /* the oldest inside each window */
	uint64_t most[COUNT_WINDOWS];
};

/* Notes one; returns how many came in the last second. */
uint64_t count_add(struct count *c, double now);

/* The server said: not before `until`. */
void early_set(const char *url, double until);
/* Was it said, and is it too early? Counted. */
int early_check(const char *url, double now);
uint64_t early_total(void);

#endif
