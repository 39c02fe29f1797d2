/*
 * predictor.h - models of tasks over the pictures of record streams: a row for each picture, as frl-eval predict writes it
 *
 * frl-eval TASK --model reads these rows back, so that a score is the same to every digit whichever way it was made.
 */
#ifndef FRL_EVAL_PREDICTOR_H
#define FRL_EVAL_PREDICTOR_H

#include <stdbool.h>

#include "common/io.h"
#include "common/model/task.h"
#include "common/progress.h"
#include "common/table.h"

struct predictor_config {
	const char *models;	 /* files, or folders of runs or checkpoints, with commas between them; a task once */
	const struct task *task; /* the only one wanted; NULL: any */
	const char *rows;	 /* manifest of the crops: ids, paths, maps to the photo; NULL: none */
	const char *mesh;	 /* stream that a mesh's vertices go to; NULL: none */
	const char *draw;	 /* folder for pictures with what was predicted drawn on; NULL: none */
	/*
	 * The truth that is going to be scored with: text of a manifest, and its name for messages; NULL: none. It stands for
	 * rows where these are NULL. A record that it has no row for is an error, or left out if partial; so is, unless force,
	 * a record that the model was chosen on.
	 */
	const struct buf *truth;
	const char *truth_name;
	bool partial, force;
	/*
	 * Has the truth, opened and not loaded, what the model from `path` predicts? -1 names what only one of them has. NULL:
	 * not asked.
	 */
	int (*fits)(const struct task_model *m, const char *path, struct table *truth, struct err *e);
	char *const *path; /* [paths] of the streams; none: standard input */
	int paths;
	int threads;
	bool quiet, no_pg;
	int argc; /* of the sub-command, for the line of provenance */
	char *const *argv;
};

/*
 * Columns: id (or key), face, path where it is known, those of each model's task, status. A record that cannot be predicted
 * is a row that says so, and counted in s->failed. -1: a model, a manifest or a stream that cannot be used, or out.
 */
int predictor_run(const struct predictor_config *c, struct out *out, struct summary *s, struct err *e);

#endif
