/*
 * mat_out.c - see mat_out.h
 *
 * v5 is written by hand, since libmatio does not check its writes there. v7.3 is written by a child process: after a write
 * that failed HDF5 crashes when the process ends.
 */
#include "common/mat_out.h"

#include <errno.h>
#include <fcntl.h>
#include <matio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"
#include "common/le.h"

enum form { ARRAY, CELL, STRUCT };

/* A variable to be written. */
struct waiting {
	enum form form;
	char *name;
	struct mat_out_array *a; /* [n] */
	size_t n;
};

struct mat_out {
	enum mat_out_form form;
	char *path;
	struct buf v5;		 /* the file so far */
	struct waiting *waiting; /* [n], of v7.3 */
	size_t n;
};

/* ---- v5: "MAT-File Format" (MathWorks), level 5; all in little-endian order */

enum { MI_INT8 = 1, MI_INT32 = 5, MI_UINT32 = 6, MI_MATRIX = 14, V5_CELL = 1, V5_STRUCT = 2, FIELD = 32, HEADER = 116 };

static const struct {
	uint32_t class, type;
	size_t bytes;
	enum matio_classes matio_class;
	enum matio_types matio_type;
} kinds[] = {
	[MAT_OUT_F64] = { 6, 9, 8, MAT_C_DOUBLE, MAT_T_DOUBLE },
	[MAT_OUT_F32] = { 7, 7, 4, MAT_C_SINGLE, MAT_T_SINGLE },
	[MAT_OUT_I16] = { 10, 3, 2, MAT_C_INT16, MAT_T_INT16 },
	[MAT_OUT_I32] = { 12, 5, 4, MAT_C_INT32, MAT_T_INT32 },
	[MAT_OUT_U8] = { 9, 2, 1, MAT_C_UINT8, MAT_T_UINT8 },
	[MAT_OUT_TEXT] = { 4, 16, 1, MAT_C_CHAR, MAT_T_UTF8 },
};

static void add_u32(struct buf *b, uint32_t v)
{
	le_put32(buf_reserve(b, 4), v);
	b->len += 4;
}

static void pad(struct buf *b)
{
	buf_add(b, (char[8]){ 0 }, -b->len & 7);
}

/* A tag whose length end_element sets; returns its place. */
static size_t begin_element(struct buf *b, uint32_t type)
{
	add_u32(b, type);
	add_u32(b, 0);
	return b->len;
}

static int end_element(struct buf *b, size_t at, const char *name, struct err *e)
{
	size_t len = b->len - at;

	if (len > INT32_MAX)
		return err_set(e, "%s is larger than the 2 GiB that a .mat of version 5 can hold", name);
	le_put32(b->data + at - 4, (uint32_t)len);
	pad(b);
	return 0;
}

static void add_element(struct buf *b, uint32_t type, const void *data, size_t len)
{
	add_u32(b, type);
	add_u32(b, (uint32_t)len);
	buf_add(b, data, len);
	pad(b);
}

/* What every matrix begins with; rank 2 where dims[2] is 0 or 1. */
static size_t begin_matrix(struct buf *b, uint32_t class, const size_t dims[MAT_OUT_RANK], const char *name)
{
	size_t at = begin_element(b, MI_MATRIX);

	add_u32(b, MI_UINT32);
	add_u32(b, 8);
	add_u32(b, class);
	add_u32(b, 0);
	add_u32(b, MI_INT32);
	add_u32(b, dims[2] > 1 ? 12 : 8);
	for (int i = 0; i < (dims[2] > 1 ? 3 : 2); i++)
		add_u32(b, (uint32_t)dims[i]);
	pad(b);
	add_element(b, MI_INT8, name, strlen(name));
	return at;
}

static void add_numbers(struct buf *b, const struct mat_out_array *a, size_t count)
{
	size_t bytes = kinds[a->kind].bytes;
	const char *from = a->data;
	char *to = buf_reserve(b, count * bytes);

	for (size_t i = 0; i < count; i++, from += bytes, to += bytes) {
		uint64_t v64;
		uint32_t v32;
		uint16_t v16;

		switch (bytes) {
		case 8:
			memcpy(&v64, from, sizeof v64);
			le_put64(to, v64);
			break;
		case 4:
			memcpy(&v32, from, sizeof v32);
			le_put32(to, v32);
			break;
		case 2:
			memcpy(&v16, from, sizeof v16);
			le_put16(to, v16);
			break;
		default:
			*to = *from;
		}
	}
	b->len += count * bytes;
}

