/* init.c - see init.h */
#include "pretrain/init.h"

#include <stdlib.h>
#include <string.h>

static const char base[] = "module.base_net.";

/* What stands before torchvision's names in the file; NULL: there is no ResNet in it. */
static const char *prefix_of(const struct safetensors *s)
{
	static const char *const prefixes[] = { "module.base_net.", "base_net.", "module.", "" };

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		char *name = xasprintf("%sconv1.weight", prefixes[i]);
		bool there = safetensors_find(s, name) != NULL;

		free(name);
		if (there)
			return prefixes[i];
	}
	return NULL;
}

/* Tensor NAME of the backbone (as ours: with `base` before it), of that shape, into dst. */
static int take(const struct safetensors *s, const char *prefix, const char *name, const struct shape *shape,
		float *dst, struct err *e)
{
	char *theirs = xasprintf("%s%s", prefix, name + strlen(base)), have[SHAPE_TEXT], want[SHAPE_TEXT];
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

static int take_running(const struct safetensors *s, const char *prefix, const struct train_running *r, struct err *e)
{
	char *mean = xasprintf("%s.running_mean", r->name), *var = xasprintf("%s.running_var", r->name);
	struct shape shape = { 1, { r->c } };
	int rc = take(s, prefix, mean, &shape, r->mean, e) || take(s, prefix, var, &shape, r->var, e) ? -1 : 0;

	free(mean);
	free(var);
	return rc;
}

static int take_backbone(struct train_params *p, const struct safetensors *s, struct err *e)
{
	const char *prefix = prefix_of(s);

	if (!prefix)
		return err_set(e, "no weights of a ResNet: neither 'conv1.weight' nor '%sconv1.weight'", base);
	for (size_t i = 0; i < p->n; i++)
		if (!strncmp(p->item[i].name, base, strlen(base)) &&
		    take(s, prefix, p->item[i].name, &p->item[i].shape, train_params_value(p, i), e))
			return -1;
	for (size_t i = 0; i < p->n_running; i++)
		if (!strncmp(p->running[i].name, base, strlen(base)) && take_running(s, prefix, &p->running[i], e))
			return -1;
	return 0;
}

int init_params(struct train_params *p, const char *path, bool whole, uint64_t seed, struct err *e)
{
	struct safetensors s;
	int rc;

	train_params_start(p, seed);
	if (!strcmp(path, "random"))
		return 0;
	if (safetensors_open(&s, path, e))
		return -1;
	rc = whole ? train_params_load(p, &s, e) : take_backbone(p, &s, e);
	safetensors_close(&s);
	return rc ? err_prefix(e, "'%s'", path) : 0;
}

char *init_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');

	return dot && dot != name ? xstrndup(name, (size_t)(dot - name)) : xstrdup(name);
}
