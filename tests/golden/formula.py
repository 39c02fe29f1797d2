"""Numbers of a formula for weights, pictures and labels: that of tests/unit/support_seeded.c, seed 5. For make_*.py."""
import math

import numpy as np
import torch

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def unit(name, count):
    h = 0xCBF29CE484222325
    for byte in f"5:{name}".encode():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0 ** -24


def seeded(name, shape, role):
    """The tensor of that name: float32's values as float64. picture: from -1 to 1."""
    u, fan_in = unit(name, math.prod(shape)), math.prod(shape[1:]) if len(shape) > 1 else 1
    value = {"conv": (2 * u - 1) * math.sqrt(6 / fan_in), "linear": (2 * u - 1) / math.sqrt(fan_in),
             "bias": (2 * u - 1) * 0.1, "bn_weight": 0.75 + 0.5 * u, "bn_bias": 0.2 * u - 0.1,
             "picture": 2 * u - 1}[role]
    return torch.from_numpy(value.astype(np.float32).astype(np.float64).reshape(shape))
