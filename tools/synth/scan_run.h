/*
 * scan_run.h - frl-synth --scan: a scan at each of a list of poses; pictures, manifest, meshes
 */
#ifndef FRL_SYNTH_SCAN_RUN_H
#define FRL_SYNTH_SCAN_RUN_H

#include "common/opt.h"
#include "tools/synth/camera.h"
#include "tools/synth/output.h"

struct scan_run {
	const char *scan, *poses; /* poses NULL: the default list */
	struct opt_list points;	  /* files, one after the other: what they find refines what was there before */
	const char *found;	  /* the points' vertices are written there; NULL: nowhere */
	const char *root;	  /* a folder for PNG files; NULL: none */
	const char *prefix;	  /* of ids */
	double unit;		  /* millimetres that a unit of the scan is */
	struct synth_frame frame;
	int samples;
	/* Stream, manifest and mesh. Without a stream's name: standard output, or none where there is a root. */
	struct synth_names names;
	const char *provenance;
	bool quiet;
};

/* The number of pictures, or -1. */
int64_t scan_run(const struct scan_run *run, struct err *e);

#endif
