/*
 * retinaface.h - the RetinaFace face detector (Deng et al., CVPR 2020), as github.com/biubug6/Pytorch_Retinaface b984b4b has it
 *
 * Two bodies, MobileNetV1 x0.25 and ResNet-50, told apart by the names in the weights file; FPN; SSH; heads for class,
 * box and five landmarks at strides 8, 16 and 32. Input: the picture as it is, any size, B G R minus (104, 117, 123).
 */
#ifndef FRL_MODEL_RETINAFACE_H
#define FRL_MODEL_RETINAFACE_H

#include "common/image.h"
#include "common/model/detections.h"
#include "common/model/input.h"
#include "common/nn/backend.h"
#include "common/nn/safetensors.h"

enum { RETINAFACE_LEVELS = 3, RETINAFACE_SIZES = 2, RETINAFACE_POINTS = 5 };

/* What the weights' metadata says of their input; the reference's values where it says nothing. */
struct retinaface_config {
	struct model_input input; /* frl.input.order, .mean, .std, .scale; pictures of any size */
	float min_size[RETINAFACE_LEVELS][RETINAFACE_SIZES]; /* frl.anchors, pixels */
	int step[RETINAFACE_LEVELS];			     /* frl.steps */
	float variance[2];				     /* frl.variances */
};

struct retinaface;

/* Loads and packs. s may be closed afterwards. NULL: e names what is missing or does not fit. */
struct retinaface *retinaface_new(const struct nn_backend *b, enum nn_dtype dtype, const struct safetensors *s,
				  struct err *e);
void retinaface_free(struct retinaface *r);
/* "retinaface-mobilenet0.25" or "retinaface-resnet50" */
const char *retinaface_name(const struct retinaface *r);
const struct retinaface_config *retinaface_config(const struct retinaface *r);

/* Working memory of one thread: grows to the largest picture it met. Zero-initialise. */
struct retinaface_scratch {
	void *arena;
	size_t arena_bytes;
	float *heads; /* [h, w, 32] of one level */
	size_t heads_count;
};
void retinaface_scratch_release(struct retinaface_scratch *s);
/*
 * Gives the memory of an unusually large picture back, so that what a run holds is set by what is in flight and not by
 * which thread happened to meet the largest one. Call it after each picture.
 */
void retinaface_scratch_trim(struct retinaface_scratch *s);

/*
 * Detects in m, on the calling thread: every anchor whose score passes `threshold` is decoded and added to d (in m's pixels,
 * in anchor order, before NMS). The same bits for the same picture always. Thread-safe with one scratch a thread.
 */
void retinaface_detect(struct retinaface *r, const struct image *m, float threshold, struct retinaface_scratch *s,
		       struct detections *d);

/*
 * The raw outputs for tests and comparisons: loc [n, 4], conf [n, 2] after softmax, landm [n, 10], n anchors in the
 * reference's order (level, row, column, size). The arrays have room for retinaface_anchors(w, h).
 */
size_t retinaface_anchors(const struct retinaface *r, int w, int h);
void retinaface_raw(struct retinaface *r, const struct image *m, struct retinaface_scratch *s, float *loc, float *conf,
		    float *landm);

/* Only the network, for timing it. */
void retinaface_network(struct retinaface *r, const struct image *m, struct retinaface_scratch *s);
/* The plan cache's counts (net.h). */
void retinaface_cache_stats(struct retinaface *r, uint64_t *hits, uint64_t *misses);

#endif
