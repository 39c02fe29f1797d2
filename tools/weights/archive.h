/*
 * archive.h - zip archives in memory (libzip): PyTorch's files and Python's wheels
 */
#ifndef FRL_WEIGHTS_ARCHIVE_H
#define FRL_WEIGHTS_ARCHIVE_H

#include "common/buf.h"
#include "tools/weights/weights.h"

struct archive;

/* data must outlive the archive. NULL with e filled when it is no zip archive. */
struct archive *archive_open(const void *data, size_t len, struct err *e);
void archive_close(struct archive *a);

/* The number of the entry of that name, or -1. */
int64_t archive_find(struct archive *a, const char *name);
/* The first entry that is called NAME, in whatever folder; or -1. */
int64_t archive_find_in_folder(struct archive *a, const char *name);
const char *archive_name(struct archive *a, int64_t i);
/* Reads entry i whole into b (emptied first); its size comes out of w's budget. CRCs are checked. */
int archive_read(struct archive *a, int64_t i, struct weights *w, struct buf *b, struct err *e);

#endif
