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
/* act(bn(x) + res): slope 1 none, 0 ReLU, else leaky; res -1: none. eps 1e-5. */
int train_net_bn(struct train_net *n, int x, const char *name, double slope, int res);
int train_net_maxpool(struct train_net *n, int x, struct nn_pool pool);
/* The mean over height and width: rows. */
int train_net_avgpool(struct train_net *n, int x);
/* y = x w^T (+ bias): NAME.weight [m, c], NAME.bias [m]. */
int train_net_linear(struct train_net *n, int x, const char *name, int m, bool bias);

/* Packs the weights again: after train_params_alloc, and whenever values changed. */
void train_net_pack(struct train_net *n, int threads);

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
 * For n samples of h x w (rows: 1 x 1), in `slices` slices (at most n) as even as can be. The last value is the output.
 */
struct train_plan *train_plan_new(const struct train_net *net, int n, int h, int w, int slices);
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

/* train: batch statistics, which also move the running ones; else the running ones. */
void train_plan_forward(struct train_plan *p, bool train, int threads);
/* Adds to the parameters' gradients. After a forward in training only. */
void train_plan_backward(struct train_plan *p, int threads);

#endif
