#!/usr/bin/env python3
"""Golden values for frl-synth: a small mask, and where its vertices must lie in the picture.

    make_synth.py model DIR                 a mask of 725 vertices as compact arrays (frl-synth(1)), by formulas
    make_synth.py project MODEL PARAMS OUT  68 points and every 97th vertex, in pixels, from the numbers that
                                            frl-synth --params wrote, in double precision, by the man page's formulas

tests/golden/synth/ was made with NumPy 2.3 by

    make_synth.py model tests/golden/synth/model
    frl-synth --no-pg --model tests/golden/synth/model -n 6 --per-identity 2 --params params.tsv >/dev/null
    make_synth.py project tests/golden/synth/model params.tsv tests/golden/synth/small.tsv
    frl-synth --no-pg --model tests/golden/synth/model -n 4 --camera weak --seed 7 --params params.tsv >/dev/null
    make_synth.py project tests/golden/synth/model params.tsv tests/golden/synth/small-weak.tsv
    frl-synth --no-pg --model $FRL_SHARED/data/ict-face-model -n 3 --per-identity 1 --params params.tsv >/dev/null
    make_synth.py project $FRL_SHARED/data/ict-face-model params.tsv tests/golden/synth/ict.tsv
"""
import csv
import glob
import os
import sys

import numpy as np

STEP = 97


# ---- a mask

COLUMNS, ROWS = 25, 29


def surface(x, y):
    """Depth of a head-like bump with a nose, cm."""
    z = 12 * np.sqrt(np.maximum(0.05, 1 - (x / 9) ** 2 - ((y + 1) / 14) ** 2))
    return z + 2.2 * np.exp(-((x / 1.1) ** 2) - ((y - 0.3) / 1.6) ** 2)


def points():
    """The 68 points in the plane of the face: jaw, brows, nose, eyes, mouth."""
    jaw = [(-7.2 * np.cos(a), 3.5 - 11 * np.sin(a)) for a in np.linspace(0, np.pi, 17)]
    brow = [(-5.8 + 1.15 * i, 5.2 + np.sin(i / 4 * np.pi)) for i in range(5)]
    nose = [(0, 3.7 - 1.1 * i) for i in range(4)] + [(-1.3 + 0.65 * i, -1.2) for i in range(5)]
    eye = [(-4.5, 3.4), (-3.8, 4.2), (-2.7, 4.2), (-1.9, 3.4), (-2.7, 2.6), (-3.8, 2.6)]
    ring = np.linspace(np.pi, -np.pi, 13)[:-1]
    outer = [(2.7 * np.cos(a), -3.5 + 1.1 * np.sin(a)) for a in ring]
    inner = [(2.1 * np.cos(a), -3.5 + 0.6 * np.sin(a)) for a in np.linspace(np.pi, -np.pi, 9)[:-1]]
    mirror = lambda p: [(-x, y) for x, y in p]
    other = mirror(eye)
    left = [other[i] for i in (3, 2, 1, 0, 5, 4)]
    return np.array(jaw + brow + mirror(brow)[::-1] + nose + eye + left + outer + inner)


def in_hole(x, y):
    eye = ((np.abs(x) - 3.2) / 1.3) ** 2 + ((y - 3.4) / 0.8) ** 2 < 1
    return eye | ((x / 2.1) ** 2 + ((y + 3.5) / 0.55) ** 2 < 1)


def fields(p):
    """Modes and shapes: smooth bumps, so that every vertex of the face moves in some."""
    x, y = p[:, 0], p[:, 1]

    def bump(cx, cy, width, move):
        w = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / width**2)
        return w[:, None] * np.array(move)

    modes = [np.stack([0.05 * x, 0 * y, 0 * x], 1), np.stack([0 * x, 0.04 * y, 0 * x], 1), bump(0, 0, 3, (0, 0.1, 0.6))]
    shapes = {
        "browDown_L": bump(3.5, 6, 2, (-0.1, -0.4, 0)),
        "browDown_R": bump(-3.5, 6, 2, (0.1, -0.4, 0)),
        "eyeBlink_L": bump(3.2, 4.2, 0.8, (0, -1, 0)),
        "eyeBlink_R": bump(-3.2, 4.2, 0.8, (0, -1, 0)),
        "eyeLookOut_L": bump(3.2, 3.4, 1, (0.05, 0, 0)),
        "eyeLookIn_R": bump(-3.2, 3.4, 1, (0.05, 0, 0)),
        "jawOpen": bump(0, -7, 3.5, (0, -2.5, -0.8)),
        "mouthClose": bump(0, -4.5, 1.2, (0, 1, 0)),
        "mouthSmile_L": bump(2.7, -3.5, 1.8, (0.5, 0.7, -0.2)),
        "mouthSmile_R": bump(-2.7, -3.5, 1.8, (-0.5, 0.7, -0.2)),
    }
    return modes, shapes


