/* chosen.c - see chosen.h */
#include "eval/chosen.h"

#include <stdlib.h>

#include "common/le.h"
#include "common/nn/safetensors.h"

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int chosen_read(struct chosen *c, const char *path, struct err *e)
{
	char *file = safetensors_path(path);
	struct safetensors s = { 0 };
	const struct safetensor *t;
	int rc = safetensors_open(&s, file, e);

	*c = (struct chosen){ 0 };
	t = rc ? NULL : safetensors_find(&s, "chosen_on");
	if (t && (t->dtype != DTYPE_I64 || t->shape.n != 1)) {
		rc = err_set(e, "'%s': the tensor chosen_on is no list of keys", path);
	} else if (t) {
		c->n = (size_t)t->shape.dim[0];
		c->key = xcalloc(c->n + 1, sizeof *c->key);
		for (size_t i = 0; i < c->n; i++)
			c->key[i] = le_get64((const uint8_t *)t->data + 8 * i);
		qsort(c->key, c->n, sizeof *c->key, by_value);
	}
	safetensors_close(&s);
	free(file);
	return rc;
}

void chosen_release(struct chosen *c)
{
	free(c->key);
	*c = (struct chosen){ 0 };
}

bool chosen_has(const struct chosen *c, uint64_t key)
{
	return c->n && bsearch(&key, c->key, c->n, sizeof key, by_value);
}

int chosen_refuse(const char *model, const char *what, struct err *e)
{
	return err_set(e,
		       "'%s' was chosen on the pictures it is to be scored on, %s among them\n"
		       "hint: score the run's last checkpoint (RUN/last), or --force",
		       model, what);
}
