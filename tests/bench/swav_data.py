#!/usr/bin/env python3
"""A record stream of smooth pictures for the benchmark of pre-training: swav_data.py FILE N [SIDE]"""
import struct
import sys
import zlib

import numpy as np


def header(kind, dims, payload, key, label):
    """man frl-records(5)"""
    dims = list(dims) + [0] * (4 - len(dims))
    ndim = sum(d > 0 for d in dims)
    head = struct.pack("<4sBBBB4IQQqIII", b"FRLR", 1, kind, 0, ndim, *dims, len(payload), key, label,
                       zlib.crc32(payload), 0, 0)
    return head + struct.pack("<I", zlib.crc32(head))


def main():
    path, n, side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 256
    rng = np.random.default_rng(1)
    with open(path, "wb") as f:
        for i in range(n):
            small = rng.random((8, 8, 3))
            at = np.linspace(0, 6.999, side)
            y0, fy = at.astype(int), (at % 1)[:, None, None]
            rows = small[y0] * (1 - fy) + small[y0 + 1] * fy
            x0, fx = at.astype(int), (at % 1)[None, :, None]
            picture = rows[:, x0] * (1 - fx) + rows[:, x0 + 1] * fx
            payload = np.clip(picture * 255 + rng.normal(0, 8, picture.shape), 0, 255).astype(np.uint8).tobytes()
            f.write(header(0, (side, side, 3), payload, i + 1, -1) + payload + bytes(-len(payload) % 64))
        f.write(header(255, (), b"", n, -1))


main()
