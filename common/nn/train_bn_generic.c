/* train_bn_generic.c - batch norm's plane loops in plain C, for blocks of 8 and of 16 */
#include "common/nn/bf16.h"
#include "common/nn/train_bn.h"

#define INLINE static inline __attribute__((always_inline))

static inline float get_f32(const float *p)
{
	return *p;
}

static inline void put_f32(float *p, float v)
{
	*p = v;
}

static inline float get_bf16(const uint16_t *p)
{
	return bf16_value(*p);
}

static inline void put_bf16(uint16_t *p, float v)
{
	*p = bf16_of(v);
}

#define ELEM float
#define NAME(x) x##_f32
#define GET get_f32
#define PUT put_f32
#include "common/nn/train_bn_plain.h"
const struct bn_planes bn_planes_generic8 = { NAME(shifted_sums8), NAME(apply8), NAME(gradient_sums8),
					      NAME(gradient8) },
		       bn_planes_generic16 = { NAME(shifted_sums16), NAME(apply16), NAME(gradient_sums16),
					       NAME(gradient16) };
#undef ELEM
#undef NAME
#undef GET
#undef PUT
#define ELEM uint16_t
#define NAME(x) x##_bf16
#define GET get_bf16
#define PUT put_bf16
#include "common/nn/train_bn_plain.h"
const struct bn_planes bn_planes_generic8_bf16 = { NAME(shifted_sums8), NAME(apply8), NAME(gradient_sums8),
						   NAME(gradient8) },
		       bn_planes_generic16_bf16 = { NAME(shifted_sums16), NAME(apply16), NAME(gradient_sums16),
						    NAME(gradient16) };
