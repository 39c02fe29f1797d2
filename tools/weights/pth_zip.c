/*
 * pth_zip.c - PyTorch's zip archive (torch >= 1.6)
 *
 * NAME/data.pkl is the pickle, NAME/data/KEY are the storages, NAME/byteorder (newer ones) says "little" or "big".
 */
#include <stdlib.h>
#include <string.h>

#include "tools/weights/pth.h"

struct zip_source {
	struct archive *archive;
	struct weights *w;
	char *folder;	 /* "NAME/" */
	struct buf data; /* of the storage read last */
	char *key;	 /* its key */
};

static int find_storage(void *data, const struct pickle_storage *s, const uint8_t **elements, struct err *e)
{
	struct zip_source *z = data;
	size_t size = dtype_size(s->dtype);

	if (!z->key || strcmp(z->key, s->key) != 0) {
		char *name = xasprintf("%sdata/%s", z->folder, s->key);
		int64_t i = archive_find(z->archive, name);

		free(name);
		free(z->key);
		z->key = NULL;
		if (i < 0)
			return err_set(e, "storage '%.40s' is not in the archive", s->key);
		if (archive_read(z->archive, i, z->w, &z->data, e))
			return -1;
		z->key = xstrdup(s->key);
	}
	if ((uint64_t)s->total > z->data.len / size)
		return err_set(e, "storage '%.40s' has %zu bytes, too few for its elements", s->key, z->data.len);
	*elements = (const uint8_t *)z->data.data;
	return 0;
}

static int check_byte_order(struct zip_source *z, struct err *e)
{
	char *name = xasprintf("%sbyteorder", z->folder);
	int64_t i = archive_find(z->archive, name);

	free(name);
	if (i < 0)
		return 0;
	if (archive_read(z->archive, i, z->w, &z->data, e))
		return -1;
	if (z->data.len != 6 || memcmp(z->data.data, "little", 6) != 0)
		return err_set(e, "written by a big-endian machine");
	return 0;
}

int pth_zip_load(struct weights *w, struct archive *a, const char *key, struct err *e)
{
	struct zip_source z = { .archive = a, .w = w };
	struct pth_source source = { find_storage, &z };
	struct buf text = { 0 };
	struct pickle *pickle = NULL;
	int64_t i = archive_find_in_folder(a, "data.pkl");
	const char *name;
	size_t used;
	int rc = -1;

	if (i < 0)
		return err_set(e, "a zip archive without data.pkl, so not from PyTorch");
	name = archive_name(a, i);
	z.folder = xstrndup(name, strlen(name) - strlen("data.pkl"));
	if (check_byte_order(&z, e) || archive_read(a, i, w, &text, e))
		goto out;
	pickle = pickle_load(text.data, text.len, &used, e);
	if (!pickle)
		goto out;
	rc = pth_collect(w, pickle_root(pickle), key, &source, e);
out:
	pickle_free(pickle);
	buf_release(&text);
	buf_release(&z.data);
	free(z.key);
	free(z.folder);
	return rc;
}
