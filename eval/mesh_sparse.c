/* mesh_sparse.c - 3D landmarks of two manifests: NME in xy and in xyz, by yaw */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/mesh.h"

enum { POINTS = 2000, BINS = 3 };

struct sparse {
	struct mesh_eval *m;
	int dims; /* 2 or 3 */
	size_t points;
	double *error[2]; /* [join.n] in xy, in xyz */
	int8_t *bin;	  /* [join.n] NULL without yaw */
};

static size_t name_columns(struct sparse *s, const char **name)
{
	size_t n = 0;

	for (s->points = 0; s->points < POINTS; s->points++) {
		char *c[3];
		int k;

		for (k = 0; k < 3; k++)
			c[k] = xasprintf("lm%zu%c", s->points, "xyz"[k]);
		s->dims = s->points == 0 ? (table_has(&s->m->p.truth, c[2]) && table_has(&s->m->p.pred, c[2]) ? 3 : 2)
					 : s->dims;
		bool there = table_has(&s->m->p.truth, c[0]) && table_has(&s->m->p.truth, c[1]);
		for (k = 0; k < 3; k++) {
			if (there && k < s->dims)
				name[n++] = c[k];
			else
				free(c[k]);
		}
		if (!there)
			break;
	}
	return n;
}

static int load(struct sparse *s, struct err *e)
{
	struct paired *p = &s->m->p;
	const char **name = xcalloc(3 * POINTS + 1, sizeof *name);
	size_t n = name_columns(s, name);
	int rc = -1, numbers = (int)n;

	if (!n) {
		err_set(e, "'%s' has no column 'lm0x'", p->truth.tsv.name);
		goto out;
	}
	if (s->m->yaw)
		name[numbers++] = s->m->yaw;
	if (!table_load(&p->truth, name, numbers, &p->by, p->by ? 1 : 0, true, e) && !paired_load(p, name, (int)n, e))
		rc = paired_join(p, p->by ? 0 : -1, e);
out:
	for (size_t i = 0; i < n; i++)
		free((char *)name[i]);
	free(name);
	return rc;
}

/* The points of a row, z 0 where there is none. */
static void points_of(const struct sparse *s, const double *number, double (*p)[3])
{
	for (size_t i = 0; i < s->points; i++)
		for (int k = 0; k < 3; k++)
			p[i][k] = k < s->dims ? number[i * (size_t)s->dims + (size_t)k] : 0;
}

static int compute_errors(struct sparse *s, struct err *e)
{
	struct paired *p = &s->m->p;
	double(*truth)[3] = xrealloc_array(NULL, 2 * s->points, sizeof *truth), (*pred)[3] = truth + s->points;
	int rc = 0;

	s->error[0] = xrealloc_array(NULL, p->join.n, sizeof **s->error);
	s->error[1] = xrealloc_array(NULL, p->join.n, sizeof **s->error);
	if (s->m->yaw)
		s->bin = xmalloc(p->join.n);
	for (size_t i = 0; i < p->join.n && !rc; i++) {
		const double *row = p->truth.number + p->join.truth[i] * (size_t)p->truth.numbers;

		points_of(s, row, truth);
		points_of(s, p->pred.number + p->join.pred[i] * (size_t)p->pred.numbers, pred);
		if (!(mesh_box((const double(*)[3])truth, s->points) > 0)) {
			rc = err_set(e, "'%s' line %llu: the box around the points has no area", p->truth.tsv.name,
				     (unsigned long long)p->truth.line[p->join.truth[i]]);
			break;
		}
		s->error[0][i] = mesh_nme_2d((const double(*)[3])pred, (const double(*)[3])truth, s->points);
		s->error[1][i] = mesh_nme_3d((const double(*)[3])pred, (const double(*)[3])truth, s->points);
		if (s->bin)
			s->bin[i] = (int8_t)mesh_yaw_bin(row[s->points * (size_t)s->dims]);
	}
	free(truth);
	return rc;
}

static void mean(const struct sparse *s, const size_t *index, size_t n, int bin, double value[2])
{
	size_t k = 0;

	value[0] = value[1] = 0;
	for (size_t i = 0; i < n; i++) {
		if (bin >= 0 && s->bin[index[i]] != bin)
			continue;
		value[0] += s->error[0][index[i]];
		value[1] += s->error[1][index[i]];
		k++;
	}
	value[0] = 100 * value[0] / (double)k;
	value[1] = 100 * value[1] / (double)k;
}

static size_t over_all(const size_t *index, size_t n, double *value, void *data)
{
	const struct sparse *s = data;
	double v[2];

	mean(s, index, n, -1, v);
	memcpy(value, v, (size_t)(s->dims - 1) * sizeof *v);
	return n;
}

/* The headline number: the plain mean of the three bins, however many faces each has. */
static size_t over_bins(const size_t *index, size_t n, double *value, void *data)
{
	const struct sparse *s = data;
	double sum[2] = { 0 }, v[2];

	for (int b = 0; b < BINS; b++) {
		mean(s, index, n, b, v);
		sum[0] += v[0] / BINS;
		sum[1] += v[1] / BINS;
	}
	value[0] = sum[0];
	if (s->dims == 3)
		value[1] = sum[1];
	return n;
}

static void add_rows(struct sparse *s)
{
	static const char *const bin_name[BINS] = { "yaw-0-30", "yaw-30-60", "yaw-60-90" };
	struct measure measure = { .count = s->dims - 1,
				   .name = { "nme-2d", "nme-3d" },
				   .normaliser = "points-box",
				   .compute = over_all,
				   .data = s };
	struct paired *p = &s->m->p;
	size_t *index;

	measure_add(&p->report, "all", &measure, p->all, p->join.n, p->group);
	if (!s->bin)
		return;
	index = xrealloc_array(NULL, p->join.n, sizeof *index);
	for (int b = 0; b < BINS; b++) {
		size_t n = 0;
		for (size_t i = 0; i < p->join.n; i++)
			if (s->bin[i] == b)
				index[n++] = i;
		measure_add(&p->report, bin_name[b], &measure, index, n, p->group);
	}
	measure.compute = over_bins;
	measure_add(&p->report, "yaw-mean", &measure, p->all, p->join.n, p->group);
	free(index);
}

static int write_samples(const struct sparse *s, struct err *e)
{
	const struct paired *p = &s->m->p;
	struct sample_file f;

	if (sample_file_open(&f, p->samples, &p->report, p->argc, p->argv, e))
		return -1;
	for (int k = 0; k < s->dims - 1; k++)
		for (size_t i = 0; i < p->join.n; i++) {
			size_t row = p->join.truth[i];
			if (sample_file_add(&f, p->truth.id[row], p->truth.face[row], p->group ? p->group[i] : "",
					    k ? "nme-3d" : "nme-2d", NAN, NAN, s->error[k][i], e)) {
				sample_file_abort(&f);
				return -1;
			}
		}
	return sample_file_close(&f, e);
}

int mesh_sparse(struct mesh_eval *m, struct err *e)
{
	struct sparse s = { .m = m };
	int rc = load(&s, e) || compute_errors(&s, e) ? -1 : 0;

	if (!rc) {
		add_rows(&s);
		rc = write_samples(&s, e) || mesh_write_ced(m, s.error[s.dims - 2], m->p.join.n, e) ||
				     report_write(&m->p.report, m->p.argc, m->p.argv, e)
			     ? -1
			     : 0;
	}
	free(s.error[0]);
	free(s.error[1]);
	free(s.bin);
	return rc;
}
