/* npy.c - see npy.h */
#include "tools/weights/npy.h"

#include <string.h>

#include "common/npy.h"

static int find_type(const struct npy *h, enum dtype *dtype, struct shape *shape, struct err *e)
{
	shape->n = h->ndim;
	for (int i = 0; i < h->ndim; i++) {
		if (h->dim[i] > INT64_MAX)
			return err_set(e, "an npy file without a shape that is read");
		shape->dim[i] = (int64_t)h->dim[i];
	}
	if (!dtype_parse_numpy(h->descr, dtype))
		return 0;
	return err_set(e, "an npy file of type '%s', which is not read", h->descr);
}

int npy_load(struct weights *w, const void *data, size_t len, struct err *e)
{
	struct shape shape = { 0 };
	enum dtype dtype = DTYPE_U8;
	struct weight *t;
	struct npy header;
	size_t start;

	if (npy_read(&header, data, len, &start, e) || find_type(&header, &dtype, &shape, e))
		return -1;
	if (shape_bytes(&shape, dtype) != (int64_t)(len - start))
		return err_set(e, "an npy file of %zu bytes of elements where type and shape ask for %lld", len - start,
			       (long long)shape_bytes(&shape, dtype));
	t = weights_add(w, "", dtype, &shape, e);
	if (!t)
		return -1;
	memcpy(t->data, (const char *)data + start, t->bytes);
	return 0;
}
