/*
 * scan_run.h - frl-synth --scan: a scan at each of a list of poses; pictures, manifest, meshes
 */
#ifndef FRL_SYNTH_SCAN_RUN_H
#define FRL_SYNTH_SCAN_RUN_H

#include "tools/synth/camera.h"
#include "tools/synth/output.h"

struct scan_run {
	const char *scan, *poses, *points; /* poses NULL: the default list; points NULL: none */
	const char *root;		   /* a folder for PNG files; NULL: none */
	const char *prefix;		   /* of ids */
	double unit;			   /* millimetres that a unit of the scan is */
	struct synth_frame frame;
	int samples;
	struct synth_names
		names; /* stream, manifest, mesh; the stream NULL: standard output, or none where there is a root */
	const char *provenance;
	bool quiet;
};

/* The number of pictures, or -1. */
int64_t scan_run(const struct scan_run *run, struct err *e);

#endif
