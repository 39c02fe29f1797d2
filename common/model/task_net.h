/*
 * task_net.h - a task's network: a ResNet and the task's head, trained and run on batches of any size up to one
 */
#ifndef FRL_MODEL_TASK_NET_H
#define FRL_MODEL_TASK_NET_H

#include "common/model/task.h"

struct task_net;

/* Names: the backbone's are torchvision's behind "backbone.", the head's behind "head.". */
#define TASK_BACKBONE "backbone."

struct task_net_config {
	int batch; /* the most samples of this rank */
	int slices;
	bool frozen_norm; /* the backbone's batch norm keeps its running statistics */
	bool freeze;	  /* so it does, and the backbone learns nothing */
};

/* model must be configured, and outlives the network. Values are all zero until they are started or loaded. */
struct task_net *task_net_new(const struct nn_train *ops, const struct task_model *model,
			      const struct task_net_config *c);
void task_net_free(struct task_net *t);

const struct task_model *task_net_model(const struct task_net *t);
const struct nn_train *task_net_ops(const struct task_net *t);
struct train_params *task_net_params(struct task_net *t);
/* Is parameter i the backbone's? */
bool task_net_is_backbone(const struct task_net *t, size_t i);
/* Height and width of the output of the last run. */
void task_net_output_size(const struct task_net *t, int *h, int *w);
size_t task_net_bytes(const struct task_net *t);

/* After values changed. */
void task_net_pack(struct task_net *t, int threads);
/*
 * One step up to the gradients, which are added to the parameters' and then over ranks: those of the whole batch, on every
 * rank. picture [n][3][size][size], label [n][label_width] are this rank's samples, n at least 1 and at most the batch;
 * total: samples of all ranks. Numbers of a picture are the backend's, f32 or f64 (train_ops.h: real).
 */
void task_net_step(struct task_net *t, const void *picture, const double *label, int n, int total, int threads,
		   struct task_loss *loss);
/*
 * The loss in evaluation mode, nothing learnt; label NULL: none. *out: the output, [n][..] dense, the network's own.
 * Returns the numbers of a sample's output. For backends in f32.
 */
size_t task_net_run(struct task_net *t, const float *picture, const double *label, int n, int total, int threads,
		    struct task_loss *loss, const float **out);

/*
 * The model in a file of weights, or in the folder of a run or of a checkpoint, for evaluation; *model is initialised, and
 * to be released after the network. Identities of recognition are left out. NULL: e names the file.
 */
struct task_net *task_net_load(const struct nn_train *ops, struct task_model *model, const char *path,
			       const struct task_net_config *c, struct err *e);

#endif
