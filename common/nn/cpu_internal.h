/*
 * cpu_internal.h - what cpu_pack.c packs and cpu.c runs
 */
#ifndef FRL_NN_CPU_INTERNAL_H
#define FRL_NN_CPU_INTERNAL_H

#include "common/nn/backend.h"
#include "common/nn/dnnl_api.h"
#include "common/nn/kern/kern.h"

struct nn_packed {
	struct nn_conv geom;
	struct kern_conv kern;
	void *kern_weights;  /* NULL where oneDNN computes it */
	float *dnnl_weights; /* OIhw{B}i{B}o, NULL where our kernels do */
	float *bias;	     /* [oc], with dnnl_weights */
	float slope;	     /* the one slope, with dnnl_weights */
};

struct nn_bound {
	const struct nn_packed *packed;
	struct dnnl_conv *dnnl;
	void *own_weights; /* packed here because oneDNN refused this shape */
	int ih, iw, oh, ow;
	size_t bytes;
};

struct kern_conv cpu_kern_geometry(const struct nn_conv *c);
struct dnnl_conv_desc cpu_dnnl_geometry(const struct kern *k, const struct nn_conv *c, float slope, int ih, int iw,
					bool residual);

/* backend.h's conv_pack, first_pack and packed_free for the kernels k. */
struct nn_packed *cpu_pack(const struct kern *k, const struct nn_conv *c, const float *w, const float *bias,
			   const float *slope);
struct nn_packed *cpu_pack_first(const struct kern *k, const struct nn_conv *c, bool swap, const float *w,
				 const float *bias, const float *slope);
void cpu_packed_free(struct nn_packed *p);
/* oneDNN took the layer but refuses an input size: the same weights packed for our kernels. free() it. */
void *cpu_pack_for_shape(const struct kern *k, const struct nn_packed *p);

#endif
