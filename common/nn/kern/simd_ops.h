/* simd_ops.h - one instruction set's table of functions; included last, with KERN_OPS its name */
#ifndef FRL_SIMD_OPS_H
#define FRL_SIMD_OPS_H

#include "common/nn/kern/simd_tile.h"
#include "common/nn/kern/simd_conv.h"
#include "common/nn/kern/simd_dw.h"
#include "common/nn/kern/simd_wino.h"
#include "common/nn/kern/simd_first.h"

static size_t simd_conv_scratch(const struct kern_conv *c, int iw)
{
	if (c->depthwise)
		return 0;
	return c->algo == KERN_WINOGRAD ? wino_scratch(c, iw) : direct_scratch(c, iw);
}

static void simd_conv(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1)
{
	if (c->depthwise)
		depthwise(c, p, io, y0, y1);
	else if (c->algo == KERN_WINOGRAD)
		winograd(c, p, io, y0, y1);
	else if (is_pointwise(c))
		pointwise(c, p, io, y0, y1);
	else
		direct(c, p, io, y0, y1);
}

const struct kern_ops KERN_OPS = {
	.block = B,
	.winograd = 1,
#ifdef KERN_ELEM_BF16
	.bf16 = 1,
#endif
	.conv_scratch = simd_conv_scratch,
	.conv = simd_conv,
	.dwpw_scratch = simd_dwpw_scratch,
	.dwpw = simd_dwpw,
	.first_scratch = simd_first_scratch,
	.first = simd_first,
	.maxpool = simd_maxpool,
};

#endif
