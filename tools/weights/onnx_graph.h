/*
 * onnx_graph.h - a graph of ONNX in the making, node by node, and its file (protobuf-c)
 *
 * Texts that functions return belong to the graph.
 */
#ifndef FRL_WEIGHTS_ONNX_GRAPH_H
#define FRL_WEIGHTS_ONNX_GRAPH_H

#include "tools/weights/weights.h"

struct onnx_graph;

struct onnx_graph *onnx_graph_new(void);
void onnx_graph_free(struct onnx_graph *g);

/* A handle on a node: valid as long as the graph. */
struct onnx_node {
	struct onnx_graph *graph;
	size_t number;
};

/* A node "NAME/OP" of that operator with its first input. */
struct onnx_node onnx_node(struct onnx_graph *g, const char *op, const char *name, const char *x);
void onnx_input(struct onnx_node *n, const char *x);
/* The initialiser NAME.PART. */
void onnx_param(struct onnx_node *n, const char *name, const char *part);
void onnx_int(struct onnx_node *n, const char *attribute, int64_t v);
void onnx_float(struct onnx_node *n, const char *attribute, float v);
void onnx_ints(struct onnx_node *n, const char *attribute, size_t count, const int64_t *v);
/* The node's only output: its name, with "_output". */
char *onnx_output(struct onnx_node *n);
/* Calls the newest node's output NAME. */
void onnx_name_last(struct onnx_graph *g, const char *name);
/* An input or output of the graph: f32; the first dimension is "n", others of 0 are free. */
void onnx_value(struct onnx_graph *g, bool input, const char *name, const int64_t *dim, size_t dims);

/* The model: the graph, w's tensors (all F32) as initialisers, w's metadata. -1: over 2 GB, or writing failed. */
int onnx_graph_write(struct onnx_graph *g, const struct weights *w, struct out *o, struct err *e);

#endif
