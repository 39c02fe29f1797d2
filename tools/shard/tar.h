/*
 * tar.h - tar archives as streams: ustar, with pax and GNU long names when reading
 *
 * Names are labels here: nothing is ever written to a path that an archive gives.
 */
#ifndef SHARD_TAR_H
#define SHARD_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/io.h"

/* ---- writing */

/* One regular file; name of at most 100 bytes. Owner, mode and time are fixed, so that the same contents give the same
 * archive. */
int tar_add(struct out *o, const char *name, const void *data, size_t len, struct err *e);
/* The two zero blocks at the end. */
int tar_end(struct out *o, struct err *e);

/* ---- reading */

struct tar {
	int fd;
	const char *path; /* for messages */
	struct buf head;  /* bytes that were read already, before the descriptor's */
	size_t head_pos;
	struct buf name; /* of the current member */
	uint64_t size;	 /* of the current member's contents */
	bool file;	 /* it is a regular file */
	uint64_t left;	 /* contents not read yet */
	unsigned pad;	 /* and what follows them */
};

enum { TAR_BLOCK = 512 };

/* Is this the first block of an archive? Its checksum says so. */
bool tar_sniff(const uint8_t block[TAR_BLOCK]);
/* path is kept by pointer; head, if any, are bytes taken from fd before. */
void tar_init(struct tar *t, int fd, const char *path, const void *head, size_t len);
/* The next member: 1, 0 at the end, -1 when the archive is damaged or cut short. Contents not read are skipped. */
int tar_next(struct tar *t, struct err *e);
/* All contents of the current member into b (emptied first); more than b->max is an error that leaves them skipped. */
int tar_read(struct tar *t, struct buf *b, struct err *e);
void tar_release(struct tar *t);

#endif
