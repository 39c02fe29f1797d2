/* onnx.c - the weights in an ONNX graph (protobuf-c) */
#include "tools/weights/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "common/le.h"
#include "tools/weights/onnx.pb-c.h"

enum { MAX_ALIASES = 16, SLOTS = 5 };

/* Where layers take their parameters, and what PyTorch calls them. */
static const struct layer {
	const char *op;
	const char *slot[SLOTS]; /* by number of the input */
} layers[] = {
	{ "Conv", { NULL, "weight", "bias" } },
	{ "ConvTranspose", { NULL, "weight", "bias" } },
	{ "Gemm", { NULL, "weight", "bias" } },
	{ "BatchNormalization", { NULL, "weight", "bias", "running_mean", "running_var" } },
	{ "InstanceNormalization", { NULL, "weight", "bias" } },
	{ "LayerNormalization", { NULL, "weight", "bias" } },
	{ "PRelu", { NULL, "weight" } },
};

struct constant {
	const char *name;
	const Onnx__TensorProto *tensor;
	bool initializer;
	char *given;  /* the name it comes out under; owned; NULL: no layer uses it */
	size_t order; /* of use, then of the file */
};

struct alias {
	const char *name, *of;
};

struct model {
	const Onnx__GraphProto *graph;
	struct constant *constant; /* [n_constants] by name */
	size_t n_constants;
	struct alias *alias; /* [n_aliases] by name */
	size_t n_aliases;
};

/* ---- memory for protobuf-c: what a message of some bytes may turn into is bounded */

struct budget {
	size_t left;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *b = data;

	if (size > b->left)
		return NULL;
	b->left -= size;
	return xmalloc(size ? size : 1);
}

static void budget_free(void *data, void *p)
{
	(void)data;
	free(p);
}

