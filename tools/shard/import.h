/*
 * import.h - what the readers of other formats hand over
 */
#ifndef SHARD_IMPORT_H
#define SHARD_IMPORT_H

#include "common/tsv.h"
#include "tools/shard/picture.h"

struct import {
	bool raw, no_pg;
	bool silent;	      /* no warnings */
	struct out out, rows; /* rows: where rows_path is set */
	const char *rows_path;
	struct record_writer w;
	struct tsv_out row;
	struct buf pixels;     /* scratch */
	struct buf provenance; /* what archives said, as frl-shard export writes it */
	uint64_t in, failed;
};

/* One thing that may become a record. */
struct item {
	const char *id; /* "" where only the key is known */
	const char *path;
	uint64_t key;
	uint32_t face;
	int64_t label;
};

/* A picture file's bytes; one that is none is a row with its reason, and counted. -1 when writing fails. */
int import_picture(struct import *m, const struct item *it, const void *data, size_t len, struct err *e);
/* A tensor: r has dtype, dims and bytes. */
int import_tensor(struct import *m, const struct item *it, struct record *r, const void *payload, struct err *e);
/* Something that cannot become a record, and why. */
int import_failed(struct import *m, const struct item *it, const char *why, struct err *e);

/*
 * head[0..len) was read from fd already. The input as a whole being bad (cut short, not what its beginning said) is a
 * warning, counted in m->failed, and what was good before it is kept; -1 only when writing fails.
 */
int import_tar(struct import *m, int fd, const char *path, const void *head, size_t len, struct err *e);
int import_npy(struct import *m, int fd, const char *path, const void *head, size_t len, struct err *e);

#endif
