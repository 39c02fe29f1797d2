/*
 * train_net.h - networks in training: a list of nodes, and plans that run it forward and backward at one shape
 *
 * A network is built once by short functions that read like the paper (common/model/), and knows no sizes. A plan adds them:
 * the number of samples, the picture's size, and in how many slices the batch is cut. Forward is a loop over the nodes,
 * backward the reverse loop; each op runs slice by slice on any number of threads, and what is summed over slices is added
 * in slice order, so the bits depend on the number of slices and never on threads. Several plans (224 and 96 pixels) share
 * one network, its parameters and its packed weights; their gradients add up in the order in which they run.
 *
 * Ranks (ranks.h) are merged where slices are: batch norm's moments and its two backward sums over the ranks that share
 * statistics, the running ones the same on all. All ranks run the same plans. Gradients of parameters are each rank's own.
 *
 * All activations that backward reads live in one arena, planned once: a place is used again after its last reader.
 */
#ifndef FRL_NN_TRAIN_NET_H
#define FRL_NN_TRAIN_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/nn/train_ops.h"
#include "common/nn/train_params.h"

struct train_net;

/* Both must outlive the network. Parameters are declared as layers are added. */
struct train_net *train_net_new(const struct nn_train *ops, struct train_params *params);
void train_net_free(struct train_net *n);

/* A value is a small number. All of these return the value they add. */

/*
 * The network's only input, first. plain: pictures, dense [N, c, H, W], without a gradient; else rows [N, c], with one
 * (train_plan_gradient).
 */
int train_net_input(struct train_net *n, int c, bool plain);
/* NAME.weight, no bias (a batch norm follows); padding is k / 2. */
int train_net_conv(struct train_net *n, int x, const char *name, int oc, int k, int stride);
/* Any convolution: NAME.weight and, with c.bias, NAME.bias; c.ic and c.plain are x's. */
int train_net_conv_of(struct train_net *n, int x, const char *name, struct nn_train_conv c);
/*
 * PyTorch's ConvTranspose2d without bias or output padding: NAME.weight [c of x, oc, k, k]; a side of h becomes
 * (h - 1) stride + k - 2 pad.
 */
int train_net_conv_transposed(struct train_net *n, int x, const char *name, int oc, int k, int stride, int pad);
/* act(bn(x) + res): slope 1 none, 0 ReLU, else leaky; res -1: none. eps 1e-5. */
int train_net_bn(struct train_net *n, int x, const char *name, double slope, int res);
int train_net_maxpool(struct train_net *n, int x, struct nn_pool pool);
/* The mean over height and width: rows. */
int train_net_avgpool(struct train_net *n, int x);
/* The mean over windows, padding counted as zeros. */
int train_net_avgpool_windows(struct train_net *n, int x, struct nn_pool pool);
/* y = x w^T (+ bias): NAME.weight [m, c], NAME.bias [m]. */
int train_net_linear(struct train_net *n, int x, const char *name, int m, bool bias);
int train_net_add(struct train_net *n, int a, int b);
int train_net_act(struct train_net *n, int x, enum nn_act act);
/* To the height and width of value `like`; -1: of x, times factor. */
int train_net_resize(struct train_net *n, int x, enum nn_resize kind, int like, int factor);
/* Zeros with probability p in training, else x as it is; draws: train_plan_draws. */
int train_net_dropout(struct train_net *n, int x, double p);
/* The channels of all parts (at most TRAIN_NET_PARTS, of one size), one after the other. */
enum { TRAIN_NET_PARTS = 8 };
int train_net_concat(struct train_net *n, const int *part, int parts);

/* ---- rows. A value may have several rows a sample: of [N * rows, c], sample s has rows [s * rows, (s + 1) * rows). */

int train_net_l2norm(struct train_net *n, int x);
/* Rows [N, rows * c] as rows [N * rows, c]: a sample's vertices. */
int train_net_split(struct train_net *n, int x, int rows);
/* train_ops.h; s and m outlive the network, and a matrix' numbers are reals. */
int train_net_gather(struct train_net *n, int x, const struct nn_spiral *s);
int train_net_spmm(struct train_net *n, int x, const struct nn_csr *m);
/*
 * A spiral convolution: gather and linear in one, the same numbers without the gathered rows as a whole. NAME.weight
 * [m, length * c], NAME.bias [m].
 */
