/*
 * output.h - the record stream and the manifest of what was written
 */
#ifndef FRL_CROP_OUTPUT_H
#define FRL_CROP_OUTPUT_H

#include "common/record.h"
#include "crop/input.h"

struct output {
	const struct crop_options *options;
	const struct columns *columns;
	struct out stream; /* unless appending */
	struct record_append append;
	bool appending;
	struct record_writer plain_writer, *writer;
	struct out manifest;
	bool has_manifest;
	struct tsv_out row;
	char *provenance; /* for the end record; NULL: none */
	uint64_t crops, failed;
};

struct output_names {
	const char *stream, *manifest; /* NULL: standard output; NULL: no manifest */
	bool append;
};

/* Opens both; writes the manifest's header. provenance: `#...` lines or "". Abort or commit afterwards in any case. */
int crop_output_open(struct output *w, const struct output_names *names, const struct input *in, const char *provenance,
		     struct err *e);
/* A finished job: its crops, then its rows. flush: nothing else is about to be written. */
int crop_output_job(struct output *w, const struct job *j, bool flush, struct err *e);
int crop_output_commit(struct output *w, struct err *e);
void crop_output_abort(struct output *w);

#endif
