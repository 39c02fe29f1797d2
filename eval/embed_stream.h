/*
 * embed_stream.h - pictures of record streams to features, as a record stream: frl-eval embed, and recognition of a model
 */
#ifndef FRL_EVAL_EMBED_STREAM_H
#define FRL_EVAL_EMBED_STREAM_H

#include <stdbool.h>

#include "common/io.h"
#include "common/model/embedder.h"
#include "common/progress.h"

struct embed_config {
	const char *model; /* NULL: the picture's pixels, shrunk to pixels x pixels */
	enum embedder_layer layer;
	int size, pixels; /* size 0: as the weights say */
	bool flip_sum;
	bool recognition;  /* only a model of recognition will do */
	bool scored;	   /* records that the model was chosen on are an error */
	char *const *path; /* [paths] of the streams; none: standard input */
	int paths;
	int threads;
	bool quiet, no_pg;
	int argc; /* of the sub-command, for the line of provenance */
	char *const *argv;
};

/*
 * Tensors of f32, one a picture, in the same order, with the picture's key, face and label. Records that are no pictures are
 * named, left out and counted in s->failed, and so are places of damage, which *damage counts as well. -1: weights or a stream
 * that cannot be used, or out.
 */
int embed_stream(const struct embed_config *c, struct out *out, struct summary *s, uint64_t *damage, struct err *e);

#endif
