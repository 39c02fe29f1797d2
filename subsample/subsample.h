/*
 * subsample.h - what the files of frl-subsample share
 */
#ifndef FRL_SUBSAMPLE_SUBSAMPLE_H
#define FRL_SUBSAMPLE_SUBSAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/opt.h"
#include "common/progress.h"
#include "subsample/select.h"

struct subsample {
	struct opt_common common;
	const char *out;
	struct select_rule rule;
	bool streaming;	 /* one pass is enough: a blind share, or all */
	bool all;	 /* neither share nor count: every sample that --where and --every leave */
	const char *per; /* column, NULL: none */
	const char *identity;
	struct opt_list where;
	int64_t every; /* 0: all */
	const char *frame, *subject;
	int argc;
	char *const *argv;
	struct summary summary;
};

/* The input: a manifest or a record stream, on a descriptor that can be read again unless streaming. */
struct subset_input {
	int fd;
	const char *name;
	bool records;
	bool seekable;
	off_t start;
};

/* path "-": standard input. A pipe is looked at without being read from. */
int subset_input_open(struct subset_input *in, const char *path, struct err *e);
/* Makes the input one that can be read twice, by a copy in $TMPDIR if need be. */
int subset_input_spool(struct subset_input *in, struct err *e);
/* Back to the start, for another pass. */
int subset_input_rewind(const struct subset_input *in, struct err *e);
void subset_input_close(struct subset_input *in);

/* Both return 0, or -1; s->summary is filled. */
int subsample_manifest(struct subsample *s, struct subset_input *in, struct err *e);
int subsample_records(struct subsample *s, struct subset_input *in, struct err *e);

/* What was chosen and how, as one line without its newline: provenance. */
void subsample_describe(const struct subsample *s, struct buf *b);

#endif
