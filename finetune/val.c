/* val.c - the loss, and the task's score, over what is held out: see run.h */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/ranks.h"
#include "finetune/run.h"

/* The errors of the last batch that was run, in the field's own measure. */
static double scores(const struct run *r, const float *out, size_t each, int own)
{
	const struct task *task = r->options->task;
	size_t width = (size_t)task->label_width(&r->model);
	double sum = 0;

	for (int i = 0; i < own; i++)
		sum += task->score(&r->model, out + (size_t)i * each, r->label + (size_t)i * width);
	ranks_sum_f64(&sum, 1);
	return sum;
}

int run_validate(struct run *r, struct err *e)
{
	uint64_t steps = samples_steps(r->val_samples);
	bool scored = r->options->task->score != NULL;
	double sum = 0, score = 0;

	task_net_pack(r->net, r->threads);
	samples_seek(r->val_samples, 0);
	for (uint64_t i = 0; i < steps; i++) {
		int total = samples_count(r->val_samples, i), own = samples_own(r->val_samples, total);
		struct task_loss loss;
		const float *out;
		size_t each;

		if (ranks_largest(samples_next(r->val_samples, r->picture, r->label, e) ? 1 : 0) > 0) {
			run_save_before_end(r, e);
			return -1;
		}
		each = task_net_run(r->net, r->picture, r->label, own, total, r->threads, &loss, &out);
		score += scored ? scores(r, out, each, own) : 0;
		sum += loss.total * total;
	}
	sum /= (double)r->val.labels.n;
	score = scored ? score / (double)r->val.labels.n : sum;
	if (ranks_rank() == 0) {
		uint64_t epoch = r->step / samples_steps(r->samples);

		if (!r->options->common.quiet && scored)
			fprintf(stderr, "held out: loss %.5g, %s %.4g after epoch %" PRIu64 "\n", sum,
				r->options->task->score_name, score, epoch);
		else if (!r->options->common.quiet)
			fprintf(stderr, "held out: loss %.5g after epoch %" PRIu64 "\n", sum, epoch);
		if (out_printf(&r->val_log, e, "%" PRIu64 "\t%" PRIu64 "\t%.9g", r->step, epoch, sum) ||
		    (scored && out_printf(&r->val_log, e, "\t%.9g", score)) || out_printf(&r->val_log, e, "\n") ||
		    out_flush(&r->val_log, e))
			return -1;
	}
	if (!(score < r->best))
		return 0;
	r->best = score;
	return run_save_best(r, e);
}
