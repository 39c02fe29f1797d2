/*
 * record.h - the record stream (frl-records(5)): tensors, JPEG and PNG pictures, one after the other
 *
 *	offset size  field
 *	     0    4  magic "FRLR"
 *	     4    1  version, 1
 *	     5    1  kind: 0 tensor, 1 JPEG, 2 PNG, 255 end of segment
 *	     6    1  dtype: 0 u8, 1 i32, 2 i64, 3 f32, 4 f16, 5 bf16, 6 f64
 *	     7    1  ndim, 0..4
 *	     8   16  dims[4], u32; an image is height, width, 3 (RGB)
 *	    24    8  payload bytes, without padding
 *	    32    8  key: the sample (hash.h: hash_key of the photo's id)
 *	    40    8  label, i64, -1 for none
 *	    48    4  CRC-32 of the payload
 *	    52    4  face number within the photo, 0 where there is one
 *	    56    4  zero
 *	    60    4  CRC-32 of bytes 0..59
 *	    64    -  payload, zero-padded to a multiple of 64
 *
 * All integers are little-endian. An end record closes a segment: its key counts the records of the segment, its payload
 * is provenance text or nothing. The concatenation of two streams is a stream.
 */
#ifndef FRL_RECORD_H
#define FRL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/io.h"

enum { RECORD_HEADER = 64, RECORD_VERSION = 1, RECORD_MAX_DIMS = 4 };

enum record_kind { RECORD_TENSOR = 0, RECORD_JPEG = 1, RECORD_PNG = 2, RECORD_END = 255 };
enum record_dtype { RECORD_U8, RECORD_I32, RECORD_I64, RECORD_F32, RECORD_F16, RECORD_BF16, RECORD_F64, RECORD_DTYPES };

struct record {
	enum record_kind kind;
	enum record_dtype dtype;
	int ndim;
	uint32_t dims[RECORD_MAX_DIMS];
	uint64_t bytes; /* of the payload */
	uint64_t key;
	int64_t label;
	uint32_t crc;  /* of the payload */
	uint32_t face;
};

size_t record_dtype_size(enum record_dtype dtype);
const char *record_dtype_name(enum record_dtype dtype); /* "u8", "bf16", .. */
const char *record_kind_name(enum record_kind kind);	/* "tensor", "jpeg", "png", "end" */
/* Bytes of header, payload and padding. */
uint64_t record_size(const struct record *r);

/* The 64 bytes of a header. record_decode: 0, or -1 with the reason (magic, CRC, version, field out of range, payload
 * size that does not fit dtype and dims of a tensor). */
void record_encode(const struct record *r, uint8_t header[RECORD_HEADER]);
int record_decode(struct record *r, const uint8_t header[RECORD_HEADER], struct err *e);

/* ---- writing */

struct record_writer {
	struct out *out;
	uint64_t count; /* records since the last end record */
};

/* Fills r->bytes is the caller's work; r->crc is computed here. */
int record_write(struct record_writer *w, struct record *r, const void *payload, struct err *e);
/* The end record; text may be NULL. */
int record_end(struct record_writer *w, const char *text, struct err *e);

/* ---- reading a stream from a descriptor, one record at a time */

struct record_reader {
	int fd;
	const char *name;    /* for messages */
	struct record head;  /* the current record */
	struct buf payload;  /* its payload, checked against the CRC */
	uint64_t offset;     /* of the current record in the stream */
	uint64_t next;	     /* where the next one begins */
	uint64_t max_payload; /* larger ones are damage; set by record_open to 1 GiB */
	uint64_t count;	     /* records since the last end record */
	uint64_t records;    /* data records delivered */
	uint64_t lost_bytes; /* skipped while looking for the next good header */
	uint64_t lost;	     /* places of damage (bad header, bad payload, wrong count in an end record) */
	bool closed;	     /* the last record seen was an end record */
	struct buf pending;  /* bytes read ahead while resynchronising */
};

/* path NULL or "-": standard input. */
int record_open(struct record_reader *r, const char *path, struct err *e);
/*
 * The next record, end records included: 1; 0 at the end; -1 when reading itself failed. Damage is skipped to the next
 * header whose magic and CRC hold, counted in lost and lost_bytes, and warned about once per place. A stream that ends
 * in the middle of a record, or without an end record, is `!closed` at the end.
 */
int record_next(struct record_reader *r, struct err *e);
/* The same without payloads where the descriptor can seek: headers only, payloads hopped over. */
int record_next_header(struct record_reader *r, struct err *e);
void record_close(struct record_reader *r);

/* ---- random access: an index beside the file (FILE.idx), made in one hop over the headers */

struct record_index {
	uint64_t n;	   /* data records */
	uint64_t *offset;  /* [n] of headers */
	uint64_t *key;	   /* [n] */
	int64_t *label;	   /* [n] */
	uint32_t *face;	   /* [n] */
	uint64_t file_size; /* of what it indexes; a different size means a stale index */
};

/*
 * Loads FILE.idx when it fits the file's size and modification time, else builds it by one pass over the headers and, if
 * the folder is writable, keeps it (atomically; failure to write is not an error).
 */
int record_index_load(struct record_index *x, const char *path, struct err *e);
/* Reads record i: header into r, payload (checked) into payload. Thread-safe (pread). */
int record_index_read(const struct record_index *x, int fd, uint64_t i, struct record *r, struct buf *payload,
		      struct err *e);
void record_index_release(struct record_index *x);

#endif
