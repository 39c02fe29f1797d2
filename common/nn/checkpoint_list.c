/* checkpoint_list.c - see checkpoint_internal.h */
#include "common/nn/checkpoint_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

#define SUFFIX ".safetensors"

char *checkpoint_folder(char *text, uint64_t step)
{
	snprintf(text, CHECKPOINT_FOLDER, "step-%08" PRIu64, step);
	return text;
}

int checkpoint_folder_step(const char *name, uint64_t *step)
{
	char again[CHECKPOINT_FOLDER];

	if (strncmp(name, "step-", 5) != 0 || num_parse_u64(name + 5, step))
		return -1;
	return strcmp(checkpoint_folder(again, *step), name) == 0 ? 0 : -1;
}

/* Of a-z, 0-9 and -, and short enough for SUFFIX to follow. */
static bool plain(const char *name, size_t len)
{
	if (!len || len + strlen(SUFFIX) >= CHECKPOINT_NAME)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name[i]))
			return false;
	return true;
}

char *checkpoint_extra_file(char text[CHECKPOINT_NAME], const char *name)
{
	if (!plain(name, strlen(name)))
		BUG("an extra tensor called '%s'", name);
	snprintf(text, CHECKPOINT_NAME, "%s" SUFFIX, name);
	if (!strcmp(text, CHECKPOINT_MODEL) || !strcmp(text, CHECKPOINT_OPTIMIZER))
		BUG("an extra tensor called '%s'", name);
	return text;
}

const char *checkpoint_optim_kind(enum optim_kind kind)
{
	static const char *const names[] = { "sgd", "lars", "adam" };

	return names[kind];
}

/* ---- tensors */

static enum dtype real_of(const struct train_params *p)
{
	return p->real == sizeof(float) ? DTYPE_F32 : DTYPE_F64;
}

/* A tensor in the arena, or all rows of one that is split. */
static struct safetensor tensor_of(const struct checkpoint_parts *parts, size_t i, char *name, void *arena, void *whole)
{
	const struct train_params *p = parts->params;
	const struct train_param *item = &p->item[i];
	struct safetensor t = {
		name, real_of(p), item->shape, (char *)arena + item->offset * p->real, item->count * p->real,
	};

	if (item->rows) {
		t.shape.dim[0] = item->rows;
		t.data = whole;
		t.bytes = (size_t)shape_bytes(&t.shape, t.dtype);
	}
	return t;
}

/* Room for all rows of parameter i; zeros where it is not split. */
static struct train_whole whole_of(const struct checkpoint_parts *parts, size_t i)
{
	if (parts->params->item[i].rows && !parts->whole)
		BUG("'%s' is split over ranks", parts->params->item[i].name);
	return parts->whole ? parts->whole[i] : (struct train_whole){ 0 };
}

struct safetensor *checkpoint_list_model(const struct checkpoint_parts *parts, size_t *n)
{
	const struct train_params *p = parts->params;
	struct safetensor *t = xcalloc(p->n + 2 * p->n_running + parts->n_fixed + 1, sizeof *t);

	*n = 0;
	for (size_t i = 0; i < p->n; i++)
		t[(*n)++] = tensor_of(parts, i, xstrdup(p->item[i].name), p->value, whole_of(parts, i).value);
	for (size_t i = 0; i < 2 * p->n_running; i++) {
		const struct train_running *r = &p->running[i / 2];

		t[(*n)++] = (struct safetensor){
			xasprintf("%s.running_%s", r->name, i % 2 ? "var" : "mean"),
			DTYPE_F32,
			{ 1, { r->c } },
			i % 2 ? r->var : r->mean,
			(size_t)r->c * sizeof(float),
		};
	}
	for (size_t i = 0; i < parts->n_fixed; i++) {
		t[*n] = parts->fixed[i];
		t[(*n)++].name = xstrdup(parts->fixed[i].name);
	}
	return t;
}

struct safetensor *checkpoint_list_optim(const struct checkpoint_parts *parts, size_t *n)
{
	const struct optim *o = parts->optim;
	const struct train_params *p = o->params;
	struct safetensor *t = xcalloc(2 * p->n + 1, sizeof *t);

	*n = 0;
	for (int moment = 0; moment < (o->v ? 2 : 1); moment++)
		for (size_t i = 0; i < p->n; i++)
			t[(*n)++] = tensor_of(parts, i, xasprintf("%c.%s", moment ? 'v' : 'm', p->item[i].name),
					      moment ? o->v : o->m,
					      moment ? whole_of(parts, i).v : whole_of(parts, i).m);
	t[(*n)++] = (struct safetensor){
		xstrdup("steps"), DTYPE_I64, { 1, { (int64_t)p->n } }, o->steps, p->n * sizeof *o->steps,
	};
	return t;
}

struct safetensor *checkpoint_list_extra(const struct checkpoint_tensor *x, size_t *n)
{
	struct safetensor *t = xcalloc(1, sizeof *t);

	*n = 1;
	*t = (struct safetensor){ xstrdup(x->name), x->dtype, x->shape, x->data,
				  (size_t)shape_bytes(&x->shape, x->dtype) };
	return t;
}

void checkpoint_list_free(struct safetensor *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)t[i].name);
	free(t);
}

/* ---- DONE */

static bool known(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	if (!strcmp(name, CHECKPOINT_STATE))
		return true;
	return len > suffix && !strcmp(name + len - suffix, SUFFIX) && plain(name, len - suffix);
}

/* HASH, two spaces, NAME: of len bytes. */
static int parse_line(struct checkpoint_file *f, const char *line, size_t len)
{
	enum { HASH = SHA256_HEX - 1 };

	if (len < HASH + 3 || len - HASH - 2 >= CHECKPOINT_NAME || memcmp(line + HASH, "  ", 2) != 0 ||
	    memchr(line, '\0', len))
		return -1;
	*f = (struct checkpoint_file){ .fd = -1 };
	memcpy(f->sha256, line, HASH);
	memcpy(f->name, line + HASH + 2, len - HASH - 2);
	return strspn(f->sha256, "0123456789abcdef") == HASH && known(f->name) ? 0 : -1;
}

int checkpoint_done_parse(struct checkpoint_file *file, const char *text, size_t len, struct err *e)
{
	int n = 0;

	for (size_t at = 0; at < len; n++) {
		const char *end = memchr(text + at, '\n', len - at);

		if (n == CHECKPOINT_MAX_FILES)
			return err_set(e, "more than %d files", CHECKPOINT_MAX_FILES);
		if (!end || parse_line(&file[n], text + at, (size_t)(end - text) - at))
			return err_set(e, "line %d is no hash and name of a checkpoint's file", n + 1);
		for (int i = 0; i < n; i++)
			if (!strcmp(file[i].name, file[n].name))
				return err_set(e, "'%s' stands twice", file[n].name);
		at = (size_t)(end - text) + 1;
	}
	return n;
}
