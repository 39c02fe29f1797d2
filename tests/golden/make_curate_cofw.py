#!/usr/bin/env python3
"""A small COFW in both published forms, and what frl-curate has to make of it, by code that is not ours.

    python tests/golden/make_curate_cofw.py tests/golden/curate/cofw        (h5py 3.16.0, SciPy 1.17.1, NumPy 2.4.6)

colour/: version 7.3 (HDF5: arrays transposed, cells of references), one picture grey; grey/: version 5, compressed.
want.tsv: path, box, share of hidden points, points; *.ppm: the pictures' pixels. full/: a test set of 507 pictures of 2x3 pixels, as
many as COFW-68 needs; picture n is grey n % 256, and 1 in its first pixel from picture 256 on.
"""
import os
import sys

import h5py
import numpy as np
import scipy.io

out = sys.argv[1]
for d in ("colour", "grey"):
    os.makedirs(os.path.join(out, d), exist_ok=True)
rng = np.random.default_rng(29)


def set_class(d, kind):
    t = h5py.h5t.C_S1.copy()
    t.set_size(len(kind))
    t.set_strpad(h5py.h5t.STR_NULLTERM)
    a = h5py.h5a.create(d.id, b"MATLAB_class", t, h5py.h5s.create(h5py.h5s.SCALAR))
    a.write(np.array(kind, dtype=f"S{len(kind)}"), mtype=t)


def put(group, name, value, kind):
    d = group.create_dataset(name, data=np.ascontiguousarray(value.T), compression="gzip", track_times=False)
    set_class(d, kind)
    return d


def save73(path, pictures, points, boxes, suffix):
    with h5py.File(path, "w", userblock_size=512, libver="earliest") as f:
        put(f, "phis" + suffix, points, "double")
        put(f, "bboxes" + suffix, boxes, "double")
        refs = f.create_group("#refs#")
        cells = np.empty((1, len(pictures)), dtype=h5py.ref_dtype)  # n x 1 in MATLAB
        for i, image in enumerate(pictures):
            cells[0, i] = put(refs, "abcdef"[i], image, "uint8").ref
        set_class(f.create_dataset("Is" + suffix, data=cells, track_times=False), "cell")
    with open(path, "r+b") as f:
        head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 2026 HDF5 schema 1.00 ."
        f.write(head.ljust(124) + b"\x00\x02IM")


def save5(path, pictures, points, boxes, suffix):
    cells = np.empty((len(pictures), 1), dtype=object)
    for i, image in enumerate(pictures):
        cells[i, 0] = image
    scipy.io.savemat(path, {"Is" + suffix: cells, "phis" + suffix: points, "bboxes" + suffix: boxes}, do_compression=True)


def ppm(path, image):
    rgb = image if image.ndim == 3 else np.repeat(image[:, :, None], 3, 2)
    with open(path, "wb") as f:
        f.write(b"P6\n%d %d\n255\n" % (rgb.shape[1], rgb.shape[0]) + rgb.tobytes())


def numbers(values):
    return "\t".join(repr(float(v)) for v in values)


rows = []
for split, suffix, n in (("train", "Tr", 3), ("test", "T", 2)):
    pictures = [rng.integers(0, 256, (5 + i, 9 - i, 3), dtype=np.uint8) for i in range(n)]
    pictures[1] = rng.integers(0, 256, (4, 6), dtype=np.uint8)
    points = np.round(np.hstack([rng.uniform(1, 200, (n, 58)), rng.integers(0, 2, (n, 29))]), 3)
    boxes = rng.integers(1, 90, (n, 4)).astype(np.float64)
    save73(os.path.join(out, "colour", f"COFW_{split}_color.mat"), pictures, points, boxes, suffix)
    grey = [p if p.ndim == 2 else p[:, :, 0].copy() for p in pictures]
    save5(os.path.join(out, "grey", f"COFW_{split}.mat"), grey, points, boxes, suffix)
    for i in range(n):
        ppm(os.path.join(out, "colour", f"{split}-{i + 1}.ppm"), pictures[i])
        ppm(os.path.join(out, "grey", f"{split}-{i + 1}.ppm"), grey[i])
        x, y, w, h = boxes[i] - [1, 1, 0, 0]
        xy = np.stack([points[i, :29] - 1, points[i, 29:58] - 1], 1).ravel()
        rows.append(f"{split}/{i + 1}.png\t{split}\t" +
                    numbers([x, y, x + w, y + h, np.count_nonzero(points[i, 58:]) / 29, *xy]))
n = 507
small = [np.full((2, 3), i % 256, np.uint8) for i in range(1, n + 1)]
for i in range(255, n):
    small[i][0, 0] = 1
os.makedirs(os.path.join(out, "full"), exist_ok=True)
save5(os.path.join(out, "full", "COFW_test.mat"), small, np.ones((n, 87)), np.ones((n, 4)), "T")
with open(os.path.join(out, "want.tsv"), "w") as f:
    f.write("\n".join(rows) + "\n")
