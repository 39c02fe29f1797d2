/*
 * client.h - one API call at a time: rate, cool-down, retries, and the reply read
 *
 * A call either ends with a reply (ok, or one of the failures a caller can act on: split, gone), or it fails for the whole
 * run: the key is refused, the query is wrong, or the service stayed away for all retries (EXIT_CODE_TEMPORARY).
 */
#ifndef FRL_FLICKR_CLIENT_H
#define FRL_FLICKR_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "flickr-fetch/api.h"
#include "flickr-fetch/config.h"
#include "flickr-fetch/ledger.h"
#include "flickr-fetch/limit.h"
#include "flickr-fetch/transfer.h"

struct client {
	const struct config *c;
	struct ledger *l;
	struct transfers *t;
	struct limit limit;
	uint64_t jitter;

	struct buf url;	   /* of the call in hand; holds the key */
	bool info;	   /* getInfo, not search */
	bool first_page;   /* of a search: nothing is too far into its results, whatever the API says */
	bool busy;	   /* a call was begun and has no reply yet */
	bool sent;	   /* its request is under way */
	int failures;	   /* of this call */
	double not_before; /* steady clock */

	uint64_t calls, complaints; /* requests sent, 429s among the answers */
	int minute[60];		    /* requests in each of the last minutes, for people */
	int64_t minute_at;
};

/* Reads bucket and cool-down of the last run from the ledger; a run that was killed is taken to have emptied the bucket. */
int client_init(struct client *k, const struct config *c, struct ledger *l, struct transfers *t, struct err *e);
/* Keeps the bucket for the next run; to be called when all ends well. Frees. */
int client_close(struct client *k, struct err *e);

/* k->url holds the address. */
void client_begin(struct client *k, bool info);
/* Sends when it may. Seconds until something is to be done here; a large number when nothing is. -1: give up, e says why. */
double client_step(struct client *k, double now, struct err *e);
/* For a transfer whose owner is k: 1 the reply is in *reply (release it), 0 it will be tried again, -1 the run must end. */
int client_result(struct client *k, struct transfer_result *r, struct api_reply *reply, double now, struct err *e);

/* All of it at once: begins, waits, returns with the reply. -1 also when *stop was set (e->code 0 then). */
int client_call(struct client *k, bool info, struct api_reply *reply, const volatile int *stop, struct err *e);
/* Calls that this hour still allows. */
int client_left(struct client *k);

#endif
