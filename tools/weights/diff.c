/* diff.c - frl-weights diff: how far two files of weights are apart */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/opt.h"
#include "common/tsv.h"
#include "tools/weights/commands.h"
#include "tools/weights/load.h"

static const struct opt_program program = {
	.name = "frl-weights diff",
	.synopsis = "frl-weights diff [OPTION]... A B",
	.purpose =
		"Compares two files of weights tensor by tensor: a row for each that differs, or for each with --all.",
	.example = "frl-weights diff --rtol 1e-5 mine.safetensors reference.safetensors\n"
		   "frl-weights diff --tensor fc.weight net.safetensors fc.npy",
};

struct options {
	double rtol, atol;
	const char *tensor;
	bool all;
};

struct distance {
	double abs, rel; /* the largest */
	uint64_t beyond; /* elements further apart than allowed */
};

/* |a - b| <= atol + rtol |b|, as numpy.allclose has it; NaN equals NaN. */
static void compare(struct distance *d, const struct weight *a, const struct weight *b, const struct options *o)
{
	enum { BLOCK = 1024 };
	size_t count = a->bytes / dtype_size(a->dtype);
	double x[BLOCK], y[BLOCK];

	*d = (struct distance){ 0 };
	if (a->dtype == b->dtype && memcmp(a->data, b->data, a->bytes) == 0)
		return;
	for (size_t at = 0; at < count; at += BLOCK) {
		size_t n = count - at < BLOCK ? count - at : BLOCK;

		tensor_to_f64(x, a->dtype, a->data + at * dtype_size(a->dtype), n);
		tensor_to_f64(y, b->dtype, b->data + at * dtype_size(b->dtype), n);
		for (size_t i = 0; i < n; i++) {
			double abs, rel;

			if (x[i] == y[i] || (isnan(x[i]) && isnan(y[i])))
				continue;
			abs = fabs(x[i] - y[i]);
			rel = y[i] != 0 ? abs / fabs(y[i]) : INFINITY;
			if (isnan(abs) || abs > d->abs) /* a NaN stays */
				d->abs = abs;
			if (isnan(rel) || rel > d->rel)
				d->rel = rel;
			if (!(abs <= o->atol + o->rtol * fabs(y[i])) || isinf(abs))
				d->beyond++;
		}
	}
}

static void put_row(struct tsv_out *t, const char *name, const char *status, const struct weight *a,
		    const struct weight *b, const struct distance *d)
{
	char text[SHAPE_TEXT];

	tsv_out_str(t, name);
	tsv_out_raw(t, status);
	tsv_out_raw(t, a ? dtype_name(a->dtype) : "");
	tsv_out_raw(t, b ? dtype_name(b->dtype) : "");
	tsv_out_raw(t, a ? shape_text(&a->shape, text) : "");
	tsv_out_raw(t, b ? shape_text(&b->shape, text) : "");
	if (d) {
		tsv_out_f64(t, d->abs);
		tsv_out_f64(t, d->rel);
		tsv_out_i64(t, (int64_t)d->beyond);
	} else {
		for (int i = 0; i < 3; i++)
			tsv_out_raw(t, "");
	}
	tsv_out_end(t);
}

/* A row for tensor a and its partner b (either may be NULL). Returns whether they are alike. */
static bool put_pair(struct tsv_out *t, const struct weight *a, const struct weight *b, const struct options *o)
{
	const char *name = a ? a->name : b->name;
	struct distance d;

	if (!a || !b) {
		put_row(t, name, a ? "only-in-a" : "only-in-b", a, b, NULL);
		return false;
	}
	if (!shape_equal(&a->shape, &b->shape)) {
		put_row(t, name, "shape", a, b, NULL);
		return false;
	}
	compare(&d, a, b, o);
	if (d.beyond || o->all)
		put_row(t, name, d.beyond ? "differs" : "same", a, b, &d);
	return d.beyond == 0;
}

