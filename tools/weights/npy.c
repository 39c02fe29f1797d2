/*
 * npy.c - NumPy's .npy files
 *
 * "\x93NUMPY", version, header length, then a Python dictionary as text:
 *	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 */
#include "tools/weights/npy.h"

#include <stdlib.h>
#include <string.h>

#include "common/le.h"

static const struct {
	const char *descr;
	enum dtype dtype;
} types[] = {
	{ "'<f8'", DTYPE_F64 }, { "'<f4'", DTYPE_F32 }, { "'<f2'", DTYPE_F16 },
	{ "'<i8'", DTYPE_I64 }, { "'<i4'", DTYPE_I32 }, { "'<i2'", DTYPE_I16 },
	{ "'|i1'", DTYPE_I8 },	{ "'|u1'", DTYPE_U8 },	{ "'|b1'", DTYPE_BOOL },
};

/* What follows "'key':" in the header, NULL when it is not there. */
static const char *field(const char *header, const char *key)
{
	const char *p = strstr(header, key);

	return p ? p + strlen(key) + strspn(p + strlen(key), " ") : NULL;
}

static int parse_shape(struct shape *shape, const char *p)
{
	*shape = (struct shape){ 0 };
	if (!p || *p++ != '(')
		return -1;
	while (*p != ')') {
		char *end;

		if (shape->n == SHAPE_MAX || *p < '0' || *p > '9')
			return -1;
		shape->dim[shape->n++] = strtoll(p, &end, 10);
		p = end;
		if (*p != ',' && *p != ')')
			return -1;
		p += strspn(p, ", ");
	}
	return 0;
}

static int parse_header(const char *header, enum dtype *dtype, struct shape *shape, struct err *e)
{
	const char *descr = field(header, "'descr':"), *order = field(header, "'fortran_order':");

	if (!order || strncmp(order, "False", 5) != 0)
		return err_set(e, "an npy file in Fortran order, or without an order");
	if (parse_shape(shape, field(header, "'shape':")))
		return err_set(e, "an npy file without a shape that is read");
	for (size_t i = 0; descr && i < sizeof types / sizeof *types; i++) {
		if (strncmp(descr, types[i].descr, strlen(types[i].descr)) == 0) {
			*dtype = types[i].dtype;
			return 0;
		}
	}
	return err_set(e, "an npy file of a type that is not read");
}

int npy_load(struct weights *w, const void *data, size_t len, struct err *e)
{
	const uint8_t *p = data;
	size_t start = 0, header_len = 0;
	struct shape shape = { 0 };
	enum dtype dtype = DTYPE_U8;
	struct weight *t;
	char *header;
	int rc;

	if (len >= 12 && p[6] == 1)
		start = 10, header_len = le_get16(p + 8);
	else if (len >= 12 && (p[6] == 2 || p[6] == 3))
		start = 12, header_len = le_get32(p + 8);
	if (start == 0 || header_len > len - start)
		return err_set(e, "an npy file that is cut short or of a version that is not read");
	header = xstrndup((const char *)p + start, header_len);
	rc = parse_header(header, &dtype, &shape, e);
	free(header);
	if (rc)
		return -1;
	if (shape_bytes(&shape, dtype) != (int64_t)(len - start - header_len))
		return err_set(e, "an npy file of %zu bytes of elements where type and shape ask for %lld",
			       len - start - header_len, (long long)shape_bytes(&shape, dtype));
	t = weights_add(w, "", dtype, &shape, e);
	if (!t)
		return -1;
	memcpy(t->data, p + start + header_len, t->bytes);
	return 0;
}
