#!/usr/bin/env python3
"""Makes record streams by an implementation that shares nothing with frl's (struct, zlib, hashlib).

    tests/golden/make_records.py records > tests/golden/records.frlr      (Python 3.11, standard library only)
    tests/golden/make_records.py images > tests/golden/images.frlr

records: two segments, 5 images of 4x6, then one record of each dtype and kind. The contents follow formulas that
test_record.c repeats. images: what `frl-shard cat --no-pg --range 0:5` makes of it, an array for numpy.memmap.
"""
import hashlib
import struct
import sys
import zlib

DTYPES = ["B", "i", "q", "f", "e", None, "d"]


def record(kind, dtype, dims, payload, key, label, face):
    head = b"FRLR" + struct.pack("<BBBB", 1, kind, dtype, len(dims))
    head += struct.pack("<4I", *(list(dims) + [0] * (4 - len(dims))))
    head += struct.pack("<QQqIII", len(payload), key, label, zlib.crc32(payload), face, 0)
    head += struct.pack("<I", zlib.crc32(head))
    assert len(head) == 64
    return head + payload + b"\0" * (-len(payload) % 64)


def key(ident):
    return int(hashlib.sha256(ident.encode()).hexdigest()[:16], 16)


def end(count, text=b""):
    return record(255, 0, [], text, count, -1, 0)


def tensor(dtype, i):
    """Five values 3*j - i, as dtype stores them."""
    values = [3 * j - i for j in range(5)]
    if dtype == 0:
        values = [v & 255 for v in values]
    if dtype == 5:  # bf16: the upper half of f32
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    return struct.pack("<5" + DTYPES[dtype], *values)


out = b""
for i in range(5):
    pixels = bytes((7 * i + 3 * j) & 255 for j in range(4 * 6 * 3))
    out += record(0, 0, [4, 6, 3], pixels, key("photo%d" % (i // 2)), i - 1, i % 2)
images = out + end(5)
out += end(5, b"#pg\tgolden\t1\n")
for dtype in range(7):
    out += record(0, dtype, [5], tensor(dtype, dtype), key("tensor%d" % dtype), -1, 0)
out += record(0, 3, [], struct.pack("<f", 0.5), key("scalar"), 1, 0)
out += record(0, 6, [2, 3, 0, 4], b"", key("empty"), 2, 0)
out += record(1, 0, [4, 6, 3], b"\xff\xd8\xff not a real JPEG", key("jpeg"), -(1 << 63), 0xFFFFFFFF)
out += record(2, 0, [4, 6, 3], b"\x89PNG not a real PNG", key("png"), (1 << 63) - 1, 7)
out += end(11)
sys.stdout.buffer.write(images if sys.argv[1] == "images" else out)
