/*
 * transfer.h - many HTTP requests at once, over few connections that are kept alive (libcurl)
 *
 * Nothing is followed, retried or judged here: each request ends with what came, and the caller decides. HTTPS is verified.
 * Bodies have caps, transfers a time-out and a stall time-out.
 */
#ifndef FRL_FLICKR_TRANSFER_H
#define FRL_FLICKR_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

struct transfer_options {
	const char *user_agent;
	const char *cacert; /* PEM file of authorities to trust instead of the system's; NULL: the system's */
	double timeout;	    /* seconds for a whole transfer */
	double stall;	    /* seconds without a byte */
	int connections;    /* to one host */
};

enum transfer_outcome {
	TRANSFER_DONE,	    /* an answer came whole; its status is in http */
	TRANSFER_FAILED,    /* no answer, or not all of it: worth another try */
	TRANSFER_TOO_LARGE, /* more bytes than the cap */
	TRANSFER_UNTRUSTED, /* the server's certificate does not hold */
};

struct transfer_result {
	void *owner;
	enum transfer_outcome outcome;
	const char *reason; /* when not DONE: a word for a status ("timeout", "cut-short", ..), a constant */
	char detail[256];   /* when not DONE: libcurl's words; without the address */
	long http;	    /* status, 0 when none came */
	double retry_after; /* seconds, 0: none */
	char *redirect;	    /* absolute address of a 3xx, NULL; owned */
	struct buf body;    /* owned */
};

struct transfers;

struct transfers *transfers_new(const struct transfer_options *o, struct err *e);
void transfers_start(struct transfers *t, const char *url, size_t max_bytes, void *owner);
int transfers_running(const struct transfers *t);
/*
 * Moves data until something is done, the time is over, transfers_wake was called, or out_fd (-1: none) can be written or
 * its reader is gone; *out_ready says the latter.
 */
int transfers_wait(struct transfers *t, double seconds, int out_fd, bool *out_ready, struct err *e);
/* The next finished one: true, r filled (release it). */
bool transfers_next(struct transfers *t, struct transfer_result *r);
void transfer_result_release(struct transfer_result *r);
/* From any thread. */
void transfers_wake(struct transfers *t);
/* Drops one of the transfers that run and returns its owner; NULL when none does. */
void *transfers_drop(struct transfers *t);
void transfers_free(struct transfers *t);

#endif
