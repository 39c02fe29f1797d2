/*
 * swav_net.h - SwAV's network: a ResNet over views of several sizes, one projection head over all of them, prototypes
 * (Caron et al., NeurIPS 2020; the reference's main_swav.py)
 *
 * Views are grouped by size: the backbone runs once a group, so its batch norm sees one group at a time and its running
 * statistics move once a group, in the order given. The head runs once over the rows of all views, view by view (all samples
 * of view 0, then of view 1, ..).
 */
#ifndef FRL_MODEL_SWAV_NET_H
#define FRL_MODEL_SWAV_NET_H

#include "common/model/resnet_train.h"
#include "common/nn/backend.h"

enum { SWAV_MAX_GROUPS = 8 };

/* Names are those of the published FRL checkpoint: module.base_net., module.projection_net.net., module.prototypes.weight */
struct swav_config {
	enum resnet_arch arch;
	int width;	/* 1, 2, 4 */
	int hidden;	/* of the head; its first layer is linear, batch norm, ReLU */
	int features;	/* the embedding's dimensions */
	int prototypes; /* rows [features], no bias */
	int batch;	/* samples */
	int groups;
	struct {
		int count, size; /* views, pixels */
	} group[SWAV_MAX_GROUPS];
	int slices;	     /* of each group's batch and of the rows */
	enum nn_dtype dtype; /* of values; parameters, embeddings and the loss are f32 */
	/* Only what blocks of the backbone read is kept, not all but batch norm's outputs: less memory, more time, same bits. */
	bool checkpoint;
};

struct swav_net;

/* NN_BF16: on ops->bf16. */
struct swav_net *swav_net_new(const struct nn_train *ops, const struct swav_config *config);
void swav_net_free(struct swav_net *s);

/* Values are all zero until they are started or loaded. */
struct train_params *swav_net_params(struct swav_net *s);
/* The parameter number of the prototypes [prototypes, features]. */
size_t swav_net_prototypes(const struct swav_net *s);
/* Views of all groups, and bytes held for activations. */
int swav_net_views(const struct swav_net *s);
size_t swav_net_bytes(const struct swav_net *s);

/* Where a group's pictures go: plain [count * batch, 3, size, size], normalised; view by view. */
struct nn_batch swav_net_input(struct swav_net *s, int group);
/*
 * After values changed: packs weights; then forward, into z: dense [views * batch, features] of reals, before
 * L2 normalisation.
 */
void swav_net_forward(struct swav_net *s, bool train, int threads, void *z);
/* dz as z. Adds to the parameters' gradients (those of the prototypes are the caller's). */
void swav_net_backward(struct swav_net *s, int threads, const void *dz);

/* train_net_hold_running of all its networks. */
void swav_net_hold_running(struct swav_net *s, bool hold);
/*
 * The next backward calls fn when parameters [first, first + count) will not change any more, from the last to the first
 * roughly; those of the prototypes are the caller's.
 */
void swav_net_on_gradient(struct swav_net *s, void (*fn)(void *data, size_t first, size_t count), void *data);

#endif
