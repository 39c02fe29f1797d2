/*
 * train_options.h - options that the programs which train have in common: rows of their tables, and what the texts mean
 *
 * A row's o points to the program's own struct of options, whose members bear the names used here.
 */
#ifndef FRL_MODEL_TRAIN_OPTIONS_H
#define FRL_MODEL_TRAIN_OPTIONS_H

#include "common/nn/optim.h"
#include "common/nn/schedule.h"
#include "common/opt.h"

#define TRAIN_ROW_DATA(o) OPT_STR(0, "data", "FILE,..", &(o)->data, "record streams of pictures, one after the other")
#define TRAIN_ROW_OUT(o) OPT_STR(0, "out", "RUN", &(o)->out, "the run's folder: log and checkpoints")
#define TRAIN_ROW_RESUME(o) OPT_STR(0, "resume", "RUN", &(o)->resume, "go on with a run from its last checkpoint")
#define TRAIN_ROW_ARCH(o) OPT_CHOICE(0, "arch", NULL, &(o)->arch, train_archs, "the backbone")
#define TRAIN_ROW_WIDTH(o) OPT_INT(0, "width", "N", &(o)->width, 1, 4, "channels of the backbone, times 1, 2 or 4")
#define TRAIN_ROW_OPTIMIZER(o) \
	OPT_CHOICE(0, "optimizer", NULL, &(o)->optimizer, train_optimizers, "how a step follows the gradient")
#define TRAIN_ROW_SCHEDULE(o) \
	OPT_CHOICE(0, "schedule", NULL, &(o)->schedule, train_schedules, "the rate's course after the warm-up")
#define TRAIN_ROW_WARMUP(o) OPT_STR(0, "warmup", "TIME", &(o)->warmup, "length of the linear warm-up")
#define TRAIN_ROW_DROPS(o) OPT_STR(0, "drops", "TIME,..", &(o)->drops, "when --schedule steps drops the rate")
#define TRAIN_ROW_DROP_FACTOR(o) \
	OPT_F64(0, "drop-factor", "X", &(o)->drop_factor, 1e-6, 1, "what a drop multiplies it with")
#define TRAIN_ROW_MOMENTUM(o) OPT_F64(0, "momentum", "X", &(o)->momentum, 0, .99999, "of SGD and LARS")
#define TRAIN_ROW_STEPS(o) OPT_I64(0, "steps", "N", &(o)->steps, 0, 1e15, "length of the run in steps; 0: --epochs")
#define TRAIN_ROW_LOG(o) OPT_INT(0, "log", "N", &(o)->log, 1, 1 << 30, "a line for people every N steps")
#define TRAIN_ROW_SAVE_EVERY(o) \
	OPT_STR(0, "save-every", "TIME", &(o)->save_every, "time between checkpoints; 0: only at the end")
#define TRAIN_ROW_KEEP(o) OPT_INT(0, "keep", "N", &(o)->keep, 1, 1 << 20, "how many of the last checkpoints stay")
#define TRAIN_ROW_SLICES(o) \
	OPT_INT(0, "slices", "N", &(o)->slices, 1, 4096, \
		"pieces that a batch is computed in; they decide the last bits, and the most threads")

/* Names of enum resnet_arch, optim_kind and schedule_kind, NULL-ended. */
extern const char *const train_archs[], *const train_optimizers[], *const train_schedules[];

/* All: -1, with the option named and EXIT_CODE_USAGE, where text or value makes no sense. */
int train_option_width(int width, struct err *e);
int train_option_length(struct schedule_length *l, const char *option, const char *text, struct err *e);
/* --drops: lengths with commas between them, or nothing. */
int train_option_drops(struct schedule_length drop[SCHEDULE_MAX_DROPS], int *drops, const char *text, struct err *e);
/* With the constants that no option sets; Adam's as PyTorch has them. */
struct optim_config train_option_optim(int kind, double momentum, double decay);

#endif
