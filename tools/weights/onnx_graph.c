/* onnx_graph.c - see onnx_graph.h */
#include "tools/weights/onnx_graph.h"

#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "tools/weights/onnx.pb-c.h"

enum { OPSET = 13, IR_VERSION = 7, TYPE_F32 = 1, ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7 };

struct onnx_graph {
	Onnx__NodeProto **node;
	size_t nodes;
	Onnx__ValueInfoProto **value[2]; /* outputs, inputs */
	size_t values[2];
};

struct onnx_graph *onnx_graph_new(void)
{
	return xcalloc(1, sizeof(struct onnx_graph));
}

void onnx_graph_free(struct onnx_graph *g)
{
	for (size_t i = 0; i < g->nodes; i++)
		onnx__node_proto__free_unpacked(g->node[i], NULL);
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < g->values[k]; i++)
			onnx__value_info_proto__free_unpacked(g->value[k][i], NULL);
		free(g->value[k]);
	}
	free(g->node);
	free(g);
}

/* ---- nodes */

struct onnx_node onnx_node(struct onnx_graph *g, const char *op, const char *name, const char *x)
{
	Onnx__NodeProto *n = xmalloc(sizeof *n);
	struct onnx_node handle = { g, g->nodes };

	onnx__node_proto__init(n);
	n->name = xasprintf("%s/%s", name, op);
	n->op_type = xstrdup(op);
	g->node = xrealloc_array(g->node, g->nodes + 1, sizeof(*g->node));
	g->node[g->nodes++] = n;
	onnx_input(&handle, x);
	return handle;
}

static void add_input(struct onnx_node *h, char *x)
{
	Onnx__NodeProto *n = h->graph->node[h->number];

	n->input = xrealloc_array(n->input, n->n_input + 1, sizeof(*n->input));
	n->input[n->n_input++] = x;
}

void onnx_input(struct onnx_node *h, const char *x)
{
	add_input(h, xstrdup(x));
}

void onnx_param(struct onnx_node *h, const char *name, const char *part)
{
	add_input(h, xasprintf("%s.%s", name, part));
}

static Onnx__AttributeProto *attribute(struct onnx_node *h, const char *name, int type)
{
	Onnx__NodeProto *n = h->graph->node[h->number];
	Onnx__AttributeProto *a = xmalloc(sizeof *a);

	onnx__attribute_proto__init(a);
	a->name = xstrdup(name);
	a->has_type = 1;
	a->type = type;
	n->attribute = xrealloc_array(n->attribute, n->n_attribute + 1, sizeof(*n->attribute));
	n->attribute[n->n_attribute++] = a;
	return a;
}

void onnx_int(struct onnx_node *h, const char *name, int64_t v)
{
	Onnx__AttributeProto *a = attribute(h, name, ATTRIBUTE_INT);

	a->has_i = 1;
	a->i = v;
}

void onnx_float(struct onnx_node *h, const char *name, float v)
{
	Onnx__AttributeProto *a = attribute(h, name, ATTRIBUTE_FLOAT);

	a->has_f = 1;
	a->f = v;
}

void onnx_ints(struct onnx_node *h, const char *name, size_t count, const int64_t *v)
{
	Onnx__AttributeProto *a = attribute(h, name, ATTRIBUTE_INTS);

	a->n_ints = count;
	a->ints = xrealloc_array(NULL, count, sizeof *a->ints);
	memcpy(a->ints, v, count * sizeof *v);
}

static char *set_output(Onnx__NodeProto *n, char *name)
{
	if (!n->n_output)
		n->output = xrealloc_array(NULL, 1, sizeof(*n->output));
	else
		free(n->output[0]);
	n->n_output = 1;
	n->output[0] = name;
	return name;
}

char *onnx_output(struct onnx_node *h)
{
	Onnx__NodeProto *n = h->graph->node[h->number];

	return set_output(n, xasprintf("%s_output", n->name));
}

void onnx_name_last(struct onnx_graph *g, const char *name)
{
	set_output(g->node[g->nodes - 1], xstrdup(name));
}

/* ---- inputs and outputs */

