/*
 * options.h - what a run is told: its options as typed, where they come from, and what they mean
 *
 * Options have three sources, the later wins: defaults, a preset or the checkpoint of a run that goes on, the command line
 * (wherever on it they stand). They are kept as they were typed, so that a checkpoint can hold them as text.
 */
#ifndef FRL_PRETRAIN_OPTIONS_H
#define FRL_PRETRAIN_OPTIONS_H

#include "common/data/augment.h"
#include "common/model/swav_net.h"
#include "common/nn/checkpoint.h"
#include "common/nn/optim.h"
#include "common/nn/schedule.h"
#include "common/opt.h"

enum options_dtype { OPTIONS_F32, OPTIONS_BF16, OPTIONS_AUTO }; /* the first two: enum nn_dtype */

struct options {
	const char *data, *views, *dump_views, *init, *resume, *out;
	int preset; /* of presets.h, 0: none */
	bool print_schedule, init_head, recompute;
	int arch, width, hidden, features, prototypes;
	const char *crops, *area, *jitter;
	double jitter_p, grey_p, blur_p, flip_p;
	int batch, accumulate, sync_bn, slices, dtype; /* dtype: of enum options_dtype */
	double temperature, epsilon;
	int iterations, queue;
	const char *queue_start, *freeze;
	int optimizer, schedule;
	double lr, start_lr, final_lr, drop_factor, momentum, decay;
	const char *warmup, *drops;
	double epochs;
	int64_t steps;
	const char *probe, *probe_every, *tensorboard;
	int log, keep;
	const char *save_every, *keep_every;
	int64_t seed;
	int prefetch;
	struct opt_common common;
};

extern const struct opt_program options_program;

void options_default(struct options *o);
/* The table for o, to be freed. It ends with OPT_END. */
struct opt *options_table(struct options *o);
/* Kept in checkpoints: all but what belongs to this call (--out, --resume, ..). */
bool options_kept(const char *name);

/*
 * All sources together: argv, read twice, around the preset or the checkpoint that it names; c is the checkpoint opened,
 * zeroed without --resume, and has to outlive o. --dtype auto becomes what this machine makes of it. -1: the checkpoint cannot
 * be read, or argv changes what has to stay. Wrong options end the process.
 */
int options_read(struct options *o, const struct opt *table, int argc, char **argv, struct checkpoint *c,
		 struct err *e);
/* What options_read takes from a checkpoint. */
void options_save(const struct opt *table, struct checkpoint_state *s);

/* ---- the same as numbers, checked */

/* Lengths in steps. Samples are needed to know an epoch; everything else is known before. */
struct plan {
	int groups;
	struct {
		int count;
		struct augment augment;
	} group[SWAV_MAX_GROUPS];
	int views;
	double lr, final_lr;
	int hidden;
	struct schedule_length warmup, freeze, queue_start, save_every, keep_every, probe_every,
		drop[SCHEDULE_MAX_DROPS];
	int drops;
	int queue; /* rows, a multiple of the batch; 0: none */
};

/* -1 with the option named where a value or a combination of them makes no sense. */
int options_plan(const struct options *o, struct plan *p, struct err *e);
/* The course of the rate, given the steps of an epoch. */
void options_schedule(const struct options *o, const struct plan *p, uint64_t per_epoch, struct schedule *s);
struct optim_config options_optim(const struct options *o);

#endif
