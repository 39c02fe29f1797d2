/*
 * walk.h - the listing side: the plan's queries, one after the other, and what they bring into the ledger
 *
 * A page's photos and the walk's position are entered in one transaction, so that a killed run goes on without a gap.
 */
#ifndef FRL_FLICKR_WALK_H
#define FRL_FLICKR_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "flickr-fetch/client.h"
#include "flickr-fetch/plan.h"

struct walk {
	const struct config *c;
	struct ledger *l;
	struct client *k;
	struct plan plan;
	int64_t from;
	struct plan_slice slice; /* of the query under way */
	int page;
	bool asking;
	int64_t public_at; /* --verify: photos seen are marked public as of this time, and nothing is added; 0: add */
	/* --list: called for each photo that was not seen before */
	int (*listed)(void *data, const struct photo *p, const char *status, struct err *e);
	void *data;

	uint64_t seen, fresh; /* photos in replies; those not known before */
	uint64_t excluded;    /* came with a licence that was not asked for */
	uint64_t malformed;
	uint64_t refused; /* new ones with status bad */
};

void walk_init(struct walk *w, const struct config *c, struct ledger *l, struct client *k, int64_t from, int64_t to);
bool walk_done(const struct walk *w);
/* Hands the next query to the client; only while !w->asking and !walk_done. */
void walk_ask(struct walk *w);
/* The reply to it. */
int walk_reply(struct walk *w, const struct api_reply *reply, struct err *e);

#endif
