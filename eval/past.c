/* past.c - see past.h */
#include "eval/past.h"

#include <stdlib.h>

#include "common/le.h"
#include "common/nn/safetensors.h"

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int read_chosen(struct past *p, const struct safetensors *s, const char *path, struct err *e)
{
	const struct safetensor *t = safetensors_find(s, "chosen_on");

	if (!t)
		return 0;
	if (t->dtype != DTYPE_I64 || t->shape.n != 1)
		return err_set(e, "'%s': the tensor chosen_on is no list of keys", path);
	p->n = (size_t)t->shape.dim[0];
	p->chosen = xcalloc(p->n + 1, sizeof *p->chosen);
	for (size_t i = 0; i < p->n; i++)
		p->chosen[i] = le_get64((const uint8_t *)t->data + 8 * i);
	qsort(p->chosen, p->n, sizeof *p->chosen, by_value);
	return 0;
}

static char *meta(const struct safetensors *s, const char *key)
{
	const char *value = safetensors_get_meta(s, key);

	return value ? xstrdup(value) : NULL;
}

int past_read(struct past *p, const char *path, struct err *e)
{
	char *file = safetensors_path(path);
	struct safetensors s = { 0 };
	int rc;

	*p = (struct past){ 0 };
	rc = safetensors_open(&s, file, e);
	if (!rc) {
		p->init = meta(&s, "frl.init");
		p->fraction = meta(&s, "frl.fraction");
		p->seed = meta(&s, "frl.seed");
		rc = read_chosen(p, &s, path, e);
	}
	safetensors_close(&s);
	free(file);
	return rc;
}

void past_release(struct past *p)
{
	free(p->chosen);
	free(p->init);
	free(p->fraction);
	free(p->seed);
	*p = (struct past){ 0 };
}

bool past_chose(const struct past *p, uint64_t key)
{
	return p->n && bsearch(&key, p->chosen, p->n, sizeof key, by_value);
}

int past_refuse(const char *model, const char *what, struct err *e)
{
	return err_set(e,
		       "'%s' was chosen on the pictures it is to be scored on, %s among them\n"
		       "hint: score the run's last checkpoint (RUN/last), or --force",
		       model, what);
}
