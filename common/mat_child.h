/*
 * mat_child.h - between mat.c and the child process that reads a .mat file
 *
 * The child sends 8-byte words in the machine's own order: per variable a header
 * { kind, bytes of the name with its NUL, dims[4], count } and the name, padded to 8 bytes; then count doubles, count
 * bytes, or the text with its NUL, each padded to 8; a cell is followed by its elements, each like a variable. A last
 * header of kind MAT_CHILD_END says that all was sent, one of kind MAT_CHILD_FAILED has the reason as its name.
 */
#ifndef FRL_MAT_CHILD_H
#define FRL_MAT_CHILD_H

#include <stdint.h>

#include "common/mat.h"

enum { MAT_CHILD_END = 100, MAT_CHILD_FAILED = 101 };
enum { MAT_CHILD_WORDS = 3 + MAT_DIMS };

/* Runs in the child: reads, writes to fd, never returns. */
_Noreturn void mat_child(int fd, const char *path, const char *const *names);

#endif
