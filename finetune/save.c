/* save.c - checkpoints of a run, out and in: see run.h */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/nn/checkpoint_run.h"
#include "common/nn/ranks.h"
#include "common/stop.h"
#include "finetune/run.h"

/* ---- out */

/* whole: of train_whole_new, to be freed. fixed [FACE_MESH_TENSORS] is filled. */
static struct checkpoint_parts parts_of(struct run *r, struct train_whole *whole, struct safetensor *fixed)
{
	return (struct checkpoint_parts){
		.params = task_net_params(r->net),
		.optim = &r->optim,
		.whole = whole,
		.fixed = fixed,
		.n_fixed = task_tensors(&r->model, fixed),
	};
}

static void put_state(const struct run *r, struct checkpoint_state *s)
{
	const struct run_options kept = { &options_program, r->table, options_kept, options_may_change };

	checkpoint_state_put_str(s, "task", r->options->task->name);
	checkpoint_state_put_u64(s, "epoch", r->step / samples_steps(r->samples));
	checkpoint_state_put_u64(s, "position", r->step % samples_steps(r->samples));
	checkpoint_state_put_u64(s, "samples", r->data.labels.n);
	checkpoint_state_put_f64(s, "best", r->best);
	run_machine_save(s, r->threads, ranks_size());
	run_options_save(&kept, s);
}

/* The model's metadata, and where it comes from: columns of what frl-eval says of it. */
static void put_meta(const struct run *r, struct task_meta *meta)
{
	task_meta(&r->model, meta);
	meta->item = xrealloc_array(meta->item, meta->n + 3, sizeof *meta->item);
	meta->item[meta->n++] = (struct safetensors_meta){ "frl.init", xstrdup(r->init) };
	meta->item[meta->n++] = (struct safetensors_meta){ "frl.fraction",
							   xasprintf("%.6g%%", 100 * r->plan.fraction) };
	meta->item[meta->n++] = (struct safetensors_meta){ "frl.seed", xasprintf("%" PRId64, r->options->seed) };
}

static int save(struct run *r, const struct checkpoint_parts *parts, struct err *e)
{
	struct checkpoint_state state = { 0 };
	struct task_meta meta;
	int rc;

	if (out_sync(&r->log, e))
		return -1;
	put_state(r, &state);
	put_meta(r, &meta);
	rc = checkpoint_save(r->folder, r->step, parts, &state, meta.item, meta.n, e) ||
			     checkpoint_prune(r->folder, r->options->keep, 0, e)
		     ? -1
		     : 0;
	task_meta_release(&meta);
	checkpoint_state_release(&state);
	return rc;
}

int run_save(struct run *r, struct err *e)
{
	struct train_whole *whole = train_whole_new(&r->optim);
	struct safetensor fixed[FACE_MESH_TENSORS];
	const struct checkpoint_parts parts = parts_of(r, whole, fixed);
	int rc;

	train_whole_gather(whole, &r->optim);
	rc = ranks_rank() ? 0 : save(r, &parts, e);
	if (!rc)
		r->saved = r->step;
	train_whole_free(whole, &r->optim);
	return rc;
}

/* Keys of the pictures that were held out, sorted as the records are. */
static int64_t *keys_of(const struct data *d)
{
	int64_t *key = xcalloc(d->labels.n + 1, sizeof *key);

	for (size_t i = 0; i < d->labels.n; i++) {
		uint64_t record = d->labels.record[i];
		int f = 0;

		while (f + 1 < d->source.files && d->source.file[f + 1].first <= record)
			f++;
		memcpy(&key[i], &d->source.file[f].index.key[record - d->source.file[f].first], sizeof key[i]);
	}
	return key;
}

static int save_best(struct run *r, struct checkpoint_parts *parts, struct err *e)
{
	int64_t *key = keys_of(&r->val);
	const struct checkpoint_tensor chosen_on = { "chosen_on", DTYPE_I64, { 1, { (int64_t)r->val.labels.n } }, key };
	char *folder = xasprintf("%s/best", r->folder), *path = xasprintf("%s/model.safetensors", folder);
	struct task_meta meta;
	int rc;

	parts->extra = &chosen_on;
	parts->n_extra = 1;
	put_meta(r, &meta);
	rc = io_make_dirs(folder, e) || checkpoint_save_model(path, parts, meta.item, meta.n, e) ? -1 : 0;
	task_meta_release(&meta);
	free(key);
	free(folder);
	free(path);
	return rc;
}

int run_save_best(struct run *r, struct err *e)
{
	struct train_whole *whole = train_whole_new(&r->optim);
	struct safetensor fixed[FACE_MESH_TENSORS];
	struct checkpoint_parts parts = parts_of(r, whole, fixed);
	int rc;

	train_whole_gather(whole, &r->optim);
	rc = ranks_rank() ? 0 : save_best(r, &parts, e);
	train_whole_free(whole, &r->optim);
	return rc;
}

/* ---- in */

static int same_model(const struct task_model *was, const struct task_model *m, struct err *e)
{
	if (was->task != m->task)
		return err_set(e, "the run trains %s, not %s", was->task->name, m->task->name);
	if (was->outputs != m->outputs || was->names != m->names)
		return err_set(e, "the run's model has %d outputs and %d names, the labels give %d and %d",
			       was->outputs, was->names, m->outputs, m->names);
	for (int i = 0; i < m->names; i++)
		if (strcmp(was->name[i], m->name[i]) != 0)
			return err_set(e, "the run's model has '%.100s' where the labels give '%.100s'", was->name[i],
				       m->name[i]);
	return 0;
}

int run_load_model(struct run *r, const struct checkpoint *c, struct err *e)
{
	char *path = xasprintf("%s/model.safetensors", c->folder);
	struct safetensors s = { 0 };
	struct task_model was = { 0 };
	int rc = -1;

	if (!safetensors_open(&s, path, e) && !task_model_read(&was, &s, e) && !same_model(&was, &r->model, e)) {
		const char *init = safetensors_get_meta(&s, "frl.init");

		r->model.input = was.input;
		r->model.mesh = was.mesh;
		was.mesh = NULL;
		r->init = xstrdup(init ? init : "unknown");
		rc = 0;
	}
	task_model_release(&was);
	safetensors_close(&s);
	free(path);
	return rc ? err_prefix(e, "'%s'", c->folder) : 0;
}

int run_load(struct run *r, const struct checkpoint *c, struct err *e)
{
	struct safetensor fixed[FACE_MESH_TENSORS];
	struct train_whole *whole;
	uint64_t samples;
	int rc;

	if (checkpoint_state_u64(&c->state, "samples", &samples, e) ||
	    checkpoint_state_f64(&c->state, "best", &r->best, e))
		return err_prefix(e, "'%s'", c->folder);
	if (samples != r->data.labels.n)
		return err_set(e, "there are %zu labelled pictures, and were %" PRIu64 " when the run began",
			       r->data.labels.n, samples);
	whole = train_whole_new(&r->optim);
	const struct checkpoint_parts parts = parts_of(r, whole, fixed);
	rc = checkpoint_load(c, &parts, e);
	if (!rc)
		train_whole_take(whole, &r->optim);
	train_whole_free(whole, &r->optim);
	if (rc)
		return -1;
	if (!ranks_rank())
		run_machine_compare(c);
	r->step = r->saved = c->step;
	return 0;
}
