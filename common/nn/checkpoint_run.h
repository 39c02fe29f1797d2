/*
 * checkpoint_run.h - what programs that train put beside the tensors of a checkpoint: their options, and the machine
 *
 * A run that goes on takes its options from its checkpoint; on the command line those may differ that do not change what is
 * computed, or how far.
 */
#ifndef FRL_NN_CHECKPOINT_RUN_H
#define FRL_NN_CHECKPOINT_RUN_H

#include <stdbool.h>

#include "common/nn/checkpoint.h"
#include "common/opt.h"

struct run_options {
	const struct opt_program *program;
	const struct opt *table;
	bool (*kept)(const char *name);	      /* all but what belongs to one call (--out, --resume, ..) */
	bool (*may_change)(const char *name); /* of those kept, when a run goes on */
};

/* Options as they are, as option.NAME. */
void run_options_save(const struct run_options *o, struct checkpoint_state *s);
/*
 * Options from the checkpoint, then those of the command line over them. c must outlive them. -1: one that has to stay is
 * another on the command line, or the checkpoint has a value that is none. Wrong options end the process.
 */
int run_options_go_on(const struct run_options *o, int argc, char **argv, const struct checkpoint *c, struct err *e);

/* Instruction set, oneDNN, threads, ranks. */
void run_machine_save(struct checkpoint_state *s, int threads, int ranks);
/* Warns where the last bits may differ from those of a run that was not interrupted. */
void run_machine_compare(const struct checkpoint *c);

/*
 * The run's folder, to be freed (on errors, too): that of `resume`, which may be one of its checkpoints; or `out` (with resume
 * NULL), which rank 0 makes, and which must not hold a run. Rank 0 holds its lock (RUN/.running) until the process ends: -1 with
 * EXIT_CODE_TEMPORARY while another process has it.
 */
int run_begin(char **folder, const char *resume, const char *out, struct err *e);

#endif
