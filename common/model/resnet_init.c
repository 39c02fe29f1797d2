/* resnet_init.c - see resnet_init.h */
#include "common/model/resnet_init.h"

#include <stdlib.h>
#include <string.h>

#include "common/model/resnet.h"

/* The tensor of that name, of that shape, into dst. */
static int take(const struct safetensors *s, const char *prefix, const char *name, const struct shape *shape,
		float *dst, struct err *e)
{
	char *theirs = xasprintf("%s%s", prefix, name), have[SHAPE_TEXT], want[SHAPE_TEXT];
	const struct safetensor *t = safetensors_find(s, theirs);
	int rc = -1;

	if (!t)
		err_set(e, "no tensor '%s'", theirs);
	else if (!shape_equal(&t->shape, shape))
		err_set(e, "'%s' is [%s] in the file, [%s] in the network", theirs, shape_text(&t->shape, have),
			shape_text(shape, want));
	else
		rc = safetensor_f32(t, dst, (size_t)shape_count(shape), e);
	free(theirs);
	return rc;
}

static int take_running(const struct safetensors *s, const char *prefix, const char *name,
			const struct train_running *r, struct err *e)
{
	char *mean = xasprintf("%s.running_mean", name), *var = xasprintf("%s.running_var", name);
	struct shape shape = { 1, { r->c } };
	int rc = take(s, prefix, mean, &shape, r->mean, e) || take(s, prefix, var, &shape, r->var, e) ? -1 : 0;

	free(mean);
	free(var);
	return rc;
}

int resnet_init(struct train_params *p, const char *base, const struct safetensors *s, struct err *e)
{
	struct resnet_found found;
	size_t len = strlen(base);

	if (p->real != sizeof(float))
		BUG("weights for numbers of %zu bytes", p->real);
	if (resnet_find(&found, s, e))
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (!strncmp(p->item[i].name, base, len) &&
		    take(s, found.prefix, p->item[i].name + len, &p->item[i].shape, train_params_value(p, i), e))
			return -1;
	for (size_t i = 0; i < p->n_running; i++)
		if (!strncmp(p->running[i].name, base, len) &&
		    take_running(s, found.prefix, p->running[i].name + len, &p->running[i], e))
			return -1;
	return 0;
}

char *resnet_init_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');

	return dot && dot != name ? xstrndup(name, (size_t)(dot - name)) : xstrdup(name);
}
