/*
 * input.h - manifests, one after the other, as jobs
 */
#ifndef FRL_CROP_INPUT_H
#define FRL_CROP_INPUT_H

#include "crop/job.h"

struct input {
	const struct crop_options *options;
	struct columns columns;
	struct tsv tsv;
	char *const *files; /* [n_files]; none: standard input */
	int n_files, next_file;
	struct tsv_row head; /* of the first file, which the others must have too */
	bool pending;	     /* tsv.row is read and in no job yet */
	struct photo *photo; /* of the last row that needed one */
	struct buf id, path; /* scratch */
	uint64_t rows;
	struct err e; /* why crop_input_next ended early */
	bool failed;
};

/* Opens the first manifest and finds its columns. Release in any case. */
int crop_input_open(struct input *in, const struct crop_options *o, char *const *files, int n_files, struct err *e);
/* The next job; NULL at the end, and when the input is broken (failed, e). One thread at a time. */
struct job *crop_input_next(struct input *in);
void crop_input_release(struct input *in);

#endif
