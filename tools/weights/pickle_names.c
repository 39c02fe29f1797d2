/* pickle_names.c - the names that a pickle may refer to */
#include <string.h>

#include "tools/weights/pickle.h"

#define STORAGE(name, dtype) \
	{ \
		"torch", name, PICKLE_NAME_STORAGE, dtype \
	}
#define INERT(module, name) \
	{ \
		module, name, PICKLE_NAME_INERT, DTYPE_U8 \
	}

static const struct pickle_name names[] = {
	{ "collections", "OrderedDict", PICKLE_NAME_DICT, DTYPE_U8 },
	{ "torch._utils", "_rebuild_tensor", PICKLE_NAME_TENSOR, DTYPE_U8 },
	{ "torch._utils", "_rebuild_tensor_v2", PICKLE_NAME_TENSOR, DTYPE_U8 },
	{ "torch._utils", "_rebuild_parameter", PICKLE_NAME_FIRST, DTYPE_U8 },
	{ "torch._utils", "_rebuild_parameter_with_state", PICKLE_NAME_FIRST, DTYPE_U8 },
	{ "torch._tensor", "_rebuild_from_type_v2", PICKLE_NAME_FROM_TYPE, DTYPE_U8 },
	{ "torch", "Size", PICKLE_NAME_FIRST, DTYPE_U8 },

	STORAGE("DoubleStorage", DTYPE_F64),
	STORAGE("FloatStorage", DTYPE_F32),
	STORAGE("HalfStorage", DTYPE_F16),
	STORAGE("BFloat16Storage", DTYPE_BF16),
	STORAGE("LongStorage", DTYPE_I64),
	STORAGE("IntStorage", DTYPE_I32),
	STORAGE("ShortStorage", DTYPE_I16),
	STORAGE("CharStorage", DTYPE_I8),
	STORAGE("ByteStorage", DTYPE_U8),
	STORAGE("BoolStorage", DTYPE_BOOL),

	/* What else training scripts keep beside the weights. */
	INERT("_codecs", "encode"),
	INERT("argparse", "Namespace"),
	INERT("builtins", "set"),
	INERT("builtins", "frozenset"),
	INERT("builtins", "int"),
	INERT("builtins", "float"),
	INERT("builtins", "dict"),
	INERT("builtins", "list"),
	INERT("builtins", "complex"),
	INERT("__builtin__", "set"),
	INERT("__builtin__", "frozenset"),
	INERT("__builtin__", "int"),
	INERT("__builtin__", "long"),
	INERT("__builtin__", "float"),
	INERT("__builtin__", "dict"),
	INERT("__builtin__", "list"),
	INERT("__builtin__", "complex"),
	INERT("collections", "Counter"),
	INERT("collections", "defaultdict"),
	INERT("datetime", "datetime"),
	INERT("datetime", "timedelta"),
	INERT("numpy", "dtype"),
	INERT("numpy", "ndarray"),
	INERT("numpy.core.multiarray", "scalar"),
	INERT("numpy.core.multiarray", "_reconstruct"),
	INERT("numpy._core.multiarray", "scalar"),
	INERT("numpy._core.multiarray", "_reconstruct"),
	INERT("torch", "Tensor"),
	INERT("torch.nn.parameter", "Parameter"),
	INERT("torch", "device"),
	INERT("torch", "float64"),
	INERT("torch", "float32"),
	INERT("torch", "float16"),
	INERT("torch", "bfloat16"),
	INERT("torch", "int64"),
	INERT("torch", "int32"),
	INERT("torch", "int16"),
	INERT("torch", "int8"),
	INERT("torch", "uint8"),
	INERT("torch", "bool"),
};

const struct pickle_name *pickle_name_find(const char *module, const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].module, module) == 0 && strcmp(names[i].name, name) == 0)
			return &names[i];
	return NULL;
}
