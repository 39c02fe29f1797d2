/* support_checkpoint.h - a small network whose numbers are random bits of a step, and a run's folder to keep it in */
#ifndef FRL_TESTS_SUPPORT_CHECKPOINT_H
#define FRL_TESTS_SUPPORT_CHECKPOINT_H

#include <stdbool.h>

#include "common/nn/checkpoint.h"

enum { CKPT_RUN = 64, CKPT_QUEUE = 2 * 5 * 4 };

struct ckpt_net {
	struct train_params params;
	struct optim optim;
	double queue[CKPT_QUEUE];
	float extra[3];
	struct checkpoint_tensor tensor[2];
	struct checkpoint_parts parts;
};

/* The run's folder: made by setup, removed by teardown. */
extern char ckpt_run[CKPT_RUN];
int ckpt_setup(void **unused);
int ckpt_teardown(void **unused);

void ckpt_start(struct ckpt_net *n, const struct nn_train *ops, enum optim_kind kind);
void ckpt_finish(struct ckpt_net *n);
/* Everything that a checkpoint holds, as a function of the step. */
void ckpt_fill(struct ckpt_net *n, uint64_t step);
void ckpt_assert_same(const struct ckpt_net *a, const struct ckpt_net *b);

int ckpt_try_save(struct ckpt_net *n, uint64_t step, struct err *e);
void ckpt_save(struct ckpt_net *n, uint64_t step);
void ckpt_prune(int keep, uint64_t every);
/* A network in training, LARS, and a run with checkpoints of the steps given (0 ends them). */
void ckpt_make_run(struct ckpt_net *n, const uint64_t *steps);
/* What is in path (NULL: the run) is whole and that of its step, which is returned. */
uint64_t ckpt_check(const char *path);

/* A path in the run, valid until the fourth call after. */
const char *ckpt_path(const char *name);
bool ckpt_exists(const char *name);
/* Entries of the run's folder, . and .. not counted. */
int ckpt_entries(void);
void ckpt_write(const char *name, const char *text);

#endif
