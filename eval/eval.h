/*
 * eval.h - the sub-commands of frl-eval, one file each
 *
 * Each is a main of its own: argv[0] is the sub-command's name, the result the exit status.
 */
#ifndef FRL_EVAL_EVAL_H
#define FRL_EVAL_EVAL_H

int eval_detection(int argc, char **argv);
int eval_landmarks(int argc, char **argv);
int eval_au(int argc, char **argv);
int eval_emotion(int argc, char **argv);
int eval_recognition(int argc, char **argv);
int eval_scores(int argc, char **argv);
int eval_mesh(int argc, char **argv);
int eval_embed(int argc, char **argv);
int eval_knn(int argc, char **argv);
int eval_predict(int argc, char **argv);
int eval_compare(int argc, char **argv);
int eval_table(int argc, char **argv);

#endif
