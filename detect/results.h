/*
 * results.h - what frl-detect writes beside its rows: annotated pictures, and WIDER FACE's result files
 */
#ifndef FRL_DETECT_RESULTS_H
#define FRL_DETECT_RESULTS_H

#include "common/image.h"
#include "common/model/detections.h"

/* A path as a file name in one folder: '/' becomes '_', the extension ".jpg". The caller frees it. */
char *results_flat_name(const char *path);

/*
 * DIR/NAME.jpg: m with boxes, points and scores. The detections are in a frame of w x h (m may have been decoded smaller).
 */
int results_draw(const char *dir, const char *path, struct image *m, int w, int h, const struct detections *d,
		 struct err *e);

/*
 * DIR/EVENT/NAME.txt as the benchmark's tools read it: name, count, "x y w h score" a line by falling score, coordinates
 * truncated to integers as the reference does. EVENT is the picture's folder, NAME its name without extension.
 */
int results_wider(const char *dir, const char *path, const struct detections *d, struct err *e);

#endif
