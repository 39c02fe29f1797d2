/*
 * shard.h - what the commands of frl-shard share
 */
#ifndef SHARD_H
#define SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/opt.h"
#include "common/progress.h"
#include "common/record.h"

/* ---- the streams named on the command line (none: standard input), read as one */

struct streams {
	struct record_reader r; /* r.head and r.payload are the current record */
	uint64_t index;		/* of the current data record, counted over all streams */
	struct buf provenance;	/* what the end records said so far, each text once; at most 1 MiB */
	/* Sums over the streams that are done. */
	uint64_t records, segments, damage, lost_records, lost_bytes, bytes;
	int cut_short; /* streams without an end record */
	int torn;      /* of these: ended within a record */
	/* Private. */
	char **path;
	int paths, at;
	bool headers, open, quiet;
};

/*
 * argv[first..argc) are the paths. headers: payloads are hopped over where the stream is a file. Without any path, and
 * with standard input a terminal, it prints the usage and exits.
 */
void streams_init(struct streams *in, const struct opt_program *p, int argc, char **argv, int first, bool headers);
/* The next data record: 1, 0 at the end of the last stream, -1. End records are passed over. */
int streams_next(struct streams *in, struct err *e);
/* 0, or EXIT_CODE_SOME_FAILED when anything was lost or cut short. Releases in. */
int streams_finish(struct streams *in);

/* ---- sets of records */

/* From (key, face) to a number. Zero-initialise. */
struct key_table {
	struct key_slot *slot;
	size_t cap, n;
	bool by_face; /* else one entry for all faces of a photo */
};

/* false when there is one already, which stays. */
bool key_table_add(struct key_table *t, uint64_t key, uint32_t face, uint64_t value);
/* The value, or -1. */
int64_t key_table_find(const struct key_table *t, uint64_t key, uint32_t face);
void key_table_release(struct key_table *t);

/* ---- manifests: which record is a row about? */

struct tsv;
struct row_key {
	int id, key, face; /* columns; -1 where there is none */
};
/* The manifest must have a column id or, failing that, key (16 hexadecimal digits, as frl-shard ls writes them). */
int row_key_columns(struct row_key *c, const struct tsv *t, struct err *e);
/* The current row's key and face (0 without a column); `b` is scratch. */
int row_key_get(const struct row_key *c, const struct tsv *t, struct buf *b, uint64_t *key, uint32_t *face,
		struct err *e);

/* ---- small things */

#define KEY_TEXT 17
/* 16 hexadecimal digits. */
void key_format(char text[KEY_TEXT], uint64_t key);
int key_parse(const char *text, uint64_t *key);
/* "256x256x3", "-" for a scalar. */
#define DIMS_TEXT 48
void dims_format(char text[DIMS_TEXT], const struct record *r);
/* For an end record: what the inputs said, then the #pg line of this run; NULL with no_pg. Text of b. */
const char *provenance(struct buf *b, const struct buf *inputs, bool no_pg, int argc, char **argv);

/* ---- the commands: argv[0] is the command's name; they return the exit status */

int shard_info(int argc, char **argv);
int shard_check(int argc, char **argv);
int shard_repair(int argc, char **argv);
int shard_ls(int argc, char **argv);
int shard_cat(int argc, char **argv);
int shard_join(int argc, char **argv);
int shard_get(int argc, char **argv);
int shard_sheet(int argc, char **argv);
int shard_export(int argc, char **argv);
int shard_import(int argc, char **argv);

#endif
