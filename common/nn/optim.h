/*
 * optim.h - optimisers: a step of every parameter from its gradient
 *
 * SGD with momentum and Adam are PyTorch's. LARS is apex' LARC with clip=False around SGD, as the SwAV reference runs it:
 *
 *	|p|, |g| != 0:  g <- (g + decay p) * trust |p| / (|g| + decay |p| + eps);   otherwise g stays raw, without decay
 *	m <- momentum m + g  (the first step: m = g);   p <- p - lr m
 *
 * A parameter that is left out of a step (frozen) is not touched at all, and its momentum does not begin. Norms are double,
 * summed in fixed pieces and those in order: a step has the same bits for any number of threads. Of a parameter that is split
 * over ranks the norms are those of all its rows: all ranks call together.
 */
#ifndef FRL_NN_OPTIM_H
#define FRL_NN_OPTIM_H

#include <stdbool.h>

#include "common/nn/train_params.h"

enum optim_kind { OPTIM_SGD, OPTIM_LARS, OPTIM_ADAM };

struct optim_config {
	enum optim_kind kind;
	double momentum, weight_decay; /* SGD, LARS; weight_decay: all */
	double trust, eps;	       /* LARS: .001, 1e-8; Adam: eps 1e-8 */
	double beta1, beta2;	       /* Adam */
	bool decoupled;		       /* Adam: decay of the parameter itself (AdamW), not L2 in the gradient */
	bool lars_weights_only;	       /* biases and batch norm by plain SGD without decay */
};

/* What a parameter has of its own; groups are parameters with the same. */
struct optim_own {
	double lr, decay; /* factors on the step's and the configuration's */
	bool frozen;
};

struct optim {
	struct optim_config c;
	struct train_params *params;
	struct optim_own *own; /* [params->n], 1 1 false */
	uint64_t *steps;       /* [params->n] taken: 0, the state has not begun */
	void *m, *v; /* arenas like the parameters': momentum or first moment; second moment (Adam, else NULL) */
};

/* params has its arenas already, and outlives the optimiser. */
void optim_init(struct optim *o, const struct optim_config *c, struct train_params *params);
void optim_release(struct optim *o);
void optim_step(struct optim *o, double lr, int threads);
/* The norm of the gradient over all parameters (and all rows of split ones), frozen ones included. */
double optim_gradient_norm(const struct train_params *params, int threads);

#endif
