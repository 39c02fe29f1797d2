/*
 * net.h - networks as a list of nodes, and plans: a network at one picture size
 *
 * A network is built once by short functions that read like the paper (common/model/), from parameters that are packed for
 * the backend as each layer is added. It knows no sizes. A plan adds them: the shape of every value, where in one arena
 * it lives (places are used again once nobody reads them), and what the backend prepares a layer with. Running a plan is
 * a loop over the nodes, on the calling thread; any number of threads may run one plan, each with an arena of its own.
 *
 * Batch norm is folded into its convolution here (inference): w' = w g / sqrt(var + 1e-5), b' = beta - mean g / sqrt(var +
 * 1e-5), computed in double. Weights that come folded (NAME.bias, no batch norm) are taken as they are.
 */
#ifndef FRL_NN_NET_H
#define FRL_NN_NET_H

#include "common/nn/backend.h"
#include "common/nn/params.h"

struct net;

/* A convolution by the names of its parameters: NAME.weight with BN.weight .bias .running_mean .running_var, or NAME.bias. */
struct net_layer {
	const char *name;
	const char *bn; /* NULL: no batch norm, NAME.bias where there is one */
	int oc;
	int k, stride; /* padding is k / 2 */
	bool depthwise;
	float slope; /* activation: 1 none, 0 ReLU, else leaky */
};

/*
 * The backend must outlive the network, params its building. A missing tensor is noted in params (params_check); building
 * goes on.
 */
struct net *net_new(const struct nn_backend *b, enum nn_dtype dtype, struct params *params);
void net_free(struct net *n);

/* A value is a small number. All of these return the value they add. */

/* From the picture (3 channels, mean subtracted). bgr: the weights want B G R. At most one, and first. */
int net_first(struct net *n, struct net_layer layer, bool bgr);
int net_conv(struct net *n, int x, struct net_layer layer);
/* v = conv(x) + res before the activation. */
int net_conv_add(struct net *n, int x, struct net_layer layer, int res);
/* conv(x) with its activation, then + up resized to it by nearest neighbour. */
int net_conv_up(struct net *n, int x, struct net_layer layer, int up);
/* A depthwise convolution and the 1x1 convolution after it. */
int net_pair(struct net *n, int x, struct net_layer dw, struct net_layer pw);
/*
 * Layers that each read only the one before, in one go where the backend can: what lies between takes no memory. A chain
 * that begins with NN_LINK_FIRST starts at the picture (x is then -1). For links whose outputs are large maps.
 */
struct net_link {
	enum nn_link_kind kind;
	struct net_layer layer;	    /* of a pair, the depthwise one */
	struct net_layer pointwise; /* of a pair */
};
int net_chain(struct net *n, int x, const struct net_link *link, int count, bool bgr);
int net_maxpool(struct net *n, int x);
/*
 * A place of c channels that is written in slices: a concatenation without copying. Slices begin at multiples of the
 * backend's block.
 */
int net_place(struct net *n, int c);
int net_slice(struct net *n, int place, int c0, int c);
/* Like net_conv, but into a slice. */
void net_conv_into(struct net *n, int x, struct net_layer layer, int y);
/*
 * Up to four convolutions of one geometry that read the same x, each into its own value (made by net_slice or net_place).
 * Narrow ones run as one convolution over all their channels.
 */
void net_siblings(struct net *n, int x, const struct net_layer *layer, const int *y, int count);
/* Several convolutions of one geometry on x as one value of the channels of all, in order (detector heads). */
int net_stack(struct net *n, int x, const struct net_layer *layer, int count);
/* Keeps a value to the end of the run, to be read by plan_value. */
void net_output(struct net *n, int v);

/* Prints a line per node: kind, kernel, channels, activation, weights. */
struct out;
int net_print(const struct net *n, struct out *o, struct err *e);

/* ---- plans */

struct plan;

/* For pictures of w x h. Thread-safe. */
struct plan *plan_new(const struct net *n, int w, int h);
void plan_free(struct plan *p);
/* Bytes of the arena that a run needs (64-byte aligned; contents do not matter before, values are in it after). */
size_t plan_arena_bytes(const struct plan *p);
/* Bytes that the plan itself holds (what the backend prepared). */
size_t plan_bytes(const struct plan *p);
void plan_run(const struct plan *p, const struct nn_picture *picture, void *arena);
/* An output after plan_run, in the backend's layout. */
struct nn_value plan_value(const struct plan *p, int v, void *arena);

/*
 * Plans by size, the least recently used given up when all together pass max_bytes (one in use is never given up).
 * Thread-safe. hits and misses count.
 */
struct plan_cache;
struct plan_cache *plan_cache_new(const struct net *n, size_t max_bytes);
void plan_cache_free(struct plan_cache *c);
const struct plan *plan_cache_get(struct plan_cache *c, int w, int h);
void plan_cache_put(struct plan_cache *c, const struct plan *p);
void plan_cache_stats(struct plan_cache *c, uint64_t *hits, uint64_t *misses);

#endif
