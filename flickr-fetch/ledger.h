/*
 * ledger.h - what frl-flickr-fetch knows, in one SQLite file that survives kill -9 at any instant
 *
 * DIR/ledger.sqlite holds every photo ever listed (with its state), the tail of the walk through upload dates, the last
 * query, and the cool-downs that servers asked for. Write-ahead log, one sync a transaction. Anyone can read it with
 * sqlite3(1) while frl runs. Functions return -1 with e filled when SQLite fails (disk full, damaged file).
 */
#ifndef FRL_FLICKR_LEDGER_H
#define FRL_FLICKR_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "flickr-fetch/api.h"
#include "flickr-fetch/plan.h"

/* States of a photo, as stored: never renumber. */
enum ledger_state {
	LEDGER_TODO = 0,      /* listed; status says why an earlier attempt failed */
	LEDGER_HELD = 1,      /* file is on disk, or the content is that of another photo (status none:same-as-ID) */
	LEDGER_FAILED = 2,    /* can never be had: gone, bad, none */
	LEDGER_WITHDRAWN = 3, /* was held, was taken back by its owner; nothing but the id is kept */
};

struct ledger;

/* Creates or opens; path NULL: a temporary one. Another program's file or a later version is an error. */
int ledger_open(struct ledger **l, const char *path, struct err *e);
void ledger_close(struct ledger *l);

int ledger_begin(struct ledger *l, struct err *e);
int ledger_commit(struct ledger *l, struct err *e);
void ledger_rollback(struct ledger *l);

/* ---- small values by name */
int ledger_set(struct ledger *l, const char *name, const char *value, struct err *e);
int ledger_set_f64(struct ledger *l, const char *name, double value, struct err *e);
int ledger_set_i64(struct ledger *l, const char *name, int64_t value, struct err *e);
/* "" and `otherwise` when it was never set. */
int ledger_get(struct ledger *l, const char *name, struct buf *value, struct err *e);
int ledger_get_f64(struct ledger *l, const char *name, double otherwise, double *value, struct err *e);
int ledger_get_i64(struct ledger *l, const char *name, int64_t otherwise, int64_t *value, struct err *e);

/* ---- listing */

/* Adds a photo in state TODO, or FAILED with `status` if that is given. *fresh: it was not there before. */
int ledger_add(struct ledger *l, const struct photo *p, const char *status, bool *fresh, struct err *e);
/* Remembers that the photo is public as of `when` (--verify); photos not in the ledger are none of its business. */
int ledger_mark_public(struct ledger *l, int64_t id, int64_t when, struct err *e);
/* What one search call claimed and brought. */
int ledger_add_call(struct ledger *l, const struct plan_slice *s, int page, const struct plan_reply *r, int fresh,
		    int64_t when, struct err *e);

/* ---- fetching */

struct ledger_todo {
	struct photo photo; /* owned by the caller */
	int64_t seq;	    /* place in the queue */
	int tries;	    /* runs that gave it up */
	double not_before;  /* unix seconds: the server asked for patience */
};
/* The next in the queue after place `after`: 1, 0 none, -1. */
int ledger_next_todo(struct ledger *l, int64_t after, struct ledger_todo *t, struct err *e);
int ledger_count_todo(struct ledger *l, int64_t *n, struct err *e);

int ledger_find_content(struct ledger *l, const uint8_t sha256[32], int64_t *id, struct err *e); /* 0: none */
/* The file is durable under its final name. same_as: the photo whose content it repeats (its own file is gone), 0: none. */
int ledger_held(struct ledger *l, int64_t id, const char *ext, uint64_t bytes, const uint8_t sha256[32], int width,
		int height, int64_t same_as, int64_t when, struct err *e);
int ledger_failed(struct ledger *l, int64_t id, const char *status, struct err *e);
/* Given up for this run. */
int ledger_postponed(struct ledger *l, int64_t id, const char *status, int tries, double not_before, struct err *e);

/* ---- rows */

struct ledger_row {
	struct photo photo; /* strings belong to the ledger until the next row */
	enum ledger_state state;
	const char *status;
	const char *ext;
	int64_t bytes;
	char sha256[65]; /* hex, "" when not fetched */
	int64_t due;	 /* place in the order of decisions; 0 once handed down the pipe */
};

enum ledger_select {
	LEDGER_ALL,	 /* all but the withdrawn, by id */
	LEDGER_UNHANDED, /* decided, not yet handed down the pipe, and due after `value`; in the order they were decided */
	LEDGER_UNCHECKED, /* held, and not seen to be public since `value` */
	LEDGER_GONE_IDS,  /* withdrawn: id only */
};
/* Calls fn for each row until it returns non-zero, which is returned. The ledger must not be changed meanwhile. */
int ledger_each(struct ledger *l, enum ledger_select select, int64_t value,
		int (*fn)(void *data, const struct ledger_row *row, struct err *e), void *data, struct err *e);
int ledger_one(struct ledger *l, int64_t id, int (*fn)(void *data, const struct ledger_row *row, struct err *e),
	       void *data, struct err *e);
/* The row was written to standard output. */
int ledger_handed(struct ledger *l, int64_t id, struct err *e);

/* ---- taking back */

/* Oldest and newest upload date of the held; 0, 0 when there are none. */
int ledger_held_range(struct ledger *l, int64_t *from, int64_t *to, struct err *e);
/* Forgets all but the id, and puts photos with the same content back into the queue. */
int ledger_withdraw(struct ledger *l, int64_t id, struct err *e);

/* DIR-relative path of a photo's file: "ab/cd/ID.jpg", ab and cd from the key of its records. */
void ledger_path(char path[64], int64_t id, const char *ext);

#endif
