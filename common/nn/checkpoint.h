/*
 * checkpoint.h - a run's folder: whole checkpoints, or none (frl-run(5))
 *
 *	RUN/step-00000123/model.safetensors		parameters, running statistics
 *			  optimizer.safetensors		m.NAME, v.NAME (Adam), steps
 *			  queue.safetensors		extra tensors, a file each
 *			  state.json			step, and what the caller has to say
 *			  DONE				SHA-256 of all these, as sha256sum writes them
 *	RUN/last -> step-00000123
 *
 * A checkpoint is written as RUN/.step-00000123.tmp, each file synced, DONE last, then the folder synced, renamed, RUN synced,
 * and `last` replaced: at any instant, and after a power cut, `last` or the folder before it is whole. What has no DONE does
 * not exist for a reader. One process at a time changes a run (save and prune wait for each other by a lock on RUN).
 */
#ifndef FRL_NN_CHECKPOINT_H
#define FRL_NN_CHECKPOINT_H

#include "common/nn/checkpoint_state.h"
#include "common/nn/optim.h"
#include "common/nn/safetensors.h"
#include "common/nn/train_params.h"
#include "common/nn/train_ranks.h"

/* A tensor beside the parameters, in a file of its own, NAME.safetensors; names are of a-z, 0-9 and -. */
struct checkpoint_tensor {
	const char *name;
	enum dtype dtype;
	struct shape shape;
	void *data; /* dense, native numbers */
};

/* Where a checkpoint comes from and goes to. Parameters are stored as they are (f32; f64 with the double backend). */
struct checkpoint_parts {
	struct train_params *params;
	struct optim *optim; /* NULL: without */
	/* What the model's file holds beside the parameters and never changes: written, and asked for, but not read again. */
	const struct safetensor *fixed;
	size_t n_fixed;
	const struct checkpoint_tensor *extra;
	size_t n_extra;
	struct train_whole
		*whole; /* of params that are split over ranks, all rows: written, or read into. NULL: none is */
};

/* ---- writing */

/*
 * Writes RUN/step-STEP, and makes RUN unless it is there. state gets no key "step": it is written by itself. meta is
 * model.safetensors' own text; frl.step and frl.version are added unless they are in it. A checkpoint of that step that is
 * there is replaced at once. -1 with the file named in e: what was there before is intact, nothing partial is left.
 */
int checkpoint_save(const char *run, uint64_t step, const struct checkpoint_parts *parts,
		    const struct checkpoint_state *state, const struct safetensors_meta *meta, size_t n_meta,
		    struct err *e);
/*
 * Removes all but the last `keep` (at least 1) checkpoints and those whose step is a multiple of `every` (0: none of
 * them). Counted are the steps up to that of `last`, which is never removed; steps beyond it, left by a run that was
 * taken back, stay until they are replaced. Folders that dead writers left half done are removed.
 */
int checkpoint_prune(const char *run, int keep, uint64_t every, struct err *e);

/* Parameters, running statistics and extra tensors in one file, no checkpoint; on errors path is as it was. */
int checkpoint_save_model(const char *path, const struct checkpoint_parts *parts, const struct safetensors_meta *meta,
			  size_t n_meta, struct err *e);

/* ---- reading */

struct checkpoint {
	char *folder; /* that is read: RUN/step-.. */
	uint64_t step;
	struct checkpoint_state state; /* without "step" */
	struct checkpoint_file *file;  /* the rest is the module's own */
	size_t files;
};

/*
 * path: a run's folder (what `last` points to; where that is not whole, the whole one of the highest step) or one
 * checkpoint's. Reads state.json and holds the other files open, so that they stay readable when they are pruned meanwhile.
 */
int checkpoint_open(struct checkpoint *c, const char *path, struct err *e);
/* Harmless on a zeroed struct. */
void checkpoint_close(struct checkpoint *c);
/* Is there an extra tensor of that name? */
bool checkpoint_has(const struct checkpoint *c, const char *name);
/*
 * Fills parts, which must have exactly the tensors of the files (names, types, shapes; of extra ones those asked for), an
 * optimiser of the same kind and no parameter with more steps than the run. All is checked before anything is changed;
 * -1 names file and tensor. Rates, decays and freezes (optim->own) are the caller's to set.
 */
int checkpoint_load(const struct checkpoint *c, const struct checkpoint_parts *parts, struct err *e);

#endif
