/*
 * feed.h - manifest rows on standard output, without ever waiting for its reader
 *
 * A row is written only when the pipe has room, so a slow reader stops new transfers and never the ones in flight. Which
 * rows have left is told, to be entered in the ledger.
 */
#ifndef FRL_FLICKR_FEED_H
#define FRL_FLICKR_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/tsv.h"
#include "flickr-fetch/config.h"
#include "flickr-fetch/ledger.h"

struct feed {
	struct tsv_out w; /* rows not yet written, from `at` on */
	size_t at;
	struct feed_mark {
		size_t end; /* where the row ends in w.line */
		int64_t id;
	} * mark; /* of rows not yet told to be written, n of them from `first` on */
	size_t first, n, cap;
	uint64_t count;
};

/* Writes the header. */
int feed_open(struct feed *r, const struct config *c, struct err *e);
void feed_add(struct feed *r, const char *dir, const struct ledger_row *row);
bool feed_busy(const struct feed *r);
/* Writes what the pipe takes. 0; -1 with e->code EXIT_CODE_FAILED, or 0 when the reader is gone (EPIPE). */
int feed_push(struct feed *r, struct err *e);
/* The id of the next row that has left, 0: none. */
int64_t feed_left(struct feed *r);
void feed_close(struct feed *r);

/* The header and one row of a manifest. Paths begin with dir. */
void manifest_header(struct tsv_out *w, const struct config *c);
void manifest_row(struct tsv_out *w, const char *dir, const struct ledger_row *row);

#endif
