/* mat_child.c - reads a .mat file with libmatio and sends its variables through a pipe; runs in a child process only */
#include "common/mat_child.h"

#include <matio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

/* Nothing here may call die(): it would remove the parent's unfinished files. Memory that is not there ends the child. */
static struct {
	int fd;
	size_t len;
	uint8_t data[1 << 16];
} pipe_out;

static void flush(void)
{
	if (io_write_full(pipe_out.fd, pipe_out.data, pipe_out.len))
		_exit(1);
	pipe_out.len = 0;
}

static void send_bytes(const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		size_t n = sizeof pipe_out.data - pipe_out.len;
		if (n > len)
			n = len;
		memcpy(pipe_out.data + pipe_out.len, p, n);
		pipe_out.len += n;
		p += n;
		len -= n;
		if (pipe_out.len == sizeof pipe_out.data)
			flush();
	}
}

static void send_pad(uint64_t len)
{
	static const uint8_t zero[8];

	send_bytes(zero, (size_t)(-len & 7));
}

static void send_head(uint64_t kind, const char *name, const uint64_t dims[MAT_DIMS], uint64_t count)
{
	uint64_t word[MAT_CHILD_WORDS] = { kind, strlen(name) + 1 };

	if (dims)
		memcpy(word + 2, dims, MAT_DIMS * sizeof *dims);
	word[2 + MAT_DIMS] = count;
	send_bytes(word, sizeof word);
	send_bytes(name, (size_t)word[1]);
	send_pad(word[1]);
}

PRINTF_LIKE(1, 2) static _Noreturn void fail(const char *fmt, ...)
{
	char msg[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	send_head(MAT_CHILD_FAILED, msg, NULL, 0);
	flush();
	_exit(0);
}

#define SEND_AS_DOUBLE(type) \
	do { \
		const type *p = v->data; \
		for (uint64_t i = 0; i < count; i++) { \
			double d = (double)p[i]; \
			send_bytes(&d, sizeof d); \
		} \
	} while (0)

/* Sends the numbers of v as doubles. */
static void send_numbers(const matvar_t *v, uint64_t count)
{
	switch (v->class_type) {
	case MAT_C_DOUBLE:
		send_bytes(v->data, (size_t)count * sizeof(double));
		break;
	case MAT_C_SINGLE:
		SEND_AS_DOUBLE(float);
		break;
	case MAT_C_INT8:
		SEND_AS_DOUBLE(int8_t);
		break;
	case MAT_C_INT16:
		SEND_AS_DOUBLE(int16_t);
		break;
	case MAT_C_UINT16:
		SEND_AS_DOUBLE(uint16_t);
		break;
	case MAT_C_INT32:
		SEND_AS_DOUBLE(int32_t);
		break;
	case MAT_C_UINT32:
		SEND_AS_DOUBLE(uint32_t);
		break;
	case MAT_C_INT64:
		SEND_AS_DOUBLE(int64_t);
		break;
	case MAT_C_UINT64:
		SEND_AS_DOUBLE(uint64_t);
		break;
	default:
		fail("a numeric class %d is not known", (int)v->class_type);
	}
}

/* One character of UTF-16 text from index i on as UTF-8 in out; returns the units used. A lone surrogate becomes '?'. */
static size_t utf8_from_utf16(const uint16_t *s, size_t len, char out[4], size_t *n)
{
	uint32_t c = s[0];
	size_t used = 1;

	if (c >= 0xd800 && c < 0xdc00 && len > 1 && s[1] >= 0xdc00 && s[1] < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (uint32_t)(s[1] - 0xdc00);
		used = 2;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = '?';
	}
	if (c < 0x80) {
		out[0] = (char)c;
		*n = 1;
	} else if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		*n = 2;
	} else if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		*n = 3;
	} else {
		out[0] = (char)(0xf0 | c >> 18);
		out[1] = (char)(0x80 | (c >> 12 & 0x3f));
		out[2] = (char)(0x80 | (c >> 6 & 0x3f));
		out[3] = (char)(0x80 | (c & 0x3f));
		*n = 4;
	}
	return used;
}

/* UTF-16 as UTF-8, twice: to know the length, and to send. */
static uint64_t send_utf16(const uint16_t *s, size_t len, bool send)
{
	uint64_t total = 0;
	char out[4];
	size_t n;

	for (size_t i = 0; i < len && s[i]; total += n) {
		i += utf8_from_utf16(s + i, len - i, out, &n);
		if (send)
			send_bytes(out, n);
	}
	return total;
}

static void send_text(const char *name, const matvar_t *v)
{
	static const uint64_t one[MAT_DIMS] = { 1, 1, 1, 1 };
	size_t len = v->data && v->data_size > 0 ? v->nbytes / (size_t)v->data_size : 0;
	uint64_t n = 0;

	if (len && v->data_size > 2)
		fail("text of %d bytes a character", v->data_size);
	if (len)
		n = v->data_size == 2 ? send_utf16(v->data, len, false) : strnlen(v->data, len);
	send_head(MAT_TEXT, name, one, n);
	if (n && v->data_size == 2)
		send_utf16(v->data, len, true);
	else if (n)
		send_bytes(v->data, n);
	send_bytes("", 1);
	send_pad(n + 1);
}