/* Of text: one row. */
static void dims_of(const struct mat_out_array *a, size_t dims[MAT_OUT_RANK])
{
	memcpy(dims, a->dims, MAT_OUT_RANK * sizeof *dims);
	if (a->kind == MAT_OUT_TEXT) {
		dims[0] = 1;
		dims[1] = strlen(a->data);
		dims[2] = 0;
	}
}

static int add_array(struct buf *b, const struct mat_out_array *a, const char *name, struct err *e)
{
	size_t dims[MAT_OUT_RANK], matrix, numbers;

	dims_of(a, dims);
	matrix = begin_matrix(b, kinds[a->kind].class, dims, name);
	numbers = begin_element(b, kinds[a->kind].type);
	add_numbers(b, a, dims[0] * dims[1] * (dims[2] > 1 ? dims[2] : 1));
	return end_element(b, numbers, a->name, e) || end_element(b, matrix, a->name, e) ? -1 : 0;
}

/* The elements of a cell, or of a struct: those have their names in a table before them. */
static int add_all(struct buf *b, const struct mat_out_array *a, size_t n, const char *name, size_t matrix,
		   struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (add_array(b, &a[i], "", e))
			return -1;
	return end_element(b, matrix, name, e);
}

static void add_names(struct buf *b, const struct mat_out_array *field, size_t n)
{
	/* In the small form, the length within the tag. */
	add_u32(b, 4u << 16 | MI_INT32);
	add_u32(b, FIELD);
	add_u32(b, MI_INT8);
	add_u32(b, (uint32_t)(FIELD * n));
	for (size_t i = 0; i < n; i++) {
		char name[FIELD] = "";

		if (strlen(field[i].name) >= FIELD)
			BUG("a field's name of more than %d letters", FIELD - 1);
		memcpy(name, field[i].name, strlen(field[i].name));
		buf_add(b, name, FIELD);
	}
}

static void add_header(struct buf *b)
{
	static const char text[] = "MATLAB 5.0 MAT-file, by frl";

	buf_add(b, text, sizeof text - 1);
	while (b->len < HEADER)
		buf_add_char(b, ' ');
	buf_add(b, (char[8]){ 0 }, 8);
	/* version 1.0, and the order of bytes */
	buf_add(b, "\0\1IM", 4);
}

/* ---- v7.3 */

static int wait_for_commit(struct mat_out *m, enum form form, const char *name, const struct mat_out_array *a, size_t n)
{
	struct waiting *w;

	m->waiting = xrealloc_array(m->waiting, m->n + 1, sizeof *m->waiting);
	w = &m->waiting[m->n++];
	*w = (struct waiting){ .form = form, .name = xstrdup(name), .n = n };
	w->a = xcalloc(n + 1, sizeof *w->a);
	memcpy(w->a, a, n * sizeof *w->a);
	return 0;
}

/* Its data stay the caller's; with that flag they are read only. */
static matvar_t *array_of(const struct mat_out_array *a)
{
	size_t dims[MAT_OUT_RANK];

	dims_of(a, dims);
	return Mat_VarCreate(a->name, kinds[a->kind].matio_class, kinds[a->kind].matio_type, dims[2] > 1 ? 3 : 2, dims,
			     (void *)(uintptr_t)a->data, MAT_F_DONT_COPY_DATA);
}

static matvar_t *cell_of(const struct waiting *w)
{
	matvar_t **cell = xcalloc(w->n + 1, sizeof *cell), *v;
	size_t dims[2] = { w->n, 1 };

	for (size_t i = 0; i < w->n; i++)
		cell[i] = array_of(&w->a[i]);
	v = Mat_VarCreate(w->name, MAT_C_CELL, MAT_T_CELL, 2, dims, cell, 0);
	free(cell);
	return v;
}

