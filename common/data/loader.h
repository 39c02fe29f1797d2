/*
 * loader.h - batches of views for training, made ahead of time on threads of their own
 *
 * Samples are the pictures of one or more record streams, in the order of order.h, each with the views of augment.h; or
 * views that were made elsewhere, replayed. What a step gets is a function of the configuration and the step's number: the
 * same bits for any number of threads, ranks and batches made ahead, and wherever the run was resumed.
 */
#ifndef FRL_DATA_LOADER_H
#define FRL_DATA_LOADER_H

#include <stdint.h>

#include "common/data/augment.h"
#include "common/err.h"

enum { LOADER_MAX_GROUPS = 8 };

struct loader_group {
	int count;
	struct augment augment; /* a replay needs size, mean and std only */
};

struct loader_config {
	const char *const *path; /* [paths] record streams of pictures, one after the other; u8, JPEG or PNG */
	int paths;
	const char *views; /* or, with paths 0: a stream of views to replay */
	int batch;	   /* samples of a step over all ranks, a multiple of ranks */
	int rank, ranks;   /* rows rank * batch / ranks .. of each batch are this rank's */
	int groups;	   /* views of one size each; they are numbered through, group after group */
	struct loader_group group[LOADER_MAX_GROUPS];
	uint64_t seed;
	int threads;  /* >= 1: they make views, and convert them within loader_next */
	int prefetch; /* >= 1: batches made ahead; as bytes, so one costs batch / ranks * 3 bytes a pixel */
};

struct loader;

/*
 * Opens the streams and looks into them: one that is no record stream, holds no record, was cut short or damaged, or holds
 * other things than pictures is an error, as are fewer samples than a batch and values out of range. What only shows
 * when a record is read (its CRC, checked once a run; its size, which has to be that of the first record; what a decoder
 * says) is an error of loader_next. All of them name the file, and the record where there is one. NULL on errors.
 *
 * A stream of views (frl-records(5)) has u8 pictures of the groups' sizes, samples in order, a sample's views in order,
 * labelled 0, 1, ..; the views of a sample share its key. It is not shuffled, and begins again when it is through.
 */
struct loader *loader_open(const struct loader_config *c, struct err *e);
void loader_close(struct loader *l); /* NULL is fine */

uint64_t loader_samples(const struct loader *l);
/* Steps of an epoch: samples / batch, rounded down. What is left over is not used in this epoch. */
uint64_t loader_steps(const struct loader *l);
/* Views of a sample: all groups' counts. */
int loader_views(const struct loader *l);
/* Bytes held for batches made ahead. */
size_t loader_bytes(const struct loader *l);

/* loader_next gives this step next: step % loader_steps() of epoch step / loader_steps(). At first it is step 0. */
void loader_seek(struct loader *l, uint64_t step);
/*
 * Waits for the next step's views and writes them, group g's to dst[g]: float [count][batch / ranks][3][size][size],
 * normalised, as swav_net_input has it. On errors -1; the loader stays at this step.
 */
int loader_next(struct loader *l, float *const *dst, struct err *e);
/* Seconds that the last loader_next waited for views that were not made yet. */
double loader_waited(const struct loader *l);

/*
 * From the next step on, what loader_next hands out is written to a stream of views as well (path as out_open has it),
 * which replayed gives the same floats; key and face are those of the sample's record. Rank 0 writes the rows of all
 * ranks, for which it makes them itself; on other ranks this does nothing. loader_dump_end adds the end record with
 * `text` (or NULL) and puts the file in place; without it nothing is left of it.
 */
int loader_dump(struct loader *l, const char *path, struct err *e);
int loader_dump_end(struct loader *l, const char *text, struct err *e);

#endif
