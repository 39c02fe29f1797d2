#!/usr/bin/env python3
"""3D faces and what NumPy and SciPy say of their errors, for tests/cli/eval.bats and tests/unit/test_mesh.c.

    python tests/golden/make_mesh.py tests/golden/mesh [AFLW2000-3D.pts68.npy AFLW2000-3D.pose.npy]
    (Python 3.11, NumPy 2.4.6, SciPy 1.17.1)

With the two published files of AFLW2000-3D it also prints the numbers of test_mesh.c: the truth moved by a formula.
"""
import hashlib
import os
import struct
import sys
import zlib

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(300)
expected = []


def expect(options, subset, metric, value):
    expected.append((options, subset, metric, repr(float(value))))


def box(t):
    return np.sqrt(np.prod(np.ptp(t[..., :2], axis=-2), axis=-1))


def nme(p, t, dims):
    d = p - t
    d = d[..., :2] if dims == 2 else d - np.stack([0 * d[..., 2].mean(-1), 0 * d[..., 2].mean(-1), d[..., 2].mean(-1)], -1)[..., None, :]
    return np.linalg.norm(d, axis=-1).mean(-1) / box(t)


def bins(e, yaw):
    y = np.abs(yaw)
    parts = [e[y <= 30], e[(y > 30) & (y <= 60)], e[y > 60]]
    return [100 * x.mean() for x in parts]


# ---- landmarks of manifests

n = 30
truth = np.round(rng.normal(0, 40, (n, 68, 3)) + 200, 2)
pred = np.round(truth + rng.normal(0, 3, truth.shape) + rng.normal(0, 20, (n, 1, 1)) * [0, 0, 1], 2)
yaw = np.round(rng.uniform(-90, 90, n), 1)
yaw[:4] = [30, -30, 60, 60.1]
names = [f"lm{i}{c}" for i in range(68) for c in "xyz"]
for name, a, extra in (("truth.tsv", truth, True), ("pred.tsv", pred, False)):
    with open(os.path.join(out, name), "w") as f:
        f.write("\t".join(["id"] + names + ["yaw"] * extra) + "\n")
        for i in range(n):
            f.write("\t".join([f"m{i}"] + [str(v) for v in a[i].ravel()] + [str(yaw[i])] * extra) + "\n")
options = "--truth truth.tsv --pred pred.tsv --yaw yaw"
for dims in (2, 3):
    e = nme(pred, truth, dims)
    b = bins(e, yaw)
    expect(options, "all", f"nme-{dims}d", 100 * e.mean())
    for name, v in zip(("yaw-0-30", "yaw-30-60", "yaw-60-90"), b):
        expect(options, name, f"nme-{dims}d", v)
    expect(options, "yaw-mean", f"nme-{dims}d", np.mean(b))

# ---- vertices of record streams


def key(name):
    return int(hashlib.sha256(name.encode()).hexdigest()[:16], 16)


def record(kind, payload, dims=(), dtype=3, key=0):
    head = struct.pack("<4s4B4I2QqII4x", b"FRLR", 1, kind, dtype, len(dims), *(list(dims) + [0] * 4)[:4],
                       len(payload), key, -1, zlib.crc32(payload), 0)
    return head + struct.pack("<I", zlib.crc32(head)) + payload + b"\0" * (-len(payload) % 64)


def write_stream(name, meshes):
    with open(os.path.join(out, name), "wb") as f:
        for i, v in enumerate(meshes):
            f.write(record(0, v.astype("<f4").tobytes(), v.shape, 3, key(f"m{i}")))
        f.write(record(255, b"", (), 0, len(meshes)))


def similarity(p, t, rigid=False):
    cp, ct = p.mean(0), t.mean(0)
    r = Rotation.align_vectors(t - ct, p - cp)[0].as_matrix()
    s = 1 if rigid else np.sum((t - ct) * ((p - cp) @ r.T)) / np.sum((p - cp) ** 2)
    return s * (p - cp) @ r.T + ct


