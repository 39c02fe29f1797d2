/* mesh.c - frl-eval mesh: errors of 3D faces */
#include "eval/mesh.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/metrics/nme.h"
#include "eval/eval.h"

int mesh_write_ced(const struct mesh_eval *m, const double *error, size_t n, struct err *e)
{
	double *sorted;
	struct tsv_out w = { 0 };
	struct out o;
	int rc;

	if (!m->ced)
		return 0;
	if (out_open(&o, m->ced, false, e))
		return -1;
	sorted = xrealloc_array(NULL, n + 1, sizeof *sorted);
	memcpy(sorted, error, n * sizeof *sorted);
	nme_sort(sorted, n);
	tsv_out_pg(&w, m->p.report.no_pg, m->p.argc + 1, m->p.argv - 1);
	tsv_out_raw(&w, "error");
	tsv_out_raw(&w, "fraction");
	tsv_out_end(&w);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && sorted[i + 1] == sorted[i])
			continue;
		tsv_out_f64(&w, sorted[i]);
		tsv_out_f64(&w, (double)(i + 1) / (double)n);
		tsv_out_end(&w);
	}
	rc = tsv_out_write(&w, &o, e);
	tsv_out_release(&w);
	free(sorted);
	if (!rc)
		return out_commit(&o, e);
	out_abort(&o);
	return -1;
}

static bool is_record_stream(const char *path)
{
	char first[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is = fd >= 0 && io_read_full(fd, first, sizeof first) == sizeof first && memcmp(first, "FRLR", 4) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

static const struct opt_program program = {
	.name = "frl-eval mesh",
	.synopsis = "frl-eval mesh --truth FILE --pred FILE[,FILE ...] [option ...]\n"
		    "frl-eval mesh --truth FILE --model RUN --data FILE,.. [option ...]",
	.purpose = "Errors of 3D faces, in percent: landmarks of manifests by yaw, or vertices of record streams.",
	.example = "frl-eval mesh --truth aflw2000.tsv --pred p.tsv --yaw yaw\n"
		   "frl-eval mesh --truth t.bin --pred p.bin --truth-points kpt68.txt --align similarity --ced ced.tsv",
};

/* A model that predicts the truth's points. */
static int fits(const struct task_model *m, const char *path, struct table *truth, struct err *e)
{
	int points = m->task->predictions(m) / 3, n = 0;

	for (bool there = true; there; n += there) {
		char *x = xasprintf("lm%dx", n), *y = xasprintf("lm%dy", n);

		there = table_has(truth, x) && table_has(truth, y);
		free(x);
		free(y);
	}
	return n == points ? 0
			   : err_set(e, "'%s' has %d points (lm0x lm0y ..), '%s' predicts %d", truth->tsv.name, n, path,
				     points);
}

static int run(struct mesh_eval *m, int first, int argc, char **argv, struct err *e)
{
	if (m->p.truth_path && m->p.pred_path && is_record_stream(m->p.truth_path)) {
		if (first < argc)
			opt_usage(&program, "unexpected argument '%s'", argv[first]);
		m->p.argc = argc;
		m->p.argv = argv;
		if (m->yaw || m->p.by || m->p.samples)
			opt_usage(&program, "--yaw, --by and --samples are for manifests");
		if (m->vertices && m->pred_points)
			opt_usage(&program, "--vertices does not go with --pred-points");
		return mesh_dense(m, e);
	}
	if (m->p.truth_path && m->p.model && is_record_stream(m->p.truth_path))
		opt_usage(&program,
			  "--model is for manifests of points; of vertices frl-eval predict --mesh makes a stream "
			  "for --pred");
	return paired_open(&m->p, &program, first, argc, argv, fits, e) || mesh_sparse(m, e) ? -1 : 0;
}

int eval_mesh(int argc, char **argv)
{
	struct mesh_eval m = { .align = MESH_SIMILARITY };
	static const char *const aligns[] = { "none", "similarity", "rigid", "icp", "icp-match", NULL };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_PAIRED_INPUT(&m.p),
		OPT_PAIRED_MODEL(&m.p),
		OPT_GROUP("Landmarks"),
		OPT_STR(0, "yaw", "COLUMN", &m.yaw, "column of the truth, in degrees: rows for three bins too"),
		OPT_GROUP("Vertices"),
		OPT_CHOICE(0, "align", "HOW", &m.align, aligns, "none, similarity, rigid, icp or icp-match"),
		OPT_STR(0, "eyes", "A-B", &m.eyes, "vertices of the truth whose distance divides"),
		OPT_STR(0, "vertices", "FILE", &m.vertices, "only these vertices, a number a line"),
		OPT_STR(0, "truth-points", "FILE", &m.truth_points,
			"68 vertices of the truth: eyes, and with --pred-points the start"),
		OPT_STR(0, "pred-points", "FILE", &m.pred_points,
			"the vertices of the prediction that correspond to them"),
		OPT_GROUP("Errors"),
		OPT_STR(0, "ced", "FILE", &m.ced, "the distribution of the errors, as TSV"),
		OPT_REPORT_BOOTSTRAP(&m.p.report),
		OPT_PAIRED_SAMPLES(&m.p),
		OPT_REPORT_OUTPUT(&m.p.report),
		OPT_REPORT_COMMON(&m.p.report),
		OPT_END,
	};
	int rc;

	report_init(&m.p.report, "mesh");
	rc = opt_parse(&program, options, argc, argv);
	rc = run(&m, rc, argc, argv, &e);
	paired_release(&m.p);
	if (rc)
		die_err(&e);
	return paired_status(&m.p);
}
