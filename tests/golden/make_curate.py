#!/usr/bin/env python3
"""A small 300W-LP in its published layout, and what frl-curate has to make of it, by code that is not ours:
300w-lp.tsv; 300w-lp-params.npy, the coefficients in f32, and 300w-lp-mesh.tsv, the vertices that 300w-lp-model.safetensors makes
of them, rows in the manifest's order.

    python tests/golden/make_curate.py tests/golden/curate        (SciPy 1.17.1, NumPy 2.4.6, safetensors)
"""
import os
import sys

import numpy as np
import safetensors.numpy
import scipy.io

out = sys.argv[1]
rng = np.random.default_rng(7)
PAIRS = ([(i, 16 - i) for i in range(8)] + [(17 + i, 26 - i) for i in range(5)] + [(31, 35), (32, 34)] +
         [(36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)] +
         [(48, 54), (49, 53), (50, 52), (55, 59), (56, 58), (60, 64), (61, 63), (65, 67)])


def save(path, values):
    path = os.path.join(out, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    scipy.io.savemat(path, values, do_compression=True)


def touch(path):
    path = os.path.join(out, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(b"a picture\n")


def mirror(points):
    """450 pixels wide, columns from 1: x becomes 451 - x, and left is right."""
    flipped = points.copy()
    flipped[:, 0] = 451 - flipped[:, 0]
    for a, b in PAIRS:
        flipped[[a, b]] = flipped[[b, a]]
    return flipped


rows, params = [], {}
for name in ("AFW_134212_1_0", "AFW_134212_1_3"):
    points = np.round(rng.uniform(100, 350, (68, 2)), 4)
    for flip in ("", "_Flip"):
        pose = np.round(rng.uniform(-1, 1, (1, 7)), 3).astype(np.float32)
        shape, exp = (rng.normal(0, s, (n, 1)).astype(np.float32) for n, s in ((199, 1e5), (29, 1)))
        params[f"AFW{flip}/{name}.jpg"] = np.concatenate([shape[:, 0], exp[:, 0], pose[0]])
        touch(f"300w-lp/AFW{flip}/{name}.jpg")
        save(f"300w-lp/AFW{flip}/{name}.mat", {
            # the trap: the same points for every rotation
            "pt2d": np.ones((2, 68)), "roi": np.int16([[1, 2, 3, 4]]), "Illum_Para": np.ones((1, 10), np.float32),
            "Color_Para": np.ones((1, 7), np.float32), "Tex_Para": np.ones((199, 1), np.float32),
            "Shape_Para": shape, "Exp_Para": exp, "Pose_Para": pose})
        p = mirror(points) if flip else points
        rows.append([f"AFW{flip}/{name}", str(int(bool(flip)))] +
                    [float(v) for v in np.degrees(pose[0, :3].astype(np.float64))] +
                    [float(v) for v in (*p.min(0), *p.max(0), *p.ravel())])
    save(f"300w-lp/landmarks/AFW/{name}_pts.mat", {"pts_2d": points, "pts_3d": points + 1})
np.save(os.path.join(out, "300w-lp-params.npy"), np.stack([params[k] for k in sorted(params)]))
# A model of six vertices, and the meshes in pixels of 450x450 pictures, counted from 1, by 3DDFA's formula in double.
mean, shapes, exps = rng.normal(0, 5e4, (6, 3)), rng.normal(0, .3, (199, 6, 3)), rng.normal(0, 3e4, (29, 6, 3))
model = {k: v.astype(np.float32) for k, v in (("mean", mean), ("identity", shapes), ("expression", exps))}
safetensors.numpy.save_file(model, os.path.join(out, "300w-lp-model.safetensors"))
mesh = []
for k in sorted(params):
    a, b, (p, y, r, tx, ty, tz, s) = (v.astype(np.float64) for v in np.split(params[k], [199, 228]))
    v = model["mean"] + np.tensordot(a, model["identity"].astype(float), 1) + np.tensordot(b, model["expression"].astype(float), 1)
    rx = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    ry = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    image = s * v @ (rx @ ry @ rz).T + [tx, ty, tz]
    image[:, 1] = 451 - image[:, 1]
    mesh.append(image)
with open(os.path.join(out, "300w-lp-mesh.tsv"), "w") as f:
    for m in mesh:
        f.write("\t".join(repr(float(v)) for v in m.ravel()) + "\n")
# a picture without parameters, and one whose file is damaged
touch("300w-lp/AFW/AFW_9_1_0.jpg")
touch("300w-lp/AFW/AFW_9_1_1.jpg")
touch("300w-lp/AFW/AFW_9_1_1.mat")
with open(os.path.join(out, "300w-lp.tsv"), "w") as f:
    for r in sorted(rows):
        f.write("\t".join(v if isinstance(v, str) else repr(v) for v in r) + "\n")
