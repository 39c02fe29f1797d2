/* predictor.c - see predictor.h */
#include "eval/predictor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/task_draw.h"
#include "common/model/task_net.h"
#include "common/record.h"
#include "common/record_image.h"
#include "common/resample.h"
#include "common/table.h"
#include "common/thread.h"
#include "eval/past.h"
#include "eval/vertices.h"

enum { MODELS = 8, BATCH = 16, MOST_WARNINGS = 20, AFFINE = 6 };

static const char *const affine[AFFINE] = { "a11", "a12", "a13", "a21", "a22", "a23" };

struct model {
	const char *path;
	struct task_model m;
	struct task_net *net;
	struct past past;
	uint64_t flattered; /* records that it was chosen on */
	struct warp warp;
	float *input;	    /* [BATCH][3][size][size] */
	double *prediction; /* [BATCH][predictions] */
	double *drawn;	    /* the same with places in the record's picture; with c->draw */
	int predictions;
	struct warp_draws d[BATCH];
};

/* A picture of the batch in the making. */
struct sample {
	struct record head;
	struct image image;
	uint64_t number; /* among those predicted */
	int64_t row;	 /* of the manifest, -1 without one */
	double back[6];	 /* the crop's places in the photo; used with has_map */
};

struct run {
	const struct predictor_config *c;
	struct model model[MODELS];
	int models;
	char *list;	    /* of the models' paths */
	struct table rows;  /* of c->rows, else of the truth */
	struct table truth; /* with c->rows only */
	bool has_rows, has_path;
	bool has_map;			/* points are wanted: a11 .. a23 are needed */
	struct table_face *faces;	/* of the rows */
	struct table_face *truth_faces; /* with c->rows only */
	struct sample sample[BATCH];
	int n;
	struct augment_scratch *scratch; /* [threads] */
	struct out *out;
	struct tsv_out tsv;
	struct summary *summary;
	struct vertices vertices;
	int warnings;
};

/* ---- models */

static int check_task(const struct run *r, const struct model *m, struct err *e)
{
	const struct task *want = r->c->task;

	if (want && m->m.task != want)
		return err_set(e, "'%s' is a model of %s, not of %s", m->path, m->m.task->name, want->name);
	for (const struct model *other = r->model; other < m; other++)
		if (other->m.task == m->m.task)
			return err_set(e, "two models of the task %s: their columns would have the same names",
				       m->m.task->name);
	return 0;
}

static bool has_points(const struct model *m)
{
	return m->m.task == &task_landmarks || m->m.task == &task_mesh;
}

/* Points in a plane and points in space have the same names. */
static int check_points(const struct run *r, struct err *e)
{
	int columns = 0;
	bool mesh = false;

	for (int k = 0; k < r->models; k++) {
		columns += has_points(&r->model[k]) && r->model[k].predictions;
		mesh = mesh || r->model[k].m.task == &task_mesh;
	}
	if (columns > 1)
		return err_set(e, "a model of landmarks and one of mesh: their columns would have the same names");
	if (r->c->mesh && !mesh)
		return err_code(e, EXIT_CODE_USAGE, "--mesh '%s': no model is one of the task mesh", r->c->mesh);
	return 0;
}

static int open_model(struct run *r, const char *path, struct err *e)
{
	/* A slice a picture: what a picture gets does not depend on the others. */
	const struct task_net_config config = { .batch = BATCH, .slices = BATCH };
	struct model *m;

	if (r->models == MODELS)
		return err_set(e, "more than %d models", MODELS);
	m = &r->model[r->models];
	m->path = path;
	m->net = task_net_load(nn_train_cpu(), &m->m, path, &config, e);
	if (!m->net)
		return -1;
	r->models++;
	if (check_task(r, m, e) || past_read(&m->past, path, e))
		return -1;
	m->warp = (struct warp){ .scale = { 1, 1 } };
	task_model_warp(&m->m, &m->warp);
	m->predictions = m->m.task->predictions(&m->m);
	m->input = xaligned(BATCH * 3 * (size_t)m->m.input.size * (size_t)m->m.input.size * sizeof *m->input);
	m->prediction = xcalloc(BATCH * (size_t)m->predictions, sizeof *m->prediction);
	m->drawn = r->c->draw ? xcalloc(BATCH * (size_t)m->predictions, sizeof *m->drawn) : NULL;
	task_net_pack(m->net, r->c->threads);
	return warp_check(&m->warp, e);
}

