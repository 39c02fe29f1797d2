/*
 * session.h - the folder a run works in: its lock, its ledger, and the query it remembers
 */
#ifndef FRL_FLICKR_SESSION_H
#define FRL_FLICKR_SESSION_H

#include "common/err.h"
#include "flickr-fetch/config.h"
#include "flickr-fetch/ledger.h"

struct session {
	int lock; /* descriptor of DIR/.lock, held as long as it is open; -1 */
	struct ledger *l;
};

/*
 * Creates c->dir if need be, takes the lock (another run has it: EXIT_CODE_TEMPORARY at once) and opens the ledger. With
 * lock false only the ledger is opened, which must be there.
 */
int session_open(struct session *s, const struct config *c, bool lock, struct err *e);
void session_close(struct session *s);

/*
 * The command line's query is compared with the ledger's. No tags given: the remembered query is taken. Others than the
 * remembered ones: they are remembered from now on, and the walk begins anew.
 */
int session_query(struct session *s, struct config *c, struct err *e);

/* Reads the key from FLICKR_API_KEY, or from a file that nobody else may read; path NULL: the environment only. */
int session_key(struct config *c, const char *path, struct err *e);

#endif
