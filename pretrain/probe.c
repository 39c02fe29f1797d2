/* probe.c - see probe.h */
#include "pretrain/probe.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/knn.h"
#include "common/num.h"
#include "common/record_image.h"
#include "common/resample.h"
#include "common/rows.h"

enum { BATCH = 64 };

static const char header[] = "step\tepoch\tset\twhat\tk\tn\tclasses\taccuracy\tse\n";

/* ---- pictures */

/* At the network's size, normalised, into dst [3][size][size]. */
static void prepare(float *dst, const struct image *m, const struct augment *a)
{
	int size = a->size;
	struct image small;

	image_init(&small, size, size);
	resample_resize(&small, m, RESAMPLE_BILINEAR);
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < size; y++)
			for (int x = 0; x < size; x++)
				*dst++ = ((float)image_at(&small, x, y)[c] / 255.0F - a->mean[c]) / a->std[c];
	image_release(&small);
}

static int add(struct probe_set *s, const struct record_reader *r, const struct augment *a, struct err *e)
{
	size_t count = 3 * (size_t)a->size * (size_t)a->size;
	struct image m = { 0 };

	if (record_image(&m, &r->head, r->payload, e))
		return err_prefix(e, "'%s', record at byte %" PRIu64, s->path, r->offset);
	s->picture = xrealloc_array(s->picture, (s->n + 1) * count, sizeof *s->picture);
	s->label = xrealloc_array(s->label, s->n + 1, sizeof *s->label);
	prepare(s->picture + s->n * count, &m, a);
	s->label[s->n++] = r->head.label;
	image_release(&m);
	return 0;
}

static int read_set(struct probe_set *s, const struct augment *a, struct err *e)
{
	struct record_reader r;
	int rc;

	if (record_open(&r, s->path, e))
		return -1;
	while ((rc = record_next(&r, e)) == 1)
		if (r.head.kind != RECORD_END && r.head.label >= 0 && add(s, &r, a, e)) {
			rc = -1;
			break;
		}
	if (!rc && (r.damage || !r.closed))
		rc = err_set(e, "'%s' is damaged or cut short", s->path);
	record_close(&r);
	if (!rc && s->n <= (size_t)s->k)
		rc = err_set(e, "'%s': %zu pictures with a label are too few for %d neighbours", s->path, s->n, s->k);
	return rc;
}

/* "FILE[:K],.." */
static int read_list(struct probe *p, const char *list, const struct augment *a, struct err *e)
{
	for (const char *at = list; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		struct probe_set *s = &p->set[p->sets];

		if (p->sets == PROBE_MOST)
			return err_code(e, EXIT_CODE_USAGE, "option '--probe': more than %d files", PROBE_MOST);
		p->sets++;
		*s = (struct probe_set){ .path = xstrndup(at, len), .k = PROBE_K };
		at += len;
		char *colon = strrchr(s->path, ':');
		int64_t k;
		if (colon && !num_parse_i64(colon + 1, &k) && k >= 1 && k <= 1000) {
			*colon = '\0';
			s->k = (int)k;
		}
		if (read_set(s, a, e))
			return -1;
	}
	return 0;
}

int probe_open(struct probe *p, const char *list, const struct options *o, const struct plan *plan,
	       struct train_params *params, int threads, const char *path, uint64_t done, struct err *e)
{
	const struct augment *a = &plan->group[0].augment;

	*p = (struct probe){ .size = a->size, .threads = threads };
	p->features = resnet_features((enum resnet_arch)o->arch, o->width);
	if (read_list(p, list, a, e))
		return -1;
	p->net = train_net_new(nn_train_cpu(), params);
	resnet_train(p->net, params, (enum resnet_arch)o->arch, o->width, "module.base_net.",
		     train_net_input(p->net, 3, true));
	p->plan = train_plan_new(p->net, BATCH, a->size, a->size, o->slices);
	return rows_open(&p->file, path, header, done ? done + 1 : 0, e);
}

/* ---- judging */

/* Features of all pictures of a set [n][features]. */
static float *features(struct probe *p, const struct probe_set *s)
{
	const struct nn_train *ops = nn_train_cpu();
	size_t count = 3 * (size_t)p->size * (size_t)p->size, d = (size_t)p->features;
	float *x = xcalloc(s->n * d, sizeof *x), *out = xcalloc(BATCH * d, sizeof *out);
	struct nn_batch in = train_plan_input(p->plan);

	for (size_t i = 0; i < s->n; i += BATCH) {
		size_t n = s->n - i < BATCH ? s->n - i : BATCH;

		memcpy(in.data, s->picture + i * count, n * count * sizeof(float));
		train_plan_forward(p->plan, false, p->threads);
		struct nn_batch rows = train_plan_output(p->plan);
		ops->download(ops, &rows, out);
		memcpy(x + i * d, out, n * d * sizeof *x);
	}
	free(out);
	return x;
}

static int judge(struct probe *p, const struct probe_set *s, const char *what, const float *x, size_t dim,
		 uint64_t step, uint64_t epoch, bool quiet, struct err *e)
{
	struct knn_score k = knn_leave_one_out(x, s->n, dim, s->label, (size_t)s->k, p->threads);

	if (!quiet)
		fprintf(stderr,
			"probe, step %" PRIu64
			": %s, %d nearest by %s: accuracy %.3f +- %.3f (%zu pictures, %zu labels)\n",
			step, s->path, s->k, what, k.accuracy, k.error, k.n, k.classes);
	if (out_printf(&p->file, e, "%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%d\t%zu\t%zu\t%.6g\t%.4g\n", step, epoch,
		       s->path, what, s->k, k.n, k.classes, k.accuracy, k.error))
		return -1;
	return out_flush(&p->file, e);
}

int probe_step(struct probe *p, uint64_t step, uint64_t epoch, bool quiet, struct err *e)
{
	int rc = 0;

	if (p->sets)
		train_net_pack(p->net, p->threads);
	for (int i = 0; !rc && i < p->sets; i++) {
		const struct probe_set *s = &p->set[i];
		float *x = features(p, s);

		if (!step)
			rc = judge(p, s, "pixels", s->picture, 3 * (size_t)p->size * (size_t)p->size, step, epoch,
				   quiet, e);
		if (!rc)
			rc = judge(p, s, "features", x, (size_t)p->features, step, epoch, quiet, e);
		free(x);
	}
	return rc;
}

int probe_close(struct probe *p, struct err *e)
{
	return p->file.path ? out_commit(&p->file, e) : 0;
}

void probe_release(struct probe *p)
{
	for (int i = 0; i < p->sets; i++) {
		free(p->set[i].path);
		free(p->set[i].picture);
		free(p->set[i].label);
	}
	train_plan_free(p->plan);
	train_net_free(p->net);
	out_abort(&p->file);
	*p = (struct probe){ 0 };
}