static int open_models(struct run *r, struct err *e)
{
	char *at = r->list = xstrdup(r->c->models);
	int rc = 0;

	for (char *part; !rc && (part = strsep(&at, ","));)
		rc = open_model(r, part, e);
	return rc;
}

/* ---- the manifests of the crops, and of the truth */

static int open_truth(const struct run *r, struct table *t, struct err *e)
{
	return table_open_memory(t, r->c->truth_name, r->c->truth->data, r->c->truth->len, e);
}

/* Before anything is predicted: has the truth what the model predicts? */
static int check_truth(struct run *r, struct err *e)
{
	struct table t = { 0 };
	int rc;

	if (!r->c->truth || !r->c->fits)
		return 0;
	rc = open_truth(r, &t, e);
	for (int k = 0; k < r->models && !rc; k++)
		rc = r->c->fits(&r->model[k].m, r->model[k].path, &t, e);
	table_release(&t);
	return rc;
}

static int open_rows(struct run *r, struct err *e)
{
	static const char *const path[] = { "path" };

	r->has_rows = r->c->rows || r->c->truth;
	if (!r->has_rows)
		return 0;
	if (r->c->rows ? table_open(&r->rows, r->c->rows, e) : open_truth(r, &r->rows, e))
		return -1;
	r->has_path = table_has(&r->rows, "path");
	for (int k = 0; k < r->models; k++)
		r->has_map = r->has_map || has_points(&r->model[k]);
	if (r->has_map && !r->c->rows && !table_has(&r->rows, affine[0]))
		return err_set(e,
			       "'%s' has no column '%s', which says where in the photo a crop is\n"
			       "hint: --rows takes the manifest that frl-crop -m wrote",
			       r->rows.tsv.name, affine[0]);
	if (table_load(&r->rows, affine, r->has_map ? AFFINE : 0, path, r->has_path, false, e))
		return -1;
	r->faces = table_faces(&r->rows);
	if (!r->c->rows || !r->c->truth)
		return 0;
	if (open_truth(r, &r->truth, e) || table_load(&r->truth, NULL, 0, NULL, 0, false, e))
		return -1;
	r->truth_faces = table_faces(&r->truth);
	return 0;
}

/* Does the truth know the record? */
static bool is_scored(const struct run *r, const struct record *h)
{
	return r->truth_faces ? table_row(r->truth_faces, r->truth.n, h->key, h->face) >= 0
			      : table_row(r->faces, r->rows.n, h->key, h->face) >= 0;
}

/* ---- rows out */

static int write_header(struct run *r, struct err *e)
{
	tsv_out_pg(&r->tsv, r->c->no_pg, r->c->argc + 1, r->c->argv - 1);
	tsv_out_raw(&r->tsv, r->has_rows ? "id" : "key");
	tsv_out_raw(&r->tsv, "face");
	if (r->has_path)
		tsv_out_raw(&r->tsv, "path");
	for (int k = 0; k < r->models; k++)
		for (int i = 0; i < r->model[k].predictions; i++) {
			char *name = r->model[k].m.task->prediction_name(&r->model[k].m, i);

			tsv_out_str(&r->tsv, name);
			free(name);
		}
	tsv_out_raw(&r->tsv, "status");
	tsv_out_end(&r->tsv);
	return tsv_out_write(&r->tsv, r->out, e);
}

/* What names a record: id, face, path. */
static void write_name(struct run *r, const struct record *h, int64_t row)
{
	char key[32];

	if (row >= 0) {
		tsv_out_str(&r->tsv, r->rows.id[row]);
	} else {
		snprintf(key, sizeof key, "%016llx", (unsigned long long)h->key);
		tsv_out_raw(&r->tsv, r->has_rows ? "" : key);
	}
	tsv_out_i64(&r->tsv, h->face);
	if (r->has_path)
		tsv_out_str(&r->tsv, row >= 0 ? r->rows.text[row] : "");
}

static int write_failed(struct run *r, const struct record *h, const char *why, struct err *e)
{
	char *status = xasprintf("bad:%s", why);

	if (++r->warnings <= MOST_WARNINGS)
		warn("the record of key %016llx face %u: %s", (unsigned long long)h->key, h->face, why);
	write_name(r, h, table_row(r->faces, r->rows.n, h->key, h->face));
	for (int k = 0; k < r->models; k++)
		for (int i = 0; i < r->model[k].predictions; i++)
			tsv_out_raw(&r->tsv, "");
	tsv_out_str(&r->tsv, status);
	tsv_out_end(&r->tsv);
	free(status);
	r->summary->failed++;
	return tsv_out_write(&r->tsv, r->out, e);
}

