/*
 * presets.h - options that belong together: the paper's run, the released code's, one for a single machine
 */
#ifndef FRL_PRETRAIN_PRESETS_H
#define FRL_PRETRAIN_PRESETS_H

#include "common/opt.h"

/* For OPT_CHOICE: "none" first. */
extern const char *const preset_names[];

/* Sets the options of preset i. */
void preset_apply(int i, const struct opt *options);
/* On standard error, a line for each: name, value, and the value that the command line put in its place, if so. */
void preset_print(int i, const struct opt *options);

#endif
