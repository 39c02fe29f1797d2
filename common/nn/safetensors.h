/*
 * safetensors.h - files of named tensors: network weights and checkpoints
 *
 * The format of github.com/huggingface/safetensors: eight bytes of header length (little-endian), a JSON object of
 * names, dtypes, shapes and offsets, then the data, tensor after tensor. What PyTorch, timm and Hugging Face read.
 * Files are untrusted: everything below is checked before a pointer is handed out.
 */
#ifndef FRL_NN_SAFETENSORS_H
#define FRL_NN_SAFETENSORS_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/io.h"
#include "common/nn/tensor.h"

/* A tensor of a file, or one to be written. */
struct safetensor {
	const char *name;
	enum dtype dtype;
	struct shape shape;
	const void *data; /* little-endian, C order; may be unaligned in files that others wrote */
	size_t bytes;	  /* dtype_size times the elements */
};

/* A line of the file's own text: what the input must look like, where the weights come from. */
struct safetensors_meta {
	const char *key;
	const char *value;
};

struct safetensors {
	struct safetensor *item; /* [n], in the order of their data in the file */
	size_t n;
	struct safetensors_meta *meta; /* [n_meta], in the header's order */
	size_t n_meta;
	/* the rest is the module's own */
	struct buf file;
	struct json *header;
	const struct safetensor **by_name; /* [n], sorted */
};

/*
 * Reads path (NULL or "-": standard input) whole and checks it: header at most 100 MB and starting with '{', known
 * dtypes, sizes that are dtype times shape, data without overlap, hole or remainder, no name twice, metadata from
 * strings to strings. 0, or -1 with the file and the tensor named in e. Pointers are good until safetensors_close.
 */
int safetensors_open(struct safetensors *s, const char *path, struct err *e);
/* The same from memory: takes over `file` (on failure too). name is for messages only. */
int safetensors_open_buf(struct safetensors *s, const char *name, struct buf *file, struct err *e);
/* Harmless on a zeroed struct. */
void safetensors_close(struct safetensors *s);

/* NULL: not there. */
const struct safetensor *safetensors_find(const struct safetensors *s, const char *name);
/* The metadata's value, or NULL. */
const char *safetensors_get_meta(const struct safetensors *s, const char *key);
/*
 * The elements of a float tensor (F64, F32, F16, BF16) as f32 into dst, which has room for exactly `count`. -1 when the
 * type is no float or the number of elements is another; e names the tensor.
 */
int safetensor_f32(const struct safetensor *t, float *dst, size_t count, struct err *e);

/*
 * Writes n tensors in the order given; the same input gives the same bytes. The header is padded with spaces to a
 * multiple of 8. Names must be unique and bytes must fit (BUG otherwise: they are ours).
 */
int safetensors_write(struct out *o, const struct safetensor *item, size_t n, const struct safetensors_meta *meta,
		      size_t n_meta, struct err *e);

/*
 * The file of weights that a path means: itself, or of a folder (frl-run(5)) its model.safetensors, or that of its `last`.
 * Whether it is there shows when it is opened. To be freed.
 */
char *safetensors_path(const char *path);

#endif
