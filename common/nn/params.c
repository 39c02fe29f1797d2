/* params.c - see params.h */
#include "common/nn/params.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct param *const *)a)->name, (*(struct param *const *)b)->name);
}

static const char *stripped(const char *name, const char *strip)
{
	size_t n = strip ? strlen(strip) : 0;

	return n && strncmp(name, strip, n) == 0 ? name + n : name;
}

int params_load(struct params *p, const struct safetensors *s, const char *strip, struct err *e)
{
	float *next;

	*p = (struct params){ 0 };
	for (size_t i = 0; i < s->n; i++)
		if (dtype_is_float(s->item[i].dtype))
			p->count += (size_t)shape_count(&s->item[i].shape);
	p->item = xcalloc(s->n + 1, sizeof *p->item);
	p->by_name = xcalloc(s->n + 1, sizeof *p->by_name);
	p->arena = xaligned((p->count + 1) * sizeof *p->arena);
	next = p->arena;
	for (size_t i = 0; i < s->n; i++) {
		const struct safetensor *t = &s->item[i];
		struct param *q = &p->item[p->n];

		if (!dtype_is_float(t->dtype))
			continue;
		q->count = (size_t)shape_count(&t->shape);
		if (safetensor_f32(t, next, q->count, e) < 0) {
			params_release(p);
			return -1;
		}
		q->name = xstrdup(stripped(t->name, strip));
		q->shape = t->shape;
		q->data = next;
		next += q->count;
		p->by_name[p->n++] = q;
	}
	qsort(p->by_name, p->n, sizeof *p->by_name, by_name);
	return 0;
}

void params_release(struct params *p)
{
	for (size_t i = 0; i < p->n; i++)
		free((void *)(uintptr_t)p->item[i].name);
	free(p->item);
	free(p->by_name);
	free(p->arena);
	buf_release(&p->missing);
	*p = (struct params){ 0 };
}

struct param *params_find(struct params *p, const char *name)
{
	struct param key = { .name = name }, *k = &key;
	struct param **found = bsearch(&k, p->by_name, p->n, sizeof *p->by_name, by_name);

	if (!found)
		return NULL;
	(*found)->used = true;
	return *found;
}

const float *params_need(struct params *p, const char *name, const char *part, size_t count)
{
	char *whole = xasprintf("%s.%s", name, part), text[SHAPE_TEXT];
	struct param *q = params_find(p, whole);
	const float *data = q && q->count == count ? q->data : NULL;

	if (!data) {
		buf_printf(&p->missing, "%s%s", p->missing.len ? ", " : "", whole);
		if (q)
			buf_printf(&p->missing, " (is [%s], not %zu values)", shape_text(&q->shape, text), count);
	}
	free(whole);
	return data;
}

int params_check(const struct params *p, const char *what, struct err *e)
{
	struct buf extra = { 0 };
	int n = 0;

	if (!p->missing.len)
		return 0;
	for (size_t i = 0; i < p->n; i++)
		if (!p->item[i].used && n++ < 8)
			buf_printf(&extra, "%s%s", n > 1 ? ", " : "; not used: ", p->item[i].name);
	err_set(e, "not the weights of %s: missing %.400s%s%.300s%s", what, p->missing.data,
		p->missing.len > 400 ? " .." : "", extra.len ? extra.data : "", n > 8 ? " .." : "");
	buf_release(&extra);
	return -1;
}
