/*
 * photos.h - the fetching side: from the ledger's queue through the network to the store, and what became of each photo
 *
 * A photo ends as held, as failed for ever (gone, bad), or postponed to a later run (temp). Until then its job waits in a
 * heap for its next attempt, is under way, or is with the store. Decisions are gathered and entered in the ledger in
 * groups.
 */
#ifndef FRL_FLICKR_PHOTOS_H
#define FRL_FLICKR_PHOTOS_H

#include <stdbool.h>
#include <stdint.h>

#include "flickr-fetch/config.h"
#include "flickr-fetch/hosts.h"
#include "flickr-fetch/ledger.h"
#include "flickr-fetch/store.h"
#include "flickr-fetch/transfer.h"

#define PHOTOS_PARKED 4096 /* jobs that wait for their next attempt, at most */
#define PHOTOS_GIVE_UP 24  /* 429s in a row from a host after which the run ends */
#define PHOTOS_DEAD 60	   /* failures in a row, whatever the host, after which the network is taken to be down */
#define PHOTOS_RUNS 5	   /* runs that may postpone a photo before it counts as bad */

struct job;

struct photos {
	const struct config *c;
	struct ledger *l;
	struct store *store;
	struct transfers *t;
	struct hosts hosts;
	uint64_t jitter;

	int64_t cursor;	   /* place in the ledger's queue */
	struct job *head;  /* taken from the queue, waits for its host */
	struct job **heap; /* parked, by the time of the next attempt */
	int n_parked;
	int running;
	struct decision *decision; /* to be entered in the ledger */
	int n_decisions, cap_decisions;
	double not_before; /* steady clock: an earlier run was told to leave the hosts alone until then */
	int failures;	   /* in a row */
	bool hold;	   /* the reader of our rows is slow: start nothing */
	bool stopped;	   /* no new attempts in this run */
	int64_t waiting;   /* in the ledger's queue, jobs in hand included */

	uint64_t held, same, gone, bad, none, postponed, complaints, bytes;
};

int photos_init(struct photos *p, const struct config *c, struct ledger *l, struct store *s, struct transfers *t,
		struct err *e);
void photos_release(struct photos *p);

/*
 * Starts what may be started. Seconds until more may be (a large number: when something ends), -1 with e. *idle: nothing
 * is in hand and the queue has nothing more at present.
 */
double photos_step(struct photos *p, double now, bool *idle, struct err *e);
/* For a transfer that photos_step started; releases r. */
void photos_result(struct photos *p, struct transfer_result *r, double now);
/* In a transaction: enters what was decided, and the store's finished items (frees them). */
int photos_enter(struct photos *p, struct store_item *items, double now, struct err *e);
/* All parked jobs are postponed, no more are started. */
void photos_stop(struct photos *p, double now);
/* For a transfer that was dropped. */
void photos_dropped(struct photos *p, void *owner);

#endif
