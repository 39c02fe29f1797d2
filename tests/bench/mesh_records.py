#!/usr/bin/env python3
"""Record streams of vertices as others would predict or label them, for tests/bench/learn-tasks.

    mesh_records.py mean TRAIN TEST > OUT       TEST's records, each with the mean of TRAIN's first 500
    mesh_records.py shuffle STREAM > OUT        the records, each with the vertices of another
"""
import array
import random
import struct
import sys
import zlib


def records(path):
    """Headers and payloads; man frl-records(5). The last record, of kind 255, ends the stream."""
    with open(path, "rb") as f:
        while len(head := f.read(64)) == 64:
            n = struct.unpack_from("<Q", head, 24)[0]
            yield head, f.read(n)
            f.read(-n % 64)


def write(head, payload):
    head = head[:48] + struct.pack("<I", zlib.crc32(payload)) + head[52:60]
    sys.stdout.buffer.write(head + struct.pack("<I", zlib.crc32(head)) + payload + bytes(-len(payload) % 64))


def mean(train, test):
    total, n = None, 0
    for head, payload in records(train):
        if head[5] == 255 or n == 500:
            break
        values = array.array("f", payload)
        total = [a + b for a, b in zip(total, values)] if total else list(values)
        n += 1
    payload = array.array("f", [v / n for v in total]).tobytes()
    for head, old in records(test):
        write(head, old if head[5] == 255 else payload)


def shuffle(path):
    all_records = list(records(path))
    end = [r for r in all_records if r[0][5] == 255]
    all_records = [r for r in all_records if r[0][5] != 255]
    payloads = [p for _, p in all_records]
    random.Random(1).shuffle(payloads)
    for (head, _), payload in zip(all_records, payloads):
        write(head, payload)
    for head, payload in end:
        write(head, payload)


{"mean": mean, "shuffle": shuffle}[sys.argv[1]](*sys.argv[2:])
