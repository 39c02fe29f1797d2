/* run.c - see run.h */
#include "pretrain/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/nn/checkpoint_run.h"
#include "common/nn/dnnl_api.h"
#include "common/nn/kern/kern.h"
#include "common/nn/ranks.h"
#include "common/progress.h"
#include "pretrain/init.h"
#include "pretrain/save.h"
#include "common/stop.h"

static const double MIB = 1 << 20;

/* ---- the plan */

/* "a,b" as paths in *copy, which the caller frees after them. */
static int paths(const char *list, char **copy, const char ***path)
{
	int n = 0;

	*copy = xstrdup(list);
	*path = NULL;
	for (char *at = *copy; at; n++) {
		*path = xrealloc_array(*path, (size_t)n + 1, sizeof **path);
		(*path)[n] = at;
		at = strchr(at, ',');
		if (at)
			*at++ = '\0';
	}
	return n;
}

static int open_data(struct run *r, struct err *e)
{
	const struct options *o = r->options;
	struct loader_config c = {
		.views = o->views,
		.batch = o->batch,
		.rank = ranks_rank(),
		.ranks = ranks_size(),
		.groups = r->plan.groups,
		.seed = (uint64_t)o->seed,
		.threads = r->threads,
		.prefetch = o->prefetch,
	};
	const char **path = NULL;
	char *copy = NULL;

	if (!o->data == !o->views)
		opt_usage(&options_program, "one of --data and --views is needed");
	if (o->batch % ranks_size())
		return err_code(e, EXIT_CODE_USAGE, "option '--batch': %d samples cannot be shared by %d ranks",
				o->batch, ranks_size());
	if (o->data)
		c.paths = paths(o->data, &copy, &path);
	c.path = path;
	for (int g = 0; g < c.groups; g++) {
		c.group[g].count = r->plan.group[g].count;
		c.group[g].augment = r->plan.group[g].augment;
	}
	r->loader = loader_open(&c, e);
	free(path);
	free(copy);
	return r->loader ? 0 : -1;
}

int run_plan(struct run *r, const struct options *o, const struct opt *table, struct err *e)
{
	*r = (struct run){ .options = o, .table = table };
	r->threads = o->common.threads ? o->common.threads : ranks_threads();
	if (options_plan(o, &r->plan, e) || open_data(r, e))
		return -1;
	uint64_t per_epoch = loader_steps(r->loader);
	options_schedule(o, &r->plan, per_epoch, &r->schedule);
	r->times = (struct model_times){
		.per_epoch = per_epoch,
		.freeze = schedule_length_steps(&r->plan.freeze, per_epoch),
		.queue_start = schedule_length_steps(&r->plan.queue_start, per_epoch),
	};
	r->save_every = schedule_length_steps(&r->plan.save_every, per_epoch);
	r->keep_every = schedule_length_steps(&r->plan.keep_every, per_epoch);
	r->probe_every = schedule_length_steps(&r->plan.probe_every, per_epoch);
	return 0;
}

/* ---- files and network */

static char *in_run(const struct run *r, const char *name)
{
	return xasprintf("%s/%s", r->folder, name);
}

static void tell_start(const struct run *r)
{
	const struct options *o = r->options;
	const struct train_params *p = swav_net_params(r->model.net);
	char name[RESNET_NAME];

	fprintf(stderr,
		"%s: %s in %s, views %s, %zu parameters; %" PRIu64 " pictures, %" PRIu64 " steps an epoch, %" PRIu64
		" in all; %.0f MiB planned (activations %.0f, parameters %.0f, views %.0f); %d threads, %s, oneDNN %s\n",
		err_program_name(), resnet_name(name, (enum resnet_arch)o->arch, o->width),
		o->dtype == OPTIONS_BF16 ? "bf16" : "f32", o->crops, p->count, loader_samples(r->loader),
		r->times.per_epoch, r->schedule.total,
		((double)swav_net_bytes(r->model.net) + 3. * (double)(p->count * p->real) +
		 (double)loader_bytes(r->loader)) /
			MIB,
		(double)swav_net_bytes(r->model.net) / MIB, 3. * (double)(p->count * p->real) / MIB,
		(double)loader_bytes(r->loader) / MIB, r->threads, kern_best()->name, dnnl_api_version());
	if (o->dtype == OPTIONS_BF16 && !nn_train_cpu_bf16()->fast(nn_train_cpu_bf16()))
		warn("this machine is no faster in bf16 than in f32: it saves memory only");
	if (r->step)
		fprintf(stderr, "goes on after step %" PRIu64 "\n", r->step);
}