/* Points from the crop to the photo. */
static void to_photo(const struct model *m, const double back[6], double *p)
{
	double at[2];

	if (m->m.task == &task_mesh) {
		vertices_map(back, (double(*)[3])p, (size_t)m->predictions / 3);
		return;
	}
	for (int i = 0; i < m->predictions; i += 2) {
		warp_point(back, p[i], p[i + 1], at);
		p[i] = at[0];
		p[i + 1] = at[1];
	}
}

/* ---- a batch */

struct job {
	struct run *r;
	struct model *m;
};

static void prepare(void *data, size_t i, int worker)
{
	struct job *j = data;
	struct model *m = j->m;
	size_t floats = 3 * (size_t)m->m.input.size * (size_t)m->m.input.size;
	float *dst = m->input + i * floats;

	if ((int)i >= j->r->n) {
		memset(dst, 0, floats * sizeof *dst);
		return;
	}
	const struct image *src = &j->r->sample[i].image;
	warp_none(&m->d[i], &m->warp, src->w, src->h);
	warp_apply(&m->warp, &m->d[i], src, &j->r->scratch[worker], dst);
}

static int predict(struct run *r, struct model *m, struct err *e)
{
	struct job j = { r, m };
	struct task_loss none;
	const float *out;
	int h, w, threads = r->c->threads;
	size_t each;

	parallel_for(threads, BATCH, prepare, &j);
	each = task_net_run(m->net, m->input, NULL, BATCH, BATCH, threads, &none, &out);
	task_net_output_size(m->net, &h, &w);
	for (int i = 0; i < r->n; i++) {
		double *p = m->prediction + (size_t)i * (size_t)m->predictions;

		m->m.task->predict(&m->m, out + (size_t)i * each, h, w, &m->d[i], p);
		if (m->drawn)
			memcpy(m->drawn + (p - m->prediction), p, (size_t)m->predictions * sizeof *p);
		if (has_points(m) && r->has_map)
			to_photo(m, r->sample[i].back, p);
		if (m->m.task == &task_mesh &&
		    vertices_write(&r->vertices, &m->m, out + (size_t)i * each, &m->d[i],
				   r->has_map ? r->sample[i].back : NULL, &r->sample[i].head, e))
			return -1;
	}
	return 0;
}

static int draw(struct run *r, int i, struct err *e)
{
	const struct sample *s = &r->sample[i];
	struct task_said said[MODELS];
	char key[32];

	if (!r->c->draw)
		return 0;
	snprintf(key, sizeof key, "%016llx", (unsigned long long)s->head.key);
	for (int k = 0; k < r->models; k++)
		said[k] = (struct task_said){ &r->model[k].m, r->model[k].drawn + i * r->model[k].predictions,
					      r->model[k].predictions };
	return task_draw_file(r->c->draw, s->number, s->row >= 0 ? r->rows.id[s->row] : key, &s->image, said, r->models,
			      e);
}

static int flush_batch(struct run *r, struct err *e)
{
	if (!r->n)
		return 0;
	for (int k = 0; k < r->models; k++)
		if (predict(r, &r->model[k], e))
			return -1;
	for (int i = 0; i < r->n; i++) {
		if (draw(r, i, e))
			return -1;
		write_name(r, &r->sample[i].head, r->sample[i].row);
		for (int k = 0; k < r->models; k++)
			for (int q = 0; q < r->model[k].predictions; q++)
				tsv_out_f32(&r->tsv, (float)r->model[k].prediction[i * r->model[k].predictions + q]);
		tsv_out_raw(&r->tsv, "ok");
		tsv_out_end(&r->tsv);
		r->summary->out++;
	}
	progress_add((uint64_t)r->n);
	r->n = 0;
	return tsv_out_write(&r->tsv, r->out, e) || out_flush(r->out, e) ? -1 : 0;
}

/* A record as a sample; -1 and why it is none. */
static int take(struct run *r, const struct record_reader *in, struct sample *s, struct err *why)
{
	s->head = in->head;
	s->number = r->summary->in;
	s->row = table_row(r->faces, r->rows.n, in->head.key, in->head.face);
	if (r->has_rows && s->row < 0)
		return err_set(why, "no row");
	if (r->has_map && affine_invert(s->back, r->rows.number + (size_t)s->row * AFFINE))
		return err_set(why, "a11 to a23 are no map");
	return record_image(&s->image, &in->head, in->payload, why);
}

