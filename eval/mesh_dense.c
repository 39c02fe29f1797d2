/* mesh_dense.c - vertices of two record streams: dense NME and reconstruction error */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/le.h"
#include "common/num.h"
#include "common/record.h"
#include "eval/lines.h"
#include "eval/mesh.h"

enum { INDICES_MAX = 10000000 };

struct indices {
	size_t *v;
	size_t n;
};

struct dense {
	struct mesh_eval *m;
	struct indices vertices; /* of both, if both have the same numbering */
	struct indices pred_points, truth_points;
	size_t eye[2]; /* vertices of the truth */
	double *nme, *reconstruction;
	uint64_t *key;
	size_t n;
};

/* A vertex number a line, counted from 0. */
static int read_indices(struct indices *x, const char *path, struct err *e)
{
	struct lines l;
	int rc;

	if (!path)
		return 0;
	rc = lines_open(&l, path, e);
	while (!rc && (rc = lines_next(&l, e)) > 0) {
		uint64_t v;

		rc = num_parse_u64(l.text, &v) || v >= INDICES_MAX || x->n >= INDICES_MAX
			     ? lines_bad(&l, e, "no vertex number")
			     : 0;
		if (rc)
			break;
		if ((x->n & (x->n - 1)) == 0)
			x->v = xrealloc_array(x->v, x->n ? 2 * x->n : 1, sizeof *x->v);
		x->v[x->n++] = (size_t)v;
	}
	lines_close(&l);
	if (!rc && !x->n)
		rc = err_set(e, "'%s': no vertex number in it", path);
	return rc;
}

static int in_range(const struct indices *x, size_t n, const char *path, struct err *e)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->v[i] >= n)
			return err_set(e, "'%s': vertex %zu of a mesh with %zu", path, x->v[i], n);
	return 0;
}

/* The vertices of a record, to be freed. NULL if it is no [V, 3] of f32 or f64. */
static double (*vertices_of(const struct record_reader *r, size_t *n, struct err *e))[3]
{
	bool single = r->head.dtype == RECORD_F32;
	double(*v)[3];

	if (r->head.kind != RECORD_TENSOR || r->head.ndim != 2 || r->head.dims[1] != 3 || r->head.dims[0] == 0 ||
	    (!single && r->head.dtype != RECORD_F64)) {
		err_set(e, "'%s': the record at byte %llu is not V x 3 numbers of f32 or f64", r->name,
			(unsigned long long)r->offset);
		return NULL;
	}
	*n = r->head.dims[0];
	v = xrealloc_array(NULL, *n, sizeof *v);
	for (size_t i = 0; i < 3 * *n; i++) {
		double x = single ? (double)le_getf32(r->payload + 4 * i) : le_getf64(r->payload + 8 * i);
		if (!isfinite(x)) {
			err_set(e, "'%s': the record at byte %llu holds a number that is not finite", r->name,
				(unsigned long long)r->offset);
			free(v);
			return NULL;
		}
		v[i / 3][i % 3] = x;
	}
	return v;
}

/* Keeps the chosen vertices alone. */
static int restrict_to(const struct indices *x, double (*v)[3], size_t *n, const char *path, struct err *e)
{
	double(*kept)[3];

	if (!x->n)
		return 0;
	if (in_range(x, *n, path, e))
		return -1;
	if (x->n > *n)
		return err_set(e, "'%s': %zu vertices of a mesh with %zu", path, x->n, *n);
	kept = xrealloc_array(NULL, x->n, sizeof *kept);
	for (size_t i = 0; i < x->n; i++)
		memcpy(kept[i], v[x->v[i]], sizeof *kept);
	memcpy(v, kept, x->n * sizeof *v);
	free(kept);
	*n = x->n;
	return 0;
}

