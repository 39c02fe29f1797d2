/*
 * npy.c - the header of NumPy's .npy files
 */
#include "tools/shard/npy.h"

#include <stdio.h>
#include <string.h>

#include "common/le.h"
#include "common/num.h"

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

static int parse_dtype(const char *p, struct record *r, struct err *e)
{
	if (!p || *p != '\'')
		return err_set(e, "an array of records (no simple descr)");
	for (int i = 0; i < RECORD_DTYPES; i++) {
		size_t n = strlen(descr[i]);
		/* Of one byte, the order is '|'; some writers put '<'. p[1] first: the text may end there. */
		bool order = p[1] == descr[i][0] || (i == RECORD_U8 && p[1] == '<');
		if (i != RECORD_BF16 && order && !strncmp(p + 2, descr[i] + 1, n - 1) && p[1 + n] == '\'') {
			r->dtype = (enum record_dtype)i;
			return 0;
		}
	}
	return err_set(e, "dtype %.*s, which records have not", (int)strcspn(p + 1, "',") + 2, p);
}

static int parse_shape(const char *p, uint64_t *n, struct record *r, struct err *e)
{
	if (!p || *p++ != '(')
		return err_set(e, "no shape");
	r->ndim = -1;
	for (;;) {
		char number[NUM_SIZE];
		uint64_t v;
		p += strspn(p, " ");
		size_t len = strspn(p, "0123456789");
		if (*p == ')')
			break;
		if (!len || len >= sizeof number)
			return err_set(e, "a bad shape");
		memcpy(number, p, len);
		number[len] = 0;
		if (num_parse_u64(number, &v) || (r->ndim >= 0 && v > UINT32_MAX))
			return err_set(e, "a bad shape");
		if (r->ndim == RECORD_MAX_DIMS)
			return err_set(e, "more than %d dimensions", RECORD_MAX_DIMS + 1);
		if (r->ndim < 0)
			*n = v;
		else
			r->dims[r->ndim] = (uint32_t)v;
		r->ndim++;
		p += len;
		p += strspn(p, " ");
		if (*p == ',')
			p++;
		else if (*p != ')')
			return err_set(e, "a bad shape");
	}
	return r->ndim < 0 ? err_set(e, "a single number, not an array") : 0;
}

int npy_parse(const char *text, uint64_t *n, struct record *r, struct err *e)
{
	const char *order = value(text, "fortran_order");

	*r = (struct record){ .kind = RECORD_TENSOR, .label = -1 };
	if (parse_dtype(value(text, "descr"), r, e) || parse_shape(value(text, "shape"), n, r, e))
		return -1;
	if (!order || strncmp(order, "False", 5))
		return err_set(e, "Fortran order");
	r->bytes = record_dtype_size(r->dtype);
	for (int i = 0; i < r->ndim; i++)
		if (__builtin_mul_overflow(r->bytes, r->dims[i], &r->bytes) || r->bytes > INT32_MAX)
			return err_set(e, "items of more than 2 GiB");
	return r->bytes ? 0 : err_set(e, "items without contents");
}
