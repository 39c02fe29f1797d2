/*
 * tensorboard.h - scalars as a TensorBoard event file
 *
 * A file is a row of TFRecords: length (u64), its masked CRC-32C, data, its masked CRC-32C; data is a protocol buffer:
 *	Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7 }
 *	Summary { repeated Value { string tag = 1; float simple_value = 2 } value = 1 }
 */
#ifndef FRL_PRETRAIN_TENSORBOARD_H
#define FRL_PRETRAIN_TENSORBOARD_H

#include <stdint.h>

#include "common/io.h"

struct tensorboard {
	struct out file;
};

struct tensorboard_value {
	const char *tag;
	double value;
};

/*
 * Makes DIR/events.out.tfevents.SECONDS.HOST.PID. A run that goes on from `step` says so, and viewers forget what earlier files
 * hold of that step and later ones.
 */
int tensorboard_open(struct tensorboard *t, const char *dir, uint64_t step, struct err *e);
int tensorboard_add(struct tensorboard *t, uint64_t step, const struct tensorboard_value *v, int n, struct err *e);
/* Harmless on a zeroed struct. */
int tensorboard_close(struct tensorboard *t, struct err *e);

#endif
