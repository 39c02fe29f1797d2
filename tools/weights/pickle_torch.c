/* pickle_torch.c - what the allowed names make: dictionaries, storages, tensors */
#include <stdbool.h>
#include <string.h>

#include "tools/weights/pickle_machine.h"

static bool is_int(const struct pickle_value *v)
{
	return v->kind == PICKLE_INT;
}

/* ("storage", type, key, location, elements, view): view is absent, None or (key, first, elements). */
struct pickle_value *pickle_storage_of(struct pickle *m, const struct pickle_value *id)
{
	struct pickle_value *v, **a = id->seq.item;
	struct pickle_storage *s;

	if (id->kind != PICKLE_TUPLE || id->seq.n < 5 || a[0]->kind != PICKLE_STR ||
	    strcmp(a[0]->str.s, "storage") != 0)
		goto bad;
	if (a[1]->kind != PICKLE_NAME || a[1]->name->kind != PICKLE_NAME_STORAGE || a[2]->kind != PICKLE_STR ||
	    !is_int(a[4]) || a[4]->i < 0)
		goto bad;
	v = pickle_new(m, PICKLE_STORAGE);
	s = v ? pickle_arena(m, sizeof *s) : NULL;
	if (!s)
		return NULL;
	*s = (struct pickle_storage){ a[2]->str.s, a[1]->name->dtype, a[4]->i, 0, a[4]->i, m->storages };
	if (id->seq.n > 5 && a[5]->kind != PICKLE_NONE) {
		struct pickle_value **view = a[5]->seq.item;

		if (a[5]->kind != PICKLE_TUPLE || a[5]->seq.n != 3 || !is_int(view[1]) || !is_int(view[2]) ||
		    view[1]->i < 0 || view[2]->i < 0 || view[1]->i > s->total || view[2]->i > s->total - view[1]->i)
			goto bad;
		s->first = view[1]->i;
		s->count = view[2]->i;
	}
	m->storages = s;
	v->storage = s;
	return v;
bad:
	err_set(m->e, "has a persistent id that is no storage of known type, key and size");
	return NULL;
}

/* Sizes and strides into t; all elements must lie inside the storage. */
static int fill_tensor(struct pickle *m, struct pickle_tensor *t, const struct pickle_value *size,
		       const struct pickle_value *stride)
{
	int64_t last = t->offset, count, step;

	if (size->seq.n > SHAPE_MAX)
		return err_set(m->e, "has a tensor of %zu dimensions; at most %d are read", size->seq.n, SHAPE_MAX);
	t->shape.n = (int)size->seq.n;
	for (int i = 0; i < t->shape.n; i++) {
		if (!is_int(size->seq.item[i]) || !is_int(stride->seq.item[i]) || stride->seq.item[i]->i < 0)
			return err_set(m->e, "has a tensor with a size or stride that is no number of elements");
		t->shape.dim[i] = size->seq.item[i]->i;
		t->stride[i] = stride->seq.item[i]->i;
	}
	count = shape_count(&t->shape);
	if (count < 0)
		return err_set(m->e, "has a tensor of impossible size");
	if (count == 0)
		return 0;
	for (int i = 0; i < t->shape.n; i++)
		if (__builtin_mul_overflow(t->shape.dim[i] - 1, t->stride[i], &step) ||
		    __builtin_add_overflow(last, step, &last))
			last = INT64_MAX;
	if (last >= t->storage->count)
		return err_set(m->e, "has a tensor that lies outside of its storage");
	return 0;
}

static struct pickle_value *make_tensor(struct pickle *m, const struct pickle_value *args)
{
	struct pickle_value **a = args->seq.item, *v;

	if (args->seq.n < 4 || a[0]->kind != PICKLE_STORAGE || !is_int(a[1]) || a[1]->i < 0 ||
	    a[2]->kind != PICKLE_TUPLE || a[3]->kind != PICKLE_TUPLE || a[2]->seq.n != a[3]->seq.n) {
		err_set(m->e, "makes a tensor of something else than storage, offset, size and stride");
		return NULL;
	}
	v = pickle_new(m, PICKLE_TENSOR);
	if (!v)
		return NULL;
	v->tensor = pickle_arena(m, sizeof *v->tensor);
	if (!v->tensor)
		return NULL;
	*v->tensor = (struct pickle_tensor){ .storage = a[0]->storage, .offset = a[1]->i };
	return fill_tensor(m, v->tensor, a[2], a[3]) ? NULL : v;
}

/* OrderedDict() or OrderedDict([(k, v), ..]). */
static struct pickle_value *make_dict(struct pickle *m, const struct pickle_value *args)
{
	struct pickle_value *dict = pickle_new(m, PICKLE_DICT), *pairs;

	if (!dict || args->seq.n == 0)
		return dict;
	pairs = args->seq.item[0];
	if (args->seq.n != 1 || (pairs->kind != PICKLE_LIST && pairs->kind != PICKLE_TUPLE))
		goto bad;
	for (size_t i = 0; i < pairs->seq.n; i++) {
		struct pickle_value *pair = pairs->seq.item[i];

		if ((pair->kind != PICKLE_LIST && pair->kind != PICKLE_TUPLE) || pair->seq.n != 2)
			goto bad;
		if (pickle_seq_add(m, dict, pair->seq.item[0]) || pickle_seq_add(m, dict, pair->seq.item[1]))
			return NULL;
	}
	return dict;
bad:
	err_set(m->e, "makes a dictionary of something else than pairs");
	return NULL;
}

/* What the name would make of the arguments, as data. NULL: e says why. */
struct pickle_value *pickle_apply(struct pickle *m, const struct pickle_value *f, const struct pickle_value *args)
{
	struct pickle_value **a = args->seq.item;

	if (f->kind != PICKLE_NAME || args->kind != PICKLE_TUPLE) {
		err_set(m->e, "calls something that is no name");
		return NULL;
	}
	switch (f->name->kind) {
	case PICKLE_NAME_DICT:
		return make_dict(m, args);
	case PICKLE_NAME_TENSOR:
		return make_tensor(m, args);
	case PICKLE_NAME_FIRST:
		if (args->seq.n > 0)
			return a[0];
		break;
	case PICKLE_NAME_FROM_TYPE:
		/* Of functions only those that make a tensor, so that this goes no deeper. */
		if (args->seq.n == 4 && a[0]->kind == PICKLE_NAME && a[0]->name->kind == PICKLE_NAME_TENSOR &&
		    a[2]->kind == PICKLE_TUPLE)
			return make_tensor(m, a[2]);
		break;
	case PICKLE_NAME_INERT:
		return pickle_new(m, PICKLE_INERT);
	case PICKLE_NAME_STORAGE:
		break;
	}
	err_set(m->e, "calls '%s.%s' in an unknown way", f->name->module, f->name->name);
	return NULL;
}
