/*
 * load.h - any file of weights, by what it begins with
 */
#ifndef FRL_WEIGHTS_LOAD_H
#define FRL_WEIGHTS_LOAD_H

#include "common/hash.h"
#include "tools/weights/weights.h"

/* Where the weights came from. */
struct origin {
	char sha256[SHA256_HEX]; /* of the file, or of the model inside of it */
	size_t bytes;		 /* of the same */
	char *inside;		 /* the entry of an archive that held the model, NULL otherwise; owned */
};

/*
 * Reads path (NULL or "-": standard input): safetensors, PyTorch's zip archive or legacy stream, ONNX, a wheel with an ONNX
 * model, .npy (one tensor without a name). key: see pth.h, for PyTorch's files only. w and o are to be released on
 * failure too.
 */
int load_file(struct weights *w, const char *path, const char *key, struct origin *o, struct err *e);
void origin_release(struct origin *o);

/* The same from memory; file is emptied. */
int load_buf(struct weights *w, struct buf *file, const char *key, struct origin *o, struct err *e);

#endif
