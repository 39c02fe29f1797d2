/*
 * record.c - headers of the record stream, and writing it (frl-records(5))
 */
#include "common/record.h"

#include <string.h>

#include "common/hash.h"
#include "common/le.h"

static const struct {
	const char *name;
	size_t size;
} dtypes[RECORD_DTYPES] = {
	[RECORD_U8] = { "u8", 1 },   [RECORD_I32] = { "i32", 4 }, [RECORD_I64] = { "i64", 8 },
	[RECORD_F32] = { "f32", 4 }, [RECORD_F16] = { "f16", 2 }, [RECORD_BF16] = { "bf16", 2 },
	[RECORD_F64] = { "f64", 8 },
};

static const uint8_t magic[4] = { 'F', 'R', 'L', 'R' };

size_t record_dtype_size(enum record_dtype dtype)
{
	return dtypes[dtype].size;
}

const char *record_dtype_name(enum record_dtype dtype)
{
	return dtypes[dtype].name;
}

const char *record_kind_name(enum record_kind kind)
{
	switch (kind) {
	case RECORD_TENSOR:
		return "tensor";
	case RECORD_JPEG:
		return "jpeg";
	case RECORD_PNG:
		return "png";
	case RECORD_END:
		return "end";
	}
	return "unknown";
}

static uint64_t padding(uint64_t bytes)
{
	return -bytes % RECORD_HEADER;
}

uint64_t record_size(const struct record *r)
{
	return RECORD_HEADER + r->bytes + padding(r->bytes);
}

/* Bytes of a tensor of r's dtype and dims, or UINT64_MAX when that is no 63-bit number. */
static uint64_t tensor_bytes(const struct record *r)
{
	uint64_t n = record_dtype_size(r->dtype);

	for (int i = 0; i < r->ndim; i++)
		if (__builtin_mul_overflow(n, r->dims[i], &n) || n > INT64_MAX)
			return UINT64_MAX;
	return n;
}

/* ---- the 64 bytes of a header */

void record_encode(const struct record *r, uint8_t header[RECORD_HEADER])
{
	memcpy(header, magic, sizeof magic);
	header[4] = RECORD_VERSION;
	header[5] = (uint8_t)r->kind;
	header[6] = (uint8_t)r->dtype;
	header[7] = (uint8_t)r->ndim;
	for (int i = 0; i < RECORD_MAX_DIMS; i++)
		le_put32(header + 8 + 4 * i, i < r->ndim ? r->dims[i] : 0);
	le_put64(header + 24, r->bytes);
	le_put64(header + 32, r->key);
	le_put64(header + 40, (uint64_t)r->label);
	le_put32(header + 48, r->crc);
	le_put32(header + 52, r->face);
	le_put32(header + 56, 0);
	le_put32(header + 60, crc32_add(0, header, 60));
}

/* What a header with a good CRC must also fulfil. */
static int check_fields(const struct record *r, const uint8_t *header, struct err *e)
{
	if (r->kind != RECORD_TENSOR && r->kind != RECORD_JPEG && r->kind != RECORD_PNG && r->kind != RECORD_END)
		return err_set(e, "unknown kind %d", (int)r->kind);
	if (header[6] >= RECORD_DTYPES)
		return err_set(e, "unknown dtype %d", header[6]);
	if (r->ndim > RECORD_MAX_DIMS)
		return err_set(e, "%d dimensions, where there are at most %d", r->ndim, RECORD_MAX_DIMS);
	for (int i = r->ndim; i < RECORD_MAX_DIMS; i++)
		if (r->dims[i])
			return err_set(e, "dimension %d is set in a record of %d", i, r->ndim);
	if (le_get32(header + 56))
		return err_set(e, "the reserved field is not zero");
	if (r->bytes > INT64_MAX - 2 * RECORD_HEADER)
		return err_set(e, "the payload's size is out of range");
	if (r->kind == RECORD_TENSOR && r->bytes != tensor_bytes(r))
		return err_set(e, "the payload's size does not fit dtype and dimensions");
	return 0;
}

int record_decode(struct record *r, const uint8_t header[RECORD_HEADER], struct err *e)
{
	if (memcmp(header, magic, sizeof magic))
		return err_set(e, "no record header (bad magic)");
	if (le_get32(header + 60) != crc32_add(0, header, 60))
		return err_set(e, "the header's CRC does not match");
	if (header[4] != RECORD_VERSION) {
		err_set(e, "version %d of the record format; this frl reads version %d", header[4], RECORD_VERSION);
		return -2;
	}
	*r = (struct record){
		.kind = header[5],
		.dtype = header[6],
		.ndim = header[7],
		.bytes = le_get64(header + 24),
		.key = le_get64(header + 32),
		.label = (int64_t)le_get64(header + 40),
		.crc = le_get32(header + 48),
		.face = le_get32(header + 52),
	};
	for (int i = 0; i < RECORD_MAX_DIMS; i++)
		r->dims[i] = le_get32(header + 8 + 4 * i);
	return check_fields(r, header, e);
}

/* ---- writing */

static int write_whole(struct record_writer *w, const struct record *r, const void *payload, struct err *e)
{
	static const uint8_t zeros[RECORD_HEADER];
	uint8_t header[RECORD_HEADER];

	record_encode(r, header);
	if (out_write(w->out, header, sizeof header, e) || (r->bytes && out_write(w->out, payload, r->bytes, e)))
		return -1;
	return padding(r->bytes) ? out_write(w->out, zeros, padding(r->bytes), e) : 0;
}

int record_copy(struct record_writer *w, const struct record *r, const void *payload, struct err *e)
{
	if (r->ndim < 0 || r->ndim > RECORD_MAX_DIMS || r->dtype >= RECORD_DTYPES || r->kind == RECORD_END ||
	    (r->kind == RECORD_TENSOR && r->bytes != tensor_bytes(r)))
		BUG("a record whose fields do not fit together");
	if (write_whole(w, r, payload, e))
		return -1;
	w->count++;
	return 0;
}

int record_write(struct record_writer *w, struct record *r, const void *payload, struct err *e)
{
	r->crc = crc32_add(0, payload, r->bytes);
	return record_copy(w, r, payload, e);
}

int record_end(struct record_writer *w, const char *text, struct err *e)
{
	struct record r = { .kind = RECORD_END, .key = w->count, .label = -1 };

	if (!text)
		text = "";
	r.bytes = strlen(text);
	r.crc = crc32_add(0, text, r.bytes);
	if (write_whole(w, &r, text, e))
		return -1;
	w->count = 0;
	return 0;
}
