/*
 * data.h - the labelled pictures of a run: streams and manifest joined, a part of them held out
 */
#ifndef FRL_FINETUNE_DATA_H
#define FRL_FINETUNE_DATA_H

#include "common/data/samples.h"
#include "common/model/task.h"

enum data_part { DATA_TRAIN, DATA_HELD_OUT, DATA_ALL };

struct data {
	struct table table;
	struct source source;
	struct labels labels;
	struct task_model *model;
	/* Which rows are taken. */
	enum data_part part;
	double held_out; /* share of ids, by a hash */
	int fold;	 /* not that one; -1: all */
	int fold_column; /* of the table's texts, -1: none */
};

/*
 * Opens and joins; configures the model by the manifest's columns, or checks that it fits them. list: paths with commas
 * between them. Release after a failure, too.
 */
int data_open(struct data *d, struct task_model *m, const char *list, const char *labels, enum data_part part,
	      double held_out, int fold, struct err *e);
void data_release(struct data *d);
/* Says on stderr what was joined and what was not. */
void data_tell(const struct data *d, const char *what);
/* The share of all labels that the manifest's frl-subsample left (its last -f); 1 where none did. */
double data_fraction(const struct table *t);

#endif
