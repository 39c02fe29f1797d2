#!/usr/bin/env python3
"""Views as torchvision, Pillow and OpenCV make them, given the draws; and how often torchvision draws which crop.

    python3 tests/golden/make_augment.py       writes tests/golden/augment.{tsv,bin} and tests/golden/augment_crops.tsv

Made with torchvision 0.29.2 (torch 2.15.0), Pillow 13.0.0, opencv-python-headless 5.0.0.93, NumPy 2.4.6. The picture is
pattern(150, 120) of image.py. augment.bin: a view of 3 x size x size bytes (RGB pixels) for each row of augment.tsv, then the
floats that ToTensor and Normalize make of the bytes 0..255 in each channel. `order` holds the operations of colour jitter, b c s
h, in the order in which they are applied. augment_crops.tsv: of N draws of RandomResizedCrop.get_params, how many have x, y, w
and h in each sixteenth of 0..width or 0..height.
"""
import os

import cv2
import numpy as np
import torch
from PIL import Image
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as F

from image import pattern

HERE = os.path.dirname(os.path.abspath(__file__))
MEAN, STD = (0.485, 0.456, 0.406), (0.228, 0.224, 0.225)
N = 100000


def cases():
    rng = np.random.default_rng(5)
    plain = dict(size=24, x=0, y=0, w=120, h=100, order="-", b=1.0, c=1.0, s=1.0, hue=0.0, grey=0, sigma=0.0, flip=0)
    yield plain
    yield plain | dict(x=30, y=17, w=24, h=24)
    yield plain | dict(x=101, y=90, w=49, h=30, size=40)
    yield plain | dict(x=149, y=119, w=1, h=1)
    yield plain | dict(x=20, y=5, w=60, h=80)
    yield plain | dict(flip=1)
    yield plain | dict(grey=1)
    for f in (0.2, 0.73, 1.31, 1.8):
        yield plain | dict(order="b", b=f)
        yield plain | dict(order="c", c=f)
        yield plain | dict(order="s", s=f)
    for f in (-0.2, -0.003, 0.05, 0.2, 0.5):
        yield plain | dict(order="h", hue=f)
    for sigma in (0.1, 0.35, 0.8, 1.3, 2.0):
        yield plain | dict(sigma=sigma)
    yield plain | dict(sigma=2.0, size=7)
    for i in range(14):
        w, h = (int(v) for v in rng.integers(30, 110, 2))
        yield dict(size=(24, 36)[i % 2], x=int(rng.integers(0, 151 - w)), y=int(rng.integers(0, 121 - h)), w=w, h=h,
                   order="".join(rng.permutation(list("bcsh"))), b=float(rng.uniform(0.2, 1.8)),
                   c=float(rng.uniform(0.2, 1.8)), s=float(rng.uniform(0.2, 1.8)), hue=float(rng.uniform(-0.2, 0.2)),
                   grey=int(i % 5 == 4), sigma=float(rng.uniform(0.1, 2)) if i % 3 else 0.0, flip=int(i % 2))


def view(picture, d):
    size = [d["size"], d["size"]]
    p = F.resized_crop(picture, d["y"], d["x"], d["h"], d["w"], size, F.InterpolationMode.BILINEAR)
    if d["flip"]:
        p = F.hflip(p)
    for step in d["order"].strip("-"):
        p = {"b": lambda p: F.adjust_brightness(p, d["b"]), "c": lambda p: F.adjust_contrast(p, d["c"]),
             "s": lambda p: F.adjust_saturation(p, d["s"]), "h": lambda p: F.adjust_hue(p, d["hue"])}[step](p)
    if d["grey"]:
        p = F.rgb_to_grayscale(p, 3)
    if d["sigma"]:
        p = Image.fromarray(cv2.GaussianBlur(np.asarray(p), (23, 23), d["sigma"]))
    return p


def crops(f):
    print("width", "height", "least", "most", "what", *range(16), sep="\t", file=f)
    for w, h, least, most in ((256, 256, 0.14, 1), (256, 256, 0.05, 0.14), (250, 100, 0.5, 1)):
        torch.manual_seed(3)
        blank = Image.new("RGB", (w, h))
        draws = [RandomResizedCrop.get_params(blank, (least, most), (3 / 4, 4 / 3)) for _ in range(N)]
        y, x, ch, cw = np.array(draws).T
        for what, v, side in (("x", x, w), ("y", y, h), ("w", cw, w), ("h", ch, h)):
            counts = np.bincount(np.minimum(v * 16 // side, 15), minlength=16)
            print(w, h, least, most, what, *counts, sep="\t", file=f)


def main():
    picture = Image.fromarray(pattern(150, 120))
    with open(os.path.join(HERE, "augment.tsv"), "w") as t, open(os.path.join(HERE, "augment.bin"), "wb") as b:
        for i, d in enumerate(cases()):
            if i == 0:
                print(*d, sep="\t", file=t)
            print(*d.values(), sep="\t", file=t)
            b.write(np.asarray(view(picture, d)).tobytes())
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
        b.write(F.normalize(F.to_tensor(Image.fromarray(ramp)), MEAN, STD).numpy().astype("<f4").tobytes())
    with open(os.path.join(HERE, "augment_crops.tsv"), "w") as f:
        crops(f)


if __name__ == "__main__":
    main()