def make_model(folder):
    os.makedirs(folder, exist_ok=True)
    gx, gy = np.meshgrid(np.linspace(-8, 8, COLUMNS), np.linspace(12, -13, ROWS))
    x, y = gx.ravel(), gy.ravel()
    p = np.stack([x, y, surface(x, y)], 1).astype("<f4")
    triangles = []
    for r in range(ROWS - 1):
        for c in range(COLUMNS - 1):
            a, b = r * COLUMNS + c, r * COLUMNS + c + 1
            d, e = a + COLUMNS, b + COLUMNS
            if not in_hole(x[[a, b, d, e]].mean(), y[[a, b, d, e]].mean()):
                triangles += [(a, d, e), (a, e, b)]
    # grid vertices in the middle of a hole belong to no triangle and are no landmark
    used = np.zeros(len(p), bool)
    used[np.unique(triangles)] = True
    distance = ((points()[:, None] - p[None, :, :2]) ** 2).sum(2) + 1e9 * ~used[None]
    modes, shapes = fields(p)
    delta = np.stack(modes + list(shapes.values())).astype("<f4")
    n = len(p)
    p.tofile(f"{folder}/neutral_{n}x3.f32")
    delta.tofile(f"{folder}/deltas_{len(delta)}x{n}x3.f32")
    np.array(triangles, "<i4").tofile(f"{folder}/triangles_{len(triangles)}x3.i32")
    with open(f"{folder}/names.txt", "w") as f:
        print(*[f"identity{i:03d}" for i in range(len(modes))], *shapes, sep="\n", file=f)
    np.savetxt(f"{folder}/landmarks68.txt", distance.argmin(1), "%d")


# ---- the projection


def rotation(pitch, yaw, roll):
    p, y, r = np.radians([pitch, yaw, roll])
    rx = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    ry = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return rx @ ry @ rz


def project(model, params, out):
    load = lambda pattern, kind: np.fromfile(glob.glob(f"{model}/{pattern}")[0], kind)
    neutral = load("neutral_*.f32", "<f4").reshape(-1, 3).astype(float)
    delta = load("deltas_*.f32", "<f4").reshape(-1, *neutral.shape).astype(float)
    names = open(f"{model}/names.txt").read().split()
    landmark = np.loadtxt(f"{model}/landmarks68.txt", dtype=int)
    with open(params) as f, open(out, "w") as g:
        print("id", *[f"lm{i}{a}" for i in range(68) for a in "xyz"],
              *[f"v{i}{a}" for i in range(0, len(neutral), STEP) for a in "xyz"], sep="\t", file=g)
        for row in csv.DictReader((line for line in f if line[0] != "#"), delimiter="\t"):
            weight = np.array([float(row[n]) for n in names])
            v = neutral + np.tensordot(weight, delta, 1)
            q = v @ rotation(*[float(row[k]) for k in ("pitch", "yaw", "roll")]).T
            q -= q.mean(0)
            d = float(row["distance"])
            u = q[:, :2] * (1 if np.isinf(d) else d / (d - q[:, 2:]))
            m = np.array([[float(row[f"m{i}{k}"]) for k in (1, 2, 3)] for i in (1, 2)])
            xy = np.stack([u[:, 0], -u[:, 1], np.ones(len(u))], 1) @ m.T
            z = np.sqrt(abs(np.linalg.det(m[:, :2]))) * q[:, 2]
            xyz = np.concatenate([xy, z[:, None]], 1)
            print(row["id"], *[f"{c:.5f}" for c in np.concatenate([xyz[landmark], xyz[::STEP]]).ravel()],
                  sep="\t", file=g)


if __name__ == "__main__":
    if sys.argv[1] == "model":
        make_model(sys.argv[2])
    else:
        project(*sys.argv[2:])
