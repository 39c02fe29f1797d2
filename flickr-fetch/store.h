/*
 * store.h - photos onto the disk: whole or absent, durable in groups
 *
 * A thread of its own checks each body, hashes it and writes it to DIR/.tmp. When 64 files are there, or a second after
 * the first, or when nothing else is coming, the group is made durable: sync, rename to the final names, sync. Then it is
 * handed back, to be entered in the ledger. One sync of the file system serves a whole group: a sync for each file would
 * cap the whole program at about 200 photos a second.
 */
#ifndef FRL_FLICKR_STORE_H
#define FRL_FLICKR_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "flickr-fetch/picture.h"

#define STORE_GROUP 64

struct store_item {
	struct store_item *next;
	void *owner; /* the caller's */
	int64_t id;
	char *body; /* owned by the item; NULL once written */
	size_t len;
	int width, height; /* promised, 0: unknown; filled in when the picture is sound */
	/* the outcome */
	const char *bad; /* NULL: the file is on disk; otherwise the reason why not (a constant) */
	const char *ext;
	uint8_t sha256[32];
};

struct store;

/*
 * Creates DIR/.tmp or empties it of what a killed process left. wake(data) is called from the store's thread when a group
 * is done. deny stays the caller's.
 */
struct store *store_open(const char *dir, const struct picture_deny *deny, void (*wake)(void *data), void *data,
			 struct err *e);
/* Is there room? No more than two groups wait. */
bool store_room(struct store *s);
void store_put(struct store *s, struct store_item *item);
/* Nothing more is coming for the moment: do not wait for the group to fill. */
void store_flush(struct store *s);
/*
 * A list of finished items in the order of store_put (the caller frees each and its body), NULL: none yet. -1 in *rc with
 * e filled: the disk failed.
 */
struct store_item *store_done(struct store *s, int *rc, struct err *e);
/* Items put and not yet returned by store_done. */
int store_pending(struct store *s);
/* Items not yet written are dropped. */
void store_close(struct store *s);

#endif
