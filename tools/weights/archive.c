/* archive.c - zip archives in memory (libzip) */
#include "tools/weights/archive.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

struct archive {
	zip_t *zip;
};

struct archive *archive_open(const void *data, size_t len, struct err *e)
{
	zip_error_t error;
	zip_source_t *source;
	zip_t *zip = NULL;
	struct archive *a;

	zip_error_init(&error);
	source = zip_source_buffer_create(data, len, 0, &error);
	if (source)
		zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (!zip) {
		err_set(e, "zip archive: %s", zip_error_strerror(&error));
		zip_source_free(source);
		zip_error_fini(&error);
		return NULL;
	}
	zip_error_fini(&error);
	a = xcalloc(1, sizeof *a);
	a->zip = zip;
	return a;
}

void archive_close(struct archive *a)
{
	if (!a)
		return;
	zip_discard(a->zip);
	free(a);
}

int64_t archive_find(struct archive *a, const char *name)
{
	return zip_name_locate(a->zip, name, ZIP_FL_ENC_RAW);
}

int64_t archive_find_in_folder(struct archive *a, const char *name)
{
	zip_int64_t n = zip_get_num_entries(a->zip, 0);
	size_t len = strlen(name);

	for (zip_int64_t i = 0; i < n; i++) {
		const char *entry = archive_name(a, i);
		size_t entry_len = strlen(entry);

		if (entry_len < len || strcmp(entry + entry_len - len, name) != 0)
			continue;
		if (entry_len == len || entry[entry_len - len - 1] == '/')
			return i;
	}
	return -1;
}

const char *archive_name(struct archive *a, int64_t i)
{
	const char *name = zip_get_name(a->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);

	return name ? name : "";
}

int archive_read(struct archive *a, int64_t i, struct weights *w, struct buf *b, struct err *e)
{
	zip_stat_t stat;
	zip_file_t *f;
	char *room;
	zip_int64_t got;
	int rc = -1;

	buf_reset(b);
	if (zip_stat_index(a->zip, (zip_uint64_t)i, 0, &stat) || !(stat.valid & ZIP_STAT_SIZE))
		return err_set(e, "zip entry '%.200s' has no size", archive_name(a, i));
	if (stat.valid & ZIP_STAT_ENCRYPTION_METHOD && stat.encryption_method != ZIP_EM_NONE)
		return err_set(e, "zip entry '%.200s' is encrypted", archive_name(a, i));
	if (weights_take(w, stat.size, e))
		return err_prefix(e, "zip entry '%.200s' of %llu bytes", archive_name(a, i),
				  (unsigned long long)stat.size);
	f = zip_fopen_index(a->zip, (zip_uint64_t)i, 0);
	if (!f)
		return err_set(e, "zip entry '%.200s': %s", archive_name(a, i), zip_strerror(a->zip));
	/* One byte more, so that the read comes to the end of the entry, which is where its CRC is checked. */
	room = buf_reserve(b, (size_t)stat.size + 1);
	if (!room)
		goto out;
	got = zip_fread(f, room, stat.size + 1);
	if (got < 0) {
		err_set(e, "zip entry '%.200s': %s", archive_name(a, i), zip_file_strerror(f));
		goto out;
	}
	if ((zip_uint64_t)got != stat.size) {
		err_set(e, "zip entry '%.200s' has %lld bytes instead of %llu", archive_name(a, i), (long long)got,
			(unsigned long long)stat.size);
		goto out;
	}
	b->len += stat.size;
	rc = 0;
out:
	zip_fclose(f);
	return rc;
}
