/* run.c - see run.h */
#include "finetune/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/model/resnet_init.h"
#include "common/nn/checkpoint_run.h"
#include "common/nn/ranks.h"
#include "common/nn/train_ranks.h"
#include "common/progress.h"
#include "common/rows.h"
#include "common/stop.h"
#include "common/thread.h"

static const double MIB = 1 << 20;

/* ---- the plan */

static void model_of(struct task_model *m, const struct options *o)
{
	task_model_init(m, o->task);
	m->arch = (enum resnet_arch)o->arch;
	m->width = o->width;
	m->input.size = o->size;
	if (o->task == &task_emotion)
		m->outputs = o->classes;
	if (o->task == &task_recognition)
		m->outputs = o->dims;
	m->sigma = o->sigma;
	m->compat = (enum landmarks_compat)o->compat;
	m->margin = o->margin;
	m->sharpness = o->sharpness;
}

static struct samples *open_samples(struct run *r, struct data *d, bool augment, struct err *e)
{
	const struct options *o = r->options;
	const struct task *task = o->task;
	struct samples_config c = {
		.source = &d->source,
		.labels = &d->labels,
		.warp = r->plan.warp,
		.augment = augment,
		.move = task->move,
		.move_data = &r->model,
		.width = task->label_width(&r->model),
		.batch = o->batch,
		.rank = ranks_rank(),
		.ranks = ranks_size(),
		.seed = (uint64_t)o->seed,
		.threads = r->threads,
		.prefetch = o->prefetch,
	};

	task_model_warp(&r->model, &c.warp);
	return samples_open(&c, e);
}

static int open_data(struct run *r, struct err *e)
{
	const struct options *o = r->options;

	if (!o->data || !o->labels)
		opt_usage(&options_program, "--data and --labels are needed");
	if (!o->val_data != !o->val_labels || (o->val_data && o->val_fraction > 0))
		opt_usage(&options_program, "to hold out: --val-fraction, or --val-data and --val-labels");
	if (data_open(&r->data, &r->model, o->data, o->labels, DATA_TRAIN, o->val_fraction, o->fold, e))
		return -1;
	if (o->val_data)
		return data_open(&r->val, &r->model, o->val_data, o->val_labels, DATA_ALL, 0, -1, e);
	if (o->val_fraction > 0)
		return data_open(&r->val, &r->model, o->data, o->labels, DATA_HELD_OUT, o->val_fraction, o->fold, e);
	return 0;
}

int run_plan(struct run *r, const struct options *o, const struct opt *table, struct err *e)
{
	*r = (struct run){ .options = o, .table = table, .best = INFINITY };
	r->threads = o->common.threads ? o->common.threads : ranks_threads();
	model_of(&r->model, o);
	if (run_mesh_targets(r, e) || open_data(r, e) || run_mesh_build(r, e))
		return -1;
	return options_plan(o, o->fraction > 0 ? o->fraction : data_fraction(&r->data.table), &r->plan, e);
}

/* ---- the start */

/* The weights, and what their metadata say of the input. */
static int init_from(struct run *r, struct safetensors *s, struct err *e)
{
	const char *path = r->options->init;
	char *file = safetensors_path(path);
	int rc = -1;

	if (!safetensors_open(s, file, e)) {
		int size = r->model.input.size; /* --size decides */

		rc = model_input_read(&r->model.input, s, e);
		r->model.input.size = size;
		const char *name = safetensors_get_meta(s, "frl.name");
		r->init = name ? xstrdup(name) : resnet_init_name(path);
	}
	free(file);
	return rc ? err_prefix(e, "'%s'", path) : 0;
}

static int make_net(struct run *r, struct err *e)
{
	const struct options *o = r->options;
	struct task_net_config c = {
		.batch = samples_most(r->samples),
		.slices = o->slices,
		.freeze = o->freeze,
		.frozen_norm = o->bn == BN_FROZEN,
	};

	if (o->bn == BN_LOCAL && ranks_norm_groups(1, e))
		return -1;
	r->net = task_net_new(nn_train_cpu(), &r->model, &c);
	struct train_params *p = task_net_params(r->net);
	optim_init(&r->optim, &r->plan.optim, p);
	for (size_t i = 0; i < p->n; i++)
		if (task_net_is_backbone(r->net, i)) {
			r->optim.own[i].lr = o->backbone_lr;
			r->optim.own[i].frozen = o->freeze;
		}
	return 0;
}

