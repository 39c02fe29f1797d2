#!/usr/bin/env python3
"""AffectNet in both published layouts, small, and what its labels are: tests/golden/curate/affectnet/

    python make_curate_affectnet.py tests/golden/curate/affectnet        (NumPy 2.4, pandas 2)

old/: the lists of the first release, written by pandas: training.csv with column names, validation.csv without. new/: the second
release's folders, annotations as np.save writes them (strings of one or more characters, scalars, bytes). want-*.tsv: path,
expression, valence, arousal, x1, y1, x2, y2, the first and the last point; blank where there is none.
"""
import os
import sys

import numpy as np
import pandas as pd

NAMES = ("subDirectory_filePath face_x face_y face_width face_height facial_landmarks expression valence "
         "arousal").split()
out = sys.argv[1]
rng = np.random.default_rng(7)


def blank(label, value, low, high):
    return "" if not low <= value <= high else repr(float(value)).removesuffix(".0")


def want(file, rows):
    with open(file, "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


def old():
    rows, answers = [], []
    labels = [(0, 0.1, -0.25), (7, -0.5, 0.75), (8, -2, -2), (10, -2, -2), (3, 0, 0), (9, -2, -2), (1, 1, -1)]
    for i, (expression, valence, arousal) in enumerate(labels):
        points = rng.integers(0, 2000, 136) / 10
        name = f"{i % 3 + 1}/pic{i}.{['jpg', 'JPG', 'png', 'tiff'][i % 4]}"
        box = [10 + i, 20 + i, 100, 110 + i]
        rows.append([name, *box, ";".join(f"{v:.2f}" for v in points), expression, valence, arousal])
        answers.append([f"Manually_Annotated_Images/{name}", blank("", expression, 0, 7), blank("", valence, -1, 1),
                        blank("", arousal, -1, 1), str(box[0]), str(box[1]), str(box[0] + box[2]),
                        str(box[1] + box[3]), f"{points[0]:g}", f"{points[1]:g}", f"{points[134]:g}",
                        f"{points[135]:g}"])
    folder = f"{out}/old/Manually_Annotated_file_lists"
    os.makedirs(folder, exist_ok=True)
    frame = pd.DataFrame(rows, columns=NAMES)
    frame[:4].to_csv(f"{folder}/training.csv", index=False)
    frame[4:].to_csv(f"{folder}/validation.csv", index=False, header=False)
    want(f"{out}/want-old.tsv", answers)


def new():
    answers = []
    samples = [(0, "train_set", "0", np.array("3"), np.float64(0.25), np.array("-0.125")),
               (10, "train_set", "10", np.array("10"), np.array("-2"), np.array("-2")),
               (2, "train_set", "2", np.array(7), np.float32(0.5), np.array(b"0.5")),
               (5, "val_set", "5", np.array([6]), np.array(-1.0), np.array([1.0]))]
    for i, folder, stem, exp, val, aro in samples:
        points = rng.integers(0, 2240, 136) / 10
        os.makedirs(f"{out}/new/{folder}/annotations", exist_ok=True)
        base = f"{out}/new/{folder}/annotations/{stem}_"
        for what, value in (("exp", exp), ("val", val), ("aro", aro), ("lnd", points.reshape(68, 2) if i % 4 else points)):
            np.save(base + what + ".npy", value)
        e, v, a = (float(np.asarray(x).reshape(-1)[0]) for x in (exp, val, aro))
        answers.append([f"{folder}/images/{stem}.jpg", blank("", e, 0, 7), blank("", v, -1, 1), blank("", a, -1, 1),
                        "", "", "", "", f"{points[0]:g}", f"{points[1]:g}", f"{points[134]:g}", f"{points[135]:g}"])
    want(f"{out}/want-new.tsv", answers)


old()
new()
