/* embeddings.c - see embeddings.h */
#include "eval/embeddings.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/le.h"

static uint64_t elements(const struct record *r)
{
	uint64_t n = 1;

	for (int i = 0; i < r->ndim; i++)
		n *= r->dims[i];
	return n;
}

static int one(const struct record_reader *r, float *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		v[i] = r->head.dtype == RECORD_F32 ? le_getf32(r->payload + 4 * i)
						   : (float)le_getf64(r->payload + 8 * i);
		if (!isfinite(v[i]))
			return err_set(e, "'%s': the record at byte %llu holds a number that is not finite", r->name,
				       (unsigned long long)r->offset);
	}
	return 0;
}

int embeddings_each(const char *path, int fd,
		    int (*fn)(void *data, const struct record *head, const float *v, size_t n, struct err *e),
		    void *data, struct err *e)
{
	struct record_reader r;
	float *v = NULL;
	size_t n = 0;
	int rc, copy; /* the reader closes what it reads */

	if (fd < 0) {
		if (record_open(&r, path, e))
			return -1;
	} else {
		if (lseek(fd, 0, SEEK_SET) < 0 || (copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
			return err_sys(e, "cannot read '%s'", path);
		record_open_fd(&r, copy, path);
	}
	while ((rc = record_next(&r, e)) > 0) {
		if (r.head.kind == RECORD_END)
			continue;
		if (r.head.kind != RECORD_TENSOR || (r.head.dtype != RECORD_F32 && r.head.dtype != RECORD_F64) ||
		    elements(&r.head) == 0 || (v && elements(&r.head) != n)) {
			rc = err_set(e, "'%s': the record at byte %llu is no embedding of f32 or f64 like the first",
				     path, (unsigned long long)r.offset);
			break;
		}
		if (!v) {
			n = (size_t)elements(&r.head);
			v = xrealloc_array(NULL, n, sizeof *v);
		}
		if ((rc = one(&r, v, n, e)) || (rc = fn(data, &r.head, v, n, e)))
			break;
	}
	if (!rc && (r.damage || !r.closed))
		rc = err_set(e, "'%s' is damaged or cut short", path);
	record_close(&r);
	free(v);
	return rc;
}

int embedding_unit(float *v, size_t n)
{
	double square = 0, norm;

	for (size_t i = 0; i < n; i++)
		square += (double)v[i] * (double)v[i];
	norm = sqrt(square);
	if (!(norm > 0) || !isfinite(norm))
		return -1;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)((double)v[i] / norm);
	return 0;
}
