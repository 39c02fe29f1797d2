/*
 * options.h - what frl-finetune is told, and what the task's preset says where it is told nothing
 */
#ifndef FRL_FINETUNE_OPTIONS_H
#define FRL_FINETUNE_OPTIONS_H

#include "common/model/task.h"
#include "common/nn/schedule.h"
#include "common/opt.h"

struct options {
	const struct task *task;
	const char *data, *labels, *init, *out, *resume;
	const char *val_data, *val_labels, *dump_views;
	const char *mesh, *params, *face_model, *template, *region, *points, *channels;
	int spiral;
	double val_fraction;
	int fold; /* -1: none */
	double fraction;
	int preset;
	bool print_preset;
	int arch, width, size, classes, dims;
	double sigma, margin, sharpness;
	int compat;
	double rotation, translation, flip_p, blur_p;
	const char *scale, *jitter;
	int batch, slices, optimizer, schedule, bn;
	double lr, backbone_lr, momentum, beta1, beta2, decay, drop_factor, final_lr;
	bool freeze;
	const char *warmup, *drops;
	double epochs;
	int64_t steps;
	int log, keep;
	const char *save_every;
	int64_t seed;
	int prefetch;
	struct opt_common common;
};

enum { PRESET_PAPER, PRESET_PAPER_PRINTED };
enum { BN_SYNC, BN_LOCAL, BN_FROZEN };

extern const struct opt_program options_program;

/* The task's preset. */
void options_default(struct options *o, const struct task *task);
/* To be freed; it ends with OPT_END. */
struct opt *options_table(struct options *o);
/* Kept in checkpoints: all but what belongs to this call. */
bool options_kept(const char *name);
/* Of those kept: may be another one when a run goes on. */
bool options_may_change(const char *name);
/* The preset as TSV: option, value, source. */
int options_print_preset(const struct options *o, const struct opt *table, struct err *e);

/* ---- the same as numbers, checked */

struct plan {
	struct warp warp; /* without size and normalisation */
	struct optim_config optim;
	double lr, epochs;
	double fraction; /* of all labels */
	struct schedule_length warmup, save_every, drop[SCHEDULE_MAX_DROPS];
	int drops;
};

/* fraction: of all labels, what the epochs depend on where they are not told. -1: an option that makes no sense. */
int options_plan(const struct options *o, double fraction, struct plan *p, struct err *e);
void options_schedule(const struct options *o, const struct plan *p, uint64_t per_epoch, struct schedule *s);

#endif
