/*
 * output.h - where pictures and their truth go: the stream, the manifest, the meshes, the parameters
 */
#ifndef FRL_SYNTH_OUTPUT_H
#define FRL_SYNTH_OUTPUT_H

#include "common/record.h"
#include "tools/synth/template.h"
#include "tools/synth/truth.h"

struct synth_names {
	const char *stream, *manifest, *mesh, *params; /* NULL: none (stream: standard output) */
	const char *template;
	int jpeg; /* quality of JPEG records, 0: raw ones */
	enum synth_units units;
};

struct synth_output {
	const struct synth_scene *scene;
	struct synth_names names;
	struct out stream, manifest, mesh, params, template;
	struct record_writer pictures, meshes;
	struct tsv_out row, params_row;
	char *provenance;
};

/* A picture on its way: made by a worker, written in order. */
struct synth_job {
	uint64_t number;
	struct synth_truth truth;
	struct buf payload; /* of the record */
	struct buf mesh;    /* of the mesh's: little-endian f32 */
	struct err e;	    /* why there is none */
	bool failed;
};

/* provenance: the line of comments, or "". */
int synth_output_open(struct synth_output *o, const struct synth_names *n, const struct synth_scene *s,
		      const char *provenance, struct err *e);
int synth_output_job(struct synth_output *o, const struct synth_job *j, bool flush, struct err *e);
int synth_output_commit(struct synth_output *o, struct err *e);
void synth_output_abort(struct synth_output *o);

#endif
