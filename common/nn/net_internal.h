/*
 * net_internal.h - what net.c builds and plan.c reads
 */
#ifndef FRL_NN_NET_INTERNAL_H
#define FRL_NN_NET_INTERNAL_H

#include "common/nn/net.h"

enum { NET_MAX_NODES = 512, NET_MAX_VALUES = 1024, NET_MAX_PARTS = 4 };

enum net_kind { NET_FIRST, NET_CONV, NET_PAIR, NET_CHAIN, NET_MAXPOOL };

struct net_value {
	int c;
	int root; /* the value whose memory this is: itself, or a place */
	int c0;	  /* first channel within root */
	bool is_output;
};

struct net_node {
	enum net_kind kind;
	int x;
	int y[NET_MAX_PARTS];
	int ny;
	int res, up;			    /* -1: none */
	struct nn_packed *packed, *packed2; /* packed2: the 1x1 of a pair */
	struct nn_link link[NN_MAX_LINKS];  /* of a chain, with the geometry of each */
	struct {
		int k, stride;
	} link_geom[NN_MAX_LINKS];
	int n_links;
	/* for people, and for shapes */
	int k, stride, ic, oc;
	bool depthwise;
	float slope;
	char name[64];
};

struct net {
	const struct nn_backend *backend;
	enum nn_dtype dtype;
	struct params *params;
	struct net_node node[NET_MAX_NODES];
	int n_nodes;
	struct net_value value[NET_MAX_VALUES];
	int n_values;
};

#endif