/* Values: of the checkpoint; or of --init, s, and of the seed where that has none. */
static int fill_net(struct run *r, const struct checkpoint *c, const struct safetensors *s, struct err *e)
{
	struct train_params *p = task_net_params(r->net);
	size_t from = 0;

	if (c->folder)
		return run_load(r, c, e);
	while (s->n && from < p->n && task_net_is_backbone(r->net, from))
		from++;
	train_params_start_from(p, from, (uint64_t)r->options->seed);
	return s->n ? resnet_init(p, TASK_BACKBONE, s, e) : 0;
}

static int open_logs(struct run *r, struct err *e)
{
	if (ranks_rank())
		return 0;

	char *log = xasprintf("%s/log.tsv", r->folder), *val = xasprintf("%s/val.tsv", r->folder);
	struct buf head = { 0 }, val_head = { 0 };
	int rc;

	buf_printf(&val_head, "step\tepoch\tloss%s%s\n", r->options->task->score ? "\t" : "",
		   r->options->task->score ? r->options->task->score_name : "");
	buf_add_str(&head, "step\tepoch\tloss");
	for (const char *const *part = r->options->task->part; *part; part++)
		buf_printf(&head, "\t%s", *part);
	buf_add_str(&head, "\tlr\timages_s\twaited_s\tgrad_norm\tmemory_mib\n");
	rc = rows_open(&r->log, log, head.data, r->step, e);
	if (!rc && r->val_samples)
		rc = rows_open(&r->val_log, val, val_head.data, r->step + (r->step > 0), e) || out_flush(&r->val_log, e)
			     ? -1
			     : 0;
	buf_release(&head);
	buf_release(&val_head);
	free(log);
	free(val);
	return rc;
}

static void tell_start(const struct run *r)
{
	const struct train_params *p = task_net_params(r->net);

	data_tell(&r->data, "training");
	if (r->val_samples)
		data_tell(&r->val, "held out");
	fprintf(stderr,
		"%s: %s, %s, %d pixels, %zu parameters; batches of %d, %" PRIu64 " steps an epoch, %" PRIu64
		" in all; %d threads\n",
		err_program_name(), r->options->task->name, resnet_arch_name(r->model.arch), r->model.input.size,
		p->count, r->options->batch, samples_steps(r->samples), r->schedule.total, r->threads);
	if (r->plan.optim.kind == OPTIM_ADAM && r->plan.lr >= .01)
		warn("Adam at a rate of %g is a misprint of the supplement: it diverges", r->plan.lr);
	if (r->step)
		fprintf(stderr, "goes on after step %" PRIu64 "\n", r->step);
}

int run_open(struct run *r, const struct checkpoint *c, struct err *e)
{
	const struct options *o = r->options;
	struct safetensors s = { 0 };
	int rc = -1;

	if (!o->resume && !o->out)
		opt_usage(&options_program, "--out or --resume is needed");
	if (run_begin(&r->folder, o->resume, o->out, e))
		return -1;
	r->init = NULL;
	if (c->folder ? run_load_model(r, c, e) : strcmp(o->init, "random") != 0 && init_from(r, &s, e))
		goto out;
	if (!r->init)
		r->init = xstrdup("random");
	r->samples = open_samples(r, &r->data, true, e);
	if (!r->samples || (r->val.source.n && !(r->val_samples = open_samples(r, &r->val, false, e))))
		goto out;
	options_schedule(o, &r->plan, samples_steps(r->samples), &r->schedule);
	if (make_net(r, e) || fill_net(r, c, &s, e))
		goto out;
	int most = samples_most(r->samples), most_val = r->val_samples ? samples_most(r->val_samples) : 0;
	size_t n = (size_t)(most > most_val ? most : most_val), side = (size_t)r->model.input.size;
	r->picture = xaligned(n * 3 * side * side * sizeof *r->picture);
	r->label = xcalloc(n * (size_t)o->task->label_width(&r->model), sizeof *r->label);
	if ((ranks_size() > 1 && train_ranks_alike(train_ranks_hash(&r->optim, 0), e)) || open_logs(r, e))
		goto out;
	samples_seek(r->samples, r->step);
	if (!o->common.quiet)
		tell_start(r);
	rc = 0;
out:
	safetensors_close(&s);
	return rc;
}

/* ---- steps */

