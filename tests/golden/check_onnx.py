#!/usr/bin/env python3
"""Is what frl-weights export --onnx writes an ONNX model, and does ONNX Runtime compute with it what frl-eval embed does?

    PYTHONPATH=DIR_OF_seeded_weights.py PATH=build/bin:$PATH python tests/golden/check_onnx.py
    (Python 3.11, onnx 1.23.2, onnxruntime 1.32.0, NumPy 2.4.6, safetensors 0.8.0)

ResNet-18 and -50 with a projection head, seeded (tests/golden/embed/ARCH.tsv, seed 5), on four pictures of noise. Prints the relative
distance of features and embedding, and fails beyond 1e-5. Needs no data; tests/cli/export.bats reads the files back without Python.
"""
import os
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import save_file
from seeded_weights import tensor

HERE = os.path.dirname(os.path.abspath(__file__))
MEAN, STD, SIZE = [.485, .456, .406], [.228, .224, .225], 96


def record(kind, payload, dims, key):
    head = struct.pack("<4s4B4I2QqII4x", b"FRLR", 1, kind, 0, len(dims), *(list(dims) + [0] * 4)[:4], len(payload), key, -1,
                       zlib.crc32(payload), 0)
    return head + struct.pack("<I", zlib.crc32(head)) + payload + b"\0" * (-len(payload) % 64)


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def vectors(stream, n):
    """The payloads of the first records."""
    out = []
    for _ in range(n):
        size = struct.unpack_from("<Q", stream, 24)[0]
        out.append(np.frombuffer(stream, "<f4", size // 4, 64))
        stream = stream[64 + size + (-size % 64):]
    return np.stack(out)


def check(arch, folder):
    weights, model, shard = (os.path.join(folder, n) for n in ("w.safetensors", "w.onnx", "p.bin"))
    rows = [line.rstrip("\n").split("\t") for line in open(os.path.join(HERE, "embed", arch + ".tsv"))]
    save_file({n: tensor(5, n, tuple(map(int, s.split(","))), r) for n, s, r in rows}, weights, {"frl.input.size": str(SIZE)})
    pictures = np.random.default_rng(7).integers(0, 256, (4, SIZE, SIZE, 3), np.uint8)
    with open(shard, "wb") as f:
        for i, p in enumerate(pictures):
            f.write(record(0, p.tobytes(), p.shape, i))
        f.write(record(255, b"", (), len(pictures)))
    run("frl-weights", "export", "-q", "--onnx", "--head", "-o", model, weights)
    onnx.checker.check_model(onnx.load(model), full_check=True)
    x = ((pictures / 255 - MEAN) / STD).astype(np.float32).transpose(0, 3, 1, 2)
    theirs = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(["features", "embedding"], {"input": x})
    worst = 0
    for layer, want in zip(("pooled", "head"), theirs):
        got = vectors(run("frl-eval", "embed", "-q", "--layer", layer, "--model", weights, shard), len(pictures))
        distance = np.linalg.norm(got - want) / np.linalg.norm(want)
        print(arch, layer, want.shape, "relative distance %.2g" % distance)
        worst = max(worst, distance)
    return worst


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if max(check(a, folder) for a in ("resnet18", "resnet50")) < 1e-5 else "beyond 1e-5")
