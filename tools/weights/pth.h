/*
 * pth.h - PyTorch's files: the zip archive of torch >= 1.6 and the stream before it
 *
 * Both hold a pickle that says which tensors there are and blocks of elements (storages). The tensors wanted are those
 * of a dict: the file's own, or the one in it that `key` names ("model.ema", dots between levels), or, key NULL, what
 * training scripts call state_dict, model_state_dict, model or net. Dicts within it give names with dots. Tensors come
 * out in the dict's order, dense, whatever strides they had, and each with its own copy of what it shared.
 */
#ifndef FRL_WEIGHTS_PTH_H
#define FRL_WEIGHTS_PTH_H

#include "tools/weights/archive.h"
#include "tools/weights/pickle.h"
#include "tools/weights/weights.h"

int pth_zip_load(struct weights *w, struct archive *a, const char *key, struct err *e);
/* Is this the beginning of the stream that torch < 1.6 wrote? */
bool pth_legacy_is(const void *data, size_t len);
int pth_legacy_load(struct weights *w, const void *data, size_t len, const char *key, struct err *e);

/* ---- shared by both */

/* Finds the elements of a storage: all s->total of them, good until the next call. */
struct pth_source {
	int (*find)(void *data, const struct pickle_storage *s, const uint8_t **elements, struct err *e);
	void *data;
};

int pth_collect(struct weights *w, const struct pickle_value *root, const char *key, const struct pth_source *source,
		struct err *e);

#endif
