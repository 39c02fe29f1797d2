/* support_shard.h - record streams for tests, in a folder of the test's own */
#ifndef FRL_SUPPORT_SHARD_H
#define FRL_SUPPORT_SHARD_H

#include <stdbool.h>

#include "common/image.h"
#include "common/record.h"

/* cmocka's group set-up and tear-down: the folder. */
int support_shard_begin(void **state);
int support_shard_end(void **state);
/* NAME in the folder; good for eight calls. */
const char *support_shard_path(const char *name);

struct shard {
	struct out out;
	struct record_writer writer;
};

void support_shard_open(struct shard *s, const char *name);
/* kind: a tensor of bytes, JPEG or PNG. */
void support_shard_add(struct shard *s, const struct image *m, enum record_kind kind, uint64_t key, int64_t label,
		       uint32_t face);
/* With the end record, or without it, as a writer leaves it that was killed. */
void support_shard_close(struct shard *s, bool ended);
/* n pictures of w x h, all different, keys 100 .., labels 0 .., faces 0 .. 2. */
void support_shard_write(const char *name, int n, int w, int h, enum record_kind kind);
/* Picture i of it. */
void support_shard_picture(struct image *m, int i, int w, int h);
/* XORs a byte of a file in the folder. */
void support_shard_flip(const char *name, uint64_t offset, uint8_t with);

#endif
