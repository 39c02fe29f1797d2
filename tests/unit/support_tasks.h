/*
 * support_tasks.h - small models of every task with the weights, pictures and labels of tests/golden/make_tasks.py
 */
#ifndef FRL_TESTS_SUPPORT_TASKS_H
#define FRL_TESTS_SUPPORT_TASKS_H

#include "common/model/task_net.h"
#include "tests/unit/support_mesh.h"

/* As the script has them. */
enum { TASKS_UNITS = 4, TASKS_CLASSES = 8, TASKS_POINTS = 5, TASKS_PERSONS = 5, TASKS_DIMS = 16 };
enum { TASKS_WIDEST = 3 * SHEET_VERTICES }; /* numbers of a label, at most */

/* ResNet-18 for pictures of that size; to be released. */
void tasks_model(struct task_model *m, const struct task *task, int size);
/* For batches of n; to be freed before the model. */
struct task_net *tasks_net(const struct nn_train *ops, const struct task_model *m, int n);
/* [n][3][size][size] numbers of `real` bytes, to be freed. */
void *tasks_pictures(int n, int size, size_t real);
/* [n][label_width], to be freed; a few are missing. */
double *tasks_labels(const struct task *task, int n, int size);

#endif
