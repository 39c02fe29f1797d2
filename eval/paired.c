/* paired.c - see paired.h */
#include "eval/paired.h"

#include <stdlib.h>
#include <string.h>

int paired_open(struct paired *p, const struct opt_program *program, int first, int argc, char **argv, struct err *e)
{
	if (first < argc)
		opt_usage(program, "unexpected argument '%s'", argv[first]);
	if (!p->truth_path || !p->pred_path)
		opt_usage(program, "--truth and --pred are needed");
	p->argc = argc;
	p->argv = argv;
	return table_open(&p->truth, p->truth_path, e) || table_open(&p->pred, p->pred_path, e) ? -1 : 0;
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
	report_release(&p->report);
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
