/*
 * wider.h - files of the WIDER FACE benchmark: the official ground truth, result files, lists of pictures
 *
 * A picture's key is "EVENT/NAME", without extension: "0--Parade/0_Parade_marchingband_1_465". Texts and numbers of these
 * files are other people's: a carriage return at a line's end is accepted, everything else is checked.
 */
#ifndef FRL_WIDER_H
#define FRL_WIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum wider_subset { WIDER_EASY, WIDER_MEDIUM, WIDER_HARD, WIDER_SUBSETS };
extern const char *const wider_subset_name[WIDER_SUBSETS]; /* "easy", "medium", "hard" */

struct wider_picture {
	char *key;
	double (*box)[4]; /* [n] x y w h */
	size_t n;
	uint8_t *keep[WIDER_SUBSETS]; /* [n] does the face count? */
	int64_t faces[WIDER_SUBSETS]; /* that count */
};

struct wider_truth {
	struct wider_picture *picture; /* by key, in strcmp order */
	size_t n;
};

/* Reads wider_face_val.mat and wider_{easy,medium,hard}_val.mat in dir. Release also after a failure. */
int wider_truth_read(struct wider_truth *t, const char *dir, struct err *e);
/* The picture's number, or -1. */
int64_t wider_truth_find(const struct wider_truth *t, const char *key);
void wider_truth_release(struct wider_truth *t);

/* The key in a path or list line: its last two parts without .jpg, .jpeg or .png, in b (emptied first). NULL if there is
 * no such part. */
const char *wider_key(const char *path, struct buf *b);

/* A result file: a line with the name, one with the count, then "x y w h score" per face. */
struct wider_result {
	double (*face)[5]; /* [n], sorted by descending score; equals stay in the file's order */
	size_t n;
};

/* data is NUL-terminated (a struct buf's). name is for messages. */
int wider_result_parse(struct wider_result *r, const char *name, const char *data, size_t len, struct err *e);
/* Adds a face; the caller sorts at the end. */
void wider_result_add(struct wider_result *r, const double face[5]);
void wider_result_sort(struct wider_result *r);
void wider_result_release(struct wider_result *r);

/* A list: a picture a line (a key or a path); empty lines do not count. */
struct wider_list {
	char **key; /* [n] */
	size_t n;
};

int wider_list_parse(struct wider_list *l, const char *name, const char *data, size_t len, struct err *e);
void wider_list_release(struct wider_list *l);

#endif
