/* paired.c - see paired.h */
#include "eval/paired.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/thread.h"
#include "eval/made.h"

static const size_t MOST_TRUTH = (size_t)1 << 32;

/* ---- predictions of a model */

static void check_model(const struct paired *p, const struct opt_program *program)
{
	if (p->model && p->pred_path)
		opt_usage(program, "--model and --pred do not go together");
	if (p->model && !p->data)
		opt_usage(program, "--data is needed with --model");
	if (!p->model && (p->data || p->rows || p->pred_out || p->force))
		opt_usage(program, "--data, --rows, --pred-out and --force go with --model");
	if (p->pred_out && out_same(p->pred_out, p->report.out))
		opt_usage(program, "--pred-out and --output are the same");
}

static int predict(struct paired *p, struct predictor_config *c, struct err *e)
{
	char *list = xstrdup(p->data), **path = made_paths(list, &c->paths);
	struct summary s = { 0 };
	struct out out = { .fd = -1 };
	int rc;

	c->path = path;
	p->predictions = made_open(&out, p->list, e);
	rc = p->predictions < 0 || predictor_run(c, &out, &s, e) || out_commit(&out, e) ||
			     made_keep(p->predictions, p->pred_out, e)
		     ? -1
		     : 0;
	p->unpredicted = s.failed;
	out_abort(&out);
	free(path);
	free(list);
	return rc;
}

static int open_model(struct paired *p,
		      int (*fits)(const struct task_model *m, const char *path, struct table *truth, struct err *e),
		      struct err *e)
{
	struct predictor_config c = {
		.models = p->model,
		.task = task_find(p->report.task),
		.rows = p->rows,
		.truth = &p->truth_text,
		.truth_name = strcmp(p->truth_path, "-") ? p->truth_path : "<stdin>",
		.partial = p->partial,
		.force = p->force,
		.fits = fits,
		.threads = p->threads ? p->threads : thread_default(),
		.quiet = p->report.quiet,
		.no_pg = p->report.no_pg,
		.argc = p->argc,
		.argv = p->argv,
	};

	p->list = xasprintf("predictions of %s", p->model);
	if (past_read(&p->past, p->model, e))
		return -1;
	made_columns(&p->report, &p->past);
	if (io_slurp_given(p->truth_path, MOST_TRUTH, &p->truth_text, e) || predict(p, &c, e))
		return -1;
	return table_open_memory(&p->truth, c.truth_name, p->truth_text.data, p->truth_text.len, e) ||
			       table_open_fd(&p->pred, p->predictions, p->list, e)
		       ? -1
		       : 0;
}

/* ---- files of predictions */

static int open_files(struct paired *p, struct err *e)
{
	char **path;
	int n, rc = table_open(&p->truth, p->truth_path, e);

	p->list = xstrdup(p->pred_path);
	path = made_paths(p->list, &n);
	rc = rc || table_open(&p->pred, path[0], e) ? -1 : 0;
	p->more = xcalloc((size_t)n, sizeof *p->more);
	for (int i = 1; i < n && !rc; i++)
		rc = table_open(&p->more[p->mores++], path[i], e);
	free(path);
	return rc;
}

int paired_open(struct paired *p, const struct opt_program *program, int first, int argc, char **argv,
		int (*fits)(const struct task_model *m, const char *path, struct table *truth, struct err *e),
		struct err *e)
{
	if (first < argc)
		opt_usage(program, "unexpected argument '%s'", argv[first]);
	if (!p->truth_path || (!p->pred_path && !p->model))
		opt_usage(program, "--truth, and --pred or --model are needed");
	check_model(p, program);
	p->argc = argc;
	p->argv = argv;
	return p->model ? open_model(p, fits, e) : open_files(p, e);
}

int paired_load(struct paired *p, const char *const *number, int numbers, struct err *e)
{
	int rc = table_load(&p->pred, number, numbers, NULL, 0, true, e);

	for (int i = 0; i < p->mores && !rc; i++)
		rc = table_load(&p->more[i], number, numbers, NULL, 0, true, e) ||
				     table_append(&p->pred, &p->more[i], e)
			     ? -1
			     : 0;
	return rc;
}

int paired_join(struct paired *p, int by_text, struct err *e)
{
	if (join_tables(&p->join, &p->truth, &p->pred, p->partial, p->report.quiet, e))
		return -1;
	p->all = xrealloc_array(NULL, p->join.n, sizeof *p->all);
	for (size_t i = 0; i < p->join.n; i++)
		p->all[i] = i;
	if (by_text < 0)
		return 0;
	p->group = xrealloc_array(NULL, p->join.n, sizeof *p->group);
	for (size_t i = 0; i < p->join.n; i++)
		p->group[i] = p->truth.text[p->join.truth[i] * (size_t)p->truth.texts + (size_t)by_text];
	return 0;
}

void paired_release(struct paired *p)
{
	free(p->group);
	free(p->all);
	join_release(&p->join);
	table_release(&p->truth);
	table_release(&p->pred);
	for (int i = 0; i < p->mores; i++)
		table_release(&p->more[i]);
	free(p->more);
	free(p->list);
	buf_release(&p->truth_text);
	past_release(&p->past);
	if (p->model && p->predictions > 0)
		close(p->predictions);
	report_release(&p->report);
}

int paired_status(const struct paired *p)
{
	return p->unpredicted ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;
}

static const char *text_of(const struct paired *p, size_t i, int text)
{
	return p->truth.text[p->join.truth[i] * (size_t)p->truth.texts + (size_t)text];
}

size_t paired_where(const struct paired *p, int text, const char *value, size_t *index)
{
	size_t n = 0;

	for (size_t i = 0; i < p->join.n; i++)
		if (strcmp(text_of(p, i, text), value) == 0)
			index[n++] = i;
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **paired_values(const struct paired *p, int text)
{
	char **value = xrealloc_array(NULL, p->join.n + 1, sizeof *value);
	size_t n = 0;

	for (size_t i = 0; i < p->join.n; i++)
		value[i] = (char *)text_of(p, i, text);
	qsort(value, p->join.n, sizeof *value, by_text);
	for (size_t i = 0; i < p->join.n; i++)
		if (i == 0 || strcmp(value[i], value[n - 1]) != 0)
			value[n++] = value[i];
	value[n] = NULL;
	return value;
}
