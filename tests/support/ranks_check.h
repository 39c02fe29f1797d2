/* ranks_check.h - the parts of ranks_check.c that train */
#ifndef FRL_TESTS_RANKS_CHECK_H
#define FRL_TESTS_RANKS_CHECK_H

/*
 * STEPS of SwAV on views that a formula gives, whatever the number of ranks: STEPS BATCH ACCUMULATE QUEUE GROUP. QUEUE: its
 * rows from step 2 on, 0: none; GROUP: ranks that share batch norm's statistics, 0: all. Rank 0 writes a line a step.
 */
void ranks_check_swav(char **args);
/* Gradients of a convolution and a linear layer on integers: ranks' shares sum up to those of the whole batch, exactly. */
void ranks_check_integers(void);
/* Parameters whose rows are shared out: start, sums, norms, steps and checkpoints are those of the whole ones. */
void ranks_check_split(void);

#endif
