/* output.c - see output.h */
#include "tools/synth/output.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

int synth_output_open(struct synth_output *o, const struct synth_names *n, const struct synth_scene *s,
		      const char *provenance, struct err *e)
{
	*o = (struct synth_output){ .scene = s, .names = *n };
	o->provenance = *provenance ? xstrdup(provenance) : NULL;
	o->pictures.out = &o->stream;
	o->meshes.out = &o->mesh;
	if (out_open(&o->stream, n->stream, true, e) < 0 || (n->mesh && out_open(&o->mesh, n->mesh, true, e) < 0))
		return -1;
	if (n->template &&
	    (out_open(&o->template, n->template, true, e) < 0 || synth_template_write(&o->template, &s->model, e) < 0))
		return -1;
	if (n->manifest) {
		if (out_open(&o->manifest, n->manifest, false, e) < 0)
			return -1;
		buf_add_str(&o->row.line, provenance);
		synth_truth_head(&o->row, n->units);
		if (tsv_out_write(&o->row, &o->manifest, e) < 0)
			return -1;
	}
	if (n->params) {
		if (out_open(&o->params, n->params, false, e) < 0)
			return -1;
		buf_add_str(&o->params_row.line, provenance);
		synth_params_head(&o->params_row, s);
		if (tsv_out_write(&o->params_row, &o->params, e) < 0)
			return -1;
	}
	return 0;
}

static int write_picture(struct synth_output *o, const struct synth_job *j, uint64_t key, struct err *e)
{
	uint32_t side = (uint32_t)o->scene->frame.size;
	struct record r = {
		.kind = o->names.jpeg ? RECORD_JPEG : RECORD_TENSOR,
		.dtype = RECORD_U8,
		.ndim = 3,
		.dims = { side, side, 3 },
		.bytes = j->payload.len,
		.key = key,
		.label = (int64_t)j->truth.picture.identity,
	};

	return record_write(&o->pictures, &r, j->payload.data, e);
}

static int write_mesh(struct synth_output *o, const struct synth_job *j, uint64_t key, struct err *e)
{
	uint32_t vertices = (uint32_t)o->scene->model.face_vertices;
	struct record r = {
		.kind = RECORD_TENSOR,
		.dtype = RECORD_F32,
		.ndim = 2,
		.dims = { vertices, 3 },
		.bytes = j->mesh.len,
		.key = key,
		.label = (int64_t)j->truth.picture.identity,
	};

	return record_write(&o->meshes, &r, j->mesh.data, e);
}

int synth_output_job(struct synth_output *o, const struct synth_job *j, bool flush, struct err *e)
{
	char id[64];
	uint64_t key;

	synth_id(id, &o->scene->options, &j->truth.picture);
	key = hash_key(id);
	if (write_picture(o, j, key, e) < 0 || (o->names.mesh && write_mesh(o, j, key, e) < 0))
		return -1;
	if (o->names.manifest) {
		synth_truth_row(&o->row, o->scene, &j->truth, o->names.units);
		if (tsv_out_write(&o->row, &o->manifest, e) < 0)
			return -1;
	}
	if (o->names.params) {
		synth_params_row(&o->params_row, o->scene, &j->truth);
		if (tsv_out_write(&o->params_row, &o->params, e) < 0)
			return -1;
	}
	return flush ? out_flush(&o->stream, e) : 0;
}

int synth_output_commit(struct synth_output *o, struct err *e)
{
	if (record_end(&o->pictures, o->provenance, e) < 0)
		return -1;
	if (o->names.mesh && record_end(&o->meshes, o->provenance, e) < 0)
		return -1;
	if (o->names.mesh && out_commit(&o->mesh, e) < 0)
		return -1;
	if (o->names.template && out_commit(&o->template, e) < 0)
		return -1;
	if (o->names.manifest && out_commit(&o->manifest, e) < 0)
		return -1;
	if (o->names.params && out_commit(&o->params, e) < 0)
		return -1;
	return out_commit(&o->stream, e);
}

void synth_output_abort(struct synth_output *o)
{
	out_abort(&o->stream);
	out_abort(&o->manifest);
	out_abort(&o->mesh);
	out_abort(&o->template);
	out_abort(&o->params);
	tsv_out_release(&o->row);
	tsv_out_release(&o->params_row);
	free(o->provenance);
	*o = (struct synth_output){ 0 };
}