def icp(p, t):
    last = np.inf
    for i in range(51):
        d, j = cKDTree(p).query(t)
        if i == 50 or (i and not last - d.mean() > 1e-9 * last):
            return d.mean(), j
        last = d.mean()
        c, ct = p[j].mean(0), t.mean(0)
        r = Rotation.align_vectors(t - ct, p[j] - c)[0].as_matrix()
        p = (p - c) @ r.T + ct


V = 300
shape = rng.normal(0, 1, (V, 3)) * [40, 50, 25]
t_mesh = [(shape + rng.normal(0, 1, shape.shape)).astype(np.float32) for _ in range(5)]
p_mesh = []
for t in t_mesh:
    r = Rotation.from_rotvec(rng.normal(0, .4, 3)).as_matrix()
    p_mesh.append(((t + rng.normal(0, 1.5, t.shape)) @ r.T * rng.uniform(.7, 1.4) + rng.normal(0, 30, 3)).astype(np.float32))
write_stream("truth.bin", t_mesh)
write_stream("pred.bin", p_mesh)
write_stream("part.bin", [p[::2] for p in p_mesh])
points = np.arange(0, 2 * 68, 2)
for name, idx in (("truth68.txt", points), ("part68.txt", points // 2)):
    open(os.path.join(out, name), "w").write("".join(f"{i}\n" for i in idx))
region = np.sort(rng.choice(V, 120, replace=False))
open(os.path.join(out, "region.txt"), "w").write("".join(f"{i}\n" for i in region))
T, P = [np.array(x, dtype=float) for x in (t_mesh, p_mesh)]
eyes = np.linalg.norm(T[:, 72] - T[:, 90], axis=1)
base = "--truth truth.bin --pred pred.bin --truth-points truth68.txt"
for region_options, keep in (("", slice(None)), (" --vertices region.txt", region)):
    for how in ("none", "similarity", "rigid"):
        e = []
        for p, t, d in zip(P[:, keep], T[:, keep], eyes):
            q = p if how == "none" else similarity(p, t, how == "rigid")
            e.append(np.linalg.norm(q - t, axis=1).mean() / d)
        o = f"{base} --align {how}{region_options}"
        expect(o, "all", "reconstruction", 100 * np.mean(e))
        expect(o, "all", "nme-dense", 100 * nme(P[:, keep], T[:, keep], 3).mean())
for how in ("icp", "icp-match"):
    e = []
    for p, t, d in zip(P, T, eyes):
        part = p[::2]
        cp, ct = part[points // 2].mean(0), t[points].mean(0)
        x, y = part[points // 2] - cp, t[points] - ct
        r = Rotation.align_vectors(y, x)[0].as_matrix()
        s = np.sum(y * (x @ r.T)) / np.sum(x ** 2)
        mean, j = icp(s * (part - cp) @ r.T + ct, t)
        e.append((mean if how == "icp" else np.linalg.norm(part[j] - t, axis=1).mean()) / d)
    expect(f"--truth truth.bin --pred part.bin --truth-points truth68.txt --pred-points part68.txt --align {how}", "all",
           "reconstruction", 100 * np.mean(e))

with open(os.path.join(out, "expected.tsv"), "w") as f:
    f.write("options\tsubset\tmetric\tvalue\n")
    for row in expected:
        f.write("\t".join(row) + "\n")

# ---- AFLW2000-3D as published

if len(sys.argv) > 3:
    t = np.load(sys.argv[2]).astype(float)
    t = t.transpose(0, 2, 1) if t.shape[1] == 3 else t
    yaw = np.load(sys.argv[3]).astype(float)
    i = np.arange(t.size).reshape(t.shape)
    p = t + (i * 7919 % 1009 / 1009 - .5) * 20
    for dims in (2, 3):
        if t.shape[2] >= dims:
            e = nme(p, t, dims)
            b = bins(e, yaw)
            print(dims, t.shape, *[repr(float(x)) for x in [100 * e.mean(), *b, np.mean(b)]])
