/*
 * weights.h - where frl-detect finds its network
 */
#ifndef FRL_DETECT_WEIGHTS_H
#define FRL_DETECT_WEIGHTS_H

#include "common/err.h"

/*
 * `given` (--weights), else $FRL_WEIGHTS, else $XDG_DATA_HOME/frl/retinaface.safetensors ($HOME/.local/share without it),
 * else PREFIX/share/frl/retinaface.safetensors beside the program's own bin/. The caller frees the result. NULL: none of
 * them is there; e says which were tried.
 */
char *weights_locate(const char *given, struct err *e);

#endif
