/*
 * plan.h - which query to send next, so that nothing is lost and little is asked twice
 *
 * The API answers at most 4,000 distinct results a query, its totals are guesses, and its pages shift while they are read:
 * a photo taken down between two pages moves all later ones up, and what stood at the border is never seen. So no plan is
 * made beforehand. A window of upload dates slides over the range, oldest first, all tags in one query:
 *
 *	ask page 1 of [at, at + width]. More than 3,000 results: halve the window and ask again.
 *	A full page: all before the date of its last photo is listed; at moves to that date, which is asked again, since more
 *	photos of that second may follow. A page that is not full: at moves past the window.
 *
 * Only page 1 is ever read, so nothing can shift between pages, and a query costs 500 new photos wherever the windows lie.
 * The width follows the density (about 2,000 results a window). Where a window proves too large, the dates on its page tell
 * where the dense part begins, and two cuts get there.
 *
 * A single second that fills a page cannot be halved: it is read page by page, split by licence and then by tags when it
 * exceeds 3,000, and asked again until a pass brings nothing new. What exceeds 4,000 even then is lost: counted in `lost`.
 * A window that comes unsorted is read in the same way.
 *
 * Pure: no clock, no network. The caller sends what plan_next says and tells plan_reply what came.
 */
#ifndef FRL_FLICKR_PLAN_H
#define FRL_FLICKR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_SAFE 3000	/* results a query may claim and still be trusted */
#define PLAN_CAP 4000	/* distinct results that a query gives at most */
#define PLAN_DEPTH 64	/* 17 licences, then 7 halvings of 100 tags, with room */
#define PLAN_SEEN 32768 /* slots; at most 8 pages of 500 (5,000) are put in */

struct plan_slice {
	int64_t from, to; /* upload dates, both inclusive */
	uint32_t licences;
	int tag_first, tag_n;
};

struct plan {
	int64_t at, to; /* all uploaded before `at` is listed; done when at > to */
	int64_t width;	/* seconds of the next window */
	uint32_t licences;
	int n_tags;
	bool again;  /* the window's short page claimed more than it held, and is asked once more */
	bool shrunk; /* the window was too large and was cut already */

	struct plan_slice stack[PLAN_DEPTH]; /* slices read page by page, the last one first */
	int depth;
	int page, pass; /* of the last one */
	int pass_fresh; /* ids its pass brought that were not seen in it before */

	int64_t seen[PLAN_SEEN]; /* hash set of ids of the slice in hand; 0: free */
	int n_seen;

	uint64_t lost; /* photos that no query can reach, as the totals claim */
	uint64_t splits;
};

/* from <= to; n_tags and licences not empty. */
void plan_init(struct plan *p, int64_t from, int64_t to, int n_tags, uint32_t licences);
/* The query to send; false: all is listed. Without a plan_reply in between it gives the same. */
bool plan_next(const struct plan *p, struct plan_slice *slice, int *page);

struct plan_reply {
	int64_t total; /* claimed; -1: unknown */
	int entries;   /* on the page, whatever they were */
	int per_page;
	bool too_far; /* the API refused the page (error 20) */
	bool sorted;  /* by date, ascending */
	int n;	      /* photos among the entries */
	const int64_t *id;
	int64_t first, last; /* dates of the first and last photo, if n > 0 */
};
void plan_reply(struct plan *p, const struct plan_reply *r);

/* How much of the range is listed, 0..1. */
double plan_progress(const struct plan *p, int64_t from);

#endif
