/* npy.c - see npy.h */
#include "common/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/le.h"
#include "common/num.h"

/* What follows 'name': in a dictionary of literals, blanks skipped; NULL if there is none. */
static const char *value(const char *text, const char *name)
{
	char quoted[32];

	snprintf(quoted, sizeof quoted, "'%s'", name);
	const char *p = strstr(text, quoted);
	if (!p)
		return NULL;
	p += strlen(quoted);
	p += strspn(p, " ");
	if (*p++ != ':')
		return NULL;
	return p + strspn(p, " ");
}

static int parse_descr(struct npy *n, const char *p, struct err *e)
{
	size_t len = p && *p == '\'' ? strcspn(p + 1, "'") : 0;

	if (!len || p[1 + len] != '\'')
		return err_set(e, "an array of records (no simple descr)");
	if (len >= sizeof n->descr)
		return err_set(e, "dtype '%.*s'..", NPY_DESCR, p + 1);
	memcpy(n->descr, p + 1, len);
	n->descr[len] = 0;
	return 0;
}

static int parse_shape(struct npy *n, const char *p, struct err *e)
{
	if (!p || *p++ != '(')
		return err_set(e, "no shape");
	for (n->ndim = 0;; n->ndim++) {
		char number[NUM_SIZE];

		p += strspn(p, " ");
		size_t len = strspn(p, "0123456789");
		if (*p == ')')
			return 0;
		if (n->ndim == NPY_MAX_DIMS)
			return err_set(e, "more than %d dimensions", NPY_MAX_DIMS);
		if (!len || len >= sizeof number)
			return err_set(e, "a bad shape");
		memcpy(number, p, len);
		number[len] = 0;
		p += len;
		p += strspn(p, " ");
		if (num_parse_u64(number, &n->dim[n->ndim]) || (*p != ',' && *p != ')'))
			return err_set(e, "a bad shape");
		p += *p == ',';
	}
}

int npy_dictionary(struct npy *n, const char *text, struct err *e)
{
	const char *order = value(text, "fortran_order");

	*n = (struct npy){ 0 };
	if (parse_descr(n, value(text, "descr"), e) || parse_shape(n, value(text, "shape"), e))
		return -1;
	return order && !strncmp(order, "False", 5) ? 0 : err_set(e, "Fortran order");
}

int npy_read(struct npy *n, const void *bytes, size_t len, size_t *data, struct err *e)
{
	const uint8_t *p = bytes;
	size_t start, size;

	if (len < NPY_START + 2 || memcmp(p, "\x93NUMPY", 6) != 0)
		return err_set(e, "no .npy file, or cut short");
	if (p[6] < 1 || p[6] > 3)
		return err_set(e, "version %d of the npy format", p[6]);
	start = NPY_START + (p[6] > 1 ? 2 : 0);
	size = p[6] > 1 ? le_get32(p + 8) : le_get16(p + 8);
	if (size > NPY_MAX_HEADER || size > len - start)
		return err_set(e, "a header of %zu bytes, cut short", size);
	char *text = xstrndup((const char *)p + start, size);
	int rc = npy_dictionary(n, text, e);
	free(text);
	*data = start + size;
	return rc;
}
