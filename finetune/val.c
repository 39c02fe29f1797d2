/* val.c - the loss over what is held out: see run.h */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/ranks.h"
#include "finetune/run.h"

int run_validate(struct run *r, struct err *e)
{
	uint64_t steps = samples_steps(r->val_samples);
	double sum = 0;

	task_net_pack(r->net, r->threads);
	samples_seek(r->val_samples, 0);
	for (uint64_t i = 0; i < steps; i++) {
		int total = samples_count(r->val_samples, i), own = samples_own(r->val_samples, total);
		struct task_loss loss;

		if (ranks_largest(samples_next(r->val_samples, r->picture, r->label, e) ? 1 : 0) > 0) {
			run_save_before_end(r, e);
			return -1;
		}
		task_net_run(r->net, r->picture, r->label, own, total, r->threads, &loss, NULL);
		sum += loss.total * total;
	}
	sum /= (double)r->val.labels.n;
	if (ranks_rank() == 0) {
		uint64_t epoch = r->step / samples_steps(r->samples);

		if (!r->options->common.quiet)
			fprintf(stderr, "held out: loss %.5g after epoch %" PRIu64 "\n", sum, epoch);
		if (out_printf(&r->val_log, e, "%" PRIu64 "\t%" PRIu64 "\t%.9g\n", r->step, epoch, sum) ||
		    out_flush(&r->val_log, e))
			return -1;
	}
	if (!(sum < r->best))
		return 0;
	r->best = sum;
	return run_save_best(r, e);
}