/* Folds the dimensions into MAT_DIMS and returns their product. */
static uint64_t dims_of(const matvar_t *v, uint64_t dims[MAT_DIMS])
{
	uint64_t count = 1;

	for (int i = 0; i < MAT_DIMS; i++)
		dims[i] = 1;
	for (int i = 0; i < v->rank; i++) {
		if (v->dims[i] && count > UINT64_MAX / 16 / v->dims[i])
			fail("dimensions overflow");
		count *= v->dims[i];
		dims[i < MAT_DIMS ? i : MAT_DIMS - 1] *= v->dims[i];
	}
	return v->rank > 0 ? count : 0;
}

static void send_var(const matvar_t *v, const char *name, int depth);

static void send_cell(const matvar_t *v, const char *name, const uint64_t dims[MAT_DIMS], uint64_t count, int depth)
{
	if (depth >= MAT_DEPTH)
		fail("cells nested deeper than %d", MAT_DEPTH);
	if (!v->data)
		count = 0;
	if (count > v->nbytes / sizeof(matvar_t *))
		fail("a cell with fewer elements than it says");
	send_head(MAT_CELL, name, dims, count);
	for (uint64_t i = 0; i < count; i++)
		send_var(((matvar_t *const *)v->data)[i], "", depth + 1);
}

static void send_array(const matvar_t *v, const char *name, const uint64_t dims[MAT_DIMS], uint64_t count)
{
	if (!v->data)
		count = 0;
	if (count > v->nbytes / (size_t)(v->data_size > 0 ? v->data_size : 1))
		fail("an array with fewer numbers than it says");
	send_head(v->class_type == MAT_C_UINT8 ? MAT_U8 : MAT_F64, name, dims, count);
	if (v->class_type == MAT_C_UINT8) {
		send_bytes(v->data, (size_t)count);
		send_pad(count);
	} else {
		send_numbers(v, count);
	}
}

static void send_var(const matvar_t *v, const char *name, int depth)
{
	uint64_t dims[MAT_DIMS] = { 0 };
	uint64_t count;

	/* An empty element of a cell comes as a null pointer or with rank 0. */
	if (!v || v->rank <= 0 || !v->dims) {
		send_head(MAT_F64, name, dims, 0);
		return;
	}
	count = dims_of(v, dims);
	if (v->class_type == MAT_C_CHAR && (dims[0] <= 1 || count == 0) && dims[2] == 1)
		send_text(name, v);
	else if (v->class_type == MAT_C_CELL)
		send_cell(v, name, dims, count, depth);
	else if (v->class_type >= MAT_C_DOUBLE && v->class_type <= MAT_C_UINT64 && !v->isComplex)
		send_array(v, name, dims, count);
	else
		send_head(MAT_OTHER, name, dims, 0);
}

/* The struct that fields were last asked of: it is read once for all of them that follow each other. */
static struct {
	char name[100];
	matvar_t *var;
} held;

/* "struct.field" */
static void send_field(mat_t *mat, const char *name, size_t len)
{
	const matvar_t *v;

	if (len >= sizeof held.name)
		fail("no variable '%.100s' in it", name);
	if (!held.var || strlen(held.name) != len || memcmp(held.name, name, len) != 0) {
		Mat_VarFree(held.var);
		memcpy(held.name, name, len);
		held.name[len] = 0;
		held.var = Mat_VarRead(mat, held.name);
	}
	if (!held.var || held.var->class_type != MAT_C_STRUCT || held.var->rank <= 0 || !held.var->data)
		fail("no struct '%.100s' in it", held.name);
	v = Mat_VarGetStructFieldByName(held.var, name + len + 1, 0);
	if (!v)
		fail("no field '%.100s' in it", name);
	send_var(v, name, 0);
}

/* What is not asked for is not decompressed. */
static void send_named(mat_t *mat, const char *const *names)
{
	for (; *names; names++) {
		const char *dot = strchr(*names, '.');
		matvar_t *v;

		if (dot) {
			send_field(mat, *names, (size_t)(dot - *names));
			continue;
		}
		v = Mat_VarRead(mat, *names);
		if (!v)
			fail("no variable '%.100s' in it", *names);
		send_var(v, *names, 0);
		Mat_VarFree(v);
	}
}

_Noreturn void mat_child(int fd, const char *path, const char *const *names)
{
	mat_t *mat;

	pipe_out.fd = fd;
	mat = Mat_Open(path, MAT_ACC_RDONLY);
	if (!mat)
		fail("not a MATLAB file of version 5 or 7.3");
	if (names) {
		send_named(mat, names);
	} else {
		for (matvar_t *v; (v = Mat_VarReadNext(mat)); Mat_VarFree(v))
			send_var(v, v->name ? v->name : "", 0);
	}
	send_head(MAT_CHILD_END, "", NULL, 0);
	flush();
	_exit(0);
}