static double eye_distance(const struct dense *d, const double (*truth)[3])
{
	const double *a = truth[d->eye[0]], *b = truth[d->eye[1]];

	return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

/* A prediction that has the chosen vertices and no others: of a model that was trained on a region. */
static bool is_cut(const struct dense *d, size_t n_pred, size_t n_truth)
{
	return d->vertices.n && n_pred == d->vertices.n && n_pred != n_truth;
}

static int score(struct dense *d, double (*pred)[3], size_t n_pred, double (*truth)[3], size_t n_truth, double *nme,
		 double *reconstruction, struct err *e)
{
	const struct mesh_eval *m = d->m;
	struct mesh_match match = { d->pred_points.v, d->truth_points.v, d->truth_points.n };
	double eyes;

	if (d->eye[0] >= n_truth || d->eye[1] >= n_truth)
		return err_set(e, "--eyes '%s': a truth has %zu vertices only", m->eyes, n_truth);
	eyes = eye_distance(d, (const double(*)[3])truth);
	if (in_range(&d->pred_points, n_pred, m->pred_points, e) ||
	    in_range(&d->truth_points, n_truth, m->truth_points, e) ||
	    (!is_cut(d, n_pred, n_truth) && restrict_to(&d->vertices, pred, &n_pred, m->vertices, e)) ||
	    restrict_to(&d->vertices, truth, &n_truth, m->vertices, e))
		return -1;
	if (n_pred != n_truth && (m->align < MESH_ICP || !match.n))
		return err_set(
			e, "meshes of %zu and %zu vertices\nhint: --align icp with --pred-points and --truth-points",
			n_pred, n_truth);
	if (!(eyes > 0) || !(mesh_box((const double(*)[3])truth, n_truth) > 0))
		return err_set(e, "a truth without extent: nothing to divide by");
	*nme = n_pred == n_truth ? mesh_nme_3d((const double(*)[3])pred, (const double(*)[3])truth, n_truth) : NAN;
	*reconstruction = mesh_reconstruction((const double(*)[3])pred, n_pred, (const double(*)[3])truth, n_truth,
					      (enum mesh_align)m->align, match.n ? &match : NULL) /
			  eyes;
	return 0;
}

/* The next record with data: 1, 0, or -1. */
static int next(struct record_reader *r, struct err *e)
{
	int rc;

	do
		rc = record_next(r, e);
	while (rc > 0 && r->head.kind == RECORD_END);
	if (rc == 0 && (r->damage || !r->closed))
		return err_set(e, "'%s' is damaged or cut short", r->name);
	return rc;
}

static int score_pair(struct dense *d, const struct record_reader *p, const struct record_reader *t, struct err *e)
{
	double(*pred)[3], (*truth)[3] = NULL;
	size_t n_pred, n_truth;
	int rc = -1;

	if (p->head.key != t->head.key || p->head.face != t->head.face)
		return err_set(
			e, "'%s' and '%s': records %llu are of different samples\nhint: both streams have one order",
			p->name, t->name, (unsigned long long)d->n + 1);
	if ((d->n & (d->n - 1)) == 0) {
		size_t cap = d->n ? 2 * d->n : 1;
		d->nme = xrealloc_array(d->nme, cap, sizeof *d->nme);
		d->reconstruction = xrealloc_array(d->reconstruction, cap, sizeof *d->reconstruction);
		d->key = xrealloc_array(d->key, cap, sizeof *d->key);
	}
	d->key[d->n] = t->head.key;
	pred = vertices_of(p, &n_pred, e);
	if (pred && (truth = vertices_of(t, &n_truth, e)))
		rc = score(d, pred, n_pred, truth, n_truth, &d->nme[d->n], &d->reconstruction[d->n], e);
	if (rc && truth)
		err_prefix(e, "record %llu", (unsigned long long)d->n + 1);
	d->n++;
	free(pred);
	free(truth);
	return rc;
}

static int read_both(struct dense *d, struct err *e)
{
	struct record_reader p, t;
	int a = 0, b = 0, rc;

	if (record_open(&t, d->m->p.truth_path, e))
		return -1;
	if (record_open(&p, d->m->p.pred_path, e)) {
		record_close(&t);
		return -1;
	}
	do {
		a = next(&t, e);
		b = a < 0 ? -1 : next(&p, e);
		rc = a < 0 || b < 0 ? -1 : a && b ? score_pair(d, &p, &t, e) : 0;
	} while (!rc && a && b);
	if (!rc && a != b)
		rc = err_set(e, "'%s' has more records than '%s'", a ? t.name : p.name, a ? p.name : t.name);
	if (!rc && !d->n)
		rc = err_set(e, "'%s': no record in it", t.name);
	record_close(&p);
	record_close(&t);
	return rc;
}

/* A measure's data: one list of errors. */
static size_t mean(const size_t *index, size_t n, double *value, void *data)
{
	const double *error = data;
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += error[index[i]];
	value[0] = 100 * sum / (double)n;
	return n;
}

static int report(struct dense *d, struct err *e)
{
	struct paired *p = &d->m->p;
	struct measure measure = { .count = 1, .compute = mean };
	size_t *index = xrealloc_array(NULL, d->n, sizeof *index);

	for (size_t i = 0; i < d->n; i++)
		index[i] = i;
	measure.name[0] = "nme-dense";
	measure.normaliser = "points-box";
	measure.data = d->nme;
	measure_add(&p->report, "all", &measure, index, d->n, NULL);
	measure.name[0] = "reconstruction";
	measure.normaliser = mesh_align_name[d->m->align];
	measure.data = d->reconstruction;
	measure_add(&p->report, "all", &measure, index, d->n, NULL);
	free(index);
	return mesh_write_ced(d->m, d->reconstruction, d->n, e) || report_write(&p->report, p->argc, p->argv, e) ? -1
														 : 0;
}

/* The two outer corners of the eyes: --eyes, or points 36 and 45 of the 68 that --truth-points lists. */
static int find_eyes(struct dense *d, struct err *e)
{
	int end = 0;

	if (d->m->eyes) {
		if (sscanf(d->m->eyes, "%9zu-%9zu%n", &d->eye[0], &d->eye[1], &end) == 2 && !d->m->eyes[end])
			return 0;
		return err_code(e, EXIT_CODE_USAGE, "--eyes '%s' is not A-B", d->m->eyes);
	}
	if (d->truth_points.n != 68)
		return err_code(e, EXIT_CODE_USAGE, "--eyes, or --truth-points with 68 vertices, is needed");
	d->eye[0] = d->truth_points.v[36];
	d->eye[1] = d->truth_points.v[45];
	return 0;
}

int mesh_dense(struct mesh_eval *m, struct err *e)
{
	struct dense d = { .m = m };
	int rc = read_indices(&d.vertices, m->vertices, e) || read_indices(&d.pred_points, m->pred_points, e) ||
				 read_indices(&d.truth_points, m->truth_points, e) || find_eyes(&d, e)
			 ? -1
			 : 0;

	if (!rc && m->pred_points && d.pred_points.n != d.truth_points.n)
		rc = err_set(e, "--pred-points and --truth-points have %zu and %zu vertices", d.pred_points.n,
			     d.truth_points.n);
	if (!m->pred_points)
		d.truth_points.n = 0; /* they gave the eyes only */
	if (!rc)
		rc = read_both(&d, e) || report(&d, e) ? -1 : 0;
	free(d.vertices.v);
	free(d.pred_points.v);
	free(d.truth_points.v);
	free(d.nme);
	free(d.reconstruction);
	free(d.key);
	return rc;
}