static int open_files(struct run *r, struct err *e)
{
	const struct options *o = r->options;
	char *path, *probe;
	int rc = -1;

	if (ranks_rank())
		return 0;
	path = in_run(r, "log.tsv");
	probe = in_run(r, "probe.tsv");
	r->log.per_epoch = r->times.per_epoch;
	r->log.total = r->schedule.total;
	r->log.prototypes = o->prototypes;
	r->log.every = o->log;
	r->log.batch = o->batch;
	r->log.quiet = o->common.quiet;
	if (log_open(&r->log, path, r->step, e))
		goto out;
	if (o->probe &&
	    probe_open(&r->probe, o->probe, o, &r->plan, swav_net_params(r->model.net), r->threads, probe, r->step, e))
		goto out;
	if (o->tensorboard && tensorboard_open(&r->board, o->tensorboard, r->step, e))
		goto out;
	rc = o->dump_views ? loader_dump(r->loader, o->dump_views, e) : 0;
out:
	free(path);
	free(probe);
	return rc;
}

int run_open(struct run *r, const struct checkpoint *c, struct err *e)
{
	const struct options *o = r->options;

	if (!o->resume && !o->out)
		opt_usage(&options_program, "--out or --resume is needed");
	if (run_begin(&r->folder, o->resume, o->out, e) ||
	    (o->sync_bn && o->sync_bn < ranks_size() && ranks_norm_groups(o->sync_bn, e)) ||
	    model_init(&r->model, o, &r->plan, r->threads, e))
		return -1;
	if (c->folder ? load_run(r, c, e)
		      : init_params(swav_net_params(r->model.net), o->init, o->init_head, (uint64_t)o->seed, e))
		return -1;
	if (swav_step_alike(r->model.step, e))
		return -1;
	loader_seek(r->loader, r->step);
	if (open_files(r, e))
		return -1;
	if (!o->common.quiet)
		tell_start(r);
	watch_start(&r->watch, o->prototypes, o->common.quiet);
	return 0;
}

/* ---- steps: all ranks take them together; files, probes and words are rank 0's, whose failure ends the others */

static int add_to_board(struct run *r, const struct log_row *row, struct err *e)
{
	const struct tensorboard_value v[] = {
		{ "loss", row->loss },
		{ "lr", row->lr },
		{ "images/s", row->images },
		{ "waited/s", row->waited },
		{ "gradient norm", row->norm },
		{ "entropy", row->entropy },
		{ "prototypes in use", row->in_use },
		{ "spread", row->spread },
	};

	return r->options->tensorboard ? tensorboard_add(&r->board, row->step, v, sizeof v / sizeof *v, e) : 0;
}

/* What made a step fail. */
enum outcome { STEP_OK, STEP_NO_DATA, STEP_BROKEN };

static enum outcome take_step(struct run *r, struct err *e)
{
	struct log_row row = { .step = r->step, .epoch = r->step / r->times.per_epoch };
	double start = clock_wall();
	bool no_data = loader_next(r->loader, r->model.view, e);

	row.lr = schedule_lr(&r->schedule, r->step);
	if (ranks_largest(no_data) > 0)
		return STEP_NO_DATA;
	row.waited = ranks_largest(loader_waited(r->loader));
	model_step(&r->model, &r->times, r->step, row.lr, &row);
	row.seconds = clock_wall() - start;
	row.images = r->options->batch / row.seconds;
	row.memory = (double)peak_memory() / MIB;
	if (!ranks_rank() && (watch_step(&r->watch, &row, e) || log_add(&r->log, &row, e) || add_to_board(r, &row, e)))
		return STEP_BROKEN;
	r->step++;
	r->stop = (int)ranks_largest(stop_asked());
	return STEP_OK;
}

static bool due(const struct run *r, uint64_t every)
{
	return r->step == r->schedule.total || (every && r->step % every == 0);
}

static int probe(struct run *r, struct err *e)
{
	return ranks_rank() ? 0
			    : probe_step(&r->probe, r->step, r->step / r->times.per_epoch, r->options->common.quiet, e);
}

int run_train(struct run *r, struct err *e)
{
	if (r->step == 0 && probe(r, e))
		return -1;
	stop_catch();
	while (r->step < r->schedule.total && !r->stop) {
		struct err saving = { 0 };

		switch (take_step(r, e)) {
		case STEP_BROKEN:
			return -1;
		case STEP_NO_DATA: /* what was learnt is kept */
			if (r->step > r->saved && save_run(r, &saving))
				warn("%s", saving.msg);
			ranks_barrier();
			if (!e->msg[0])
				ranks_barrier(); /* another rank's data: it says so and ends this one */
			return -1;
		case STEP_OK:
			break;
		}
		if (due(r, r->probe_every) && probe(r, e))
			return -1;
		if ((due(r, r->save_every) || r->stop) && save_run(r, e))
			return -1;
	}
	return r->step > r->saved ? save_run(r, e) : tidy_run(r, e);
}

int run_close(struct run *r, struct err *e)
{
	if (ranks_rank())
		return 0;
	if (r->options->dump_views && loader_dump_end(r->loader, NULL, e))
		return -1;
	return log_close(&r->log, e) || probe_close(&r->probe, e) || tensorboard_close(&r->board, e) ? -1 : 0;
}

void run_release(struct run *r)
{
	out_abort(&r->log.file);
	out_abort(&r->board.file);
	probe_release(&r->probe);
	model_release(&r->model);
	loader_close(r->loader);
	free(r->folder);
	*r = (struct run){ 0 };
}
