/* mats.c - see mats.h */
#include "tools/curate/mats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/thread.h"

struct item {
	const char *name;
	int rc;
	struct err e;
	double value[];
};

struct work {
	const struct mats *m;
	size_t next;
	struct err *e;
};

static void *next_item(void *data)
{
	struct work *w = data;
	struct item *it;

	if (w->next == w->m->list->n)
		return NULL;
	it = xcalloc(1, sizeof *it + w->m->values * sizeof *it->value);
	it->name = w->m->list->name[w->next++];
	return it;
}

static void read_item(void *data, void *item, int worker)
{
	const struct work *w = data;
	struct item *it = item;

	(void)worker;
	it->rc = w->m->read(w->m, it->name, it->value, &it->e);
}

static int write_item(void *data, void *item, bool last_ready)
{
	const struct work *w = data;
	struct item *it = item;
	char *status = it->rc ? xasprintf("bad:%s", it->e.msg) : NULL;
	int rc = w->m->write(w->m->c, it->name, it->rc ? NULL : it->value, status, w->e);

	(void)last_ready;
	free(status);
	free(it);
	return rc;
}

static void drop_item(void *data, void *item)
{
	(void)data;
	free(item);
}

int mats_run(const struct mats *m, struct err *e)
{
	struct work w = { .m = m, .e = e };
	const struct pipeline p = {
		.read = next_item,
		.work = read_item,
		.write = write_item,
		.drop = drop_item,
		.data = &w,
		.threads = mat_threads(),
	};

	return pipeline_run(&p);
}

int mats_open(struct mat_file *f, const char *root, const char *rel, const char *const *names, struct err *e)
{
	char *path = xasprintf("%s/%s", root, rel);
	struct err why = { 0 };
	struct stat st;
	int rc;

	*f = (struct mat_file){ 0 };
	if (stat(path, &st)) {
		rc = err_set(e, "no-mat");
	} else {
		rc = mat_read(f, path, names, NULL, &why);
		if (rc) {
			/* The path is not said again in a status. */
			const char *s = strstr(why.msg, "': ");
			err_set(e, "mat: %s", s ? s + 3 : why.msg);
		}
	}
	free(path);
	return rc;
}

int mats_numbers(const struct mat_file *f, const char *name, size_t rows, size_t cols, double *v, struct err *e)
{
	const struct mat *m = mat_find(f, name);

	if (!mat_is_matrix(m, rows, cols))
		return err_set(e, "mat: %s is not %zux%zu numbers", name, rows, cols);
	for (size_t i = 0; i < rows * cols; i++) {
		v[i] = mat_number(m, i);
		if (!isfinite(v[i]))
			return err_set(e, "mat: %s holds what is no number", name);
	}
	return 0;
}
