/* loader_internal.h - what the files of loader.h share: loader.c steps, loader_make.c one sample, loader_dump.c streams */
#ifndef FRL_DATA_LOADER_INTERNAL_H
#define FRL_DATA_LOADER_INTERNAL_H

#include "common/data/batches.h"
#include "common/data/loader.h"
#include "common/data/source.h"
#include "common/io.h"

struct loader_scratch {
	struct source_room room;
	struct augment_scratch augment;
};

struct loader_dump; /* a stream of views being written */

struct loader {
	struct loader_config config; /* path and views are not to be used */
	struct source source;	     /* of pictures, or of views */
	bool replay;
	uint64_t samples, steps;
	uint64_t step;	  /* the next one */
	int views;	  /* of a sample */
	size_t row_bytes; /* of a sample: its views, each [3][size][size] */
	double waited;
	struct loader_scratch *scratch; /* [threads] */
	struct batches *batches;	/* NULL until something is wanted of them */
	struct loader_dump *dump;	/* NULL: none */
};

/* Ends what is made ahead; it begins again at the next step when something is wanted. */
void loader_stop(struct loader *l);

/* Bytes of a view of group g. */
static inline size_t loader_view_bytes(const struct loader *l, int g)
{
	size_t size = (size_t)l->config.group[g].augment.size;
	return 3 * size * size;
}

/* batches_config.make for pictures and for views: data is the loader, row is within this rank's. */
int loader_make(void *data, uint64_t step, int row, int worker, uint8_t *dst, struct batch_row *origin, struct err *e);
int loader_replay(void *data, uint64_t step, int row, int worker, uint8_t *dst, struct batch_row *origin,
		  struct err *e);

/* All views of a batch of `rows` samples, for the dump. */
int loader_dump_batch(struct loader *l, const struct batch *batch, int rows, struct err *e);
void loader_dump_abort(struct loader *l);

#endif