static int tell_step(struct run *r, const struct task_loss *loss, double lr, double seconds, double waited, double norm,
		     int samples, struct err *e)
{
	const struct options *o = r->options;
	uint64_t epoch = r->step / samples_steps(r->samples);
	struct buf row = { 0 };
	int rc;

	if (ranks_rank())
		return 0;
	buf_printf(&row, "%" PRIu64 "\t%" PRIu64 "\t%.9g", r->step, epoch, loss->total);
	for (int i = 0; o->task->part[i]; i++)
		buf_printf(&row, "\t%.9g", loss->part[i]);
	buf_printf(&row, "\t%.9g\t%.4g\t%.3g\t%.6g\t%.0f\n", lr, samples / seconds, waited, norm,
		   (double)peak_memory() / MIB);
	rc = out_write(&r->log, row.data, row.len, e) || out_flush(&r->log, e) ? -1 : 0;
	buf_release(&row);
	r->seconds += seconds;
	r->waited += waited;
	r->loss += loss->total;
	r->steps++;
	if ((r->step + 1) % (uint64_t)o->log && r->step + 1 < r->schedule.total)
		return rc;
	if (!o->common.quiet)
		fprintf(stderr,
			"epoch %" PRIu64 ", step %" PRIu64 " of %" PRIu64
			": loss %.5g, lr %.4g, %.1f images/s, %.0f %% waiting, gradient %.3g\n",
			epoch, r->step + 1, r->schedule.total, r->loss / r->steps, lr, samples * r->steps / r->seconds,
			100 * r->waited / r->seconds, norm);
	r->seconds = r->waited = r->loss = 0;
	r->steps = 0;
	return rc;
}

/* What made a step fail. */
enum outcome { STEP_OK, STEP_NO_DATA, STEP_BROKEN };

static enum outcome take_step(struct run *r, struct err *e)
{
	struct train_params *p = task_net_params(r->net);
	int total = samples_count(r->samples, r->step), own = samples_own(r->samples, total);
	double start = clock_wall(), lr = schedule_lr(&r->schedule, r->step), norm, waited;
	bool no_data = samples_next(r->samples, r->picture, r->label, e);
	struct task_loss loss;

	if (ranks_largest(no_data) > 0)
		return STEP_NO_DATA;
	if (run_dump(r, own, e))
		return STEP_BROKEN;
	waited = ranks_largest(samples_waited(r->samples));
	task_net_pack(r->net, r->threads);
	train_params_zero_grad(p);
	task_net_step(r->net, r->picture, r->label, own, total, r->threads, &loss);
	norm = optim_gradient_norm(p, r->threads);
	if (!isfinite(loss.total) || !isfinite(norm)) {
		if (ranks_rank())
			ranks_barrier(); /* rank 0 says it, and ends this one */
		err_set(e,
			"step %" PRIu64 ": the loss is %g, its gradient %g\nhint: the last checkpoint is whole; a "
			"lower --lr may help",
			r->step, loss.total, norm);
		return STEP_BROKEN;
	}
	optim_step(&r->optim, lr, r->threads);
	if (tell_step(r, &loss, lr, clock_wall() - start, waited, norm, total, e))
		return STEP_BROKEN;
	r->step++;
	r->stop = (int)ranks_largest(stop_asked());
	return STEP_OK;
}

void run_save_before_end(struct run *r, const struct err *e)
{
	struct err saving = { 0 };

	if (r->step > r->saved && run_save(r, &saving))
		warn("%s", saving.msg);
	ranks_barrier();
	if (!e->msg[0])
		ranks_barrier();
}

static bool epoch_ends(const struct run *r)
{
	return r->step % samples_steps(r->samples) == 0;
}

int run_train(struct run *r, struct err *e)
{
	uint64_t every = schedule_length_steps(&r->plan.save_every, samples_steps(r->samples));

	stop_catch();
	while (r->step < r->schedule.total && !r->stop) {
		switch (take_step(r, e)) {
		case STEP_BROKEN:
			return -1;
		case STEP_NO_DATA:
			run_save_before_end(r, e);
			return -1;
		case STEP_OK:
			break;
		}
		if (r->val_samples && epoch_ends(r) && run_validate(r, e))
			return -1;
		if ((r->step == r->schedule.total || (every && r->step % every == 0) || r->stop) && run_save(r, e))
			return -1;
	}
	return r->step > r->saved || !r->step ? run_save(r, e) : 0;
}

int run_close(struct run *r, struct err *e)
{
	if (ranks_rank())
		return 0;
	return run_dump_end(r, e) || (r->val_samples && out_commit(&r->val_log, e)) || out_commit(&r->log, e) ? -1 : 0;
}

void run_release(struct run *r)
{
	out_abort(&r->log);
	out_abort(&r->val_log);
	out_abort(&r->dump);
	samples_close(r->samples);
	samples_close(r->val_samples);
	optim_release(&r->optim);
	task_net_free(r->net);
	data_release(&r->data);
	data_release(&r->val);
	mesh_targets_release(&r->targets);
	free(r->region);
	task_model_release(&r->model);
	free(r->picture);
	free(r->label);
	free(r->folder);
	free(r->init);
	*r = (struct run){ 0 };
}
