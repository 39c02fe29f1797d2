#!/usr/bin/env python3
"""AFLW-19 as it was published (24,386 faces), all but a few of them empty: tests/golden/curate/aflw19/

    python make_curate_aflw19.py tests/golden/curate/aflw19        (SciPy 1.17, NumPy 2.4)

want.tsv: number of the row in the manifest, path, split, face, x1 y1 x2 y2, seen, first and last point, of the faces that are
not empty. Faces 100 to 103 of the list share a picture.
"""
import os
import sys

import numpy as np
import scipy.io

out, n = sys.argv[1], 24386
rng = np.random.default_rng(3)
ra = np.roll(np.arange(1, n + 1), 5000)[None]
names = np.empty((n, 1), dtype=object)
for i in range(n):
    names[i, 0] = "0/same.jpg" if 100 <= i < 104 else f"{i % 4}/i{i:05}.jpg"
bbox, data, mask = np.zeros((n, 4)), np.zeros((n, 38)), np.ones((n, 19))
filled = [0, 100, 103, 14999, 15000, n - 1]
for i in filled:
    left, top = rng.integers(1, 200, 2)
    bbox[i] = [left, left + 80 + i % 7, top, top + 90 + i % 5]
    data[i] = rng.integers(0, 4000, 38) / 8
    mask[i, : i % 3] = 0
os.makedirs(out, exist_ok=True)
scipy.io.savemat(f"{out}/AFLWinfo_release.mat", {"bbox": bbox, "data": data, "mask_new": mask, "nameList": names, "ra": ra},
                 do_compression=True)
with open(f"{out}/want.tsv", "w", encoding="utf-8") as f:
    for place, i in enumerate(ra[0] - 1):
        if i in filled:
            left, right, top, bottom = bbox[i]
            x, y = data[i, :19], data[i, 19:]
            f.write("\t".join([str(place + 1), "data/flickr/" + names[i, 0], "train" if place < 20000 else "test",
                               str(i - 100 if 100 <= i < 104 else 0),
                               *(f"{v:.12g}" for v in (left, top, right, bottom, mask[i].sum(), x[0], y[0], x[18], y[18]))])
                    + "\n")
