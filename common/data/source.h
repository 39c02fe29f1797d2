/*
 * source.h - the pictures of one or more record streams as one array, read from any thread
 *
 * Records are read, not mapped: reading one costs two hundredths of what is done with it, and a file that shrinks or a disk that
 * fails meanwhile is an error of one record instead of a signal.
 */
#ifndef FRL_DATA_SOURCE_H
#define FRL_DATA_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/image.h"
#include "common/record.h"

/* No side of a picture is longer. */
#define SOURCE_LONGEST 65535

struct source_file {
	char *path;
	int fd;
	struct record_index index;
	uint64_t first; /* number of its first record among those of all files */
};

struct source {
	struct source_file *file; /* [files] */
	int files;
	uint64_t n;	       /* records of all files */
	int w, h;	       /* of every picture; 0: of any size */
	atomic_uchar *checked; /* [(n + 7) / 8] bits: the payload's CRC has been found right */
};

/* Memory of one thread; zeroed before its first use. */
struct source_room {
	struct buf bytes;
	struct image decoded;
};
void source_room_release(struct source_room *room);

struct source_picture {
	struct image image; /* in the room; 16 bytes follow it; not to be released */
	uint64_t key;
	int64_t label;
	uint32_t face;
};

/*
 * Opens the streams and makes or loads their indices. -1, naming the file, where one is no record stream, holds no record,
 * is damaged or was cut short, or begins with something else than a picture; and, unless of_any_size, where pictures are
 * of another size than the first, as far as the places of the records tell.
 */
int source_open(struct source *s, const char *const *path, int paths, bool of_any_size, struct err *e);
void source_close(struct source *s); /* harmless on a zeroed struct */

/* Picture i < n. -1, naming file and record: not to be read, not what the index says, a bad CRC, no picture, another size. */
int source_read(struct source *s, uint64_t i, struct source_room *room, struct source_picture *p, struct err *e);

/* What the record's header says of the size of picture i < n. -1 as source_read. */
int source_size(const struct source *s, uint64_t i, int *w, int *h, struct err *e);

/*
 * The picture in a record: m is a view of payload (RGB u8, which has to have 16 bytes more) or of what was decoded into
 * `decoded` (JPEG, PNG, grey u8; zeroed before its first use). The reason of an error names neither file nor record.
 */
int source_decode(struct image *m, const struct record *r, const void *payload, struct image *decoded, struct err *e);

#endif
