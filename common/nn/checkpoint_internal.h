/* checkpoint_internal.h - what writing and reading checkpoints share: names, tensors, the list in DONE */
#ifndef FRL_NN_CHECKPOINT_INTERNAL_H
#define FRL_NN_CHECKPOINT_INTERNAL_H

#include "common/hash.h"
#include "common/nn/checkpoint.h"

#define CHECKPOINT_MODEL "model.safetensors"
#define CHECKPOINT_OPTIMIZER "optimizer.safetensors"
#define CHECKPOINT_STATE "state.json"
#define CHECKPOINT_DONE "DONE"
#define CHECKPOINT_LAST "last"

enum { CHECKPOINT_MAX_FILES = 16, CHECKPOINT_NAME = 64, CHECKPOINT_FOLDER = 40 };

/* A line of DONE. */
struct checkpoint_file {
	char name[CHECKPOINT_NAME];
	char sha256[SHA256_HEX];
	int fd; /* a reader's, -1: none */
};

/* "step-00000123" into text[CHECKPOINT_FOLDER]; returns it. */
char *checkpoint_folder(char *text, uint64_t step);
/* The step of a folder of that name: 0, or -1. */
int checkpoint_folder_step(const char *name, uint64_t *step);
/* NAME.safetensors into text; a BUG when the name is not of a-z, 0-9 and -, or taken. */
char *checkpoint_extra_file(char text[CHECKPOINT_NAME], const char *name);
const char *checkpoint_optim_kind(enum optim_kind kind);
/*
 * The tensors of a file, with names of their own, and data where it is kept: what is written, and what is read into. To be
 * freed by checkpoint_list_free, also NULL.
 */
struct safetensor *checkpoint_list_model(const struct checkpoint_parts *parts, size_t *n);
struct safetensor *checkpoint_list_optim(const struct checkpoint_parts *parts, size_t *n);
struct safetensor *checkpoint_list_extra(const struct checkpoint_tensor *x, size_t *n);
void checkpoint_list_free(struct safetensor *t, size_t n);
/*
 * Whole lines "HASH  NAME\n" into file[CHECKPOINT_MAX_FILES], fd -1; names are of what is listed in checkpoint.h only, none
 * twice. The number of files, or -1.
 */
int checkpoint_done_parse(struct checkpoint_file *file, const char *text, size_t len, struct err *e);

#endif
