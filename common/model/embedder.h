/*
 * embedder.h - a picture's features: what a backbone in evaluation mode makes of it
 *
 * Reads weights by torchvision's names, bare or behind module., base_net. or both, with the projection head of FRL
 * (projection_net.net.), SwAV (projection_head.) or an export (projection.) where there is one; obeys their metadata (input.h).
 * Models of recognition (task.h), too: their head is the embedding's linear layer, and pictures fit their input as in training.
 */
#ifndef FRL_MODEL_EMBEDDER_H
#define FRL_MODEL_EMBEDDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/image.h"
#include "common/model/input.h"
#include "common/nn/safetensors.h"

enum embedder_layer {
	EMBEDDER_LAYER1, /* the mean over the positions of a stage */
	EMBEDDER_LAYER2,
	EMBEDDER_LAYER3,
	EMBEDDER_POOLED, /* the same of the last one: what a classifier would get */
	EMBEDDER_HEAD,	 /* the projection head's output, or the embedding; before L2 normalisation */
	EMBEDDER_AUTO,	 /* the head of a model of recognition, else pooled */
};

struct embedder;

/*
 * size: pixels a side, 0: what the metadata says, else 224. s may be closed afterwards. NULL: e says what is missing or does
 * not fit.
 */
struct embedder *embedder_new(const struct safetensors *s, enum embedder_layer layer, int size, struct err *e);
void embedder_free(struct embedder *m); /* NULL is fine */

/* Numbers of a picture's features. */
size_t embedder_features(const struct embedder *m);
const struct model_input *embedder_input(const struct embedder *m);
const char *embedder_name(const struct embedder *m); /* "resnet50" */

/* Working memory of one thread. Zero-initialise. */
struct embedder_scratch {
	struct image sized, flipped;
	void *arena;
	float *map, *pooled, *hidden;
};
void embedder_scratch_release(struct embedder_scratch *s);

/*
 * The features of the whole picture m, of any size, resized to the input's (for a model of recognition without changing its
 * proportions, the rest black); with flip_sum its mirror image's added. On the calling thread; thread-safe with one scratch a
 * thread; the same bits for the same picture always.
 */
void embedder_run(const struct embedder *m, const struct image *picture, bool flip_sum, struct embedder_scratch *s,
		  float *dst);

#endif
