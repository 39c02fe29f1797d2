/*
 * npy.c - see npy.h
 */
#include "tools/shard/npy.h"

#include <string.h>

#include "common/le.h"

static const char *const descr[RECORD_DTYPES] = { "|u1", "<i4", "<i8", "<f4", "<f2", "<u2", "<f8" };

void npy_header(struct buf *b, uint64_t n, const struct record *r)
{
	struct buf text = { 0 };
	uint8_t start[NPY_START] = "\x93NUMPY\x01";

	buf_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (%llu,", descr[r->dtype],
		   (unsigned long long)n);
	for (int i = 0; i < r->ndim; i++)
		buf_printf(&text, i + 1 < r->ndim ? " %u," : " %u", r->dims[i]);
	buf_add_str(&text, "), }");
	while ((NPY_START + text.len + 1) % 64)
		buf_add_char(&text, ' ');
	buf_add_char(&text, '\n');
	le_put16(start + 8, (uint16_t)text.len);
	buf_add(b, start, sizeof start);
	buf_add(b, text.data, text.len);
	buf_release(&text);
}

static int find_dtype(const char *name, struct record *r, struct err *e)
{
	for (int i = 0; i < RECORD_DTYPES; i++) {
		/* Of one byte, the order is '|'; some writers put '<'. */
		bool order = name[0] == descr[i][0] || (i == RECORD_U8 && name[0] == '<');
		if (i != RECORD_BF16 && order && !strcmp(name + 1, descr[i] + 1)) {
			r->dtype = (enum record_dtype)i;
			return 0;
		}
	}
	return err_set(e, "dtype '%s', which records have not", name);
}

int npy_record(const struct npy *h, uint64_t *n, struct record *r, struct err *e)
{
	*r = (struct record){ .kind = RECORD_TENSOR, .label = -1 };
	if (find_dtype(h->descr, r, e))
		return -1;
	if (!h->ndim)
		return err_set(e, "a single number, not an array");
	if (h->ndim > RECORD_MAX_DIMS + 1)
		return err_set(e, "more than %d dimensions", RECORD_MAX_DIMS + 1);
	*n = h->dim[0];
	r->ndim = h->ndim - 1;
	r->bytes = record_dtype_size(r->dtype);
	for (int i = 0; i < r->ndim; i++) {
		if (h->dim[i + 1] > UINT32_MAX)
			return err_set(e, "a bad shape");
		r->dims[i] = (uint32_t)h->dim[i + 1];
		if (__builtin_mul_overflow(r->bytes, r->dims[i], &r->bytes) || r->bytes > INT32_MAX)
			return err_set(e, "items of more than 2 GiB");
	}
	return r->bytes ? 0 : err_set(e, "items without contents");
}