static matvar_t *struct_of(const struct waiting *w)
{
	const char **names = xcalloc(w->n + 1, sizeof *names);
	size_t dims[2] = { 1, 1 };
	matvar_t *v;

	for (size_t i = 0; i < w->n; i++)
		names[i] = w->a[i].name;
	v = Mat_VarCreateStruct(w->name, 2, dims, names, (unsigned)w->n);
	for (size_t i = 0; v && i < w->n; i++)
		Mat_VarSetStructFieldByName(v, w->a[i].name, 0, array_of(&w->a[i]));
	free(names);
	return v;
}

/* In the child: HDF5 says on standard error what the parent says in a line. */
static _Noreturn void write_v73(const struct mat_out *m, const char *tmp)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	mat_t *mat;
	bool bad;

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	mat = Mat_CreateVer(tmp, "MATLAB 7.3 MAT-file, by frl", MAT_FT_MAT73);
	bad = !mat;
	for (size_t i = 0; !bad && i < m->n; i++) {
		const struct waiting *w = &m->waiting[i];
		matvar_t *v = w->form == ARRAY ? array_of(w->a) : w->form == CELL ? cell_of(w) : struct_of(w);

		bad = !v || Mat_VarWrite(mat, v, MAT_COMPRESSION_NONE);
		Mat_VarFree(v);
	}
	if (mat)
		bad = Mat_Close(mat) || bad;
	_exit(bad);
}

static int run_child(const struct mat_out *m, const char *tmp, struct err *e)
{
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		return err_sys(e, "cannot write '%s': no process", m->path);
	if (!child)
		write_v73(m, tmp);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "cannot write '%s'", m->path);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_code(e, EXIT_CODE_FAILED,
				"cannot write '%s' with libmatio\nhint: is there room, and was it built with HDF5?",
				m->path);
	return 0;
}

static int commit_v73(const struct mat_out *m, struct err *e)
{
	char *tmp = xasprintf("%s.tmp.%ld", m->path, (long)getpid());
	int fd = -1, rc;

	io_guard(tmp);
	rc = run_child(m, tmp, e);
	if (!rc) {
		fd = open(tmp, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) < 0 || rename(tmp, m->path) < 0)
			rc = err_sys(e, "cannot write '%s'", m->path);
	}
	if (fd >= 0)
		close(fd);
	if (rc)
		unlink(tmp);
	io_unguard(tmp);
	free(tmp);
	return rc;
}

/* ---- */

struct mat_out *mat_out_open(const char *path, enum mat_out_form form)
{
	struct mat_out *m = xcalloc(1, sizeof *m);

	*m = (struct mat_out){ .form = form, .path = xstrdup(path) };
	if (form == MAT_OUT_V5)
		add_header(&m->v5);
	return m;
}

int mat_out_array(struct mat_out *m, const struct mat_out_array *a, struct err *e)
{
	return m->form == MAT_OUT_V5 ? add_array(&m->v5, a, a->name, e) : wait_for_commit(m, ARRAY, a->name, a, 1);
}

int mat_out_cell(struct mat_out *m, const char *name, const struct mat_out_array *element, size_t n, struct err *e)
{
	const size_t dims[MAT_OUT_RANK] = { n, 1 };

	if (m->form == MAT_OUT_V73)
		return wait_for_commit(m, CELL, name, element, n);
	return add_all(&m->v5, element, n, name, begin_matrix(&m->v5, V5_CELL, dims, name), e);
}

int mat_out_struct(struct mat_out *m, const char *name, const struct mat_out_array *field, size_t n, struct err *e)
{
	const size_t dims[MAT_OUT_RANK] = { 1, 1 };
	size_t matrix;

	if (m->form == MAT_OUT_V73)
		return wait_for_commit(m, STRUCT, name, field, n);
	matrix = begin_matrix(&m->v5, V5_STRUCT, dims, name);
	add_names(&m->v5, field, n);
	return add_all(&m->v5, field, n, name, matrix, e);
}

int mat_out_commit(struct mat_out *m, struct err *e)
{
	int rc = m->form == MAT_OUT_V5 ? io_write_file(m->path, m->v5.data, m->v5.len, e) : commit_v73(m, e);

	mat_out_abort(m);
	return rc;
}

void mat_out_abort(struct mat_out *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		free(m->waiting[i].name);
		free(m->waiting[i].a);
	}
	free(m->waiting);
	buf_release(&m->v5);
	free(m->path);
	free(m);
}
