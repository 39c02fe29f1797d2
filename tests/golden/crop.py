#!/usr/bin/env python3
"""Crops as Pillow makes them: Image.resize(box=...) of the padded picture, for frl-crop's geometry.

    python3 tests/golden/crop.py           writes tests/golden/crop.{tsv,bin}

Made with Pillow 13.0.0 and NumPy 2.4.6. The picture is pattern(150, 120) of image.py; a crop is 48 x 48 with a face of 35.625
(= 190 * 48 / 256). Columns: box, shift, margin, filter, fill; then the map that the formula X = (x - cx) * face / S + size / 2
gives.
"""
import os

import numpy as np
from PIL import Image

from image import pattern

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE, FACE = 48, 190 * 48 / 256

CASES = [
    (40, 30, 90, 95, 0, 0, "bilinear", "zero"),
    (60.25, 40.5, 71, 49.75, 0, 0, "bilinear", "zero"),
    (30, 20, 120, 100, 0, 0, "lanczos", "zero"),
    (-10, -5, 30, 42, 0, 0, "bilinear", "zero"),
    (120, 90, 160, 130, 0, 0, "bilinear", "edge"),
    (5, 80, 45, 119, 0, 0, "lanczos", "reflect"),
    (50, 50, 80, 90, -0.12, 0, "bilinear", "zero"),
    (50, 50, 80, 90, 0, 0.25, "bilinear", "zero"),
]


def main():
    a = pattern(150, 120)
    with open(os.path.join(HERE, "crop.tsv"), "w") as t, open(os.path.join(HERE, "crop.bin"), "wb") as b:
        print("x1", "y1", "x2", "y2", "shift", "margin", "filter", "fill", "a11", "a13", "a23", sep="\t", file=t)
        for x1, y1, x2, y2, shift, margin, filt, fill in CASES:
            s = max(x2 - x1, y2 - y1)
            cx, cy = (x1 + x2) / 2, (y1 + y2) / 2 + shift * s
            side = s * SIZE / FACE * (1 + 2 * margin)
            box = np.array([cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2])
            lo, hi = np.floor(np.minimum(box[:2], 0)), np.ceil(np.maximum(box[2:], [150, 120]))
            pad = [(int(-lo[1]), int(hi[1] - 120)), (int(-lo[0]), int(hi[0] - 150)), (0, 0)]
            big = np.pad(a, pad, {"zero": "constant", "edge": "edge", "reflect": "reflect"}[fill])
            box = box - np.tile(lo, 2)
            crop = Image.fromarray(big).resize((SIZE, SIZE), getattr(Image, filt.upper()), box=tuple(box))
            b.write(np.asarray(crop).tobytes())
            k = SIZE / side
            print(x1, y1, x2, y2, shift, margin, filt, fill, k, SIZE / 2 - k * cx, SIZE / 2 - k * cy, sep="\t", file=t)


if __name__ == "__main__":
    main()
