/*
 * predict_draw.h - pictures with what models say of them drawn on, for people to look at
 */
#ifndef FRL_EVAL_PREDICT_DRAW_H
#define FRL_EVAL_PREDICT_DRAW_H

#include "common/image.h"
#include "common/model/task.h"

/* What one model says; places are those in the picture that is drawn on. */
struct said {
	const struct task_model *model;
	const double *prediction;
};

/*
 * The picture, enlarged by a whole factor where it is small, with points as dots (of meshes too), and beside it a panel with a
 * bar for each action unit, valence and arousal, and the class by name. Embeddings are not drawn. dst: image.h's.
 */
void predict_draw(struct image *dst, const struct image *picture, const struct said *said, int n);
/* The same as DIR/NUMBER-NAME.png, name's '/' being '_'; DIR is made. number: of the record in its stream. */
int predict_draw_file(const char *dir, uint64_t number, const char *name, const struct image *picture,
		      const struct said *said, int n, struct err *e);

#endif
