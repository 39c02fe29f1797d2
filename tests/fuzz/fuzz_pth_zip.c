/*
 * fuzz_pth_zip.c - PyTorch's zip archive: a whole archive (first byte 0), or a pickle alone
 *
 * Mutations seldom get past a zip archive's own structure, so most of the work is done on the pickle alone.
 */
#include <stdint.h>
#include <string.h>

#include "tools/weights/archive.h"
#include "tools/weights/pth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void whole_archive(const uint8_t *data, size_t len)
{
	struct err e = { 0 };
	struct archive *a = archive_open(data, len, &e);
	struct weights w;

	if (!a)
		return;
	weights_init(&w, len);
	w.room = 64 << 20;
	(void)pth_zip_load(&w, a, NULL, &e);
	weights_release(&w);
	archive_close(a);
}

static int find_storage(void *data, const struct pickle_storage *s, const uint8_t **elements, struct err *e)
{
	static const uint8_t bytes[4096];

	(void)data;
	if (s->total > (int64_t)(sizeof bytes / dtype_size(s->dtype)))
		return err_set(e, "too few elements");
	*elements = bytes;
	return 0;
}

static void pickle_alone(const uint8_t *data, size_t len)
{
	struct pth_source source = { find_storage, NULL };
	struct err e = { 0 };
	size_t used;
	struct pickle *p = pickle_load(data, len, &used, &e);
	struct weights w;

	if (!p)
		return;
	weights_init(&w, len);
	w.room = 16 << 20;
	(void)pth_collect(&w, pickle_root(p), NULL, &source, &e);
	weights_release(&w);
	pickle_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (data[0] == 0)
		whole_archive(data + 1, len - 1);
	else
		pickle_alone(data + 1, len - 1);
	return 0;
}
