/*
 * faults.h - what goes wrong on demand
 */
#ifndef MOCK_FAULTS_H
#define MOCK_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum fault {
	FAULT_NONE,
	FAULT_429_AFTER, /* with Retry-After: 1 */
	FAULT_429,	 /* without */
	FAULT_500,
	FAULT_502,
	FAULT_503_AFTER,
	FAULT_HTML,	 /* 200 and a page that says it is busy */
	FAULT_TRUNCATE,	 /* the length is right, half of it comes, the connection ends */
	FAULT_LENGTH,	 /* a length that is too short */
	FAULT_STALL,	 /* half of it comes, then nothing, for ever */
	FAULT_DROP,	 /* the connection ends before anything came */
	FAULT_GZIP,	 /* compressed */
	FAULT_CHUNKED,	 /* in chunks, without a length */
	FAULT_HUGE,	 /* a gigabyte of zeros */
	FAULT_MALFORMED, /* API: entries that are none among the right ones */
	FAULT_TRAVERSAL, /* API: ids with "../" among the right ones */
	FAULT_API_10,
	FAULT_API_105,
	FAULT_API_20,
	FAULT_API_201,
	FAULT_REDIRECT, /* to another host; from here on not part of "mixed" */
	FAULT_API_95,
	FAULT_API_100,
	N_FAULTS,
};

/* "NAME:PERCENT[:api|:image]", NAME one of the list or "mixed" (all up to redirect, sharing PERCENT). */
int faults_add(const char *spec, struct err *e);
void faults_clear(void);
/* The fault of the n-th request. */
enum fault faults_draw(uint64_t seed, uint64_t n, bool api);
const char *fault_name(enum fault f);

#endif