int train_net_spiral(struct train_net *n, int x, const struct nn_spiral *s, const char *name, int m, bool bias);

/* ---- what plans do with a value */

/* An output besides the last value: train_plan_value, train_plan_value_gradient. */
void train_net_output(struct train_net *n, int x);
/*
 * Where plans that compute values again (enum train_keep) begin to: x ends a block of the network, or a stage of blocks.
 * What a block, or stage, makes is read inside of it, x apart; what is not, is kept.
 */
enum train_mark { TRAIN_MARK_BLOCK = 1, TRAIN_MARK_STAGE };
void train_net_mark(struct train_net *n, int x, enum train_mark mark);

/* Packs the weights again: after train_params_alloc, and whenever values changed. */
void train_net_pack(struct train_net *n, int threads);

/*
 * For values that are fine as they are: of all values added so far, batch norm uses and keeps its running statistics in
 * training, too; freeze: and none of them has a gradient.
 */
void train_net_fix_norm(struct train_net *n);
void train_net_freeze(struct train_net *n);

/* Whether forward in training leaves the running statistics as they are: for a pass that is made again. */
void train_net_hold_running(struct train_net *n, bool hold);
/*
 * From now on backward calls fn when it has added the gradients of parameters [first, first + count), node after node;
 * NULL: no more.
 */
void train_net_on_gradient(struct train_net *n, void (*fn)(void *data, size_t first, size_t count), void *data);

/* ---- plans */

struct train_plan;

/*
 * What a plan keeps of forward for backward; what it does not keep it computes again there, with the same bits.
 *	TRAIN_KEEP_ALL		everything
 *	TRAIN_KEEP_COSTLY	all but the outputs of batch norm inside of stages, about half of the memory
 *	TRAIN_KEEP_BLOCKS	what was marked; one more forward pass through all but the last block
 */
enum train_keep { TRAIN_KEEP_ALL, TRAIN_KEEP_COSTLY, TRAIN_KEEP_BLOCKS };

/* For n samples of h x w (rows: 1 x 1), in `slices` slices (at most n) as even as can be. The last value is the output. */
struct train_plan *train_plan_new(const struct train_net *net, int n, int h, int w, int slices);
struct train_plan *train_plan_new_keeping(const struct train_net *net, int n, int h, int w, int slices,
					  enum train_keep keep);
void train_plan_free(struct train_plan *p);
/* Bytes that it holds: activations, gradients, scratch for that many threads. */
size_t train_plan_bytes(const struct train_plan *p);

/* The input, to be filled by the caller before forward; the output after it. */
struct nn_batch train_plan_input(struct train_plan *p);
struct nn_batch train_plan_output(struct train_plan *p);
/*
 * The gradient of the output, to be filled between forward and backward; of an input of rows, after backward. They may lie
 * where activations did.
 */
struct nn_batch train_plan_output_gradient(struct train_plan *p);
struct nn_batch train_plan_input_gradient(struct train_plan *p);

/* The same of an output of train_net_output. Gradients of all outputs are to be filled. */
struct nn_batch train_plan_value(struct train_plan *p, int v);
struct nn_batch train_plan_value_gradient(struct train_plan *p, int v);
/* What the next forwards' dropout draws: the network's k-th for (seed + (k + 1) * TRAIN_DROPOUT_SEED, epoch, sample + s, view). */
#define TRAIN_DROPOUT_SEED UINT64_C(0x9e3779b97f4a7c15)
void train_plan_draws(struct train_plan *p, uint64_t seed, uint32_t epoch, uint64_t sample, uint32_t view);

/* train: batch statistics, which also move the running ones; else the running ones. */
void train_plan_forward(struct train_plan *p, bool train, int threads);
/* Adds to the parameters' gradients. After a forward in training only. */
void train_plan_backward(struct train_plan *p, int threads);

#endif
