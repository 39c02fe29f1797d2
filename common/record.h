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
	uint32_t crc; /* of the payload */
	uint32_t face;
};

size_t record_dtype_size(enum record_dtype dtype);
const char *record_dtype_name(enum record_dtype dtype); /* "u8", "bf16", .. */
const char *record_kind_name(enum record_kind kind);	/* "tensor", "jpeg", "png", "end" */
/* Bytes of header, payload and padding. */
uint64_t record_size(const struct record *r);

/* The 64 bytes of a header. record_decode: 0, or -1 with the reason (magic, CRC, field out of range, payload size that
 * does not fit dtype and dims of a tensor), or -2 for a good header of another version. */
void record_encode(const struct record *r, uint8_t header[RECORD_HEADER]);
int record_decode(struct record *r, const uint8_t header[RECORD_HEADER], struct err *e);

/* ---- writing */

struct record_writer {
	struct out *out;
	uint64_t count; /* records since the last end record */
};

/* r->bytes is the caller's work; r->crc is computed here. A payload that does not fit its kind, dtype and dims is a BUG. */
int record_write(struct record_writer *w, struct record *r, const void *payload, struct err *e);
/* The same with r->crc known already, from a reader that has checked it. */
int record_copy(struct record_writer *w, const struct record *r, const void *payload, struct err *e);
/* The end record; text may be NULL. Zero-terminated text is stored without its zero. */
int record_end(struct record_writer *w, const char *text, struct err *e);

/* ---- appending to a file: lock, cut a torn tail, append, sync */

struct record_append {
	struct record_writer writer; /* for record_write; use no other way to write */
	struct out out;
	uint64_t start; /* where the new records begin; record_append_abort cuts the file there again */
	uint64_t cut;	/* bytes of a torn tail that were cut off */
};

/*
 * Opens path, which is made if it is not there, and takes its lock (flock). Whoever holds the lock already is not waited
 * for: -1 with EXIT_CODE_TEMPORARY. Bytes after the last good record are cut, and a segment that its writer did not end
 * is ended here, so that what follows is a segment of its own. A file that holds something else than records is refused
 * and left as it is, as is all that is not a regular file.
 */
int record_append_open(struct record_append *a, const char *path, struct err *e);
/* Syncs the records, then writes the end record (text may be NULL; none when nothing was written), syncs, unlocks. */
int record_append_commit(struct record_append *a, const char *text, struct err *e);
/* Takes back what was written since record_append_open. Harmless after a commit and on a zeroed struct. */
void record_append_abort(struct record_append *a);

/* ---- reading a stream from a descriptor, one record at a time */

struct record_reader {
	struct record head;	/* the current record */
	const uint8_t *payload; /* [head.bytes], valid until the next call; NULL where it was hopped over */
	uint64_t offset;	/* of the current record in the stream */
	uint64_t next;		/* where the next one begins */
	uint64_t count;		/* records since the last end record */
	uint64_t records;	/* data records delivered */
	uint64_t segments;	/* end records delivered */
	uint64_t damage;	/* places of damage: bad header, bad payload, wrong count in an end record */
	uint64_t lost_bytes;	/* skipped because of it, a torn tail included */
	uint64_t lost_records;	/* that end records counted and nobody saw: at least so many */
	bool closed;		/* the last thing seen was a whole end record */
	bool torn;		/* the input ended within a record (one of the places of damage) */
	/* The caller may change these after record_open. */
	uint64_t max_payload; /* larger ones are damage; 1 GiB */
	bool silent;	      /* no warnings about damage */
	/* Private. */
	int fd;
	char *name;
	bool seekable, segment_damaged, seen, magic;
	uint64_t start;	 /* of the stream in the file */
	uint64_t base;	 /* stream offset of window[pos] */
	uint8_t *window; /* [pos, len) was read and not yet used */
	size_t pos, len, cap;
	uint64_t rescanned, warned;
};

/* path NULL or "-": standard input. */
int record_open(struct record_reader *r, const char *path, struct err *e);
/* The descriptor is closed by record_close if it is not standard input. name is copied, for messages. */
void record_open_fd(struct record_reader *r, int fd, const char *name);
/*
 * The next record, end records included: 1; 0 at the end; -1 when reading itself failed, when the version is unknown,
 * and when the input ended and held no record at all. Damage is skipped to the next header whose magic and CRC hold
 * (bytes after the payload of a damaged record are looked at too, so a stream appended to a torn one is found), counted,
 * and warned about once per place. A stream that ends in the middle of a record, or without an end record, is `!closed`
 * at the end. Memory: what arrived of the largest record.
 */
int record_next(struct record_reader *r, struct err *e);
/*
 * The same without payloads where the descriptor can seek: payloads are hopped over, and read only where the header
 * after them is not good. Elsewhere it is record_next.
 */
int record_next_header(struct record_reader *r, struct err *e);
void record_close(struct record_reader *r);

/*
 * One record by its offset in a file (pread, thread-safe): header into r, payload into payload (emptied first), checked.
 * 0, or -1 with the reason, without the file's name.
 */
int record_read_at(int fd, uint64_t offset, struct record *r, struct buf *payload, struct err *e);

/* ---- random access: an index beside the file (FILE.idx), made in one hop over the headers */

struct record_index {
	uint64_t n;	    /* data records */
	uint64_t *offset;   /* [n] of headers, ascending */
	uint64_t *key;	    /* [n] */
	int64_t *label;	    /* [n] */
	uint32_t *face;	    /* [n] */
	uint64_t file_size; /* of what it indexes; a different size means a stale index */
	uint64_t damage;    /* places that the hop over the headers could not read */
	bool closed;	    /* the file ends with an end record */
};

/*
 * Loads FILE.idx when it fits the file's size and modification time and its first and last header, else builds it by
 * one pass over the headers and, if the folder is writable, keeps it (atomically; failure to write is not an error).
 */
int record_index_load(struct record_index *x, const char *path, struct err *e);
/* Reads record i: header into r, payload (checked) into payload. Thread-safe (pread). */
int record_index_read(const struct record_index *x, int fd, uint64_t i, struct record *r, struct buf *payload,
		      struct err *e);
void record_index_release(struct record_index *x);

#endif
