/* save.c - see save.h */
#include "pretrain/save.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/checkpoint_run.h"
#include "common/nn/ranks.h"
#include "common/model/resnet_init.h"

/* ---- the queue, as a tensor */

static struct checkpoint_tensor queue_of(const struct run *r)
{
	int rows = 0;
	double *data = swav_loss_queue_data(r->model.loss, &rows);

	return (struct checkpoint_tensor){
		.name = "queue",
		.dtype = DTYPE_F64,
		.shape = { 3, { SWAV_ASSIGNED, rows, r->options->features } },
		.data = data,
	};
}

static struct checkpoint_parts parts_of(struct run *r, const struct checkpoint_tensor *queue)
{
	return (struct checkpoint_parts){
		.params = swav_net_params(r->model.net),
		.optim = r->model.optim,
		.extra = queue,
		.n_extra = queue->data ? 1 : 0,
	};
}

/* ---- out */

static void put_state(const struct run *r, struct checkpoint_state *s)
{
	checkpoint_state_put_u64(s, "epoch", r->step / r->times.per_epoch);
	checkpoint_state_put_u64(s, "position", r->step % r->times.per_epoch);
	checkpoint_state_put_u64(s, "samples", loader_samples(r->loader));
	run_machine_save(s, r->threads, ranks_size());
	options_save(r->table, s);
}

enum { META = 7 };

/* What the weights are and what their input looks like; values to be freed. */
static void put_meta(const struct run *r, struct safetensors_meta meta[META])
{
	const struct options *o = r->options;
	char name[RESNET_NAME];

	meta[0] = (struct safetensors_meta){ "frl.network",
					     xstrdup(resnet_name(name, (enum resnet_arch)o->arch, o->width)) };
	meta[1] = (struct safetensors_meta){ "frl.init", resnet_init_name(o->init) };
	meta[2] = (struct safetensors_meta){ "frl.input.order", xstrdup("rgb") };
	meta[3] = (struct safetensors_meta){ "frl.input.mean", xstrdup("0.485,0.456,0.406") };
	meta[4] = (struct safetensors_meta){ "frl.input.std", xstrdup("0.228,0.224,0.225") };
	meta[5] = (struct safetensors_meta){ "frl.input.scale", xstrdup("1") };
	meta[6] = (struct safetensors_meta){ "frl.input.size", xasprintf("%d", r->plan.group[0].augment.size) };
}

int save_run(struct run *r, struct err *e)
{
	struct checkpoint_tensor queue = queue_of(r);
	const struct checkpoint_parts parts = parts_of(r, &queue);
	struct checkpoint_state state = { 0 };
	struct safetensors_meta meta[META];
	int rc;

	/* All ranks hold the same; rank 0 writes it. */
	if (ranks_rank()) {
		r->saved = r->step;
		return 0;
	}
	if (log_sync(&r->log, e))
		return -1;
	put_state(r, &state);
	put_meta(r, meta);
	rc = checkpoint_save(r->folder, r->step, &parts, &state, meta, META, e);
	if (!rc) {
		r->saved = r->step;
		rc = checkpoint_prune(r->folder, r->options->keep, r->keep_every, e);
	}
	for (int i = 0; i < META; i++)
		free((char *)(uintptr_t)meta[i].value);
	checkpoint_state_release(&state);
	return rc;
}

int tidy_run(struct run *r, struct err *e)
{
	return ranks_rank() ? 0 : checkpoint_prune(r->folder, r->options->keep, r->keep_every, e);
}

/* ---- in */

static int check_data(const struct run *r, const struct checkpoint *c, struct err *e)
{
	uint64_t samples;

	if (checkpoint_state_u64(&c->state, "samples", &samples, e))
		return err_prefix(e, "'%s'", c->folder);
	if (samples != loader_samples(r->loader))
		return err_set(e, "the data holds %" PRIu64 " pictures, and held %" PRIu64 " when the run began",
			       loader_samples(r->loader), samples);
	return 0;
}

int load_run(struct run *r, const struct checkpoint *c, struct err *e)
{
	if (check_data(r, c, e))
		return -1;
	if (checkpoint_has(c, "queue")) {
		if (!r->plan.queue)
			return err_set(e, "'%s' has a queue, its options have none", c->folder);
		swav_loss_queue(r->model.loss, r->plan.queue);
	} else if (r->plan.queue && c->step > r->times.queue_start) {
		return err_set(e, "'%s' has no queue", c->folder);
	}
	struct checkpoint_tensor queue = queue_of(r);
	const struct checkpoint_parts parts = parts_of(r, &queue);
	if (checkpoint_load(c, &parts, e))
		return -1;
	if (!ranks_rank())
		run_machine_compare(c);
	r->step = r->saved = c->step;
	return 0;
}