/* ---- names */

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static int constant_by_name(const void *a, const void *b)
{
	const struct constant *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int constant_by_order(const void *a, const void *b)
{
	const struct constant *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static int alias_by_name(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The constant that a node's input is, through Identity nodes; NULL when it is computed. */
static struct constant *resolve(const struct model *m, const char *name)
{
	for (int hops = 0; hops < MAX_ALIASES; hops++) {
		const struct constant wanted = { .name = name };
		const struct alias wanted_alias = { .name = name };
		struct constant *c = bsearch(&wanted, m->constant, m->n_constants, sizeof *m->constant,
					     constant_by_name);
		const struct alias *a;

		if (c)
			return c;
		a = bsearch(&wanted_alias, m->alias, m->n_aliases, sizeof *m->alias, alias_by_name);
		if (!a)
			return NULL;
		name = a->of;
	}
	return NULL;
}

/* Did an exporter make this name up? */
static bool is_made_up(const char *name)
{
	return *name == '\0' || strncmp(name, "onnx::", 6) == 0 || name[strspn(name, "0123456789")] == '\0';
}

/*
 * "/body/stage1/stage1.0/stage1.0.0/Conv" -> "body.stage1.0.0": modules from the outside in, each named from its parent
 * on, where the parent is a container that appears in its children's names. NULL when the node has no path.
 */
static char *path_name(const char *node)
{
	char *copy, *rest, *part, *next, *name;
	size_t len = 0, last = 0; /* of name; where its last part begins */

	if (node[0] != '/' || !strchr(node + 1, '/'))
		return NULL;
	copy = xstrdup(node + 1);
	name = xcalloc(strlen(node) + 1, 1);
	rest = copy;
	part = strsep(&rest, "/");
	while ((next = strsep(&rest, "/")) != NULL) {
		size_t parent = len - last;

		if (parent && strncmp(part, name + last, parent) == 0 && part[parent] == '.') {
			len = last;
		} else if (len) {
			name[len++] = '.';
			last = len;
		}
		memcpy(name + len, part, strlen(part) + 1);
		len += strlen(part);
		part = next; /* the last one is the operation, and left out */
	}
	free(copy);
	return name;
}

/* ---- the graph */

static const Onnx__AttributeProto *attribute(const Onnx__NodeProto *node, const char *name)
{
	for (size_t i = 0; i < node->n_attribute; i++)
		if (strcmp(or_empty(node->attribute[i]->name), name) == 0)
			return node->attribute[i];
	return NULL;
}

static void index_graph(struct model *m)
{
	const Onnx__GraphProto *g = m->graph;

	m->constant = xcalloc(g->n_initializer + g->n_node + 1, sizeof *m->constant);
	m->alias = xcalloc(g->n_node + 1, sizeof *m->alias);
	for (size_t i = 0; i < g->n_initializer; i++)
		m->constant[m->n_constants++] = (struct constant){ .name = or_empty(g->initializer[i]->name),
								   .tensor = g->initializer[i],
								   .initializer = true };
	for (size_t i = 0; i < g->n_node; i++) {
		const Onnx__NodeProto *node = g->node[i];
		const Onnx__AttributeProto *value;

		if (node->n_output != 1)
			continue;
		if (strcmp(or_empty(node->op_type), "Identity") == 0 && node->n_input == 1)
			m->alias[m->n_aliases++] = (struct alias){ node->output[0], node->input[0] };
		if (strcmp(or_empty(node->op_type), "Constant") != 0)
			continue;
		value = attribute(node, "value");
		if (value && value->t)
			m->constant[m->n_constants++] = (struct constant){ .name = node->output[0],
									   .tensor = value->t };
	}
	for (size_t i = 0; i < m->n_constants; i++)
		m->constant[i].order = g->n_node * SLOTS + i;
	qsort(m->constant, m->n_constants, sizeof *m->constant, constant_by_name);
	qsort(m->alias, m->n_aliases, sizeof *m->alias, alias_by_name);
}

static const struct layer *layer_of(const Onnx__NodeProto *node)
{
	const Onnx__AttributeProto *transposed;

	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
		if (strcmp(or_empty(node->op_type), layers[i].op) != 0)
			continue;
		/* A matrix that is not stored as PyTorch stores a linear layer's keeps its own name. */
		transposed = attribute(node, "transB");
		if (strcmp(layers[i].op, "Gemm") == 0 && (!transposed || transposed->i != 1))
			return NULL;
		return &layers[i];
	}
	return NULL;
}

/* Gives the constants that the layers use their names, in the order of use. */
static void name_constants(struct model *m)
{
	for (size_t i = 0; i < m->graph->n_node; i++) {
		const Onnx__NodeProto *node = m->graph->node[i];
		const struct layer *layer = layer_of(node);

		for (size_t k = 0; layer && k < node->n_input && k < SLOTS; k++) {
			struct constant *c = layer->slot[k] ? resolve(m, node->input[k]) : NULL;
			char *path;

			if (!c || c->given)
				continue;
			path = is_made_up(c->name) || !c->initializer ? path_name(or_empty(node->name)) : NULL;
			c->given = path ? xasprintf("%s.%s", path, layer->slot[k]) : xstrdup(c->name);
			c->order = i * SLOTS + k;
			free(path);
		}
	}
}

/* ---- elements */

static int dtype_of(int32_t type, enum dtype *dtype)
{
	static const struct {
		int32_t type;
		enum dtype dtype;
	} types[] = {
		{ 1, DTYPE_F32 }, { 2, DTYPE_U8 },   { 3, DTYPE_I8 },	{ 5, DTYPE_I16 },  { 6, DTYPE_I32 },
		{ 7, DTYPE_I64 }, { 9, DTYPE_BOOL }, { 10, DTYPE_F16 }, { 11, DTYPE_F64 }, { 16, DTYPE_BF16 },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (types[i].type == type) {
			*dtype = types[i].dtype;
			return 0;
		}
	}
	return -1;
}

static void put_element(uint8_t *dst, const Onnx__TensorProto *t, enum dtype dtype, size_t i)
{
	uint64_t bits;

	switch (dtype) {
	case DTYPE_F32:
		le_putf32(dst + 4 * i, t->float_data[i]);
		break;
	case DTYPE_F64:
		memcpy(&bits, &t->double_data[i], 8);
		le_put64(dst + 8 * i, bits);
		break;
	case DTYPE_I64:
		le_put64(dst + 8 * i, (uint64_t)t->int64_data[i]);
		break;
	case DTYPE_I32:
		le_put32(dst + 4 * i, (uint32_t)t->int32_data[i]);
		break;
	case DTYPE_F16:
	case DTYPE_BF16:
	case DTYPE_I16:
		le_put16(dst + 2 * i, (uint16_t)t->int32_data[i]);
		break;
	default:
		dst[i] = (uint8_t)t->int32_data[i];
		break;
	}
}

/* How many elements the field holds that goes with the type. */
static size_t typed_count(const Onnx__TensorProto *t, enum dtype dtype)
{
	if (dtype == DTYPE_F32)
		return t->n_float_data;
	if (dtype == DTYPE_F64)
		return t->n_double_data;
	return dtype == DTYPE_I64 ? t->n_int64_data : t->n_int32_data;
}

static int copy_elements(struct weight *out, const Onnx__TensorProto *t, struct err *e)
{
	size_t count = out->bytes / dtype_size(out->dtype);

	if (t->has_data_location && t->data_location != 0)
		return err_set(e, "its elements are in another file");
	if (t->has_raw_data) {
		if (t->raw_data.len != out->bytes)
			return err_set(e, "%zu bytes where type and shape ask for %zu", t->raw_data.len, out->bytes);
		if (out->bytes)
			memcpy(out->data, t->raw_data.data, out->bytes);
		return 0;
	}
	if (typed_count(t, out->dtype) != count)
		return err_set(e, "%zu elements where the shape asks for %zu", typed_count(t, out->dtype), count);
	for (size_t i = 0; i < count; i++)
		put_element(out->data, t, out->dtype, i);
	return 0;
}

static int add_constant(struct weights *w, const struct constant *c, struct err *e)
{
	const Onnx__TensorProto *t = c->tensor;
	struct shape shape = { 0 };
	struct weight *out;
	enum dtype dtype;

	if (dtype_of(t->data_type, &dtype))
		return err_set(e, "elements of ONNX type %d are not read", t->data_type);
	/* Integers that no layer uses are the graph's constants (shapes, axes). */
	if (!c->given && !dtype_is_float(dtype))
		return 0;
	if (t->n_dims > SHAPE_MAX)
		return err_set(e, "%zu dimensions: at most %d are read", t->n_dims, SHAPE_MAX);
	shape.n = (int)t->n_dims;
	for (size_t i = 0; i < t->n_dims; i++)
		shape.dim[i] = t->dims[i];
	out = weights_add(w, c->given ? c->given : c->name, dtype, &shape, e);
	return out ? copy_elements(out, t, e) : -1;
}

static int add_constants(struct weights *w, struct model *m, struct err *e)
{
	qsort(m->constant, m->n_constants, sizeof *m->constant, constant_by_order);
	for (size_t i = 0; i < m->n_constants; i++) {
		const struct constant *c = &m->constant[i];

		if ((c->given || c->initializer) && add_constant(w, c, e))
			return err_prefix(e, "tensor '%.200s'", c->given ? c->given : c->name);
	}
	return w->n ? 0 : err_set(e, "an ONNX graph without weights");
}

/* What frl-weights wrote about the input goes along. */
static void add_metadata(struct weights *w, const Onnx__ModelProto *proto)
{
	for (size_t i = 0; i < proto->n_metadata_props; i++) {
		const Onnx__StringStringEntryProto *p = proto->metadata_props[i];

		if (strncmp(or_empty(p->key), "frl.", 4) == 0)
			weights_set_meta(w, p->key, or_empty(p->value));
	}
}

bool onnx_is(const void *data, size_t len)
{
	/* ir_version, field 1, a small varint; then any of the model's fields. */
	const uint8_t *p = data;

	return len > 4 && p[0] == 0x08 && p[1] >= 1 && p[1] <= 32 && (p[2] & 7) <= 2 && p[2] >> 3 <= 25;
}

int onnx_load(struct weights *w, const void *data, size_t len, struct err *e)
{
	struct budget budget = { ((size_t)64 << 20) + 16 * len };
	ProtobufCAllocator allocator = { budget_alloc, budget_free, &budget };
	Onnx__ModelProto *proto = onnx__model_proto__unpack(&allocator, len, data);
	struct model m = { 0 };
	int rc;

	if (!proto)
		return err_set(e, "not an ONNX model, or a damaged one");
	if (!proto->graph) {
		onnx__model_proto__free_unpacked(proto, &allocator);
		return err_set(e, "an ONNX model without a graph");
	}
	m.graph = proto->graph;
	index_graph(&m);
	name_constants(&m);
	rc = add_constants(w, &m, e);
	add_metadata(w, proto);
	for (size_t i = 0; i < m.n_constants; i++)
		free(m.constant[i].given);
	free(m.constant);
	free(m.alias);
	onnx__model_proto__free_unpacked(proto, &allocator);
	return rc;
}