/* Is it one to be predicted? 1, or 0, or -1 where it must not be scored. */
static int check_scored(struct run *r, const struct record *h, struct err *e)
{
	char what[64];

	snprintf(what, sizeof what, "key %016llx face %u", (unsigned long long)h->key, h->face);
	if (r->c->truth && !is_scored(r, h)) {
		if (r->c->partial)
			return 0;
		return err_set(e, "'%s' has no row for the record of %s\nhint: --partial leaves such records out",
			       r->c->truth_name, what);
	}
	for (int k = 0; k < r->models; k++) {
		if (!past_chose(&r->model[k].past, h->key))
			continue;
		r->model[k].flattered++;
		if (!r->c->truth || r->c->force)
			continue;
		int64_t row = table_row(r->faces, r->rows.n, h->key, h->face);
		char *id = row < 0 ? xstrdup(what) : xasprintf("'%.200s'", r->rows.id[row]);

		past_refuse(r->model[k].path, id, e);
		free(id);
		return -1;
	}
	return 1;
}

static int add_record(struct run *r, const struct record_reader *in, struct err *e)
{
	struct err why = { 0 };
	int scored = check_scored(r, &in->head, e);

	if (scored <= 0)
		return scored;
	r->summary->in++;
	if (take(r, in, &r->sample[r->n], &why)) {
		/* Rows stay in the order of the records. */
		return flush_batch(r, e) || write_failed(r, &in->head, why.msg, e) ? -1 : 0;
	}
	return ++r->n == BATCH ? flush_batch(r, e) : 0;
}

static int read_stream(struct run *r, const char *path, struct err *e)
{
	struct record_reader in;
	int rc;

	if (record_open(&in, path, e))
		return -1;
	while ((rc = record_next(&in, e)) > 0)
		if (in.head.kind != RECORD_END && (rc = add_record(r, &in, e)))
			break;
	if (!rc && !in.records && !in.segments && !in.damage)
		rc = err_set(e, "'%s' is empty", in.name);
	if (!rc && (in.damage || !in.closed)) {
		warn("'%s' is damaged or cut short", in.name);
		r->summary->failed += in.damage ? in.damage : 1;
	}
	record_close(&in);
	return rc;
}

/* ---- all of it */

static void tell_flattered(const struct run *r)
{
	for (int k = 0; k < r->models && !r->c->quiet; k++)
		if (r->model[k].flattered)
			warn("'%s' was chosen on %llu of these pictures: a score on them flatters", r->model[k].path,
			     (unsigned long long)r->model[k].flattered);
}

static void release(struct run *r)
{
	for (int k = 0; k < r->models; k++) {
		task_net_free(r->model[k].net);
		task_model_release(&r->model[k].m);
		past_release(&r->model[k].past);
		free(r->model[k].input);
		free(r->model[k].prediction);
		free(r->model[k].drawn);
	}
	for (int i = 0; i < BATCH; i++)
		image_release(&r->sample[i].image);
	for (int i = 0; i < r->c->threads; i++)
		augment_scratch_release(&r->scratch[i]);
	free(r->scratch);
	free(r->faces);
	free(r->truth_faces);
	free(r->list);
	table_release(&r->rows);
	table_release(&r->truth);
	tsv_out_release(&r->tsv);
	vertices_abort(&r->vertices);
}

int predictor_run(const struct predictor_config *c, struct out *out, struct summary *s, struct err *e)
{
	struct run r = { .c = c, .out = out, .summary = s };
	int rc;

	r.scratch = xcalloc((size_t)c->threads, sizeof *r.scratch);
	progress_start("pictures", 0, c->quiet);
	rc = open_models(&r, e) || check_points(&r, e) || check_truth(&r, e) || open_rows(&r, e) ||
			     vertices_open(&r.vertices, c->mesh, e) || write_header(&r, e)
		     ? -1
		     : 0;
	for (int i = 0; !rc && (i < c->paths || i == 0); i++)
		rc = read_stream(&r, c->paths ? c->path[i] : NULL, e);
	if (!rc)
		rc = flush_batch(&r, e) || vertices_close(&r.vertices, e) ? -1 : 0;
	progress_stop();
	if (!rc)
		tell_flattered(&r);
	release(&r);
	return rc;
}
