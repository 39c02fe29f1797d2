/*
 * fetch.h - what the program does, one function a mode
 *
 * Each returns the exit status; messages have been printed.
 */
#ifndef FRL_FLICKR_FETCH_H
#define FRL_FLICKR_FETCH_H

#include <signal.h>

#include "common/err.h"
#include "flickr-fetch/config.h"
#include "flickr-fetch/ledger.h"
#include "flickr-fetch/transfer.h"

/* The signal that asked us to stop, 0: none. */
extern volatile sig_atomic_t fetch_signal;

/* Lists and fetches. */
int fetch_run(const struct config *c, struct ledger *l, struct transfers *t);
/* --list: rows of what the query finds, nothing is fetched or kept. */
int fetch_list(const struct config *c, struct transfers *t);
/* --dry-run: how much the query claims to find, by period, and what it would cost. */
int fetch_dry_run(const struct config *c, struct transfers *t);
/* --verify: asks after every photo held, removes what was taken back, prints the keys of those. */
int fetch_verify(const struct config *c, struct ledger *l, struct transfers *t);

/* Writes the ledger as a manifest to path (NULL: standard output). */
int manifest_write(const struct config *c, struct ledger *l, const char *path, struct err *e);

#endif
