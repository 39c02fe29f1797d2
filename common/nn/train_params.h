/*
 * train_params.h - the parameters of a network in training, their gradients, and batch norm's running statistics
 *
 * Layers declare what they need as the network is built, in PyTorch's order (that of state_dict); train_params_alloc then
 * lays all of it into one arena of values and one of gradients, so that optimiser, all-reduce and checkpoint are a pass over
 * memory. A declaration of a name that is there already finds it: two networks may share parameters.
 */
#ifndef FRL_NN_TRAIN_PARAMS_H
#define FRL_NN_TRAIN_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/nn/safetensors.h"
#include "common/nn/tensor.h"
#include "common/nn/train_ops.h"

/* What a parameter is: how it starts, and what an optimiser may leave out. */
enum train_role { TRAIN_CONV, TRAIN_LINEAR, TRAIN_BIAS, TRAIN_BN_WEIGHT, TRAIN_BN_BIAS };
/* How it starts, where its role does not say: uniform within sqrt(6 / (fan_in + fan_out)) (Xavier), or zero. */
enum train_start { TRAIN_START_ROLE, TRAIN_START_XAVIER, TRAIN_START_ZERO };

struct train_param {
	char *name;
	struct shape shape;
	enum train_role role;
	enum train_start start; /* TRAIN_START_ROLE unless the network's builder sets it */
	int fan_in;
	size_t offset, count; /* numbers, in both arenas */
	/* Split over ranks: its rows (of dimension 0) are those from `first` on of `rows`. rows 0: this rank has all. */
	int64_t first, rows;
};

/* NAME.running_mean and NAME.running_var, of c channels. */
struct train_running {
	char *name;
	int c;
	float *mean, *var;
};

struct train_params {
	size_t real; /* bytes of a number: the backend's */
	struct train_param *item;
	size_t n;
	struct train_running *running;
	size_t n_running;
	size_t count;	    /* numbers in an arena */
	void *value, *grad; /* NULL before train_params_alloc */
};

void train_params_init(struct train_params *p, const struct nn_train *ops);
void train_params_release(struct train_params *p);

/* The number of the parameter of that name, added unless it is there. A name there with another shape is a BUG. */
size_t train_params_declare(struct train_params *p, const char *name, enum train_role role, int fan_in,
			    struct shape shape);
/* Parameter i is rows [first, first + dimension 0) of one of `rows`, whose other rows other ranks hold (train_ranks.h). */
void train_params_split(struct train_params *p, size_t i, int64_t first, int64_t rows);
/* The same for running statistics: mean 0, variance 1. */
size_t train_params_running(struct train_params *p, const char *name, int c);
/* NAME.weight [oc, ic / groups, k, k] */
size_t train_params_conv(struct train_params *p, const char *name, int oc, int ic, int k);
/* NAME.weight and .bias of batch norm, with its running statistics; .bias is the number after. */
size_t train_params_bn(struct train_params *p, const char *name, int c, size_t *running);

/* Makes the arenas, all zero. Nothing is declared afterwards. */
void train_params_alloc(struct train_params *p);
void *train_params_value(const struct train_params *p, size_t i);
void *train_params_grad(const struct train_params *p, size_t i);
void train_params_zero_grad(struct train_params *p);

/*
 * Values as PyTorch's modules start: convolutions normal with variance 2 / fan_out (ResNet's own), linear layers and their
 * biases uniform within 1 / sqrt(fan_in), batch norm 1 and 0. A function of the seed and of each parameter's place; of a
 * split parameter also of the row's, so that it starts as the whole one does.
 */
void train_params_start(struct train_params *p, uint64_t seed);
/* The same values, of parameters `first` and later alone: where those before come from elsewhere. */
void train_params_start_from(struct train_params *p, size_t first, uint64_t seed);
/* Values and running statistics from a file, by name; all must be there with their shapes (running ones may be absent). */
int train_params_load(struct train_params *p, const struct safetensors *s, struct err *e);

#endif
