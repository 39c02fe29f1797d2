/*
 * answer.h - the mock's API: a query string in, JSON out, with the cheats of the real one
 *
 *	at most 4,000 distinct results a query; beyond them the last page again, or error 20
 *	totals off by up to 8 %
 *	pages that shift between one call and the next, so that what stands at their borders is missed or seen twice
 *	now and then a page one short
 *	two dialects of JSON
 */
#ifndef MOCK_ANSWER_H
#define MOCK_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "tests/mock/catalogue.h"
#include "tests/mock/faults.h"

struct answer_options {
	uint64_t seed;
	bool honest;	    /* none of the cheats */
	bool error_20;	    /* beyond the cap: error 20 instead of repeats */
	int dialect;	    /* 0 new, 1 old, 2 both in turn */
	const char *images; /* "https://127.0.0.1:4443" */
};

/* The JSON for the query (what follows '?'), n being the number of this call. */
void answer_api(const struct answer_options *o, const struct catalogue *c, const char *query, uint64_t n,
		enum fault fault, struct buf *b);
/* The value of a field of a query string, decoded; NULL when it is not there. The caller frees. */
char *query_get(const char *query, const char *name);

#endif
