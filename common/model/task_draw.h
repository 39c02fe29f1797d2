/*
 * task_draw.h - pictures with what models say of them, or with their labels, drawn on, for people to look at
 */
#ifndef FRL_MODEL_TASK_DRAW_H
#define FRL_MODEL_TASK_DRAW_H

#include "common/image.h"
#include "common/model/task.h"

/* Numbers of one task: a prediction, or a label that was moved; places are those in the picture that is drawn on. */
struct task_said {
	const struct task_model *model;
	const double *value; /* [values] NaN: missing */
	int values;
};

/*
 * The picture, enlarged by a whole factor where it is small, with points and vertices as dots, and beside it a panel with a
 * bar for each action unit, valence and arousal, the class and the identity by name. Embeddings are not drawn. The size
 * depends on the picture's size and on the models alone. dst: image.h's.
 */
void task_draw(struct image *dst, const struct image *picture, const struct task_said *said, int n);
/* The same as DIR/NUMBER-NAME.png, name's '/' being '_'; DIR is made. number: of the record in its stream. */
int task_draw_file(const char *dir, uint64_t number, const char *name, const struct image *picture,
		   const struct task_said *said, int n, struct err *e);

#endif