static int by_name(const void *a, const void *b)
{
	const struct weight *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Rows in a's order, then what is only in b. Returns the number of tensors that are not alike. */
static uint64_t put_rows(struct tsv_out *t, const struct weights *a, const struct weights *b, const struct options *o)
{
	const struct weight **sorted = xcalloc(b->n + 1, sizeof(*sorted));
	bool *met = xcalloc(b->n + 1, sizeof *met);
	uint64_t unlike = 0;

	for (size_t i = 0; i < b->n; i++)
		sorted[i] = &b->item[i];
	qsort(sorted, b->n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < a->n; i++) {
		const struct weight *key = &a->item[i];
		const struct weight **found = bsearch(&key, sorted, b->n, sizeof(*sorted), by_name);

		if (found)
			met[*found - b->item] = true;
		unlike += !put_pair(t, key, found ? *found : NULL, o);
	}
	for (size_t i = 0; i < b->n; i++)
		if (!met[i])
			unlike += !put_pair(t, NULL, &b->item[i], o);
	free(met);
	free(sorted);
	return unlike;
}

/* Leaves the tensor of that name only. An npy file's, which has none, gets it. */
static int choose(struct weights *w, const char *path, const char *name, struct err *e)
{
	const struct weight *t;

	if (w->n == 1 && w->item[0].name[0] == '\0') {
		weight_rename(&w->item[0], name);
		return 0;
	}
	t = weights_find(w, name);
	if (!t)
		return err_set(e, "%s: no tensor '%s'", path, name);
	weights_keep(w, (size_t)(t - w->item));
	return 0;
}

/* Makes the names of both comparable: --tensor, and npy files. */
static int choose_both(struct weights *w, char **path, const struct options *o, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		const char *name = o->tensor;

		if (!name && w[i].n == 1 && w[i].item[0].name[0] == '\0') {
			if (w[1 - i].n != 1)
				return err_code(e, EXIT_CODE_USAGE,
						"%s has one tensor: --tensor says which of the other file's", path[i]);
			name = w[1 - i].item[0].name;
		}
		if (name && choose(&w[i], path[i], name, e))
			return -1;
	}
	return 0;
}

static int run(struct weights *w, struct origin *origin, char **path, const struct options *o, uint64_t *unlike,
	       struct err *e)
{
	static const char *const columns[] = { "name",	  "status",  "dtype_a", "dtype_b", "shape_a",
					       "shape_b", "max_abs", "max_rel", "beyond" };
	struct tsv_out t = { 0 };
	struct out out;
	int rc = -1;

	for (int i = 0; i < 2; i++)
		if (load_file(&w[i], path[i], NULL, &origin[i], e))
			return -1;
	if (choose_both(w, path, o, e))
		return -1;
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(&t, columns[i]);
	tsv_out_end(&t);
	*unlike = put_rows(&t, &w[0], &w[1], o);
	if (out_open(&out, NULL, false, e) == 0) {
		if (tsv_out_write(&t, &out, e))
			out_abort(&out);
		else
			rc = out_commit(&out, e);
	}
	tsv_out_release(&t);
	return rc;
}

int cmd_diff(int argc, char **argv)
{
	struct options o = { 0 };
	const struct opt options[] = {
		OPT_F64(0, "rtol", "X", &o.rtol, 0, 1e300, "allow a difference of X times the value in B"),
		OPT_F64(0, "atol", "X", &o.atol, 0, 1e300, "and of X"),
		OPT_STR('t', "tensor", "NAME", &o.tensor, "compare this tensor only; an npy file is taken for it"),
		OPT_BOOL(0, "all", &o.all, "a row for every tensor"),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct weights w[2] = { 0 };
	struct origin origin[2] = { 0 };
	struct err e = { 0 };
	uint64_t unlike = 0;
	int rc;

	if (argc - first != 2)
		opt_usage(&program, "two files are compared");
	rc = run(w, origin, argv + first, &o, &unlike, &e);
	if (rc)
		warn("%s", e.msg);
	for (int i = 0; i < 2; i++) {
		weights_release(&w[i]);
		origin_release(&origin[i]);
	}
	if (rc)
		return e.code;
	return unlike ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;
}
