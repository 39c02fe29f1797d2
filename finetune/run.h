/*
 * run.h - a run of frl-finetune: data, network, optimiser, and the loop over steps
 *
 * On several ranks (ranks.h) all do the same with their share of each batch; files and words are rank 0's, whose failure
 * ends the others.
 */
#ifndef FRL_FINETUNE_RUN_H
#define FRL_FINETUNE_RUN_H

#include "common/io.h"
#include "common/model/task_net.h"
#include "common/nn/checkpoint.h"
#include "common/record.h"
#include "finetune/data.h"
#include "finetune/options.h"

struct run {
	const struct options *options;
	const struct opt *table;
	struct plan plan;
	struct schedule schedule;
	struct task_model model;
	char *init; /* the name of the initialisation, for the metadata */
	struct data data, val;
	struct mesh_targets targets; /* of the task mesh */
	int32_t *region;	     /* [region_n] */
	int region_n;
	struct samples *samples, *val_samples; /* val_samples NULL: nothing is held out */
	struct task_net *net;
	struct optim optim;
	float *picture;
	double *label;
	int threads;
	char *folder;
	uint64_t step, saved;
	int stop; /* the signal that some rank was sent; 0: none */
	struct out log, val_log;
	struct out dump; /* of --dump-views, open where the writer has it */
	struct record_writer dump_writer;
	double best; /* score, or loss, of what was held out, of RUN/best */
	/* for the line for people */
	double seconds, waited, loss;
	int steps;
};

/* Data, model and schedule. */
int run_plan(struct run *r, const struct options *o, const struct opt *table, struct err *e);
/* Network, folder, files; c: the checkpoint of a run that goes on, or zeroed. */
int run_open(struct run *r, const struct checkpoint *c, struct err *e);
/*
 * Steps until the last one, or until a signal (stop.h) asks for an end, then saved. Bad data saves what there is; a loss that
 * is no number does not.
 */
int run_train(struct run *r, struct err *e);
int run_close(struct run *r, struct err *e);
void run_release(struct run *r);

/* ---- mesh.c; nothing is done for other tasks */

/* Opens the targets, before data is. */
int run_mesh_targets(struct run *r, struct err *e);
/* The mesh's levels, its mean and deviation, when there are data; a run that goes on has them in its checkpoint. */
int run_mesh_build(struct run *r, struct err *e);

/* When a rank cannot read on: what was learnt is kept. Returns on ranks that have an error to tell, which ends the others. */
void run_save_before_end(struct run *r, const struct err *e);

/* ---- save.c: all ranks call, rank 0 writes */

int run_save(struct run *r, struct err *e);
/* The weights of now as RUN/best/model.safetensors, with the keys of the photos they were chosen on. */
int run_save_best(struct run *r, struct err *e);
/* What the model was, before the network is made. */
int run_load_model(struct run *r, const struct checkpoint *c, struct err *e);
int run_load(struct run *r, const struct checkpoint *c, struct err *e);

/* ---- dump.c */

/* Rank 0's n samples of the step, with their labels drawn on, to --dump-views; nothing without it. */
int run_dump(struct run *r, int n, struct err *e);
int run_dump_end(struct run *r, struct err *e);

/* ---- val.c */

/*
 * The mean loss over what is held out, in evaluation mode, and the task's score if it has one: a row of RUN/val.tsv; RUN/best
 * where the score, or else the loss, is the lowest.
 */
int run_validate(struct run *r, struct err *e);

#endif
