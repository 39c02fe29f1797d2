/* overlap.h - frl-curate overlap: what two manifests share */
#ifndef FRL_CURATE_OVERLAP_H
#define FRL_CURATE_OVERLAP_H

int overlap_main(int argc, char **argv);

#endif