void onnx_value(struct onnx_graph *g, bool input, const char *name, const int64_t *dim, size_t dims)
{
	Onnx__ValueInfoProto *v = xmalloc(sizeof *v);
	Onnx__TypeProto *type = xmalloc(sizeof *type);
	Onnx__TypeProto__Tensor *tensor = xmalloc(sizeof *tensor);
	Onnx__TensorShapeProto *shape = xmalloc(sizeof *shape);

	onnx__value_info_proto__init(v);
	onnx__type_proto__init(type);
	onnx__type_proto__tensor__init(tensor);
	onnx__tensor_shape_proto__init(shape);
	v->name = xstrdup(name);
	v->type = type;
	type->tensor_type = tensor;
	tensor->has_elem_type = 1;
	tensor->elem_type = TYPE_F32;
	tensor->shape = shape;
	shape->dim = xrealloc_array(NULL, dims, sizeof(*shape->dim));
	for (size_t i = 0; i < dims; i++) {
		Onnx__TensorShapeProto__Dimension *d = xmalloc(sizeof *d);

		onnx__tensor_shape_proto__dimension__init(d);
		if (dim[i]) {
			d->has_dim_value = 1;
			d->dim_value = dim[i];
		} else {
			d->dim_param = i ? xasprintf("side%zu", i) : xstrdup("n");
		}
		shape->dim[shape->n_dim++] = d;
	}
	g->value[input] = xrealloc_array(g->value[input], g->values[input] + 1, sizeof(*g->value[input]));
	g->value[input][g->values[input]++] = v;
}

/* ---- the file */

/* protobuf-c hands bytes over piece by piece. */
struct sink {
	ProtobufCBuffer base;
	struct out *out;
	struct err *e;
	int rc;
};

static void sink_append(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
	struct sink *s = (struct sink *)base;

	if (s->rc == 0)
		s->rc = out_write(s->out, data, len, s->e);
}

/* Initialisers point into w, which stays as it is. */
static void tensor(Onnx__TensorProto *t, const struct weight *w)
{
	onnx__tensor_proto__init(t);
	t->name = w->name;
	t->has_data_type = 1;
	t->data_type = TYPE_F32;
	t->n_dims = (size_t)w->shape.n;
	t->dims = (int64_t *)(uintptr_t)w->shape.dim;
	t->has_raw_data = 1;
	t->raw_data = (ProtobufCBinaryData){ w->bytes, w->data };
}

int onnx_graph_write(struct onnx_graph *g, const struct weights *w, struct out *o, struct err *e)
{
	struct sink sink = { { sink_append }, o, e, 0 };
	Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
	Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
	Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets = &opset;
	Onnx__TensorProto *t = xcalloc(w->n + 1, sizeof *t), **ts = xcalloc(w->n + 1, sizeof(*ts));
	Onnx__StringStringEntryProto *p = xcalloc(w->n_meta + 1, sizeof *p), **ps = xcalloc(w->n_meta + 1, sizeof(*ps));

	for (size_t i = 0; i < w->n; i++) {
		tensor(&t[i], &w->item[i]);
		ts[i] = &t[i];
	}
	for (size_t i = 0; i < w->n_meta; i++) {
		onnx__string_string_entry_proto__init(&p[i]);
		p[i].key = w->meta[i].key;
		p[i].value = w->meta[i].value;
		ps[i] = &p[i];
	}
	graph.name = (char *)(uintptr_t) "backbone";
	graph.node = g->node;
	graph.n_node = g->nodes;
	graph.initializer = ts;
	graph.n_initializer = w->n;
	graph.output = g->value[0];
	graph.n_output = g->values[0];
	graph.input = g->value[1];
	graph.n_input = g->values[1];
	opset.has_version = 1;
	opset.version = OPSET;
	model.has_ir_version = 1;
	model.ir_version = IR_VERSION;
	model.producer_name = (char *)(uintptr_t) "frl";
	model.producer_version = (char *)(uintptr_t)err_version();
	model.graph = &graph;
	model.opset_import = &opsets;
	model.n_opset_import = 1;
	model.metadata_props = ps;
	model.n_metadata_props = w->n_meta;
	if (onnx__model_proto__get_packed_size(&model) > INT32_MAX)
		sink.rc = err_set(e, "over 2 GB, which ONNX's format does not hold");
	else
		onnx__model_proto__pack_to_buffer(&model, &sink.base);
	free(t);
	free(ts);
	free(p);
	free(ps);
	return sink.rc;
}
